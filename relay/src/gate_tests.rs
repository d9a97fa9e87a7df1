//! Who is let in, and who is not.

use super::*;
use crate::Tls;

fn gate() -> Gate {
    gate_with(None)
}

fn gate_with(tls: Option<Tls>) -> Gate {
    let config = Config {
        tls,
        allow_hosts: vec!["Relay.lan".to_owned(), "other.lan:9000".to_owned()],
        allow_origins: vec!["http://127.0.0.1:7078/".to_owned()],
        ..Config::personal().unwrap()
    };
    Gate::new("127.0.0.1:7077".parse().unwrap(), &config)
}

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
}

#[test]
fn only_its_own_names_reach_the_relay() {
    let local = "127.0.0.1:7077".parse().unwrap();
    let target = Uri::from_static("/");
    let check = |host: &str| gate().check_host(&target, &headers(&[("host", host)]), local);
    for host in [
        "127.0.0.1:7077",
        "localhost:7077",
        "LocalHost:7077",
        "relay.lan",
        "relay.lan:1234",
        "other.lan:9000",
        "[::ffff:127.0.0.1]:7077",
        "127.0.0.1",
    ] {
        assert_eq!(check(host), Ok(()), "{host}");
    }
    for host in [
        "evil.example:7077",
        "127.0.0.1:80",
        "localhost",
        "localhost.evil.example:7077",
        "127.0.0.2:7077",
        "other.lan",
        "127.0.0.1:+7077",
        "127.0.0.1:-7077",
        "127.0.0.1: 7077",
        "127.0.0.1:",
        "127.0.0.1:72613",
        "relay.lan:+80",
        "",
        ":7077",
        "[::1:7077",
        "[::1]x:7077",
    ] {
        assert_eq!(check(host), Err(Refusal::Host), "{host}");
    }
    assert_eq!(gate().check_host(&target, &HeaderMap::new(), local), Err(Refusal::Host));
    let mut twice = headers(&[("host", "127.0.0.1:7077")]);
    twice.append(header::HOST, "evil.example".parse().unwrap());
    assert_eq!(gate().check_host(&target, &twice, local), Err(Refusal::Host));
    let whole = |target: &'static str| gate().check_host(&Uri::from_static(target), &headers(&[("host", "127.0.0.1:7077")]), local);
    assert_eq!(whole("http://127.0.0.1:7077/"), Ok(()));
    assert_eq!(whole("http://evil.example/"), Err(Refusal::Host));
}

#[test]
fn metrics_are_told_under_addresses_and_own_names() {
    let gate = MetricsGate::new(&["Relay.lan:7077".to_owned(), "[fd00::1]:7077".to_owned()]);
    let asked_on =
        |local: &str, host: &str| gate.check_host(&Uri::from_static("/metrics"), &headers(&[("host", host)]), local.parse().unwrap());
    for host in
        ["127.0.0.1:9090", "127.0.0.1", "192.168.1.20:80", "[::1]:9090", "[fd00::1]", "localhost:9090", "relay.LAN:9090", "relay.lan"]
    {
        assert_eq!(asked_on("127.0.0.1:9090", host), Ok(()), "{host}");
    }
    for host in ["evil.example:9090", "localhost.evil.example", "127.0.0.1.evil.example", "", ":9090", "::1", "[127.0.0.1]", "[::1"] {
        assert_eq!(asked_on("127.0.0.1:9090", host), Err(Refusal::Host), "{host}");
    }
    assert_eq!(asked_on("192.168.1.20:9090", "localhost:9090"), Err(Refusal::Host));
    let whole = Uri::from_static("http://evil.example/metrics");
    assert_eq!(gate.check_host(&whole, &headers(&[("host", "127.0.0.1")]), "127.0.0.1:1".parse().unwrap()), Err(Refusal::Host));
}

#[test]
fn localhost_is_no_name_for_an_address_of_the_network() {
    let check = |host: &str| gate().check_host(&Uri::from_static("/"), &headers(&[("host", host)]), "192.168.1.20:7077".parse().unwrap());
    assert_eq!(check("192.168.1.20:7077"), Ok(()));
    assert_eq!(check("localhost:7077"), Err(Refusal::Host));
}

