//! Language, colours, keys, the command palette, help.

use crate::browser::in_browser;

#[test]
fn another_language_and_other_colors_stay_over_a_reload() {
    in_browser("page_language", async |page, _relay| {
        page.new_client().await;
        page.fill_connect("example.test", "1234").await;
        page.button("Settings").click().await;
        page.get("combobox", "Language").choose("Deutsch").await;
        page.button("Neuer Client").wait().await;
        // The socket lives, and what was typed is there.
        page.socket(&["client", "CLOSED"]).wait_property("selected", "true").await;
        assert_eq!(page.group("connect").get("textbox", "Host").wait().await.property("value").as_deref(), Some("example.test"));
        page.get("combobox", "Farben").choose("dunkel").await;
        page.screenshot("german-1366x768-dark").await;
        page.evaluate("window.beforeReload = true").await;
        page.command("Page.reload", serde_json::json!({})).await;
        page.button("Neuer Server").wait().await;
        page.get("status", "Relay").wait_text(|text| text.contains("Relay bereit")).await;
        assert_eq!(page.evaluate("[document.documentElement.lang, document.documentElement.dataset.theme].join()").await, "de,dark");
    });
}

#[test]
fn single_keys_act_where_nobody_writes() {
    in_browser("page_keys", async |page, _relay| {
        page.listening_server("127.0.0.1", 5).await;
        page.button("Connect from this page").click().await;
        page.socket(&["client", "ESTABLISHED"]).wait().await;
        page.choose_socket(&["listener"]).await;
        page.press("a").await;
        page.socket(&["accepted", "ESTABLISHED"]).wait().await;
        // Where somebody writes, a letter is a letter.
        page.choose_socket(&["client"]).await;
        page.get("textbox", "Data to send").fill("x").await;
        page.press("x").await;
        assert_eq!(page.get("textbox", "Data to send").wait().await.property("value").as_deref(), Some("xx"));
        page.choose_socket(&["client"]).await;
        page.press("d").await;
        page.socket(&["client", "FIN_WAIT"]).wait().await;
        page.button("Settings").click().await;
        page.get_begins("checkbox", "Single keys").click().await;
        page.press("Escape").await;
        page.choose_socket(&["accepted"]).await;
        page.press("x").await;
        page.press("?").await;
        page.socket(&["accepted", "ESTABLISHED"]).wait().await;
        assert!(page.get("dialog", "Help").all().await.is_empty(), "they are switched off");
    });
}

#[test]
fn a_command_is_found_by_its_name() {
    in_browser("page_commands", async |page, _relay| {
        page.button("New client").wait().await;
        page.press("k").await;
        page.get("dialog", "Commands").wait().await;
        page.get("combobox", "Find a command").fill("new serv").await;
        page.get("option", "New server").wait().await;
        page.press("Enter").await;
        page.socket(&["listener", "CLOSED"]).wait().await;
        page.get("dialog", "Commands").wait_gone().await;
        page.button("Commands").click().await;
        page.get("combobox", "Find a command").fill("no such thing").await;
        page.get("dialog", "Commands").wait_text(|text| text.contains("No command is called that.")).await;
        page.screenshot("commands-1366x768").await;
        page.press("Escape").await;
    });
}
