//! The page in Firefox, which is a page of its own to each engine: by hand as client and server of real programs, with Python, and without what Python needs.

use std::path::PathBuf;

use serde_json::json;
use tokio::net::TcpStream;

use crate::certificate::text;
use crate::firefox::{Firefox, in_firefox, label_of};
use crate::peers::Peer;
use crate::ports::free_port;
use crate::python_cache::relay_with_python;
use crate::python_programs::expected_of;
use crate::python_stopped::{PROMISED_MS, STOP, TRIES};
use crate::relay_process::{RelayProcess, root};
use crate::relay_python_served::status;

impl Firefox {
    async fn button(&self, name: &str) {
        self.get("button", name).click().await;
    }

    /// Presses the button of a call of the chosen socket.
    async fn call(&self, call: &str) {
        self.get("group", call).get("button", call).click().await;
    }

    /// Waits for the socket whose line in the tree holds all of these; that line.
    async fn socket(&self, parts: &[&str]) -> String {
        label_of(&self.get("tree", "Sockets").get_holding("treeitem", parts).wait().await).to_owned()
    }

    async fn stream_shows(&self, part: &str) {
        self.get("log", "Stream").wait_text(|text| text.contains(part)).await;
    }

    async fn send(&self, text: &str) {
        self.get("textbox", "Data to send").fill(text).await;
        self.button("Send").await;
    }

    /// Pastes a program into the editor in place of what stands there, and runs it.
    async fn run(&self, source: &str) {
        self.get("textbox", "Script").focus().await;
        self.press("Control+a").await;
        self.paste(source).await;
        self.button("Run").await;
    }

    async fn script_is(&self, part: &str) {
        self.get("status", "Script state").wait_text(|text| text.contains(part)).await;
    }

    async fn output_has(&self, part: &str) -> String {
        self.get("log", "Output").wait_text(|text| text.contains(part)).await
    }
}

/// Runs a test with the script panel open.
fn in_script(name: &str, preferences: &[(&str, bool)], test: impl AsyncFnOnce(&Firefox)) {
    in_firefox(name, preferences, async |page| {
        let relay = relay_with_python(&[]).await;
        page.open(&relay.url()).await;
        page.get("tab", "Script").click().await;
        page.get("textbox", "Script").wait().await;
        test(page).await;
    });
}

/// An example, with `port` in place of its own.
fn example(file: &str, port: u16) -> String {
    let source = std::fs::read_to_string(root().join("web/examples").join(file)).expect("it is there");
    web::editor::in_language(&source, "en").replace("PORT = 8080", &format!("PORT = {port}"))
}

#[test]
fn a_client_by_hand_gets_a_page_from_a_web_server() {
    in_firefox("firefox_client", &[], async |page| {
        let relay = RelayProcess::start().await;
        let (_server, port) = Peer::http_server(root().join("docs/pictures").to_str().expect("the path is text")).await;
        page.open(&relay.url()).await;
        page.button("New client").await;
        page.get("group", "connect").get("textbox", "Host").fill("localhost").await;
        page.get("group", "connect").get("spinbutton", "Port").fill(&port.to_string()).await;
        page.call("connect").await;
        page.socket(&["client 127.0.0.1:", &format!("→ 127.0.0.1:{port} ESTABLISHED")]).await;
        page.send("GET / HTTP/1.1\\r\\nHost: localhost\\r\\n\\r\\n").await;
        page.stream_shows("Host: localhost␍␊").await;
        page.get("switch", "Receive automatically").click().await;
        page.stream_shows("HTTP/1.0 200 OK␍␊").await;
        page.stream_shows("client.png").await;
        page.stream_shows("end of stream").await;
        page.socket(&["client", "CLOSE_WAIT"]).await;
        page.get("tab", "Ladder").click().await;
        page.get("table", "Ladder as a table").wait_text(|text| text.contains("connect(\"localhost\"") && text.contains("recv(")).await;
        page.screenshot("firefox-client").await;
        page.call("close").await;
        page.socket(&["client", "CLOSED"]).await;
    });
}

