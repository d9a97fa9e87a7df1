//! The prompt of a script's interpreter: lines, statements of several lines, what is pasted, what a statement asks, and how the interpreter is left.

use crate::page::Page;
use crate::scripts::with_python;
use crate::until;

async fn output_has(page: &Page, part: &str) {
    page.output().wait_text(|text| text.contains(part)).await;
}

#[test]
fn the_prompt_shares_the_names_of_the_script() {
    with_python("page_script_prompt", async |page| {
        page.act_by_script().await;
        page.write_script("answer = 6 * 7\nprint('ready')\n").await;
        page.press("Control+Enter").await;
        output_has(page, "ready").await;
        page.script_is("Finished").await;
        page.get("textbox", "Python prompt").click().await;
        page.type_text("answer + 1\n").await;
        output_has(page, "43").await;
        page.press("ArrowUp").await;
        page.press("Backspace").await;
        page.type_text("2\n").await;
        output_has(page, "44").await;
        page.button("Clear").click().await;
        page.output().wait_text(|text| !text.contains("44")).await;
    });
}

#[test]
fn the_prompt_takes_statements_of_several_lines() {
    with_python("page_script_prompt_lines", async |page| {
        page.act_by_script().await;
        let prompt = page.get("textbox", "Python prompt");
        let goes_on = async |goes_on: bool| {
            let note = "An empty line ends the statement, Escape gives it up.";
            let says = async || prompt.wait().await.property("description").is_some_and(|says| says == note);
            until(&format!("goes on: {goes_on}"), async || says().await == goes_on).await;
        };
        prompt.click().await;
        page.type_text("def double(n):\n").await;
        goes_on(true).await;
        // It is indented already; Enter on a line of nothing but that ends the statement.
        page.type_text("return 2 * n\n").await;
        prompt.wait_property("value", "    ").await;
        page.type_text("\n").await;
        goes_on(false).await;
        page.type_text("double(21)\n").await;
        output_has(page, "42").await;
        // One that is given up leaves nothing behind.
        page.type_text("for i in range(3):\n").await;
        prompt.wait_property("value", "    ").await;
        page.press("Escape").await;
        goes_on(false).await;
        output_has(page, "KeyboardInterrupt").await;
        page.type_text("'fresh' + ' line'\n").await;
        output_has(page, "'fresh line'").await;
        // Of what is pasted each statement waits for the one before it; what no line end stands behind may be written on.
        page.paste("import time\nif double(1):\n    time.sleep(0.1)\n    print('pasted', double(2))\nlate = 'last'\nlate").await;
        output_has(page, "pasted 4").await;
        prompt.wait_property("value", "late").await;
        page.press("Enter").await;
        output_has(page, "\n'last'").await;
        // A line that is no Python is told, and the next is a statement of its own.
        page.type_text("if True print(1)\n").await;
        output_has(page, "SyntaxError").await;
        goes_on(false).await;
        assert!(!page.output().text().await.contains("codeop"), "where in the interpreter it was found out is nobody's business");
        // Who types fast ends a statement before the page knows that there is one.
        page.type_text("if True: print('o' + 'ne')\n\n").await;
        output_has(page, "\none\n").await;
        goes_on(false).await;
        // A program that is run forgets what was begun.
        page.type_text("while True:\n").await;
        goes_on(true).await;
        page.write_script("print('ready')\n").await;
        page.press("Control+Enter").await;
        output_has(page, "ready").await;
        page.script_is("Finished").await;
        goes_on(false).await;
    });
}

#[test]
fn what_is_pasted_at_the_prompt_runs_as_a_program_does() {
    with_python("page_prompt_paste", async |page| {
        page.act_by_script().await;
        page.get("textbox", "Python prompt").click().await;
        // An empty line within a class ends it in a terminal; the last statement needs no empty line.
        page.paste("class Pair:\n    left = 20\n\n    def sum(self):\n        return self.left + 22\n\nPair().sum()\n").await;
        output_has(page, "\n42\n").await;
        // Copied from documentation: with the prompts, and with what was printed.
        page.paste("    >>> for n in range(2):\n    ...     print('turn', n * 5)\n    ...\n    turn 0\n    turn 5\n    >>> n + 70\n").await;
        output_has(page, "turn 5\n71\n").await;
        // What fails in it ends it.
        page.paste("print('fir' + 'st')\n1 / 0\nprint('sec' + 'ond')\n").await;
        output_has(page, "ZeroDivisionError: division by zero").await;
        let text = page.output().text().await;
        assert!(text.contains("\nfirst\n") && !text.contains("second"), "{text}");
        assert!(text.contains("line 2, in <module>\n    1 / 0"), "the traceback shows the line: {text}");
    });
}

#[test]
fn a_statement_at_the_prompt_asks_and_gives_the_focus_back() {
    with_python("page_prompt_input", async |page| {
        page.act_by_script().await;
        page.get("textbox", "Python prompt").click().await;
        page.type_text("name = input('Who? ')\n").await;
        until("focus", async || page.focused().await.1 == "Input").await;
        page.type_text("Ann\n").await;
        until("focus", async || page.focused().await.1 == "Python prompt").await;
        page.type_text("'Hello, ' + name\n").await;
        output_has(page, "'Hello, Ann'").await;
        // The question is seen: its field takes of the room of what was printed.
        page.type_text("for n in range(50): print(n)\n\n").await;
        output_has(page, "\n49\n").await;
        page.type_text("name = input('And now? ')\n").await;
        until("focus", async || page.focused().await.1 == "Input").await;
        let left =
            "(() => { const log = document.querySelector('[role=log]'); return log.scrollHeight - log.scrollTop - log.clientHeight; })()";
        until("end of the log", async || page.evaluate(left).await.as_f64().is_some_and(|left| left < 2.0)).await;
        page.type_text("Bob\n").await;
        until("focus", async || page.focused().await.1 == "Python prompt").await;
        page.type_text("import asyncio\nasyncio.run(asyncio.sleep(0.01, 'slept ' + name))\n").await;
        output_has(page, "'slept Bob'").await;
    });
}

#[test]
fn a_debugger_asks_within_what_it_watches() {
    with_python("page_prompt_pdb", async |page| {
        page.act_by_script().await;
        page.write_script("def add(n):\n    more = n + 41\n    breakpoint()\n    return more\nprint('sum', add(1))\n").await;
        page.press("Control+Enter").await;
        page.script_is("waits for your input").await;
        let input = page.get("textbox", "Input");
        for (command, answer) in [("p more", "\n42\n"), ("n", "return more"), ("c", "sum 42")] {
            input.fill(command).await;
            page.press("Enter").await;
            output_has(page, answer).await;
        }
        page.script_is("Finished").await;
    });
}

#[test]
fn a_program_may_end_its_interpreter() {
    with_python("page_prompt_exit", async |page| {
        page.act_by_script().await;
        page.write_script("import os\nprint('before')\nos._exit(3)\n").await;
        page.press("Control+Enter").await;
        output_has(page, "The program ended Python with the status 3. Its names are forgotten.").await;
        page.script_is("Finished").await;
        // At the prompt, too; what comes after it meets a new interpreter.
        page.get("textbox", "Python prompt").click().await;
        page.type_text("import os; os._exit(4)\n").await;
        output_has(page, "with the status 4").await;
        page.get("textbox", "Python prompt").click().await;
        page.type_text("'os' in globals()\n").await;
        output_has(page, "False").await;
    });
}
