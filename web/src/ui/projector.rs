//! The projector: a second window that shows the chosen socket's ladder large, with a sentence for each event, and that nobody can click in.
//!
//! It belongs to this page and shows what this page shows at the same moment, the event that is looked at included; it closes with it.

use std::cell::RefCell;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

use super::desk::Desk;
use super::projected_ladder::ProjectedLadder;
use crate::texts::projector as text;
use crate::trace::{caption, decimal};

/// How many sentences stand above the newest one.
const SENTENCES: usize = 9;

/// The window, what is drawn in it, and what listens to its end. Dropping it takes down what was drawn.
struct Projection {
    window: web_sys::Window,
    _mounted: Box<dyn std::any::Any>,
    _ended: Closure<dyn Fn()>,
}

thread_local! {
    static PROJECTION: RefCell<Option<Projection>> = const { RefCell::new(None) };
}

/// Opens the window, or brings it to the front. Where the browser opens none, that is said.
pub(super) fn open(desk: Desk) {
    let is_open = PROJECTION.with_borrow(|projection| {
        let open = projection.as_ref().filter(|projection| !projection.window.closed().unwrap_or(true));
        open.is_some_and(|projection| projection.window.focus().is_ok())
    });
    if is_open {
        return;
    }
    match project(desk) {
        Some(projection) => {
            PROJECTION.set(Some(projection));
            desk.notice.set(None);
        }
        None => desk.notice.set(Some(text::blocked().to_owned())),
    }
}

fn project(desk: Desk) -> Option<Projection> {
    let own = document();
    let opened = window().open_with_url_and_target_and_features("", "_blank", "popup,width=1280,height=800").ok().flatten()?;
    let page = opened.document()?;
    page.set_title(text::title());
    // The style sheets; what is a script in there does not run, as it is not the parser that puts it in.
    page.head()?.set_inner_html(&own.head()?.inner_html());
    let body = page.body()?;
    body.set_class_name("projector");
    let mounted = mount_to(body, move || view! { <Projected desk root=page.document_element() /> });
    // Before the closure is dropped: a window that is closed draws nothing any more.
    let ended = Closure::<dyn Fn()>::new(|| {
        set_timeout(|| drop(PROJECTION.take()), std::time::Duration::ZERO);
    });
    opened.set_onpagehide(Some(ended.as_ref().unchecked_ref()));
    Some(Projection { window: opened, _mounted: Box::new(mounted), _ended: ended })
}

#[component]
fn Projected(desk: Desk, root: Option<web_sys::Element>) -> impl IntoView {
    let root = StoredValue::new_local(root);
    Effect::new(move |_| {
        let (language, theme) = (desk.settings.language.get().tag(), desk.settings.theme.get());
        root.with_value(|root| {
            if let Some(root) = root {
                root.set_attribute("lang", language).and_then(|()| root.set_attribute("data-theme", theme)).ok();
            }
        });
    });
    let sentences = Memo::new(move |_| desk.watch_session(|_| sentences(desk)));
    let name =
        move || desk.then.get().map_or_else(|| text::no_socket().to_owned(), |socket| format!("{} {}", socket.kind, socket.addresses()));
    let state = move || desk.then.get().map(|socket| socket.state.to_string());
    view! {
        <header>
            <h1>{name}</h1>
            <p class="state">{state}</p>
        </header>
        <ProjectedLadder desk />
        <ol class="sentences" aria-label=text::sentences()>
            {move || {
                let sentences = sentences.get();
                let last = sentences.len().saturating_sub(1);
                sentences
                    .into_iter()
                    .enumerate()
                    .map(|(index, (seconds, sentence))| {
                        view! {
                            <li class:newest=index == last>
                                <span class="at">{seconds}</span>
                                <span>{sentence}</span>
                            </li>
                        }
                    })
                    .collect_view()
            }}
        </ol>
    }
}

/// The last sentences up to the event that is looked at, about the chosen socket, or about all where none is.
fn sentences(desk: Desk) -> Vec<(String, String)> {
    let (subject, event) = (desk.subject.get(), desk.event.get());
    desk.session(|session| {
        session.journal(|journal| {
            let trace = journal.trace();
            let end = event.map_or(trace.next_number(), |event| event + 1);
            let shown = trace.before(end).filter(|entry| subject.as_ref().is_none_or(|socket| socket.takes_part(entry)));
            let mut last: Vec<_> = shown
                .filter(|entry| !matches!(entry.fact, crate::trace::Fact::Told { .. }))
                .take(SENTENCES)
                .map(|entry| (format!("{} s", decimal(entry.time_ms / 1000.0, 3)), caption(entry, trace, journal.sockets())))
                .collect();
            last.reverse();
            last
        })
    })
}