#[test]
fn a_server_by_hand_greets_real_programs() {
    in_firefox("firefox_server", &[], async |page| {
        let relay = RelayProcess::start().await;
        page.open(&relay.url()).await;
        page.button("New server").await;
        let bind = page.get("group", "bind");
        bind.get("textbox", "Address").fill("0.0.0.0").await;
        bind.get("spinbutton", "Port").fill("0").await;
        page.call("bind").await;
        let bound = page.socket(&["listener", "0.0.0.0:", "CLOSED"]).await;
        let port = bound.split([':', ' ']).find_map(|part| part.parse::<u16>().ok().filter(|port| *port > 0)).expect("a port");
        page.call("listen").await;
        page.socket(&["listener", "LISTEN"]).await;
        page.get("switch", "Accept automatically").click().await;
        let nc = Peer::start("nc", &["-d", "127.0.0.1", &port.to_string()]);
        let mut python = Peer::python("visit.py", &[&port.to_string()]);
        let accepted = page.get("tree", "Sockets").get_holding("treeitem", &["accepted", "ESTABLISHED"]).wait_count(2).await;
        let peers: Vec<&str> = accepted.iter().filter_map(|node| label_of(node).split("← ").nth(1)?.split(' ').next()).collect();
        let local: String = python.value("local").await;
        assert!(peers.contains(&local.as_str()), "{local} is shown among {peers:?}");
        for peer in peers {
            page.get("tree", "Sockets").get_holding("treeitem", &["accepted", &format!("← {peer} ")]).click().await;
            page.send("Hello, client!").await;
            page.stream_shows("Hello, client!").await;
            page.call("close").await;
            page.socket(&[&format!("← {peer} "), "CLOSED"]).await;
        }
        python.line_with("received b'Hello, client!'").await;
        let (status, heard) = nc.finish().await;
        assert!(status.success() && heard == b"Hello, client!", "{status} {heard:?}");
    });
}

#[test]
fn the_two_programs_talk_to_each_other_and_to_nc() {
    in_script("firefox_two", &[], async |page| {
        let port = free_port();
        page.run(&example("server.py", port)).await;
        page.output_has(&format!("Listening on 0.0.0.0:{port}")).await;
        page.script_is("Waiting in accept(), line").await;
        page.button("New").await;
        page.run(&example("client.py", port)).await;
        page.output_has("Hello, client!").await;
        page.script_is("Finished").await;
        page.get("tab", "script.py").click().await;
        page.output_has("has connected").await;
        let table = page.get("table", "Ladder as a table");
        table.wait_text(|text| text.contains("accept(); from 127.0.0.1:")).await;
        page.get("tree", "Sockets").get_holding("treeitem", &["accepted"]).click().await;
        table.wait_text(|text| text.contains("send(") && text.contains("close()")).await;
        let (status, heard) = Peer::start("nc", &["-d", "127.0.0.1", &port.to_string()]).finish().await;
        assert!(status.success() && heard == b"Hello, client!", "{status} {heard:?}");
        page.get("log", "Output").wait_text(|text| text.matches("has connected").count() == 2).await;
        page.script_is("Waiting in accept(), line").await;
        page.screenshot("firefox-script").await;
        page.button("Stop").await;
        page.script_is("Stopped").await;
        assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "its listener is closed");
    });
}

#[test]
fn stop_ends_whatever_a_program_does_in_firefox() {
    in_script("firefox_stop", &[], async |page| {
        page.run("print('hello,', input('Who? '))\n").await;
        page.script_is("waits for your input").await;
        page.get("textbox", "Input").fill("Firefox\n").await;
        page.output_has("hello, Firefox").await;
        page.script_is("Finished").await;
        for (source, state) in [
            ("import socket\ns = socket.create_server(('127.0.0.1', 0))\nprint('begun')\ns.accept()\n", "Waiting in accept()"),
            ("import threading\nprint('begun')\nthreading.Event().wait()\n", "Waiting in acquire()"),
            ("print('begun')\nwhile True: pass\n", "Running"),
            ("import time\nprint('begun')\nwhile True:\n    try: time.sleep(1000)\n    except BaseException: pass\n", "Waiting in sleep()"),
        ] {
            let mut times = vec![];
            while times.len() < TRIES && times.iter().all(|taken| *taken >= PROMISED_MS) {
                page.run(source).await;
                page.output_has("begun").await;
                page.script_is(state).await;
                times.push(page.evaluate(STOP).await.as_f64().expect("a number"));
            }
            assert!(times.iter().any(|taken| *taken < PROMISED_MS), "stopped in {times:?} ms: {source}");
        }
    });
}

