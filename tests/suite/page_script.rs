//! Scripts as files in tabs: written, renamed, closed, kept over a reload, opened, saved; examples; a session's calls taken into the editor.

use std::path::PathBuf;

use crate::browser::{in_browser, in_window};
use crate::peers::Peer;
use crate::relay_process::RelayProcess;
use crate::until;

fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::remove_dir_all(&directory).ok();
    std::fs::create_dir_all(&directory).expect("target can be written to");
    directory
}

/// Whether the page asked its relay for the editor.
const IS_FETCHED: &str = "performance.getEntriesByType('resource').some((one) => one.name.endsWith('/editor.js'))";

#[test]
fn the_editor_costs_nothing_until_a_script_is_wanted() {
    in_browser("page_script_lazy", async |page, _relay| {
        assert_eq!(page.evaluate(IS_FETCHED).await, false);
        page.act_by_script().await;
        assert_eq!(page.evaluate(IS_FETCHED).await, true);
        // The tests' console is empty at the end: no style sheet of the editor was refused by the page's security policy.
        let display = page.evaluate("getComputedStyle(document.querySelector('.cm-scroller')).display").await;
        assert_eq!(display, "flex", "the editor has its style sheets");
    });
}

#[test]
fn scripts_stay_over_a_reload() {
    in_browser("page_script_kept", async |page, _relay| {
        page.act_by_script().await;
        page.write_script("print('one')\n").await;
        page.button("New").click().await;
        page.script_tab("script_2.py").wait_property("selected", "true").await;
        page.write_script("if True:\n    print('two')\n").await;
        page.reload().await;
        page.act_by_script().await;
        page.script_tab("script_2.py").wait_property("selected", "true").await;
        page.script().wait_text(|text| text.contains("    print('two')")).await;
        page.script_tab("script.py").click().await;
        page.script().wait_text(|text| text.contains("print('one')")).await;
        // Another tab of this browser begins with them, too.
        page.evaluate("sessionStorage.clear(); onpagehide = null").await;
        assert_eq!(page.evaluate("JSON.parse(localStorage['tcp-playground.scripts']).scripts.length").await, 2);
    });
}

#[test]
fn a_script_is_renamed_closed_and_brought_back() {
    in_browser("page_script_tabs", async |page, _relay| {
        page.act_by_script().await;
        page.write_script("print(1)\n").await;
        page.button("File").click().await;
        let name = page.get("textbox", "File name");
        name.fill("greeting").await;
        page.press("Enter").await;
        page.press("Escape").await;
        page.script_tab("greeting.py").wait().await;
        page.button("File").click().await;
        name.fill("a/b").await;
        page.press("Enter").await;
        page.get("dialog", "File").wait_text(|text| text.contains("cannot have / in it")).await;
        page.press("Escape").await;
        page.button("New").click().await;
        page.script_tab("script.py").wait_property("selected", "true").await;
        page.script_tab("script.py").focus().await;
        page.press("ArrowLeft").await;
        page.script_tab("greeting.py").wait_property("selected", "true").await;
        page.button("Close greeting.py").click().await;
        page.script_tab("greeting.py").wait_gone().await;
        page.button("Bring back greeting.py").click().await;
        page.script_tab("greeting.py").wait_property("selected", "true").await;
        page.script().wait_text(|text| text.contains("print(1)")).await;
    });
}

#[test]
fn a_file_is_opened_and_saved_as_it_is() {
    in_browser("page_script_files", async |page, _relay| {
        let directory = directory("page-script-files");
        let source = "# größer\nimport socket\r\nprint('x')\n";
        let file = directory.join("my client.py");
        std::fs::write(&file, source).expect("target can be written to");
        page.act_by_script().await;
        page.button("File").click().await;
        page.get("button", "Open a .py file").choose_file(&file).await;
        page.script_tab("my client.py").wait_property("selected", "true").await;
        page.script().wait_text(|text| text.contains("# größer")).await;
        let saved = page.saved_by("Save as a file", "py", |bytes| !bytes.is_empty()).await;
        assert_eq!(String::from_utf8(saved).expect("text"), source.replace('\r', ""));
        let large = directory.join("large.py");
        std::fs::write(&large, "#".repeat((256 << 10) + 1)).expect("target can be written to");
        page.get("button", "Open a .py file").choose_file(&large).await;
        page.get("dialog", "File").wait_text(|text| text.contains("256 KiB at most")).await;
        assert_eq!(page.get("tablist", "Scripts").get_begins("tab", "").all().await.len(), 1);
    });
}