#[test]
fn only_the_own_page_and_allowed_ones_open_sockets() {
    let check = |origin: &str| gate().check_origin(&headers(&[("host", "localhost:7077"), ("origin", origin)]));
    assert_eq!(check("http://localhost:7077"), Ok(()));
    assert_eq!(check("http://127.0.0.1:7078"), Ok(()));
    for origin in [
        "http://127.0.0.1:7077",
        "https://localhost:7077",
        "http://evil.example",
        "http://localhost:7077.evil.example",
        "null",
        "http://localhost",
        "",
    ] {
        assert_eq!(check(origin), Err(Refusal::Origin), "{origin}");
    }
    assert_eq!(gate().check_origin(&headers(&[("host", "localhost:7077")])), Ok(()));
    let behind = |host: &str, origin: &str| gate().check_origin(&headers(&[("host", host), ("origin", origin)]));
    assert_eq!(behind("relay.lan", "http://relay.lan"), Ok(()));
    assert_eq!(behind("127.0.0.1", "http://127.0.0.1:7078"), Ok(()));
    assert_eq!(behind("127.0.0.1", "http://127.0.0.1"), Err(Refusal::Origin));
    assert_eq!(behind("127.0.0.1:+7077", "http://127.0.0.1:+7077"), Err(Refusal::Origin));
    assert_eq!(behind("127.0.0.1:7077", "http://127.0.0.1:+7077"), Err(Refusal::Origin));
}

#[test]
fn over_tls_the_own_page_is_one_of_https() {
    let gate = gate_with(Some(Tls::self_signed([]).unwrap()));
    let check = |host: &str, origin: &str| gate.check_origin(&headers(&[("host", host), ("origin", origin)]));
    assert_eq!(check("localhost:7077", "https://localhost:7077"), Ok(()));
    assert_eq!(check("relay.lan", "https://relay.lan"), Ok(()));
    for origin in ["http://localhost:7077", "https://localhost", "https://localhost:7078", "wss://localhost:7077", "null"] {
        assert_eq!(check("localhost:7077", origin), Err(Refusal::Origin), "{origin}");
    }
    let on_443 = Gate { own_port: 443, ..gate };
    assert_eq!(on_443.check_host(&Uri::from_static("/"), &headers(&[("host", "localhost")]), "127.0.0.1:443".parse().unwrap()), Ok(()));
    assert_eq!(on_443.check_origin(&headers(&[("host", "localhost"), ("origin", "https://localhost")])), Ok(()));
}

#[test]
fn what_a_proxy_claims_is_not_believed() {
    let local = "127.0.0.1:7077".parse().unwrap();
    let claims = [("x-forwarded-host", "localhost:7077"), ("x-forwarded-proto", "https"), ("forwarded", "host=localhost:7077")];
    let with = |own: &[(&'static str, &str)]| headers(&[own, &claims].concat());
    assert_eq!(gate().check_host(&Uri::from_static("/"), &with(&[("host", "evil.example")]), local), Err(Refusal::Host));
    let https = with(&[("host", "localhost:7077"), ("origin", "https://localhost:7077")]);
    assert_eq!(gate().check_origin(&https), Err(Refusal::Origin));
}

#[test]
fn the_token_stands_beside_the_subprotocol() {
    let gate = gate();
    let check = |offer: &str| gate.check_token(&headers(&[("sec-websocket-protocol", offer)]));
    let token = gate.token;
    assert_eq!(check(&format!("tcp-playground.v1, token.{token}")), Ok(true));
    assert_eq!(check(&format!("token.{token},tcp-playground.v1")), Ok(true));
    assert_eq!(check("tcp-playground.v1"), Ok(false));
    assert_eq!(check(&format!("tcp-playground.v1, token.{}", Token::random().unwrap())), Ok(false));
    assert_eq!(check(&format!("tcp-playground.v2, token.{token}")), Err(Refusal::Subprotocol));
    assert_eq!(gate.check_token(&HeaderMap::new()), Err(Refusal::Subprotocol));
}
