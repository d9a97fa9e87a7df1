//! Stop, and the ends of programs: in a moment, whatever they do, and their sockets are closed as those of a process are.

use tokio::net::TcpStream;

use crate::page::Page;
use crate::peers::Peer;
use crate::python_window::in_python;
use crate::until;

/// Presses Stop in the page, and returns after how many milliseconds the panel said that the script was stopped.
pub(crate) const STOP: &str = "(async () => {
    const button = [...document.querySelectorAll('button')].find((one) => one.textContent === 'Stop');
    const state = document.querySelector('[role=status][aria-label=\"Script state\"]');
    const begun = performance.now();
    button.click();
    while (!state.textContent.includes('Stopped')) {
        await new Promise((resolve) => new MutationObserver(resolve).observe(state, { subtree: true, childList: true, characterData: true }));
    }
    return performance.now() - begun;
})()";

/// How long Stop may take, in milliseconds.
pub(crate) const PROMISED_MS: f64 = 100.0;

/// How often it is tried: the machine of the tests has other work, too.
pub(crate) const TRIES: usize = 5;

/// Runs a program until the panel says `state`, and stops it: in time, in one of a few tries.
async fn stops_in_time(page: &Page, what: &str, source: &str, state: &str) {
    let mut times = vec![];
    while times.len() < TRIES && times.iter().all(|taken| *taken >= PROMISED_MS) {
        page.run_program(source).await;
        page.output().wait_text(|text| text.contains("begun")).await;
        page.script_is(state).await;
        times.push(page.evaluate(STOP).await.as_f64().expect("a number"));
    }
    assert!(times.iter().any(|taken| *taken < PROMISED_MS), "{what} is stopped in {times:?} ms");
}

#[test]
fn stop_ends_whatever_a_program_does() {
    in_python("python_stop", async |page, _relay| {
        for (what, source, state) in [
            ("accept", "import socket\ns = socket.create_server(('127.0.0.1', 0))\nprint('begun')\ns.accept()", "Waiting in accept()"),
            (
                "recv",
                "import socket\ns = socket.create_server(('127.0.0.1', 0))\nc = socket.create_connection(s.getsockname())\nprint('begun')\nc.recv(1)",
                "Waiting in recv()",
            ),
            ("sleep", "import time\nprint('begun')\ntime.sleep(1000)", "Waiting in sleep()"),
            ("input", "print('begun')\ninput()", "waits for your input"),
            ("a thread", "import threading\nprint('begun')\nthreading.Event().wait()", "Waiting in acquire()"),
            ("asyncio", "import asyncio\nprint('begun')\nasyncio.run(asyncio.sleep(1000))", "Waiting in select()"),
            ("a loop", "print('begun')\nwhile True: pass", "Running"),
            (
                "what catches everything",
                "import time\nprint('begun')\nwhile True:\n    try: time.sleep(1000)\n    except BaseException: pass",
                "Waiting in sleep()",
            ),
        ] {
            stops_in_time(page, what, source, state).await;
        }
        // What was ended by force is there again.
        assert_eq!(page.outcome_of("print('again')").await.trim(), "again");
    });
}

#[test]
fn a_program_that_is_stopped_clears_up() {
    in_python("python_cleared", async |page, _relay| {
        let server = "import asyncio\nasync def main():\n    server = await asyncio.start_server(print, '127.0.0.1', 0)\n    print('begun')\n    try:\n        \
            async with server:\n            await server.serve_forever()\n    finally:\n        print('closed')\ntry:\n    asyncio.run(main())\n\
            except KeyboardInterrupt:\n    print('interrupted')\n";
        let handler = "import asyncio, signal\nasync def main():\n    stopped = asyncio.Event()\n    \
            asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stopped.set)\n    print('begun')\n    await stopped.wait()\n    print('heard')\n\
            asyncio.run(main())\n";
        let threads = "import http.server\nserver = http.server.ThreadingHTTPServer(('127.0.0.1', 0), http.server.SimpleHTTPRequestHandler)\nprint('begun')\n\
            try:\n    server.serve_forever()\nexcept KeyboardInterrupt:\n    server.server_close()\n    print('closed')\n";
        for (source, printed) in [(server, "begun\nclosed\ninterrupted"), (handler, "begun\nheard"), (threads, "begun\nclosed")] {
            let mut ends = vec![];
            // A machine that is busy may leave it no time between two of its calls.
            while ends.len() < TRIES && ends.last().is_none_or(|end| end != printed) {
                page.run_program(source).await;
                page.script_is("Waiting in select()").await;
                page.button("Stop").click().await;
                page.get("status", "Script state").wait_text(|text| text.contains("Finished") || text.contains("Stopped")).await;
                ends.push(page.output().text().await.trim().to_owned());
            }
            assert_eq!(ends.last().map(String::as_str), Some(printed), "{ends:?}");
        }
    });
}

