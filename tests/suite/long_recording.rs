//! A recording that is as long as one wants it.

/// A recording of a connection with both ends in the page, over which a message went `messages` times: five events each.
pub(crate) fn long_recording(messages: u64) -> String {
    let mut lines = vec![r#"{"tcp-playground":"recording","version":1,"opened":"2026-01-01T00:00:00Z"}"#.to_owned()];
    let mut event = |socket: u64, fact: String| {
        let number = lines.len() - 1;
        lines.push(format!(r#"{{"number":{number},"time_ms":{number},"socket":{socket},{fact}}}"#));
    };
    event(1, r#""called":{"id":1,"call":"socket","family":"inet"}"#.to_owned());
    event(1, r#""returned":{"id":1,"return":"socket"}"#.to_owned());
    event(1, r#""called":{"id":2,"call":"connect","host":"localhost","port":8080}"#.to_owned());
    event(1, r#""returned":{"id":2,"return":"connect","local":"127.0.0.1:51022","peer":"127.0.0.1:8080"}"#.to_owned());
    event(2, r#""called":{"id":1,"call":"accept","listener":1}"#.to_owned());
    event(2, r#""returned":{"id":1,"return":"accept","local":"127.0.0.1:8080","peer":"127.0.0.1:51022"}"#.to_owned());
    for message in 3..messages + 3 {
        event(1, format!(r#""called":{{"id":{message},"call":"send"}}"#));
        event(1, format!(r#""sending":{{"id":{message},"text":"ping\n"}}"#));
        event(1, format!(r#""returned":{{"id":{message},"return":"send","sent":5}}"#));
        event(2, format!(r#""called":{{"id":{message},"call":"recv","max":4096}}"#));
        event(2, format!(r#""received":{{"id":{message},"text":"ping\n"}}"#));
    }
    lines.join("\n") + "\n"
}
