//! What a script prints, what it is given to read, and the prompt that evaluates beside it.

use std::collections::VecDeque;

use leptos::html::{Div, Input};
use leptos::prelude::*;
use wasm_bindgen::{JsCast as _, closure::Closure};

use super::state::Standing;
use super::studio::Studio;
use crate::script::{Chunk, Pasted, ScriptId, Stream, pasted};
use crate::session::Console;
use crate::texts::script as text;

/// How much of the output is in the document: what is older is kept by the session, as far as that is bounded.
const MOST_PIECES: usize = 2_000;
const MOST_CHARACTERS: usize = 256 << 10;
/// The browser lays all of its lines out anew for each that is added.
const MOST_LINES_SHOWN: usize = 4_000;

/// How close to its end the output counts as read to the end, in pixels.
const AT_END_PX: i32 = 24;

/// How many lines the prompt remembers.
const MOST_LINES: usize = 100;

/// The element of the prompt.
const PROMPT_ID: &str = "prompt";

/// One level of indentation.
const INDENTATION: &str = "    ";

/// Output, input, prompt.
#[component]
pub(super) fn ConsolePane(standing: Memo<Standing>) -> impl IntoView {
    let studio = Studio::here();
    // Whoever answered once may write ahead.
    let asks = Memo::new(move |asked: Option<&bool>| {
        standing.with(|standing| *standing == Standing::Asks || (asked == Some(&true) && standing.is_active()))
    });
    // Keyed, so that no element of one script's is left to another.
    view! {
        <div class="script-console">
            <For each=move || studio.chosen.get() key=|id| *id let:id>
                <Log id />
                <Show when=move || asks.get()>
                    <Answer id standing />
                </Show>
                <Prompt id standing />
            </For>
        </div>
    }
}

/// What is in the document of an output: a piece for each chunk.
#[derive(Default)]
struct Drawn {
    pieces: VecDeque<Piece>,
    next: u64,
    last: Option<Stream>,
    characters: usize,
    lines: usize,
    is_cut: bool,
}

struct Piece {
    number: u64,
    characters: usize,
    lines: usize,
}

/// The output of one script. Its elements are made here and not by the graph: thousands of pieces that never change are none of its business.
#[component]
fn Log(id: ScriptId) -> impl IntoView {
    let console = Studio::here().scripts().output(id);
    let list = NodeRef::<Div>::new();
    let (is_empty, is_cut) = (RwSignal::new(true), RwSignal::new(false));
    let drawn = StoredValue::new_local(Drawn::default());
    let revision = console.revision();
    let console = StoredValue::new_local(console);
    let is_at_end = StoredValue::new(true);
    let look = move || {
        if let Some(list) = list.get_untracked() {
            is_at_end.set_value(list.scroll_height() - list.scroll_top() - list.client_height() <= AT_END_PX);
        }
    };
    let go_to_end = move || {
        if let Some(list) = list.get_untracked().filter(|_| is_at_end.get_value()) {
            list.set_scroll_top(list.scroll_height());
        }
    };
    // A question, or a note of the prompt, takes room from it.
    when_resized(list, go_to_end);
    Effect::new(move |_| {
        revision.track();
        let Some(list) = list.get() else { return };
        console.with_value(|console| drawn.update_value(|drawn| drawn.draw(console, &list)));
        is_empty.set(drawn.with_value(|drawn| drawn.pieces.is_empty()));
        is_cut.set(drawn.with_value(|drawn| drawn.is_cut));
        go_to_end();
    });
    view! {
        <div class="script-output-head">
            <h2>{text::output()}</h2>
            <span class="note" hidden=move || !is_cut.get()>{text::dropped()}</span>
            <button type="button" class="quiet" hidden=move || is_empty.get() on:click=move |_| console.with_value(Console::clear)>
                {text::clear_output()}
            </button>
        </div>
        <div class="script-output" class:empty=move || is_empty.get() role="log" aria-label="Output" aria-live="off" tabindex="0" data-empty=text::output_empty() node_ref=list on:scroll=move |_| look()></div>
    }
}

/// Does something whenever the size of the element changes.
fn when_resized(element: NodeRef<Div>, act: impl Fn() + Copy + 'static) {
    let observer = StoredValue::new_local(None);
    Effect::new(move |_| {
        let Some(element) = element.get() else { return };
        let resized = Closure::<dyn Fn()>::new(act);
        if let Ok(made) = web_sys::ResizeObserver::new(resized.as_ref().unchecked_ref()) {
            made.observe(&element);
            observer.set_value(Some((made, resized)));
        }
    });
    on_cleanup(move || {
        if let Some(Some((observer, _resized))) = observer.try_update_value(Option::take) {
            observer.disconnect();
        }
    });
}

