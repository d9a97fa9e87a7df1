//! Running a test, and waiting for what it needs: each wait has a deadline.

use std::sync::LazyLock;
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};

use crate::relay_process;

/// The longest wait for one thing to happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(45);

/// The longest that one test takes.
pub(crate) const TEST_DEADLINE: Duration = Duration::from_secs(300);

/// One runtime for the whole suite: the browser outlives the test that started it.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("the runtime starts"));

/// Runs a test.
pub(crate) fn run<F: Future>(test: F) -> F::Output {
    run_for(TEST_DEADLINE, test)
}

/// Runs a test that takes as long as it is told to.
pub(crate) fn run_for<F: Future>(deadline: Duration, test: F) -> F::Output {
    // It may have to be built first, which is no part of the test's time.
    relay_process::binary();
    RUNTIME
        .block_on(async { tokio::time::timeout(deadline, test).await.unwrap_or_else(|_| panic!("the test does not end in {deadline:?}")) })
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

/// Lets time pass, where how long something stands still is what is tested.
pub(crate) async fn stand_still(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// How long until something that tells nobody of its changes is looked at again.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(20);
