//! The editor as the browser has it: CodeMirror, a module of its own (`web/editor`), which is fetched when the first script is wanted. Nothing else names it.

use wasm_bindgen::prelude::*;

use crate::texts::script as text;

// Modules and files of the page lie beside each other, in a folder whose name changes with them; a snippet lies two folders below.
#[wasm_bindgen(inline_js = r#"
const beside = (path) => new URL(`../../${path}`, import.meta.url);
export const load_editor = async () => (await import(beside("editor.js"))).Editor;
export const fetch_text = async (path) => {
    const answer = await fetch(beside(path));
    if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
    return answer.text();
};
"#)]
extern "C" {
    #[wasm_bindgen(catch)]
    async fn load_editor() -> Result<JsValue, JsValue>;
    #[wasm_bindgen(catch)]
    async fn fetch_text(path: &str) -> Result<JsValue, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    type Editor;
    #[wasm_bindgen(method)]
    fn speak(this: &Editor, label: &str, description: &str, hint: &str, phrases: &JsValue);
    #[wasm_bindgen(method)]
    fn attach(this: &Editor, parent: &web_sys::Element);
    #[wasm_bindgen(method)]
    fn show(this: &Editor, key: f64, text: &str);
    #[wasm_bindgen(method)]
    fn text(this: &Editor) -> String;
    #[wasm_bindgen(method)]
    fn forget(this: &Editor, key: f64);
    #[wasm_bindgen(method)]
    fn place(this: &Editor, line: u32, kind: &str, note: &str);
    #[wasm_bindgen(method)]
    fn fault(this: &Editor, line: u32, note: &str);
    #[wasm_bindgen(method)]
    fn light(this: &Editor, lines: &[u32]);
    #[wasm_bindgen(method)]
    fn reveal(this: &Editor, line: u32);
}

/// What the editor tells of.
pub(super) struct Hears {
    /// The shown text changed.
    pub(super) changed: Box<dyn FnMut()>,
    /// Somebody pressed Ctrl+Enter.
    pub(super) run: Box<dyn FnMut()>,
    /// Somebody put the cursor into that line.
    pub(super) chose: Box<dyn FnMut(u32)>,
}

/// The editor, with a document for each script.
pub(super) struct CodeMirror {
    editor: Editor,
    _changed: Closure<dyn FnMut()>,
    _run: Closure<dyn FnMut()>,
    _chose: Closure<dyn FnMut(u32)>,
}

/// Where a program is, as the editor shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// The line; 0 is nowhere.
    pub(super) line: u32,
    /// How the line looks: `running`, `waiting` or `paused`.
    pub(super) kind: &'static str,
    /// What stands behind it.
    pub(super) note: String,
}

impl CodeMirror {
    /// Fetches the editor.
    ///
    /// # Errors
    ///
    /// The relay is gone, or the browser is too old for it; its words.
    pub(super) async fn load(hears: Hears) -> Result<Self, String> {
        let class = load_editor().await.map_err(|error| words(&error))?;
        let (changed, run, chose) = (Closure::wrap(hears.changed), Closure::wrap(hears.run), Closure::wrap(hears.chose));
        let arguments = js_sys::Array::new();
        for heard in [changed.as_ref(), run.as_ref(), chose.as_ref()] {
            let heard: &JsValue = heard;
            arguments.push(heard);
        }
        let editor = js_sys::Reflect::construct(class.unchecked_ref::<js_sys::Function>(), &arguments).map_err(|error| words(&error))?;
        Ok(Self { editor: editor.unchecked_into(), _changed: changed, _run: run, _chose: chose })
    }

    /// Puts it into an element, in the language of the page. The element with the id `description` says how to leave it.
    pub(super) fn attach(&self, parent: &web_sys::Element, description: &str) {
        self.editor.speak("Script", description, text::empty_hint(), &phrases());
        self.editor.attach(parent);
    }

    /// Shows the document of that key; `text` where there is none yet.
    pub(super) fn show(&self, key: u64, text: &str) {
        self.editor.show(key as f64, text);
    }

    /// What stands in the shown document.
    pub(super) fn text(&self) -> String {
        self.editor.text()
    }

    /// Forgets a document.
    pub(super) fn forget(&self, key: u64) {
        self.editor.forget(key as f64);
    }

    /// Marks where the program is.
    pub(super) fn place(&self, place: &Place) {
        self.editor.place(place.line, if place.kind.is_empty() { "running" } else { place.kind }, &place.note);
        self.editor.reveal(place.line);
    }

    /// Marks what went wrong, and where; nothing at line 0.
    pub(super) fn fault(&self, line: u32, note: &str) {
        self.editor.fault(line, note);
        self.editor.reveal(line);
    }

    /// Lights lines.
    pub(super) fn light(&self, lines: &[u32]) {
        self.editor.light(lines);
    }
}

/// The text of a file of the page.
///
/// # Errors
///
/// The relay is gone, or has no such file; in words.
pub(super) async fn file_of_page(path: &str) -> Result<String, String> {
    let text = fetch_text(path).await.map_err(|error| words(&error))?;
    text.as_string().ok_or_else(|| path.to_owned())
}

/// CodeMirror's own words.
fn phrases() -> JsValue {
    let phrases = js_sys::Object::new();
    let all = [
        ("Find", text::find()),
        ("Replace", text::replace()),
        ("next", text::find_next()),
        ("previous", text::find_previous()),
        ("all", text::find_all()),
        ("match case", text::match_case()),
        ("by word", text::by_word()),
        ("regexp", text::regexp()),
        ("replace", text::replace_one()),
        ("replace all", text::replace_all()),
        ("close", text::close_search()),
        ("current match", text::current_match()),
        ("on line", text::on_line()),
        ("replaced match on line $", text::replaced_one()),
        ("replaced $ matches", text::replaced_all()),
        ("Go to line", text::go_to_line()),
        ("go", text::go()),
    ];
    for (phrase, says) in all {
        if let Err(error) = js_sys::Reflect::set(&phrases, &phrase.into(), &says.into()) {
            leptos::logging::warn!("{phrase} stays English: {error:?}");
        }
    }
    phrases.into()
}

fn words(error: &JsValue) -> String {
    let message = error.dyn_ref::<js_sys::Error>().map(|error| String::from(error.message()));
    message.or_else(|| error.as_string()).unwrap_or_else(|| format!("{error:?}"))
}
