//! Scripts that run: every example does what it says, the line that waits and the line that failed are marked, calls lead to lines and back, and people can follow.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::page::Page;
use crate::ports::free_port;
use crate::relay_process::root;
use crate::scripts::with_python;
use crate::{until, within};

/// Opens an example, and puts `port` in place of its own; returns what then stands in the editor.
async fn example(page: &Page, file: &str, port: u16) -> String {
    page.open_example(file).await;
    let source = std::fs::read_to_string(root().join("web/examples").join(file)).expect("it is there");
    let source = web::editor::in_language(&source, "en");
    let own = source.lines().find_map(|line| line.strip_prefix("PORT = ")).map(str::to_owned);
    let Some(own) = own else { return source };
    let source = source.replace(&format!("PORT = {own}"), &format!("PORT = {port}"));
    page.write_script(&source).await;
    page.script().wait_text(|text| text.contains(&format!("PORT = {port}"))).await;
    source
}

/// The number of the line that holds this.
fn line_of(source: &str, part: &str) -> usize {
    source.lines().position(|line| line.contains(part)).expect("a line holds it") + 1
}

/// Runs what is shown until it waits in `call`.
async fn run_until(page: &Page, call: &str) {
    page.button("Run").click().await;
    page.script_is(&format!("Waiting in {call}()")).await;
}

async fn peer(port: u16) -> TcpStream {
    within("connection", TcpStream::connect(("127.0.0.1", port))).await.expect("somebody listens")
}

/// What comes when this is sent, up to its end or the other end's.
async fn answer(peer: &mut TcpStream, says: &str, up_to: &str) -> String {
    peer.write_all(says.as_bytes()).await.expect("the other end reads");
    let mut heard = vec![];
    let mut buffer = [0; 1024];
    loop {
        match within("answer", peer.read(&mut buffer)).await.expect("no reset") {
            0 => break,
            count => heard.extend_from_slice(&buffer[..count]),
        }
        if String::from_utf8_lossy(&heard).contains(up_to) {
            break;
        }
    }
    String::from_utf8(heard).expect("text")
}

async fn output_has(page: &Page, part: &str) {
    page.output().wait_text(|text| text.contains(part)).await;
}

#[test]
fn the_two_programs_talk_to_each_other() {
    with_python("page_script_two", async |page| {
        let port = free_port();
        page.act_by_script().await;
        let source = example(page, "server.py", port).await;
        run_until(page, "accept").await;
        let line = line_of(&source, "accept()");
        page.script_is(&format!("line {line}")).await;
        page.script().wait_text(|text| text.contains("server.accept()accept() waiting ")).await;
        example(page, "client.py", port).await;
        page.button("Run").click().await;
        output_has(page, "Hello, client!").await;
        page.script_is("Finished").await;
        page.screenshot("script-ran-1366x768").await;
        page.script_tab("server.py").click().await;
        output_has(page, "127.0.0.1:").await;
        output_has(page, "has connected").await;
        let heard = answer(&mut peer(port).await, "", "client!").await;
        assert_eq!(heard, "Hello, client!");
        page.screenshot("script-server-1366x768").await;
        page.button("Stop").click().await;
        page.script_is("Stopped").await;
        assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "its listener is closed");
    });
}

#[test]
fn the_servers_among_the_examples_serve() {
    with_python("page_script_servers", async |page| {
        page.act_by_script().await;
        for (file, call, says, expected) in [
            ("echo_server.py", "accept", "hello", "hello"),
            ("threaded_server.py", "accept", "Ann\n", "What is your name? Hello, Ann!\n"),
            ("select_server.py", "select", "hello", "HELLO"),
            ("asyncio_server.py", "select", "hello\n", "olleh\n"),
        ] {
            let port = free_port();
            example(page, file, port).await;
            page.button("Run").click().await;
            output_has(page, &format!("at port {port}")).await;
            page.script_is(&format!("Waiting in {call}()")).await;
            let (mut one, mut other) = (peer(port).await, None);
            if file != "echo_server.py" {
                other = Some(peer(port).await);
            }
            let up_to = expected.rsplit(' ').next().unwrap_or(expected);
            assert_eq!(answer(&mut one, says, up_to).await, expected, "{file}");
            if let Some(mut other) = other {
                assert_eq!(answer(&mut other, says, up_to).await, expected, "{file}, to a second one at the same time");
            }
            page.button("Stop").click().await;
            page.script_is("Stopped").await;
        }
    });
}

#[test]
fn the_chat_carries_what_is_said() {
    with_python("page_script_chat", async |page| {
        let port = free_port();
        page.act_by_script().await;
        example(page, "chat_server.py", port).await;
        run_until(page, "accept").await;
        let mut peer = peer(port).await;
        answer(&mut peer, "Bob\n", "Bob is here").await;
        example(page, "chat_client.py", port).await;
        page.button("Run").click().await;
        output_has(page, "Your name:").await;
        let input = page.get("textbox", "Input");
        input.wait().await;
        page.type_text("Ann\n").await;
        assert!(answer(&mut peer, "", "Ann is here").await.contains("Ann is here"));
        peer.write_all(b"hello, Ann\n").await.expect("the other end reads");
        output_has(page, "Bob: hello, Ann").await;
        input.fill("hello, Bob").await;
        page.button("Enter").click().await;
        assert!(answer(&mut peer, "", "hello, Bob").await.contains("Ann: hello, Bob"));
        input.click().await;
        page.press("Enter").await;
        page.script_is("Finished").await;
        assert!(answer(&mut peer, "", "has left").await.contains("Ann has left"));
    });
}