impl Drawn {
    fn draw(&mut self, console: &Console, list: &web_sys::HtmlElement) {
        let had = self.pieces.len();
        let first = console.read(|output| {
            for chunk in output.since(self.next) {
                self.append(chunk, list);
            }
            output.first_number()
        });
        let mut gone = 0;
        while let Some(oldest) = self.pieces.front()
            && (oldest.number < first || (self.is_too_much() && self.pieces.len() > 1))
        {
            self.characters -= oldest.characters;
            self.lines -= oldest.lines;
            self.pieces.pop_front();
            gone += 1;
            if let Some(oldest) = list.first_element_child() {
                oldest.remove();
            }
        }
        // Where all of it went, somebody cleared it.
        self.is_cut = gone < had.max(1) && (self.is_cut || gone > 0);
        if self.pieces.is_empty() {
            self.last = None;
        }
    }

    fn is_too_much(&self) -> bool {
        self.pieces.len() > MOST_PIECES || self.characters > MOST_CHARACTERS || self.lines > MOST_LINES_SHOWN
    }

    fn append(&mut self, chunk: &Chunk, list: &web_sys::HtmlElement) {
        self.next = chunk.number + 1;
        let class = match chunk.stream {
            Stream::Stdout => "stdout",
            Stream::Stderr => "stderr",
            Stream::Input => "stdin",
            Stream::System => "system",
        };
        let is_begun = self.last.replace(chunk.stream) != Some(chunk.stream);
        let label = (chunk.stream == Stream::Stderr && is_begun).then(|| element("b", "label", "stderr")).flatten();
        let Some(piece) = element("span", class, "") else { return };
        let text = document().create_text_node(&chunk.text);
        let parts = label.map(web_sys::Node::from).into_iter().chain([text.into()]);
        let added = parts.map(|part| piece.append_child(&part)).chain([list.append_child(&piece)]);
        if let Some(error) = added.filter_map(Result::err).next() {
            return leptos::logging::warn!("output is not shown: {error:?}");
        }
        let lines = chunk.text.matches('\n').count();
        self.characters += chunk.text.len();
        self.lines += lines;
        self.pieces.push_back(Piece { number: chunk.number, characters: chunk.text.len(), lines });
    }
}

fn element(tag: &str, class: &str, text: &str) -> Option<web_sys::Element> {
    let element = document().create_element(tag).ok()?;
    element.set_class_name(class);
    element.set_text_content(Some(text));
    Some(element)
}

/// The line that `input()` waits for.
#[component]
fn Answer(id: ScriptId, standing: Memo<Standing>) -> impl IntoView {
    let studio = Studio::here();
    let field = NodeRef::<Input>::new();
    let line = RwSignal::new(String::new());
    let enter = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        studio.scripts().input(id, &line.get_untracked());
        line.set(String::new());
    };
    // Whoever ran the script is asked: the focus goes there, unless somebody is writing elsewhere. It comes from the prompt where a statement asks, and goes back there.
    let came_from = StoredValue::new_local(None::<web_sys::HtmlInputElement>);
    Effect::new(move |_| {
        let Some(field) = field.get().filter(|_| standing.with(|standing| *standing == Standing::Asks)) else { return };
        let written_in = document().active_element().filter(|active| active.matches("input, textarea").unwrap_or(false));
        let prompt = written_in.clone().and_then(|active| active.dyn_into::<web_sys::HtmlInputElement>().ok());
        let prompt = prompt.filter(|prompt| prompt.id() == PROMPT_ID && prompt.value().trim().is_empty());
        if written_in.is_none() || prompt.is_some() {
            focus(&field);
            came_from.update_value(|came_from| *came_from = prompt.or(came_from.take()));
        }
    });
    on_cleanup(move || {
        let is_written_in = field.get_untracked().is_some_and(|field| document().active_element().is_some_and(|active| active == **field));
        if let Some(prompt) = came_from.try_get_value().flatten().filter(|_| is_written_in) {
            focus(&prompt);
        }
    });
    view! {
        <form class="script-line asked" on:submit=enter>
            <label>
                <span>{text::input()}</span>
                <input type="text" autocomplete="off" autocapitalize="off" spellcheck="false" node_ref=field bind:value=line />
            </label>
            <button type="submit" class="do">{text::enter()}</button>
        </form>
    }
}

