//! The browser's worker that a script's interpreter runs in. The only file that names `web_sys::Worker`.

use js_sys::{Array, Int32Array, JsString, Reflect, SharedArrayBuffer, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast as _, JsValue, closure::Closure};
use web_sys::{MessageEvent, WorkerOptions, WorkerType};

/// What Python's interrupt is, in the memory that the interpreter looks at now and then (`setInterruptBuffer` of Pyodide).
const SIGINT: i32 = 2;

#[wasm_bindgen(inline_js = "export function files_of_scripts() { return new URL('../../interpreter/', import.meta.url).href; }")]
extern "C" {
    /// Where the worker's files are served: beside those of the page.
    fn files_of_scripts() -> String;
}

/// A worker; dropping it ends the worker, whatever that does.
pub(super) struct Worker {
    inner: web_sys::Worker,
    /// Shared with the interpreter, where the page may share memory: where it is isolated from other origins.
    interrupts: Option<Int32Array>,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_error: Closure<dyn FnMut(web_sys::Event)>,
}

/// What comes from a worker.
pub(super) enum Incoming {
    /// JSON, and the bytes beside it.
    Message(String, Vec<u8>),
    /// It could not be loaded, or broke.
    Broken(String),
}

impl Worker {
    /// Starts a worker that loads the interpreter from `python`, the path of a folder with a slash at its end.
    ///
    /// # Errors
    ///
    /// The browser's words, where it starts none.
    pub(super) fn start(python: &str, report: impl Fn(Incoming) + Clone + 'static) -> Result<Self, String> {
        let files = files_of_scripts();
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let inner = web_sys::Worker::new_with_options(&format!("{files}worker.js"), &options).map_err(|error| in_words(&error))?;
        let on_message = {
            let report = report.clone();
            Closure::new(move |event: MessageEvent| {
                let data: Array = event.data().unchecked_into();
                let text = data.get(0).dyn_into::<JsString>().map(String::from).unwrap_or_default();
                let bytes = data.get(1).dyn_into::<Uint8Array>().map(|bytes| bytes.to_vec()).unwrap_or_default();
                report(Incoming::Message(text, bytes));
            })
        };
        let on_error = Closure::new(move |event: web_sys::Event| {
            let message = Reflect::get(&event, &"message".into()).ok().and_then(|message| message.as_string());
            report(Incoming::Broken(message.unwrap_or_else(|| "the worker could not be loaded".to_owned())));
        });
        inner.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        inner.set_onerror(Some(on_error.as_ref().unchecked_ref()));
        let interrupts = shared().map(|buffer| Int32Array::new(&buffer));
        let worker = Self { inner, interrupts, _on_message: on_message, _on_error: on_error };
        let shared = worker.interrupts.as_ref().map_or(JsValue::NULL, |interrupts| interrupts.buffer().into());
        worker.post(&Array::of3(&"boot".into(), &python.into(), &shared));
        Ok(worker)
    }

    /// Runs a program of that name.
    pub(super) fn run(&self, file_name: &str, source: &str) {
        self.post(&Array::of3(&"run".into(), &file_name.into(), &source.into()));
    }

    /// Evaluates a line beside it, when the statement that it belongs to is whole.
    pub(super) fn evaluate(&self, source: &str) {
        self.post(&Array::of2(&"evaluate".into(), &source.into()));
    }

    /// Forgets the statement that was begun.
    pub(super) fn give_up_statement(&self) {
        self.post(&Array::of1(&"give_up".into()));
    }

    /// Answers a call.
    pub(super) fn answer(&self, json: &str, bytes: Option<&[u8]>) {
        let bytes = bytes.map_or(JsValue::NULL, |bytes| Uint8Array::from(bytes).into());
        self.post(&Array::of3(&"answer".into(), &json.into(), &bytes));
    }

    /// Says that so many writes were taken, so that the program may write further ones.
    pub(super) fn took(&self, writes: u32) {
        self.post(&Array::of2(&"took".into(), &writes.into()));
    }

    /// Raises `KeyboardInterrupt` in the main thread.
    pub(super) fn interrupt(&self) {
        if let Some(interrupts) = &self.interrupts {
            interrupts.set_index(0, SIGINT);
        }
        self.post(&Array::of1(&"interrupt".into()));
    }

    fn post(&self, message: &Array) {
        // It fails for what cannot be cloned only, and text, bytes and shared memory can.
        self.inner.post_message(message).ok();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.inner.set_onmessage(None);
        self.inner.set_onerror(None);
        self.inner.terminate();
    }
}

/// Whether WebAssembly can wait for JavaScript in this browser (JSPI), which is how a call blocks in the worker.
pub(super) fn can_wait() -> bool {
    let assembly = Reflect::get(&js_sys::global(), &"WebAssembly".into());
    assembly.and_then(|assembly| Reflect::get(&assembly, &"Suspending".into())).is_ok_and(|suspending| suspending.is_function())
}

/// Whether this page shares memory with its workers, which is how a program that computes is interrupted: it is isolated from other origins, and the browser has such
/// memory.
pub(crate) fn shares_memory() -> bool {
    let has = |name: &str| Reflect::get(&js_sys::global(), &name.into()).is_ok_and(|found| found.is_truthy());
    has("crossOriginIsolated") && has("SharedArrayBuffer")
}

/// Memory to share; nothing where there is none.
fn shared() -> Option<SharedArrayBuffer> {
    shares_memory().then(|| SharedArrayBuffer::new(4))
}

fn in_words(error: &JsValue) -> String {
    error.dyn_ref::<js_sys::Error>().map_or_else(|| format!("{error:?}"), |error| String::from(error.message()))
}
