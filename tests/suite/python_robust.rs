//! Programs that misbehave: page and relay live on, and Stop works.

use crate::page::Page;
use crate::python_window::in_python;

/// How long the page needs to do something else, in milliseconds: the longest of ten turns of its event loop with a frame each.
const PAUSES: &str = "(async () => {
    let longest = 0;
    for (let turn = 0; turn < 10; turn += 1) {
        const begun = performance.now();
        await new Promise((resolve) => requestAnimationFrame(resolve));
        longest = Math.max(longest, performance.now() - begun);
    }
    return longest;
})()";

async fn lives_and_stops(page: &Page, what: &str) {
    let pause = page.evaluate(PAUSES).await.as_f64().expect("a number");
    assert!(pause < 1000.0, "{what}: the page answers after {pause} ms");
    page.button("Stop").click().await;
    page.script_is("Stopped").await;
    assert_eq!(page.outcome_of("print('lives')").await.trim(), "lives", "after {what}");
}

#[test]
fn a_flood_of_output_drowns_nobody() {
    in_python("python_flood", async |page, _relay| {
        page.run_program("number = 0\nwhile True:\n    number += 1\n    print('line', number)\n").await;
        // The output keeps its newest part.
        page.output()
            .wait_text(|text| {
                text.trim_end().rsplit("line ").next().and_then(|last| last.parse().ok()).is_some_and(|last: u32| last > 3_000)
            })
            .await;
        lives_and_stops(page, "a flood of lines").await;
        page.run_program("while True:\n    print('x' * 100000)\n").await;
        page.output().wait_text(|text| text.len() > 150_000).await;
        lives_and_stops(page, "a flood of long lines").await;
    });
}

#[test]
fn a_few_large_writes_are_taken() {
    in_python("python_large", async |page, _relay| {
        // More than may be under way at a time, in fewer writes than are acknowledged together; what is left of the one is not counted for the next.
        let program = "print('x' * 300_000)\nfor _ in range(60):\n    print('y' * 10_000)\nprint('all of it')\n";
        for _ in 0..2 {
            page.run_program(program).await;
            page.output().wait_text(|text| text.trim_end().ends_with("all of it")).await;
            page.script_is("Finished").await;
        }
    });
}

#[test]
fn calls_that_are_too_deep_for_the_browser_end_the_interpreter_alone() {
    in_python("python_deep", async |page, _relay| {
        // Pyodide tells the console of it, in many lines.
        page.expect_in_console("");
        let printed = page.outcome_of("class Endless:\n    def __repr__(self):\n        return f'<{self}>'\nprint(Endless())\n").await;
        let told = printed.contains("Calls went too deep for this browser") || printed.contains("RecursionError");
        assert!(told, "{printed}");
        assert_eq!(page.outcome_of("print('lives')").await.trim(), "lives");
    });
}

#[test]
fn what_a_program_changes_is_undone_before_the_next() {
    in_python("python_fresh", async |page, _relay| {
        let changes = "import builtins, gc, http.client, os, socket, sys, warnings\nopen('own.py', 'w').write('x = 1')\nimport own\n\
            os.environ['OWN'] = '1'\nos.chdir('/tmp')\nsys.path.insert(0, '/nowhere')\nsys.setrecursionlimit(150)\ngc.disable()\n\
            warnings.simplefilter('error')\nhttp.client.HTTPConnection.debuglevel = 1\nsocket.socket = int\nsys.own = 1\n\
            sys.excepthook = lambda *what: None\nbuiltins.print = lambda *what: None\n";
        let looks = "import gc, http.client, os, socket, sys, warnings\nopen('own.py', 'w').write('x = 2')\nimport own\n\
            print(own.x, os.environ.get('OWN'), os.getcwd() == '/tmp', '/nowhere' in sys.path, sys.getrecursionlimit() > 150, gc.isenabled())\n\
            print(http.client.HTTPConnection.debuglevel, socket.socket is int, hasattr(sys, 'own'))\nwarnings.warn('heard')\n1 / 0\n";
        assert_eq!(page.outcome_of(changes).await.trim(), "");
        let printed = page.outcome_of(looks).await;
        assert!(printed.contains("2 None False False True True\n0 False False\n"), "{printed}");
        assert!(printed.contains("UserWarning: heard") && printed.contains("ZeroDivisionError: division by zero"), "{printed}");
    });
}

#[test]
fn recursion_threads_and_memory_without_end_are_exceptions() {
    in_python("python_endless", async |page, _relay| {
        let printed = page.outcome_of("def deeper(n):\n    return deeper(n + 1)\ndeeper(0)\n").await;
        assert!(printed.contains("RecursionError: maximum recursion depth exceeded"), "{printed}");
        let threads = "import threading\ndef run():\n    threading.Event().wait()\n\
            try:\n    while True:\n        threading.Thread(target=run, daemon=True).start()\nexcept RuntimeError as error:\n    print(error)\n";
        assert_eq!(page.outcome_of(threads).await.trim(), "can't start new thread");
        let memory = "pieces = []\ntry:\n    while True:\n        pieces.append(bytearray(1 << 26))\nexcept MemoryError:\n    pieces.clear()\n    print('full')\n";
        assert_eq!(page.outcome_of(memory).await.trim(), "full");
        assert_eq!(page.outcome_of("print('lives')").await.trim(), "lives");
    });
}

#[test]
fn two_hundred_sockets_are_held_and_closed() {
    in_python("python_many", async |page, _relay| {
        // Two hundred handshakes, which a browser makes a few at a time, on a machine that may be busy: each ten have a wait of their own.
        let source = "import select, socket\nserver = socket.create_server(('127.0.0.1', 0), backlog=200)\npairs = []\n\
            for number in range(100):\n    client = socket.create_connection(server.getsockname())\n    pairs.append((client, server.accept()[0]))\n    \
            if number % 10 == 9: print(f'{number + 1} connected')\n\
            for number, (client, accepted) in enumerate(pairs):\n    client.sendall(b'%d' % number)\n\
            waiting = {accepted for _, accepted in pairs}\ntotal = 0\n\
            while waiting:\n    for accepted in select.select(waiting, [], [])[0]:\n        total += int(accepted.recv(10))\n        waiting.remove(accepted)\n\
            print('in all', total)\n";
        page.run_program(source).await;
        for tens in 1..=10 {
            let connected = format!("{tens}0 connected");
            page.output().wait_text(|text| text.contains(&connected)).await;
        }
        page.output().wait_text(|text| text.contains("in all 4950")).await;
        page.script_is("Finished").await;
        page.socket(&["ESTABLISHED"]).wait_gone().await;
    });
}