/// Runs the programs of `tests/programs`, which print what they print under CPython.
fn print_the_same(name: &str, programs: &[&str]) {
    in_script(name, &[], async |page| {
        for program in programs {
            let (source, expected) = expected_of(program).await;
            page.run(&source).await;
            page.get("status", "Script state").wait_text(|text| text.contains("Finished") || text.contains("Ended")).await;
            let printed = page.output_has("").await;
            assert_eq!(printed.trim_end(), expected.trim_end(), "{program}");
        }
    });
}

#[test]
fn sockets_fail_wait_and_are_files_in_firefox() {
    print_the_same("firefox_sockets", &["errors.py", "waiting.py", "files.py", "descriptors.py", "names.py"]);
}

#[test]
fn threads_streams_and_protocols_run_in_firefox() {
    print_the_same("firefox_protocols", &["threads.py", "streams.py", "web.py", "mail.py"]);
}

#[test]
fn a_browser_that_cannot_wait_says_so_before_anything_is_fetched() {
    in_firefox("firefox_no_jspi", &[("javascript.options.wasm_js_promise_integration", false)], async |page| {
        let cache = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("firefox-no-python");
        std::fs::remove_dir_all(&cache).ok();
        let relay = RelayProcess::start_with(&["--python-cache", text(&cache)]).await;
        page.open(&relay.url()).await;
        page.get("tab", "Script").click().await;
        page.script_is("There is no Python here").await;
        let says = page.get("alert", "").wait_text(|text| text.contains("JSPI")).await;
        for part in [
            "What is done by hand works all the same",
            "Chromium",
            "Firefox from 153 on",
            "about:config",
            "javascript.options.wasm_js_promise_integration",
        ] {
            assert!(says.contains(part), "{part:?} is not in {says:?}");
        }
        page.get("textbox", "Script").wait().await;
        page.run("print('hello')\n").await;
        page.script_is("There is no Python here").await;
        assert_eq!(status(&relay).await["state"], "absent");
        page.screenshot("firefox-no-jspi").await;
    });
}

#[test]
fn without_shared_memory_stop_ends_a_program_that_computes_with_python() {
    // To this Firefox `localhost` is another machine, and no page of such a one is isolated from others without TLS.
    let elsewhere = [("network.proxy.allow_hijacking_localhost", true), ("network.proxy.testing_localhost_is_secure_when_hijacked", false)];
    in_firefox("firefox_no_memory", &elsewhere, async |page| {
        let relay = relay_with_python(&[]).await;
        page.open(&relay.url().replace("127.0.0.1", "localhost")).await;
        assert_eq!(page.evaluate("[isSecureContext, crossOriginIsolated]").await, json!([false, false]));
        page.get("tab", "Script").click().await;
        page.get("region", "Script panel").wait_text(|text| text.contains("This page shares no memory with its workers")).await;
        // What Firefox says when a worker that computes is ended.
        page.expect_in_console("uncaught exception: undefined").await;
        // There is no clipboard either, so programs are typed.
        let write = async |source: &str| {
            page.get("textbox", "Script").focus().await;
            page.press("Control+a").await;
            page.type_text(source).await;
            page.button("Run").await;
        };
        write("import time; print('begun'); time.sleep(1000)").await;
        page.script_is("Waiting in sleep()").await;
        page.button("Stop").await;
        page.script_is("Stopped").await;
        write("print('begun anew')\nwhile True: pass").await;
        page.output_has("begun anew").await;
        page.button("Stop").await;
        page.script_is("Stopped").await;
        page.output_has("Stopped by force").await;
        write("print('here again')").await;
        page.output_has("here again").await;
    });
}