/// The prompt of the same interpreter.
#[component]
fn Prompt(id: ScriptId, standing: Memo<Standing>) -> impl IntoView {
    let studio = Studio::here();
    let field = NodeRef::<Input>::new();
    let line = RwSignal::new(String::new());
    let entered = StoredValue::new(Vec::<String>::new());
    let at = StoredValue::new(0_usize);
    let goes_on = studio.scripts().goes_on(id);
    let remember = move |source: &str| {
        entered.update_value(|entered| {
            entered.extend(source.split('\n').filter(|line| !line.trim().is_empty()).map(str::to_owned));
            let surplus = entered.len().saturating_sub(MOST_LINES);
            entered.drain(..surplus);
            at.set_value(entered.len());
        });
    };
    let enter = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let source = line.get_untracked();
        let is_blank = source.trim().is_empty();
        // An empty line ends a statement. Whoever types fast enters it before it is known that there is one.
        if is_blank && !goes_on.get_untracked() && !studio.scripts().is_evaluating(id) {
            return;
        }
        // What only an indentation stands in is the empty line that ends a statement.
        studio.scripts().evaluate(id, if is_blank { "" } else { &source });
        remember(&source);
        line.set(String::new());
    };
    // A line that a statement goes on with is indented as the one before it, or deeper: Tab leads out of the field.
    Effect::new(move |went_on: Option<bool>| {
        let goes_on = goes_on.get();
        let last = || entered.with_value(|entered| entered.last().cloned()).unwrap_or_default();
        if goes_on && went_on.is_some() && line.with_untracked(String::is_empty) {
            line.set(indentation_after(&last()));
        }
        goes_on
    });
    let paste = move |event: web_sys::ClipboardEvent| {
        let Some(text) = event.clipboard_data().and_then(|data| data.get_data("text/plain").ok()) else { return };
        // A field would throw the line ends away.
        let Some(Pasted { entered, rest }) = line.with_untracked(|line| pasted(line, &text, goes_on.get_untracked())) else { return };
        event.prevent_default();
        if let Some(entered) = entered {
            studio.scripts().evaluate(id, &entered);
            remember(&entered);
        }
        line.set(rest);
    };
    let press = move |event: leptos::ev::KeyboardEvent| {
        let key = event.key();
        let is_given_up = key == "Escape" || key == "c" && event.ctrl_key() && !selects(field.get_untracked());
        let to = match key.as_str() {
            "ArrowUp" => at.get_value().saturating_sub(1),
            "ArrowDown" => at.get_value() + 1,
            _ if is_given_up && (goes_on.get_untracked() || !line.with_untracked(String::is_empty)) => {
                event.prevent_default();
                event.stop_propagation();
                line.set(String::new());
                if goes_on.get_untracked() {
                    studio.scripts().give_up_statement(id);
                }
                return;
            }
            _ => return,
        };
        event.prevent_default();
        entered.with_value(|entered| {
            at.set_value(to.min(entered.len()));
            line.set(entered.get(to).cloned().unwrap_or_default());
        });
    };
    let is_off = move || standing.with(|standing| matches!(standing, Standing::Unavailable { .. } | Standing::Fetching(..)));
    view! {
        <form class="script-line" on:submit=enter>
            <p id="prompt-note" class="note" hidden=move || !goes_on.get()>{text::prompt_goes_on()}</p>
            <label>
                <span aria-hidden="true">{move || if goes_on.get() { "..." } else { ">>>" }}</span>
                <input
                    id=PROMPT_ID
                    type="text"
                    aria-label=text::prompt()
                    placeholder=move || if goes_on.get() { "" } else { text::prompt_hint() }
                    aria-describedby=move || goes_on.get().then_some("prompt-note")
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    disabled=is_off
                    bind:value=line
                    node_ref=field
                    on:keydown=press
                    on:paste=paste
                />
            </label>
        </form>
    }
}

fn focus(field: &web_sys::HtmlElement) {
    if let Err(error) = field.focus() {
        leptos::logging::warn!("the focus could not be moved: {error:?}");
    }
}

/// Whether a part of what stands in the field is selected: Ctrl+C copies that.
fn selects(field: Option<web_sys::HtmlInputElement>) -> bool {
    let ends = field.map(|field| [field.selection_start(), field.selection_end()].map(|end| end.ok().flatten()));
    ends.is_some_and(|[start, end]| start != end)
}

/// What a line begins with that follows this one in a statement.
fn indentation_after(line: &str) -> String {
    let code = line.trim_start();
    let deeper = if code.trim_end().ends_with(':') { INDENTATION } else { "" };
    format!("{}{deeper}", &line[..line.len() - code.len()])
}
