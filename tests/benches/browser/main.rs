//! `cargo bench -p tests --bench browser`: the page's `TcpStream` through the relay, as a ratio to the same browser's own WebSocket on the same bytes.
//!
//! The browser is the one of the suite, and nobody watches it by its DevTools. Each figure is the median of rounds in which all take turns; only figures of one run can be compared. The
//! bare WebSocket leads to a server in this process and moves the same bytes in messages of 64 KiB, with nothing between; and once more through a bare TCP copy, which is what a second hop
//! costs by itself.
//!
//! `cargo bench -p tests --bench browser -- WORD` measures only the rows that contain a word.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

#[path = "../../suite/browser.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod browser;
#[path = "../../suite/keyboard.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod keyboard;
#[path = "../../suite/locator.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod locator;
#[path = "../../suite/page.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod page;
#[path = "../../suite/peers.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod peers;
#[path = "../throughput/processes.rs"]
#[allow(dead_code, reason = "the other benchmark uses the rest")]
mod processes;
#[path = "../../suite/relay_process.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod relay_process;
mod servers;
#[path = "../../suite/trials.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod trials;
mod undriven;
#[allow(dead_code, reason = "the suite uses the rest")]
#[path = "../../suite/waiting.rs"]
mod waiting;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use servers::Servers;
use undriven::Undriven;
pub(crate) use waiting::{DEADLINE, LOOK_AGAIN, run, until, within};

/// How many rounds the median is taken of.
const ROUNDS: usize = 3;

/// How long one sample takes, and how long it runs before it counts, in milliseconds.
const SAMPLE_MS: u64 = 1_000;
const WARM_UP_MS: u64 = 300;

fn main() -> ExitCode {
    if let Some(target) = std::env::var_os(processes::COPY_TO) {
        return processes::be_a_copy(&target.to_string_lossy());
    }
    // `cargo test --benches` builds and starts benchmarks too; measuring is not what it wants.
    if std::env::args().any(|argument| argument == "--bench") {
        run(async { compare(&mut Undriven::start().await, &Servers::start().await).await });
    }
    ExitCode::SUCCESS
}

/// Measures everything that is wanted and prints the table.
async fn compare(page: &mut Undriven, servers: &Servers) {
    println!("{:<34} {:>16} {:>24} {:>24}", "", "bare WebSocket", "through a bare copy", "TcpStream");
    let [source, sink, echo] = [servers.websocket_source, servers.websocket_sink, servers.websocket_echo];
    row("down, 64 KiB", "MB/s", 1e-6, async || {
        let copy = processes::copy_process(source);
        [bare_down(page, source).await, bare_down(page, copy.port).await, down(page, servers).await]
    })
    .await;
    row("up, 64 KiB", "MB/s", 1e-6, async || {
        let copy = processes::copy_process(sink);
        [bare_up(page, servers, sink).await, bare_up(page, servers, copy.port).await, up(page, servers).await]
    })
    .await;
    for bytes in [1, 1 << 10] {
        row(&format!("round trip of {bytes} B"), "ms", 1.0, async || {
            let copy = processes::copy_process(echo);
            let ours = format!("trials.round_trip(relay, token, {}, {bytes}, {SAMPLE_MS})", servers.echo);
            [bare_round_trip(page, echo, bytes).await, bare_round_trip(page, copy.port, bytes).await, number(page, &ours).await]
        })
        .await;
    }
    row("64 at once, until all are open", "ms", 1.0, async || {
        let bare = number(page, "bareAtOnce(relay, token, 64)").await;
        [bare, number(page, &format!("ourAtOnce(relay, token, {}, 64)", servers.echo)).await]
    })
    .await;
    row("accept / opening a WebSocket", "ms", 1.0, async || {
        let accepts = page.evaluate("trials.accept(relay, token, 20).then(both => [...both])").await;
        // What is opened is the measure.
        [1, 0].map(|index| accepts[index].as_f64().expect("a time"))
    })
    .await;
}

/// Prints the medians of what `sample` gives, in `unit` when multiplied by `scale`, if the row is wanted: the bare WebSocket's, then the others' with their ratios to it, `TcpStream`'s
/// last.
async fn row<const CONTESTANTS: usize>(name: &str, unit: &str, scale: f64, mut sample: impl AsyncFnMut() -> [f64; CONTESTANTS]) {
    let mut words = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).peekable();
    if words.peek().is_some() && !words.any(|word| name.contains(&word)) {
        return;
    }
    let mut rounds = vec![];
    for _ in 0..ROUNDS {
        rounds.push(sample().await);
    }
    let medians: [f64; CONTESTANTS] = std::array::from_fn(|index| median(rounds.iter().map(|round| round[index] * scale).collect()));
    let shown = |value: f64| if value < 10.0 { format!("{value:.3} {unit}") } else { format!("{value:.0} {unit}") };
    let ratio = |value: &f64| format!("{} {:>7.2}", shown(*value), value / medians[0]);
    let (copied, ours) = (&medians[1..CONTESTANTS - 1], &medians[CONTESTANTS - 1]);
    println!("{name:<34} {:>16} {:>24} {:>24}", shown(medians[0]), copied.first().map_or("–".to_owned(), ratio), ratio(ours));
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

