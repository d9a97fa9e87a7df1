//! The relay over real sockets and the page in a real browser, against programs that are not ours.
//!
//! | file | what it holds |
//! |---|---|
//! | `peers` | real programs at the other end: Python, nc, curl, socat |
//! | `python` | a Python that makes one system call after another, to be a peer and to compare with |
//! | `relay_process` | the relay's own binary, as a process |
//! | `http` | requests to the relay that are no WebSocket |
//! | `npm_registry`, `python_cache` | a registry with packages of the tests' own; the real Python for the page, fetched once |
//! | `certificate` | certificates, and what openssl makes of them |
//! | `wire` | a native client of the wire |
//! | `bystander` | a socket that must not notice what happens to others |
//! | `browser`, `page`, `locator`, `keyboard`, `acts` | Chromium; what a person does with the page, found by role and accessible name |
//! | `firefox` | Firefox, and what a person does with the page in it |
//! | `scripts` | what a person does with scripts in it |
//! | `trials`, `postgres` | a page of its own with other people's protocol crates over `net`, and a database for one of them |
//! | `waiting` | running a test, and waiting for what it needs |
//! | `transcript` | the conversations that documents write down |
//! | `lives` | the lives that sockets lead in the soak |
//! | `kernel` | what the kernel says of sockets |
//! | `code_recording`, `code_running`, `code_peer` | sessions as the page records them, the programs that it makes of them, built and run, and their other end |
//! | `relay_*` | tests of the relay |
//! | `page_*` | tests of the page |
//! | `firefox_page` | tests of the page in Firefox |
//! | `net_*` | tests of the page's `net`, without the page |
//! | `recording_*` | what other programs make of what the page keeps |
//! | `code_clients`, `code_servers`, `code_failures` | tests of those programs: they send and receive what the session did |
//! | `tree` | the tree of dependencies, held against `deny.toml` |
//! | `tidy` | the architecture's invariants, read from the sources |
//!
//! No test sleeps to let something happen: each waits for what it needs, with a deadline. Every port is chosen by the system, and nothing leaves the machine but
//! `python_cache`'s one request to the registry of npm.

mod acts;
mod browser;
mod bystander;
mod certificate;
#[cfg(unix)]
mod code_clients;
#[cfg(unix)]
mod code_failures;
#[cfg(unix)]
mod code_peer;
#[cfg(unix)]
mod code_recording;
#[cfg(unix)]
mod code_running;
#[cfg(unix)]
mod code_servers;
mod firefox;
mod firefox_page;
mod http;
mod kernel;
mod keyboard;
mod lives;
mod locator;
mod long_recording;
mod net_crates;
mod net_sockets;
mod npm_registry;
mod page;
mod page_accessible;
mod page_both_ends;
mod page_buffers;
mod page_bulk;
mod page_bytes;
mod page_client;
mod page_composer;
mod page_errors;
mod page_everyday;
mod page_keyboard;
mod page_ladder;
mod page_layout;
mod page_pieces;
mod page_prompt;
mod page_python_fetched;
mod page_python_policy;
mod page_recording;
mod page_remedies;
mod page_repeated;
mod page_script;
mod page_script_runs;
mod page_server;
mod page_state;
mod page_strangers;
mod page_tls;
mod peers;
mod ports;
mod postgres;
mod python;
mod python_cache;
mod python_programs;
mod python_robust;
mod python_stopped;
mod python_window;
mod recording_pcapng;
mod relay_accept;
mod relay_bad_input;
mod relay_bounded;
mod relay_calls;
mod relay_command;
mod relay_document;
mod relay_end;
mod relay_errors;
mod relay_exact;
mod relay_faults;
mod relay_flags;
mod relay_gate;
mod relay_half_closed;
mod relay_info;
mod relay_island;
mod relay_limits;
#[cfg(target_os = "linux")]
mod relay_open;
mod relay_options;
mod relay_pending;
mod relay_poll;
mod relay_pressed;
mod relay_process;
#[cfg(unix)]
mod relay_proxied;
mod relay_python_command;
mod relay_python_fetch;
mod relay_python_proxied;
mod relay_python_served;
mod relay_races;
mod relay_resolve;
mod relay_room;
mod relay_sharing;
mod relay_soak;
mod relay_spellings;
mod relay_streams;
mod relay_tls;
mod relay_waitall;
mod relay_watched;
mod relay_websocket;
mod scripts;
mod tidy;
mod transcript;
mod tree;
mod trials;
mod waiting;
mod wire;

pub(crate) use waiting::{DEADLINE, LOOK_AGAIN, run, stand_still, until, within};
