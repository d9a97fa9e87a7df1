//! The state of a socket in the RFC's figure: a connection's life as calls and the kernel tell it, now and looked back at.

use crate::browser::in_browser;
use crate::page::Page;
use crate::page_buffers::WIDER;
use crate::python::Python;

/// Waits until the figure stands at this state, known so.
async fn stands_at(page: &Page, state: &str, known: &str) {
    page.get("tabpanel", "State").get_holding("image", &[&format!("Now: {state}, {known}")]).wait().await;
}

/// The steps of the path, each as it is read out.
async fn path(page: &Page) -> Vec<String> {
    page.get("list", "Path").get_begins("button", "").all().await.into_iter().map(|found| found.name).collect()
}

const SAID: &str = "said by the kernel";

#[test]
#[cfg(target_os = "linux")]
fn a_client_from_closed_to_time_wait() {
    in_browser("page_state", async |page, _relay| {
        let mut python = Python::start();
        let port = python.listen().await;
        page.get("tabpanel", "State").wait_text(|text| text.contains("Choose a socket")).await;
        page.new_client().await;
        stands_at(page, "CLOSED", SAID).await;
        page.connected_client("127.0.0.1", port).await;
        python.all(&["c, _ = s.accept()"]).await;
        stands_at(page, "ESTABLISHED", SAID).await;
        page.screenshot("state-established").await;
        page.group("shutdown").get_begins("button", "shutdown").click().await;
        stands_at(page, "FIN_WAIT_2", SAID).await;
        page.get("tabpanel", "State").wait_text(|text| text.contains("the other end knows")).await;
        let steps = path(page).await;
        let begins = |index: usize, name: &str| assert!(steps[index].starts_with(name), "{name}: {steps:#?}");
        for (index, name) in ["CLOSED", "SYN_SENT", "ESTABLISHED", "FIN_WAIT_1", "FIN_WAIT_2"].into_iter().enumerate() {
            begins(index, name);
        }
        assert!(steps[2].contains("connect() returned") && steps[2].contains(SAID), "{steps:#?}");
        // The kernel passed it sooner than anybody asked.
        assert!(steps[3].contains("shutdown(SHUT_WR) returned: FIN sent") && steps[3].contains("inferred"), "{steps:#?}");
        assert!(steps[4].contains("ACK of our FIN arrived") && steps[4].contains(SAID), "{steps:#?}");

        python.all(&["c.close()"]).await;
        stands_at(page, "TIME_WAIT", SAID).await;
        page.receive().await;
        page.stream_shows(&["end of stream"]).await;
        page.call("close").await;
        page.socket(&["client", &format!(":{port}"), "CLOSED"]).wait().await;
        let seconds = |text: &str| text.strip_suffix(" s left").and_then(|number| number.parse::<u32>().ok());
        let timer = page.get("tabpanel", "State").get("timer", "Time left in this state");
        let first = timer.wait_text(|text| seconds(text).is_some_and(|left| (30..=60).contains(&left))).await;
        page.screenshot("state-time-wait").await;
        timer.wait_text(|text| seconds(text) < seconds(&first)).await;
        page.get("tabpanel", "State").wait_text(|text| text.contains("The descriptor is closed")).await;

        page.button("Look at shutdown(SHUT_WR) returned").click().await;
        stands_at(page, "FIN_WAIT", "inferred from the calls").await;
        page.get("list", "Path").get_begins("button", "ESTABLISHED").click().await;
        stands_at(page, "ESTABLISHED", "inferred from the calls").await;
        page.screenshot("state-earlier").await;
        page.button("Now").click().await;
        stands_at(page, "TIME_WAIT", SAID).await;
        assert!(!page.stream_text().await.contains("info"), "the page's own questions are no calls");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_inferred_is_dashed_and_what_was_said_is_not() {
    in_browser("page_state_dashed", async |page, _relay| {
        let mut python = Python::start();
        let port = python.listen().await;
        page.connected_client("127.0.0.1", port).await;
        stands_at(page, "ESTABLISHED", SAID).await;
        let dashes = "name => { const box = [...document.querySelectorAll('.drawing g')].find(g => g.textContent === name);
            return getComputedStyle(box.querySelector('rect')).strokeDasharray !== 'none'; }";
        for (name, is_dashed) in [("SYN_SENT", true), ("ESTABLISHED", false), ("LISTEN", false)] {
            assert_eq!(page.evaluate(&format!("({dashes})('{name}')")).await, is_dashed, "{name}");
        }
        for (width, height, scheme, name) in [(390, 844, "light", "state-390"), (1366, 768, "dark", "state-dark")] {
            page.resize(width, height).await;
            page.prefer_colors(scheme).await;
            assert_eq!(page.evaluate(WIDER).await, 0, "sideways, at {width} pixels");
            page.get("tablist", "Details").get("tab", "State").click().await;
            page.screenshot(name).await;
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn an_end_that_closes_second_and_a_listener() {
    in_browser("page_state_second", async |page, _relay| {
        let port = page.listening_server("127.0.0.1", 5).await;
        stands_at(page, "LISTEN", SAID).await;
        let mut python = Python::start();
        python.all(&[&format!("c = socket.create_connection(('127.0.0.1', {port}))")]).await;
        page.call("accept").await;
        page.choose_socket(&["accepted", "ESTABLISHED"]).await;
        stands_at(page, "ESTABLISHED", SAID).await;
        let steps = path(page).await;
        assert!(steps[0].starts_with("LISTEN") && steps[1].starts_with("SYN_RECEIVED") && steps.len() == 3, "{steps:#?}");
        python.all(&["c.shutdown(socket.SHUT_WR)"]).await;
        // Nobody has called recv yet: only the kernel knows.
        stands_at(page, "CLOSE_WAIT", SAID).await;
        page.socket(&["accepted", "ESTABLISHED"]).wait().await;
        page.call("close").await;
        stands_at(page, "CLOSED", SAID).await;
        let steps = path(page).await;
        assert!(steps[4].starts_with("LAST_ACK") && steps[4].contains("inferred"), "{steps:#?}");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_no_longer_asked_leaves_no_warning_in_the_console() {
    in_browser("page_state_given_up", async |page, _relay| {
        let mut python = Python::start();
        let port = python.listen().await;
        page.connected_client("127.0.0.1", port).await;
        page.call("close").await;
        page.socket(&["client", &format!(":{port}"), "CLOSED"]).wait().await;
        // Each time somebody looks, a WebSocket is opened to ask the system's table; whoever looks elsewhere at once gives it up while it opens.
        let looking = "(async () => {
            const [state, code] = ['State', 'Code'].map(name => [...document.querySelectorAll('[role=tab]')].find(tab => tab.textContent === name));
            for (let time = 0; time < 40; time++) {
                (time % 2 ? state : code).click();
                await new Promise(requestAnimationFrame);
            }
        })()";
        page.evaluate(looking).await;
        stands_at(page, "FIN_WAIT_2", SAID).await;
    });
}

#[test]
#[cfg(target_os = "linux")]
fn the_bar_counts_the_events_that_people_see() {
    in_browser("page_state_counted", async |page, _relay| {
        page.new_client().await;
        // The kernel has told something by then, which is no event: the call, its return, and that a client was made are.
        stands_at(page, "CLOSED", SAID).await;
        page.get("group", "Time").wait_text(|text| text.contains("event 3 of 3,")).await;
    });
}
