//! Strangers in a real browser: a page of another origin and a name that leads to the relay get nothing; and the page gives nothing away.

use serde_json::Value;

use crate::browser::{in_browser, in_window};
use crate::page::Page;
use crate::peers::Peer;
use crate::relay_process::RelayProcess;
use crate::until;

/// Makes the attempts of a hostile page against `relay`, and returns what each got; `token` is the right one, as if it had been stolen.
const ATTACK: &str = r"
(async (relay, token, file) => {
  const socket = (protocols) => new Promise((resolve) => {
    const socket = new WebSocket(relay.replace('http', 'ws') + '/socket', protocols);
    socket.onopen = () => resolve('open');
    socket.onmessage = () => resolve('message');
    socket.onclose = (event) => resolve('closed ' + event.code);
  });
  const read = (mode) => fetch(relay + file, { mode }).then((response) => response.text()).then(() => 'read', () => 'refused');
  const load = (element) => new Promise((resolve) => {
    element.onload = () => resolve('loaded');
    element.onerror = () => resolve('refused');
    document.body.append(element);
  });
  const inside = (name, attribute) => load(Object.assign(document.createElement(name), { [attribute]: relay + file }));
  return {
    cors: await read('cors'),
    opaque: await read('no-cors'),
    script: await inside('script', 'src'),
    image: await inside('img', 'src'),
    bare: await socket([]),
    without: await socket(['tcp-playground.v1']),
    stolen: await socket(['tcp-playground.v1', 'token.' + token]),
  };
})";

/// Serves an empty page from an origin that is not the relay's, and loads it.
async fn load_stranger(page: &Page) -> Peer {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("stranger");
    std::fs::create_dir_all(&folder).expect("target can be written to");
    let text = r#"<!doctype html><meta charset="utf-8"><title>Stranger</title><link rel="icon" href="data:,"><body></body>"#;
    std::fs::write(folder.join("index.html"), text).expect("target can be written to");
    let (server, port) = Peer::http_server(folder.to_str().expect("the path is text")).await;
    page.load(&format!("http://127.0.0.1:{port}/")).await;
    server
}

/// The attempts of the page that is loaded against the relay under `address`; nothing of them may be "read", "loaded" or "open".
async fn attack(page: &Page, address: &str, relay: &RelayProcess, file: &str) -> Value {
    page.evaluate(&format!("{ATTACK}('{address}', '{}', '{file}')", relay.token)).await
}

#[test]
fn a_page_of_another_origin_gets_nothing() {
    in_window("page_stranger", async |page| {
        // What its attempts leave in the console: refused by the relay (403, 400), or by the browser on the relay's word.
        for part in
            ["403", "400", "426", "Failed to load resource", "CORS policy", "ERR_BLOCKED_BY_RESPONSE", "WebSocket connection", "frame"]
        {
            page.expect_in_console(part);
        }
        let relay = RelayProcess::start().await;
        let _server = load_stranger(page).await;
        let address = format!("http://127.0.0.1:{}", relay.port);
        for file in ["/", "/no-such-file"] {
            let got = attack(page, &address, &relay, file).await;
            for (what, result) in got.as_object().expect("it is one") {
                assert!(["refused", "closed 1006"].contains(&result.as_str().unwrap_or_default()), "{what} of {file}: {got}");
            }
        }
        // Nor is it shown in a frame, where clicks could be stolen.
        page.evaluate(&format!("document.body.append(Object.assign(document.createElement('iframe'), {{ src: '{address}/' }}))")).await;
        until("refused frame", async || page.console_holds("frame-ancestors 'none'")).await;
        // The token alone is good, so it was the origin that was refused.
        crate::wire::Wire::open(&relay).await;
    });
}

#[test]
fn a_name_that_leads_to_the_relay_gets_nothing() {
    in_window("page_rebound", async |page| {
        for part in ["421", "WebSocket connection", "Failed to load resource", "MIME type"] {
            page.expect_in_console(part);
        }
        let relay = RelayProcess::start().await;
        // Browsers lead every name below localhost to this machine (RFC 6761 section 6.3), as an attacker's name server does with his own: to the browser
        // the page and the relay are of one origin.
        let address = format!("http://rebound.localhost:{}", relay.port);
        page.load(&format!("{address}/#token={}", relay.token)).await;
        let shown = page.evaluate("document.documentElement.outerHTML").await;
        let shown = shown.as_str().expect("text");
        assert!(shown.contains("does not go by that name") && !shown.contains("<script"), "{shown}");
        assert!(page.evaluate(&format!("fetch('{address}/').then((response) => response.status)")).await == 421);
        let got = attack(page, &address, &relay, "/").await;
        for socket in ["bare", "without", "stolen"] {
            assert_eq!(got[socket], "closed 1006", "{socket}: {got}");
        }
    });
}

#[test]
fn the_page_is_isolated_and_its_token_goes_nowhere() {
    in_browser("page_secret", async |page, relay| {
        page.expect_in_console("Failed to load resource");
        assert_eq!(page.evaluate("crossOriginIsolated").await, true);
        let kept = "JSON.stringify([location.href, document.referrer, document.cookie, { ...localStorage }, history.state, document.title, \
                    performance.getEntriesByType('resource').map((entry) => entry.name), document.documentElement.outerHTML])";
        let token = relay.token.as_str();
        for when in ["opened", "reloaded"] {
            let found = page.evaluate(kept).await;
            assert!(!found.as_str().expect("text").contains(token), "{when}: {found}");
            page.reload().await;
        }
        assert_eq!(page.evaluate("history.length").await, 2, "about:blank and the page: no entry with the token before it");
        // Who is left for another site does not tell it whence.
        let _server = load_stranger_by_link(page).await;
        assert_eq!(page.evaluate("document.referrer").await, "");
        assert_eq!(relay.printed().matches(token).count(), 1, "printed once, at the start");
    });
}

/// Leaves the page for that of another origin, as a link does.
async fn load_stranger_by_link(page: &Page) -> Peer {
    let (server, port) = Peer::http_server(env!("CARGO_MANIFEST_DIR")).await;
    page.evaluate(&format!(
        "document.body.append(Object.assign(document.createElement('a'), {{ id: 'out', href: 'http://127.0.0.1:{port}/' }}))"
    ))
    .await;
    page.evaluate("document.getElementById('out').click()").await;
    until("the other site", async || page.evaluate("location.port").await.as_str() == Some(&port.to_string())).await;
    server
}
