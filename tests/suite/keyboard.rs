//! Real key and mouse events, and where the focus is.

use chromiumoxide::keys::get_key_definition;
use serde_json::{Value, json};

use crate::page::Page;

impl Page {
    /// Moves the mouse and presses its left button, with a key held or without.
    pub(crate) async fn mouse(&self, events: &[(&str, (f64, f64))], held: &str) {
        let modifiers = if held.is_empty() { 0 } else { modifier(held) };
        let mut is_pressed = false;
        for (kind, (x, y)) in events {
            is_pressed = *kind == "mousePressed" || (is_pressed && *kind != "mouseReleased");
            let button = if *kind == "mouseMoved" && !is_pressed { "none" } else { "left" };
            let buttons = u8::from(is_pressed);
            let event =
                json!({ "type": kind, "x": x, "y": y, "button": button, "buttons": buttons, "clickCount": 1, "modifiers": modifiers });
            self.command("Input.dispatchMouseEvent", event).await;
        }
    }

    /// Presses a key, or several at once: `Tab`, `Shift+Tab`, `Control+Enter`, `c`.
    pub(crate) async fn press(&self, keys: &str) {
        let (held, key) = keys.rsplit_once('+').map_or(("", keys), |(held, key)| (held, key));
        let modifiers: u8 = held.split('+').filter(|key| !key.is_empty()).map(modifier).sum();
        self.key(key, modifiers).await;
    }

    /// Types text, key by key.
    pub(crate) async fn type_text(&self, text: &str) {
        for character in text.chars() {
            match character {
                '\n' => self.key("Enter", 0).await,
                character => self.key(&character.to_string(), 0).await,
            }
        }
    }

    async fn key(&self, key: &str, modifiers: u8) {
        let definition = get_key_definition(key);
        let mut event = json!({ "key": key, "modifiers": modifiers });
        if let Some(definition) = definition {
            event["code"] = definition.code.into();
            event["windowsVirtualKeyCode"] = definition.key_code.into();
        }
        // Keys with Control or Alt held write nothing.
        let text = match key {
            _ if modifiers & !SHIFT != 0 => None,
            "Enter" => Some("\r".to_owned()),
            _ if key.chars().count() == 1 => Some(key.to_owned()),
            _ => None,
        };
        event["type"] = if text.is_some() { "keyDown" } else { "rawKeyDown" }.into();
        if let Some(text) = text {
            event["text"] = text.into();
        }
        if modifiers == CONTROL && key == "a" {
            // Headless Chromium has no menu that would bind it.
            event["commands"] = json!(["selectAll"]);
        }
        self.command("Input.dispatchKeyEvent", event.clone()).await;
        event["type"] = "keyUp".into();
        if let Some(event) = event.as_object_mut() {
            event.remove("text");
            event.remove("commands");
        }
        self.command("Input.dispatchKeyEvent", event).await;
    }

    /// The role and the accessible name of what has the focus.
    pub(crate) async fn focused(&self) -> (String, String) {
        let active = self.command("Runtime.evaluate", json!({ "expression": "document.activeElement" })).await;
        let Some(id) = active["result"]["objectId"].as_str() else { return Default::default() };
        let tree = self.command("Accessibility.getPartialAXTree", json!({ "objectId": id, "fetchRelatives": false })).await;
        let text = |value: &Value| value["value"].as_str().unwrap_or_default().to_owned();
        (text(&tree["nodes"][0]["role"]), text(&tree["nodes"][0]["name"]))
    }

    /// Presses Tab until the focus is on what has this role and a name that begins so.
    pub(crate) async fn tab_to(&self, role: &str, name: &str) {
        let mut passed = vec![];
        for _ in 0..MOST_STOPS {
            self.press("Tab").await;
            let focused = self.focused().await;
            if focused.0 == role && focused.1.starts_with(name) {
                return;
            }
            passed.push(focused);
        }
        panic!("Tab never comes to {role} {name:?}, but to {passed:?}");
    }
}

/// More stops than the page has.
const MOST_STOPS: usize = 120;

const ALT: u8 = 1;
const CONTROL: u8 = 2;
const META: u8 = 4;
const SHIFT: u8 = 8;

fn modifier(key: &str) -> u8 {
    match key {
        "Alt" => ALT,
        "Control" => CONTROL,
        "Meta" => META,
        "Shift" => SHIFT,
        other => panic!("{other} is no modifier"),
    }
}
