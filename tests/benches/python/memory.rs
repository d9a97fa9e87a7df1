//! What the page holds while a chatty server of its own runs for minutes.

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::renderers::renderers;
use crate::undriven::Undriven;
use crate::{DEADLINE, print_row, programs};

/// How many lines a second the peer asks for; the server may be slower.
const LINES_PER_S: u32 = 50;

/// After how long the first figure is taken.
const FIRST: Duration = Duration::from_secs(60);

/// Lets the server talk for so many minutes, and prints what the browser's renderers hold after the first and the last of them.
pub(crate) async fn chatty(window: &Undriven, minutes: u64) {
    window.run(programs::CHATTY).await;
    let printed = window.printed(DEADLINE, |text| text.contains("PORT") && text.contains(" .")).await;
    let port: u16 = printed.split(' ').nth(1).and_then(|port| port.parse().ok()).expect("a port");
    let lines = tokio::spawn(ask(port, Duration::from_secs(60 * minutes)));
    let begun = Instant::now();
    tokio::time::sleep(FIRST.min(Duration::from_secs(60 * minutes))).await;
    let early = (isolated(window).await, renderers());
    let left = Duration::from_secs(60 * minutes).saturating_sub(begun.elapsed());
    tokio::time::sleep(left).await;
    let late = (isolated(window).await, renderers());
    let lines = lines.await.expect("it does not panic").expect("the server talks");
    window.attach().await.evaluate("called('button', 'Stop').click()").await;
    window.is_over().await;
    let goal = "bounded";
    print_row(&format!("a chatty server for {minutes} min: lines that it said"), &lines.to_string(), "", "", "");
    print_row(
        "resident memory of the renderers after 1 min and at the end",
        &format!("{}, {} MiB", early.1 >> 20, late.1 >> 20),
        "",
        "",
        goal,
    );
    print_row(
        "the page's memory as the browser counts it (`measureUserAgentSpecificMemory`)",
        &format!("{:.0}, {:.0} MiB", early.0, late.0),
        "",
        "",
        goal,
    );
}

/// Asks for a line again and again; returns how many came.
async fn ask(port: u16, time: Duration) -> std::io::Result<u64> {
    let (reading, mut writing) = TcpStream::connect(("127.0.0.1", port)).await?.into_split();
    let mut reading = BufReader::new(reading).lines();
    let mut beat = tokio::time::interval(Duration::from_secs(1) / LINES_PER_S);
    beat.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let (begun, mut lines) = (Instant::now(), 0);
    while begun.elapsed() < time {
        beat.tick().await;
        writing.write_all(b"?").await?;
        if reading.next_line().await?.is_none() {
            break;
        }
        lines += 1;
    }
    Ok(lines)
}

/// MiB of the page and its workers.
async fn isolated(window: &Undriven) -> f64 {
    let memory = "performance.measureUserAgentSpecificMemory().then((memory) => memory.bytes)";
    window.attach().await.evaluate(memory).await.as_f64().unwrap_or(f64::NAN) / 1048576.0
}
