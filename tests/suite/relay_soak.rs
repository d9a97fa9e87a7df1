//! The soak: very many sockets that open, talk, half-close, reset, stall and vanish by chance. Every byte is accounted for by checksum, and at the end the
//! relay is what it was. A short one runs among the tests; `docs/faults.md` has the long one's command and figures.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use protocol::{Family, Name, Operation};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::lives::{Account, Ending, Place, Way};
use crate::relay_process::RelayProcess;
use crate::waiting::run_for;
use crate::wire::{Wire, error_of};
use crate::{kernel, stand_still, until};

/// How many handshakes the pages have under way.
const HANDSHAKES: usize = 32;

/// By how much the relay's memory may differ from what it was: the allocator keeps some of what was freed.
const TOLERANCE_BYTES: u64 = 16 << 20;

/// How large a soak is.
struct Soak {
    sockets: u16,
    duration: Duration,
    seed: u64,
}

impl Soak {
    /// What the environment says, or a short one.
    fn chosen() -> Self {
        let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")));
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_micros() as u64;
        Self {
            sockets: number("TCP_PLAYGROUND_SOAK_SOCKETS").map_or(60, |number: u64| number.try_into().expect("fewer than 65,536")),
            duration: Duration::from_secs(number("TCP_PLAYGROUND_SOAK_SECONDS").unwrap_or(4)),
            seed: number("TCP_PLAYGROUND_SOAK_SEED").unwrap_or(now),
        }
    }
}

/// What the system says of the relay.
#[derive(Clone, Copy, Debug)]
struct Footprint {
    descriptors: usize,
    threads: usize,
    resident_bytes: u64,
}

impl Footprint {
    fn of(relay: &RelayProcess) -> Self {
        let pid = relay.pid();
        Self { descriptors: kernel::descriptors(pid).len(), threads: kernel::threads(pid), resident_bytes: kernel::resident_bytes(pid) }
    }
}

/// What became of all lives.
#[derive(Debug, Default)]
struct Books {
    lives: BTreeMap<Ending, usize>,
    up: Way,
    down: Way,
}

impl Books {
    fn enter(&mut self, account: &Account) {
        *self.lives.entry(account.ending).or_default() += 1;
        for (sum, way) in [(&mut self.up, account.up), (&mut self.down, account.down)] {
            sum.sent += way.sent;
            sum.arrived += way.arrived;
            sum.arrived_of_cut += way.arrived_of_cut;
        }
    }
}

/// Leads lives in so many places at a time, until the time is over; in each at least one.
async fn lead(relay: &Arc<RelayProcess>, places: u16, duration: Duration, seed: u64) -> Books {
    let (turns, end) = (Arc::new(Semaphore::new(HANDSHAKES)), Instant::now() + duration);
    let mut led = JoinSet::new();
    for index in 0..places {
        let mut place = Place::new(Arc::clone(relay), index, Arc::clone(&turns), seed);
        led.spawn(async move {
            let mut accounts = vec![];
            loop {
                accounts.push(place.live().await);
                if Instant::now() >= end {
                    return accounts;
                }
            }
        });
    }
    let mut books = Books::default();
    while let Some(accounts) = led.join_next().await {
        accounts.expect("no life goes wrong").iter().for_each(|account| books.enter(account));
    }
    books
}

/// Takes every place that the relay has for sockets: none was lost, and none is there twice.
async fn every_socket_was_given_back(relay: &RelayProcess, most: usize) {
    let mut sockets = vec![];
    for _ in 0..most {
        sockets.push(Wire::socket(relay).await);
    }
    let mut wire = Wire::open(relay).await;
    assert_eq!(error_of(wire.call(Operation::Socket { family: Family::Inet }).await), Name::EMFILE);
}

#[cfg(target_os = "linux")]
#[test]
fn sockets_that_open_talk_and_end_by_chance() {
    let Soak { sockets, duration, seed } = Soak::chosen();
    println!("{sockets} sockets for {duration:?}, with TCP_PLAYGROUND_SOAK_SEED={seed}");
    relay::raise_descriptor_limit().expect("the system permits it");
    run_for(duration + Duration::from_secs(300), async {
        // A place for each, and for the listener that some have.
        let most = 2 * usize::from(sockets);
        let relay = Arc::new(RelayProcess::start_with(&["--max-sockets", &most.to_string()]).await);
        let fresh = Footprint::of(&relay);
        // The first lives make what stays: the buffers of threads, the allocator's arenas.
        lead(&relay, sockets, Duration::from_secs(1), !seed).await;
        until("descriptors back", async || Footprint::of(&relay).descriptors <= fresh.descriptors).await;
        let before = Footprint::of(&relay);
        let amid = async {
            stand_still(duration / 2).await;
            Footprint::of(&relay)
        };
        let (books, amid) = tokio::join!(lead(&relay, sockets, duration, seed), amid);
        println!("{books:#?}\nfresh  {fresh:?}\nbefore {before:?}\namid   {amid:?}");
        until("descriptors and threads back", async || {
            let now = Footprint::of(&relay);
            now.descriptors <= fresh.descriptors && now.threads <= fresh.threads
        })
        .await;
        let after = Footprint::of(&relay);
        println!("after  {after:?}");
        assert!(after.resident_bytes <= before.resident_bytes + TOLERANCE_BYTES, "{before:?}, {after:?}");
        every_socket_was_given_back(&relay, most).await;
        let mut relay = Arc::into_inner(relay).expect("all lives are led");
        relay.signal("TERM");
        assert_eq!(relay.ended().await.code(), Some(0));
    });
}