#[test]
fn every_example_opens_in_the_language_of_the_page() {
    in_browser("page_script_examples", async |page, _relay| {
        page.act_by_script().await;
        page.button("Examples").click().await;
        let names: Vec<String> =
            page.get("dialog", "Examples").get_begins("button", "").all().await.into_iter().map(|found| found.name).collect();
        assert_eq!(names.len(), 16, "{names:?}");
        page.press("Escape").await;
        for name in &names {
            let file = name.split(' ').next().expect("it begins with the file");
            page.open_example(file).await;
            page.script().wait_text(|text| text.contains("# ") && text.contains("import ") && !text.contains("#de")).await;
        }
        page.button("Settings").click().await;
        page.get("combobox", "Language").choose("Deutsch").await;
        page.press("Escape").await;
        page.button("Beispiele").click().await;
        page.get("dialog", "Beispiele").get_begins("button", "client.py").click().await;
        page.script_tab("client_2.py").wait_property("selected", "true").await;
        page.script().wait_text(|text| text.contains("# Ein Client")).await;
    });
}

#[test]
fn a_session_becomes_a_script() {
    in_browser("page_script_of_session", async |page, _relay| {
        let mut echo = Peer::start("socat", &["-d", "-d", "TCP-LISTEN:0,bind=127.0.0.1", "PIPE"]);
        let port = echo.listening_port().await;
        page.connected_client("127.0.0.1", port).await;
        page.send_text("hello").await;
        page.receive().await;
        page.stream_shows(&["received", "hello"]).await;
        page.call("close").await;
        page.get("tab", "Code").click().await;
        page.get("region", "Program").wait_text(|text| text.contains("close()")).await;
        page.button("Open as script").click().await;
        page.script_tab("session.py").wait_property("selected", "true").await;
        page.script().wait_text(|text| text.contains("import socket") && text.contains(&port.to_string())).await;
    });
}

#[test]
fn a_room_without_internet_is_told_what_to_do() {
    in_window("page_script_absent", async |page| {
        let cache = directory("page-script-absent");
        let cache = cache.to_str().expect("the path is text");
        let relay = RelayProcess::start_with(&["--npm-registry", "http://127.0.0.1:9/", "--python-cache", cache]).await;
        page.open(&relay.url()).await;
        page.act_by_script().await;
        page.script_is("the relay fetches it from the npm registry (6.5 MB)").await;
        page.write_script("print(1)\n").await;
        page.button("Run").click().await;
        page.script_is("There is no Python here").await;
        page.get("alert", "").wait_text(|text| text.contains("relay fetch-python")).await;
        page.screenshot("script-absent-1366x768").await;
    });
}

#[test]
fn the_text_is_left_by_keyboard() {
    in_browser("page_script_keyboard", async |page, _relay| {
        page.tab_to("tab", "By hand").await;
        page.press("ArrowRight").await;
        page.script().wait().await;
        page.tab_to("textbox", "Script").await;
        page.type_text("if x:\n").await;
        page.press("Tab").await;
        page.type_text("y").await;
        // The new line is indented already, and Tab indents it once more.
        page.script().wait_text(|text| text.contains("if x:\n        y")).await;
        // Letters here are no keys of the page's.
        page.type_text("?").await;
        assert!(page.get("dialog", "Help").all().await.is_empty());
        page.press("Escape").await;
        page.press("Tab").await;
        until("focus elsewhere", async || page.focused().await.1 != "Script").await;
        page.press("Shift+Tab").await;
        assert_eq!(page.focused().await.1, "Script");
        page.press("Escape").await;
        page.press("Shift+Tab").await;
        until("focus elsewhere", async || page.focused().await.1 != "Script").await;
    });
}

#[test]
fn a_laptop_and_a_telephone_have_room_for_a_script() {
    in_browser("page_script_layout", async |page, _relay| {
        page.act_by_script().await;
        page.open_example("server.py").await;
        assert_eq!(page.overflow().await, (0, 0), "at 1366×768");
        page.screenshot("script-1366x768").await;
        page.get("switch", "Details").click().await;
        page.get("tablist", "Details").wait().await;
        assert_eq!(page.overflow().await, (0, 0), "with the details, at 1366×768");
        page.screenshot("script-details-1366x768").await;
        page.get("switch", "Details").click().await;
        page.prefer_colors("dark").await;
        page.screenshot("script-1366x768-dark").await;
        for width in [390, 320] {
            page.resize(width, 844).await;
            assert_eq!(page.overflow().await.0, 0, "sideways, at {width} pixels");
            page.screenshot(&format!("script-{width}x844")).await;
        }
        page.resize(1920, 1080).await;
        page.screenshot("script-1920x1080-dark").await;
    });
}
