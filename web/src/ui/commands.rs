//! Everything that can be done, found by its name: the command palette.

use leptos::prelude::*;
use protocol::Family;

use super::desk::Desk;
use super::press::press;
use crate::texts::{help as text, page, projector, recordings, script, scrubber};
use crate::trace::{Kind, Role};

/// Something that can be done now.
struct Command {
    name: String,
    act: Box<dyn Fn(Desk)>,
}

fn command(name: impl Into<String>, act: impl Fn(Desk) + 'static) -> Command {
    Command { name: name.into(), act: Box::new(act) }
}

/// The commands that fit now, in the order in which they are offered.
fn commands(desk: Desk) -> Vec<Command> {
    let mut commands = vec![
        command(page::new_client(), |desk| desk.session(|session| session.make(Role::Client, Family::Inet))),
        command(page::new_server(), |desk| desk.session(|session| session.make(Role::Server, Family::Inet))),
    ];
    if let Some(socket) = desk.socket.get() {
        let own: &[&'static str] = match socket.kind {
            Kind::Client => &["connect", "recv", "shutdown", "close", "abort"],
            Kind::Listener => &["bind", "listen", "accept", "close"],
            Kind::Accepted(_) => &["recv", "shutdown", "close", "abort"],
        };
        let fitting = own.iter().filter(|call| desk.misfit(call).is_none());
        commands.extend(fitting.map(|call| command(format!("{call} · {}", socket.addresses()), move |desk| press(desk, call))));
    }
    commands.extend([
        command(script::script(), |desk| desk.way.set(super::desk::BY_SCRIPT)),
        command(script::hand(), |desk| desk.way.set(super::desk::HAND)),
        command(page::tab_stream(), |desk| desk.view.set("stream")),
        command(scrubber::back(), |desk| desk.step(false)),
        command(scrubber::on(), |desk| desk.step(true)),
        command(scrubber::now(), |desk| desk.look_at(None)),
        command(recordings::save(), super::recordings::save),
        command(recordings::export(), super::recordings::export),
        command(projector::projector(), super::projector::open),
        command(page::clear_closed(), |desk| desk.session(|session| session.forget_gone())),
    ]);
    commands
}

/// The palette: a box to type in, and what fits.
#[component]
pub(super) fn Commands() -> impl IntoView {
    let desk = Desk::here();
    let (filter, at) = (RwSignal::new(String::new()), RwSignal::new(0_usize));
    let names = Memo::new(move |_| {
        let filter = filter.get().to_lowercase();
        let all = commands(desk);
        let fits = |name: &String| filter.split_whitespace().all(|word| name.to_lowercase().contains(word));
        all.into_iter().map(|command| command.name).filter(fits).collect::<Vec<_>>()
    });
    let run = move |name: String| {
        let found = commands(desk).into_iter().find(|command| command.name == name);
        super::popover::close("commands");
        filter.set(String::new());
        at.set(0);
        if let Some(command) = found {
            (command.act)(desk);
        }
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let count = names.with_untracked(Vec::len).max(1);
        match event.key().as_str() {
            "ArrowDown" => at.update(|at| *at = (*at + 1) % count),
            "ArrowUp" => at.update(|at| *at = (*at + count - 1) % count),
            "Enter" => {
                if let Some(name) = names.with_untracked(|names| names.get(at.get_untracked()).cloned()) {
                    run(name);
                }
            }
            _ => return,
        }
        event.prevent_default();
    };
    let item = move |(index, name): (usize, String)| {
        let label = name.clone();
        view! {
            <li
                role="option"
                id=format!("command-{index}")
                aria-selected=move || (at.get() == index).to_string()
                on:click=move |_| run(name.clone())
            >
                {label}
            </li>
        }
    };
    view! {
        <input
            type="text"
            role="combobox"
            autofocus=true
            autocomplete="off"
            spellcheck="false"
            aria-label=text::command_filter()
            aria-expanded="true"
            aria-controls="command-list"
            aria-activedescendant=move || format!("command-{}", at.get())
            placeholder=text::command_filter()
            prop:value=move || filter.get()
            on:input=move |event| {
                at.set(0);
                filter.set(event_target_value(&event));
            }
            on:keydown=on_key
        />
        <ul role="listbox" id="command-list" aria-label=text::commands() class="command-list">
            {move || names.get().into_iter().enumerate().map(item).collect_view()}
        </ul>
        <p class="hint" hidden=move || !names.with(Vec::is_empty)>{text::no_command()}</p>
    }
}
