//! `cargo bench -p tests --bench page`: how fast the page itself is, in the browser of the suite, with the optimised relay.
//!
//! Absolute figures, unlike those of the other benchmarks: what a person notices is a frame that comes late.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

mod alone;

#[path = "../../suite/acts.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod acts;
#[path = "../../suite/browser.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod browser;
#[path = "../../suite/keyboard.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod keyboard;
#[path = "../../suite/locator.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod locator;
#[path = "../../suite/long_recording.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod long_recording;
#[path = "../../suite/page.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod page;
#[path = "../../suite/peers.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod peers;
#[path = "../../suite/relay_process.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod relay_process;
mod renderers;
#[path = "../../suite/waiting.rs"]
#[allow(dead_code, reason = "the suite uses the rest")]
mod waiting;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use alone::{Alone, Attached};
use browser::in_browser;
use long_recording::long_recording;
use page::Page;
use relay_process::RelayProcess;
pub(crate) use waiting::{DEADLINE, LOOK_AGAIN, run_for, until, within};

/// How often the page is loaded; the median is printed.
const LOADS: usize = 5;

/// How many messages a second the peer sends, of which each is two events, `recv` called and returned, where none comes together with the next.
const MESSAGES_PER_S: u32 = 1_000;

/// For how long it sends.
const FLOW: Duration = Duration::from_secs(60);

/// How many messages the recording holds, each of which is five events.
const RECORDED: u64 = 2_000;

fn main() -> ExitCode {
    // `cargo test --benches` builds and starts benchmarks too; measuring is not what it wants.
    if std::env::args().any(|argument| argument == "--bench") {
        println!("| | | goal |\n|---|---|---|");
        in_browser("bench_page_load", async |page, relay| cold_load(page, relay).await);
        in_browser("bench_page_recording", async |page, _relay| recording(page).await);
        run_for(FLOW * 2, flow());
    }
    ExitCode::SUCCESS
}

fn print_row(name: &str, figure: &str, goal: &str) {
    println!("| {name} | {figure} | {goal} |");
}

async fn number(page: &Page, expression: &str) -> f64 {
    page.evaluate(expression).await.as_f64().expect("a number")
}

/// From the navigation until somebody can make a socket, with nothing cached.
async fn cold_load(page: &Page, relay: &RelayProcess) {
    page.command("Network.enable", json!({})).await;
    page.command("Network.setCacheDisabled", json!({ "cacheDisabled": true })).await;
    page.command("Page.addScriptToEvaluateOnNewDocument", json!({ "source": INTERACTIVE })).await;
    let mut times = vec![];
    for _ in 0..LOADS {
        page.load("about:blank").await;
        page.open(&relay.url()).await;
        times.push(number(page, "window.interactive").await);
    }
    times.sort_by(f64::total_cmp);
    print_row("from a cold load until a socket can be made", &format!("{:.0} ms", times[LOADS / 2]), "< 1 s");
    until("every piece", async || page.evaluate(&format!("({WASM}).length")).await.as_u64() >= Some(FILES)).await;
    let before =
        format!("({WASM}).filter(entry => entry.startTime < window.interactive).reduce((sum, entry) => sum + entry.encodedBodySize, 0)");
    print_row("Wasm until then, brotli", &format!("{:.0} KiB", number(page, &before).await / 1024.0), "≤ 250 KiB");
    let files = page
        .evaluate(&format!(
            "({WASM}).map(entry => `${{entry.name.split('/').pop()}} ${{Math.round(entry.encodedBodySize / 1024)}}`).join(', ')"
        ))
        .await;
    print_row("all of the page's Wasm, KiB", files.as_str().expect("text"), "");
}

/// The Wasm that the page fetched.
const WASM: &str = "performance.getEntriesByType('resource').filter(entry => entry.name.endsWith('.wasm'))";

/// How many files of Wasm there are: the first, three pieces, and what each two or all of these share.
const FILES: u64 = 8;

/// Notes when the button that makes a client can be pressed and the relay is there.
const INTERACTIVE: &str = r"
new MutationObserver((_, observer) => {
    const is_ready = [...document.querySelectorAll('button')].some(button => button.textContent === 'New client' && !button.disabled && button.getAttribute('aria-disabled') !== 'true');
    if (is_ready && document.body.textContent.includes('Relay ready')) { window.interactive = performance.now(); observer.disconnect(); }
}).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
";

/// Frames that come late, from now on.
const FRAMES: &str = r"
window.frames_seen = { worst: 0, late: 0, count: 0 };
{
    let last = performance.now();
    const watched = window.frames_seen;
    const look = now => { const gap = now - last; last = now; watched.count += 1; watched.worst = Math.max(watched.worst, gap); if (gap > 50) watched.late += 1; if (watched === window.frames_seen) requestAnimationFrame(look); };
    requestAnimationFrame(now => { last = now; requestAnimationFrame(look); });
}
";