#[test]
fn a_request_is_answered() {
    with_python("page_script_http", async |page| {
        page.act_by_script().await;
        page.open_example("http_request.py").await;
        page.button("Run").click().await;
        page.script_is("Finished").await;
        output_has(page, "HTTP/1.0 200 OK").await;
        output_has(page, "<h1>Hello from this page</h1>").await;
    });
}

#[test]
fn each_common_error_is_marked_at_its_line() {
    with_python("page_script_errors", async |page| {
        page.act_by_script().await;
        for (file, part, exception) in [
            ("broken_refused.py", "client.connect(address)", "ConnectionRefusedError: [Errno 111] Connection refused"),
            ("broken_in_use.py", "second.bind(address)", "OSError: [Errno 98] Address already in use"),
            ("broken_reset.py", "print(client.recv(4096))", "ConnectionResetError: [Errno 104] Connection reset by peer"),
            ("broken_pipe.py", "client.send(b\"Hello?\")", "BrokenPipeError: [Errno 32] Broken pipe"),
            ("broken_timeout.py", "client.recv(4096)", "TimeoutError: timed out"),
            ("broken_name.py", "client.connect((", "socket.gaierror: [Errno -2] Name or service not known"),
            ("broken_type.py", "client.send(text)", "TypeError: a bytes-like object is required, not 'str'"),
        ] {
            let source = example(page, file, 0).await;
            page.button("Run").click().await;
            page.script_is(&format!("Ended by an exception, line {}", line_of(&source, part))).await;
            let line = source.lines().find(|line| line.contains(part)).expect("it is there");
            page.script().wait_text(|text| text.contains(&format!("{line}{exception}"))).await;
            let output = page.output().text().await;
            assert!(output.contains("stderr") && output.contains(&format!("File \"{file}\", line ")), "{file}: {output}");
            assert!(!output.contains("/lib/"), "{file}: nothing of the page's own is in its traceback: {output}");
        }
        page.screenshot("script-error-1366x768").await;
    });
}

#[test]
fn calls_lead_to_lines_and_lines_to_calls() {
    with_python("page_script_lines", async |page| {
        let port = free_port();
        page.act_by_script().await;
        let source = example(page, "echo_server.py", port).await;
        run_until(page, "accept").await;
        answer(&mut peer(port).await, "hello", "hello").await;
        output_has(page, "got 5 bytes back").await;
        page.socket(&["accepted"]).click().await;
        let line = line_of(&source, "sendall(data)");
        // The row of `send` in the ladder is pressed; its line lights up.
        page.press_row("send()").await;
        let lit = "[...document.querySelectorAll('.cm-line-lit')].map((line) => line.textContent.trim())";
        until("lit line", async || page.evaluate(lit).await == serde_json::json!(["connection.sendall(data)"])).await;
        // The cursor goes into a line; its calls are lit, and reached by a button.
        page.script().focus().await;
        page.press("Control+Home").await;
        for _ in 1..line {
            page.press("ArrowDown").await;
        }
        page.button(&format!("Calls of line {line}")).click().await;
        until("lit rows", async || page.evaluate("document.querySelectorAll('.rungs .lit').length").await != 0).await;
        page.get("slider", "Event").wait().await;
        page.screenshot("script-lines-1366x768").await;
        // It is found where it went, if the program has been edited since it ran.
        page.script().focus().await;
        page.press("Control+Home").await;
        page.type_text("# one\n# two\n").await;
        page.press_row("recv(").await;
        page.press_row("send()").await;
        until("moved line", async || page.evaluate(lit).await == serde_json::json!(["connection.sendall(data)"])).await;
        // What is pointed at keeps nobody from the script that he wants to see.
        page.get("tab", "By hand").click().await;
        page.get("tab", "Code").click().await;
        page.button("Open as script").click().await;
        page.script_tab("session.py").wait_property("selected", "true").await;
        page.script().wait_text(|text| text.contains("import socket")).await;
        page.script_tab("session.py").wait_property("selected", "true").await;
    });
}

#[test]
fn a_script_is_followed_call_by_call() {
    with_python("page_script_steps", async |page| {
        page.act_by_script().await;
        let source = "import socket\nlistener = socket.socket()\nlistener.bind((\"127.0.0.1\", 0))\nlistener.listen()\nprint(\"listens\")\nlistener.close()\n";
        page.write_script(source).await;
        page.button("Step").click().await;
        page.script_is("Paused before line 2 calls").await;
        page.button("Step").click().await;
        page.script_is("Paused before line 3 calls").await;
        page.socket(&["CLOSED"]).wait().await;
        page.button("Step").click().await;
        page.script_is("Paused before line 4 calls").await;
        page.button("Go on").click().await;
        output_has(page, "listens").await;
        page.script_is("Finished").await;
        page.get("combobox", "Slow motion").choose("0.5 s a call").await;
        page.button("Run").click().await;
        page.script_is("Finished").await;
    });
}

#[test]
fn a_script_by_keyboard_alone() {
    with_python("page_script_keys", async |page| {
        page.tab_to("tab", "By hand").await;
        page.press("ArrowRight").await;
        page.script().wait().await;
        page.tab_to("textbox", "Script").await;
        page.type_text("print(input(").await;
        page.press("End").await;
        page.press("Control+Enter").await;
        // Whoever runs a script that asks is asked.
        until("focus", async || page.focused().await.1 == "Input").await;
        page.type_text("by keys\n").await;
        output_has(page, "by keys").await;
        page.script_is("Finished").await;
    });
}