#[test]
fn a_program_that_ends_closes_its_sockets() {
    in_python("python_closed", async |page, _relay| {
        let begin = "import socket\ns = socket.create_server(('127.0.0.1', 0))\nprint('PORT', s.getsockname()[1], '.')\n";
        for (end, last) in
            [("c, _ = s.accept()", "Finished"), ("c, _ = s.accept()\nc.nonsense", "Ended"), ("c, _ = s.accept()\ns.accept()", "")]
        {
            page.run_program(&format!("{begin}{end}\n")).await;
            let printed = page.output().wait_text(|text| text.contains(" .")).await;
            let port: u16 = printed.split(' ').nth(1).and_then(|port| port.parse().ok()).expect("a port");
            let mut peer = Peer::start("nc", &["127.0.0.1", &port.to_string()]);
            if last.is_empty() {
                page.socket(&["accepted", "ESTABLISHED"]).wait().await;
                page.button("Stop").click().await;
                page.script_is("Stopped").await;
            } else {
                page.script_is(last).await;
            }
            // nc ends where the other end finished sending and its own input is over; a reset would be an error.
            peer.close_input();
            let (status, heard) = peer.finish().await;
            assert!(status.success() && heard.is_empty(), "{status} after {last:?}");
            until("free port", async || TcpStream::connect(("127.0.0.1", port)).await.is_err()).await;
            page.socket(&["ESTABLISHED"]).wait_gone().await;
            page.socket(&["LISTEN"]).wait_gone().await;
        }
    });
}

#[test]
fn other_programs_talk_to_a_server_of_the_page() {
    in_python("python_peers", async |page, _relay| {
        let source = "import socket\nserver = socket.socket(socket.AF_INET, socket.SOCK_STREAM)\nserver.bind(('0.0.0.0', 0))\nserver.listen(5)\n\
            print('PORT', server.getsockname()[1], '.')\nwhile True:\n    client, address = server.accept()\n    print('from', address[0])\n    \
            client.recv(1000)\n    client.send(b'HTTP/1.0 200 OK\\r\\n\\r\\nHello, client!')\n    client.close()\n";
        page.run_program(source).await;
        let printed = page.output().wait_text(|text| text.contains(" .")).await;
        let port = printed.split(' ').nth(1).expect("a port").to_owned();
        let (status, heard) = Peer::start("curl", &["-s", &format!("http://127.0.0.1:{port}/")]).finish().await;
        assert!(status.success() && heard == b"Hello, client!", "{status} {heard:?}");
        let mut nc = Peer::start("nc", &["127.0.0.1", &port]);
        nc.type_in(b"hello\n").await;
        nc.printed(b"HTTP/1.0 200 OK\r\n\r\nHello, client!").await;
        let program =
            "import socket, sys; s = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); s.send(b'x'); print(s.recv(4096)[-7:])";
        let (status, heard) = Peer::start("python3", &["-c", program, &port]).finish().await;
        assert!(status.success() && heard == b"b'client!'\n", "{status} {heard:?}");
        page.output().wait_text(|text| text.matches("from 127.0.0.1").count() == 3).await;
        page.button("Stop").click().await;
        page.script_is("Stopped").await;
    });
}
