//! The relay over real sockets and the page in a real browser, against programs that are not ours.
//!
//! | file | what it holds |
//! |---|---|
//! | `peers` | real programs at the other end: Python, nc, curl, socat |
//! | `python` | a Python that makes one system call after another, to be a peer and to compare with |
//! | `relay_process` | the relay's own binary, as a process |
//! | `wire` | a native client of the wire |
//! | `browser`, `page`, `locator`, `keyboard`, `acts` | Chromium; what a person does with the page, found by role and accessible name |
//! | `kernel` | what the kernel says of sockets |
//! | `relay_*` | tests of the relay |
//! | `page_*` | tests of the page |
//! | `tidy` | the architecture's invariants, read from the sources |
//!
//! No test sleeps to let something happen: each waits for what it needs, with a deadline. Every port is chosen by the system, nothing leaves the machine.

mod acts;
mod browser;
mod kernel;
mod keyboard;
mod locator;
mod page;
mod page_both_ends;
mod page_bulk;
mod page_client;
mod page_errors;
mod page_keyboard;
mod page_layout;
mod page_repeated;
mod page_server;
mod peers;
mod python;
mod relay_accept;
mod relay_bad_input;
mod relay_calls;
mod relay_command;
mod relay_end;
mod relay_exact;
mod relay_gate;
mod relay_half_closed;
mod relay_info;
mod relay_options;
mod relay_poll;
mod relay_pressed;
mod relay_process;
mod relay_resolve;
mod relay_sharing;
mod relay_streams;
mod relay_waitall;
mod relay_watched;
mod tidy;
mod wire;

use std::sync::LazyLock;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

/// The longest wait for one thing to happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// The longest that one test takes.
const TEST_DEADLINE: Duration = Duration::from_secs(120);

/// One runtime for the whole suite: the browser outlives the test that started it.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("the runtime starts"));

/// Runs a test.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    RUNTIME.block_on(async { tokio::time::timeout(TEST_DEADLINE, test).await.expect("the test ends in two minutes") })
}

/// Waits for `future`, and panics where it takes too long, saying what was waited for.
pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(DEADLINE, future).await {
        Ok(output) => output,
        Err(_) => panic!("{DEADLINE:?} passed, and still no {what}"),
    }
}

/// Waits until `condition` holds, looking again and again, and panics where that takes too long.
pub(crate) async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    within(what, async {
        while !condition().await {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    })
    .await;
}

/// How long until something that tells nobody of its changes is looked at again.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(20);