/// A peer that says something again and again, and a page that receives by itself, with nobody attached to it.
async fn flow() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let port = listener.local_addr().expect("it is bound").port();
    let sending = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let mut beat = tokio::time::interval(Duration::from_secs(1) / MESSAGES_PER_S);
        loop {
            beat.tick().await;
            stream.write_all(b"one more line\n").await?;
        }
        #[allow(unreachable_code, reason = "it says of what type the errors are")]
        std::io::Result::Ok(())
    });
    let relay = RelayProcess::start().await;
    let window = Alone::open(&relay.url()).await;
    let mut attached = window.attach().await;
    attached.until("document.body?.innerText.includes('Relay ready') === true").await;
    attached.evaluate(CONNECT).await;
    attached.evaluate(&format!("connect({port})")).await;
    attached.until("document.querySelector('.scrubber input')?.max > 100").await;
    let begin = attached.evaluate(&format!("{FRAMES}; progress()")).await;
    let early = memory(&mut attached).await;
    drop(attached);
    tokio::time::sleep(FLOW).await;
    let mut attached = window.attach().await;
    let end = attached.evaluate("progress()").await;
    let frames = attached.evaluate("window.frames_seen").await;
    let late = memory(&mut attached).await;
    sending.abort();
    let since = |key: &str| end[key].as_f64().unwrap_or(f64::NAN) - begin[key].as_f64().unwrap_or(f64::NAN);
    let rate = since("events") / (since("now") / 1000.0);
    print_row("a minute of events: how many a second", &format!("{rate:.0}"), "1,000");
    print_row("frames later than 50 ms, of all", &format!("{} of {}", frames["late"], frames["count"]), "0");
    print_row("the latest frame", &format!("{:.0} ms", frames["worst"].as_f64().expect("a number")), "≤ 50 ms");
    let [early, late] = [early, late].map(|[script, all]| format!("{:.0}; {:.0} MiB", script / MIB, all / MIB));
    print_row("memory at the beginning and at the end, JavaScript's; the renderers' in all", &format!("{early}, {late}"), "bounded");
}

/// What the page uses, in bytes: JavaScript and the document, and the renderers as a whole, with the WebAssembly memory, where the trace is.
async fn memory(attached: &mut Attached) -> [f64; 2] {
    let script = attached.evaluate("performance.measureUserAgentSpecificMemory().then(memory => memory.bytes)").await;
    [script.as_f64().expect("a number"), renderers::renderers() as f64]
}

const MIB: f64 = 1048576.0;

/// Makes a client by hand, lets it receive automatically, and says how many events there are at what time.
const CONNECT: &str = r"
window.connect = async port => {
    const until = async find => { for (;;) { const found = find(); if (found) return found; await new Promise(requestAnimationFrame); } };
    const button = name => () => [...document.querySelectorAll('button')].find(button => button.textContent.trim() === name && button.getAttribute('aria-disabled') !== 'true' && !button.disabled);
    const labelled = name => () => [...document.querySelectorAll('label')].find(label => label.textContent.trim() === name)?.control;
    (await until(button('New client'))).click();
    for (const [name, value] of [['Host', '127.0.0.1'], ['Port', `${port}`]]) {
        const field = await until(labelled(name));
        field.value = value;
        field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }
    (await until(button('connect'))).click();
    (await until(button('Receive automatically'))).click();
};
window.progress = () => ({ events: Number(document.querySelector('.scrubber input').max), now: performance.now() });
";

/// From the choice of the file until its ladder is drawn; then it is scrolled.
async fn recording(page: &Page) {
    let file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("bench-recording.jsonl");
    std::fs::write(&file, long_recording(RECORDED)).expect("target can be written to");
    page.view("Ladder").await;
    page.button("Recording").click().await;
    page.evaluate(OPENED).await;
    page.get("button", "Open a recording").choose_file(&file).await;
    until("ladder", async || page.evaluate("window.drawn > 0").await == true).await;
    print_row(
        "a recording of 10,000 events, until it is drawn",
        &format!("{:.0} ms", number(page, "window.drawn - window.chosen").await),
        "< 1 s",
    );
    page.press("Escape").await;
    page.evaluate(FRAMES).await;
    page.evaluate(SCROLLED).await;
    let frames = page.evaluate("window.frames_seen").await;
    print_row("its ladder scrolled, the latest frame", &format!("{:.0} ms", frames["worst"].as_f64().expect("a number")), "smooth");
    print_row("frames later than 50 ms, of all", &format!("{} of {}", frames["late"], frames["count"]), "0");
}

/// Notes when a file is chosen, and the frame after its ladder stands there.
const OPENED: &str = r"
document.addEventListener('change', () => { window.chosen ||= performance.now(); }, true);
new MutationObserver((_, observer) => {
    if (window.chosen && document.querySelectorAll('.rungs .rung').length > 5) { observer.disconnect(); requestAnimationFrame(() => requestAnimationFrame(() => { window.drawn = performance.now(); })); }
}).observe(document, { subtree: true, childList: true });
";

/// From one end to the other, in two seconds.
const SCROLLED: &str = r"
new Promise(resolve => {
    const rungs = document.querySelector('.rungs'), began = performance.now();
    const go = now => { rungs.scrollTop = rungs.scrollHeight * Math.min(1, (now - began) / 2000); now < began + 2000 ? requestAnimationFrame(go) : resolve(0); };
    requestAnimationFrame(go);
})
";