async fn number(page: &mut Undriven, expression: &str) -> f64 {
    page.evaluate(&format!("(() => {{ {BARE} return {expression}; }})()")).await.as_f64().expect("a number")
}

async fn bare_round_trip(page: &mut Undriven, port: u16, bytes: usize) -> f64 {
    number(page, &format!("bareRoundTrip({port}, {bytes}, {SAMPLE_MS})")).await
}

async fn bare_down(page: &mut Undriven, port: u16) -> f64 {
    number(page, &format!("bareDown({port}, {WARM_UP_MS}, {SAMPLE_MS})")).await
}

async fn down(page: &mut Undriven, servers: &Servers) -> f64 {
    number(page, &format!("trials.down(relay, token, {}, {WARM_UP_MS}, {SAMPLE_MS})", servers.source)).await
}

async fn bare_up(page: &mut Undriven, servers: &Servers, port: u16) -> f64 {
    let all = WARM_UP_MS + SAMPLE_MS;
    counted(page, servers, &format!("bareUp({port}, {all}).then(() => 0)")).await
}

async fn up(page: &mut Undriven, servers: &Servers) -> f64 {
    let all = WARM_UP_MS + SAMPLE_MS;
    counted(page, servers, &format!("trials.up(relay, token, {}, {all}).then(() => 0)", servers.sink)).await
}

/// Bytes a second that arrive while the page sends, after the warm-up.
async fn counted(page: &mut Undriven, servers: &Servers, sending: &str) -> f64 {
    let before = servers.received();
    let counting = async {
        // The page has begun when something arrives.
        until("first bytes", async || servers.received() > before).await;
        tokio::time::sleep(Duration::from_millis(WARM_UP_MS)).await;
        let (before, started) = (servers.received(), Instant::now());
        tokio::time::sleep(Duration::from_millis(SAMPLE_MS * 3 / 4)).await;
        (servers.received() - before) as f64 / started.elapsed().as_secs_f64()
    };
    tokio::join!(counting, number(page, sending)).0
}

/// The same with the browser's own WebSocket.
const BARE: &str = r"
const opened = port => new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => resolve(socket);
    socket.onerror = reject;
});
const bareDown = async (port, warmUp, ms) => {
    const socket = await opened(port);
    const begin = performance.now() + warmUp;
    let bytes = 0, started = 0;
    return new Promise(resolve => socket.onmessage = event => {
        const now = performance.now();
        if (now < begin) return;
        if (!started) { started = now; return; }
        bytes += event.data.byteLength;
        if (now >= started + ms) { socket.onmessage = null; socket.close(); resolve(bytes * 1e3 / (now - started)); }
    });
};
const bareUp = async (port, ms) => {
    const socket = await opened(port);
    const block = new Uint8Array(65536).fill(0x55), end = performance.now() + ms;
    const { port1, port2 } = new MessageChannel();
    await new Promise(resolve => {
        // As much under way as the page lets be under way.
        port1.onmessage = () => {
            while (socket.bufferedAmount < (1 << 20)) socket.send(block);
            performance.now() < end ? port2.postMessage(0) : resolve();
        };
        port2.postMessage(0);
    });
    socket.close();
};
const bareRoundTrip = async (port, size, ms) => {
    const socket = await opened(port);
    const message = new Uint8Array(size).fill(0x55), started = performance.now();
    let count = 0;
    return new Promise(resolve => {
        socket.onmessage = () => {
            count += 1;
            const passed = performance.now() - started;
            if (passed >= ms) { socket.close(); resolve(passed / count); } else socket.send(message);
        };
        socket.send(message);
    });
};
const bareAtOnce = async (relay, token, count) => {
    const started = performance.now();
    const sockets = await Promise.all(Array.from({ length: count }, () => new Promise((resolve, reject) => {
        const socket = new WebSocket(relay, ['tcp-playground.v1', `token.${token}`]);
        socket.onopen = () => resolve(socket);
        socket.onerror = reject;
    })));
    const passed = performance.now() - started;
    await Promise.all(sockets.map(socket => new Promise(resolve => { socket.onclose = resolve; socket.close(); })));
    return passed;
};
const ourAtOnce = async (relay, token, port, count) => {
    const started = performance.now();
    await trials.open_at_once(relay, token, port, count);
    const passed = performance.now() - started;
    trials.close_all();
    return passed;
};
";
