//! What the page holds while a chatty server of its own runs for minutes.

use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

use crate::renderers::renderers;
use crate::undriven::Undriven;
use crate::{DEADLINE, print_row, programs};

/// How many lines a second the peer asks for; the server is slower. The trace, which keeps the newest 100,000 events, is full long before half of ten minutes.
const LINES_PER_S: u32 = 400;

/// After which parts of the time a figure is taken.
const PARTS: [(&str, f64); 3] = [("a tenth", 0.1), ("half", 0.5), ("all", 1.0)];

/// Lets the server talk for so many minutes, and prints what the browser's renderers hold on the way. What is bounded does not grow in the second half.
pub(crate) async fn chatty(window: &Undriven, minutes: u64) {
    window.run(programs::CHATTY).await;
    let printed = window.printed(DEADLINE, |text| text.contains("PORT") && text.contains(" .")).await;
    let port: u16 = printed.split(' ').nth(1).and_then(|port| port.parse().ok()).expect("a port");
    let time = Duration::from_secs(60 * minutes);
    let lines = tokio::spawn(ask(port, time));
    let begun = Instant::now();
    for (part, share) in PARTS {
        tokio::time::sleep(time.mul_f64(share).saturating_sub(begun.elapsed())).await;
        let held = format!("{} MiB; {:.0} MiB", renderers() >> 20, isolated(window).await);
        print_row(
            &format!("memory after {part} of the time: the renderers' own; `measureUserAgentSpecificMemory`"),
            &held,
            "",
            "",
            "bounded",
        );
    }
    let lines = lines.await.expect("it does not panic").expect("the server talks");
    let mut attached = window.attach().await;
    let dropped = attached.evaluate(DROPPED).await;
    attached.evaluate("called('button', 'Stop').click()").await;
    window.is_over().await;
    print_row(&format!("a chatty server for {minutes} min: lines that it said"), &lines.to_string(), "", "", "");
    print_row("what the page says of its trace", dropped.as_str().unwrap_or("that it is not full"), "", "", "");
}

/// What stands in the page of events that were let go.
const DROPPED: &str = "document.body.innerText.match(/[0-9,.]+ earlier events? (of this page )?(was|were) let go/)?.[0]";

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
