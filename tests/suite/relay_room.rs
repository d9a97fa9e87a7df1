//! A relay that a room shares: the ports that are lent, the room's own listeners, and what the system chose for a socket.

use protocol::{Failure, Family, How, Name, Operation, OptionValue, Return, Rule, SocketOption};
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::peers::Peer;
use crate::ports::free_port;
use crate::relay_process::RelayProcess;
use crate::wire::{Wire, error_of};
use crate::{run, within};

fn rule_of<T: std::fmt::Debug>(result: Result<T, Failure>) -> Rule {
    let failure = result.expect_err("it must be forbidden");
    assert_eq!(failure.name, Name::FORBIDDEN, "{failure}");
    failure.rule.expect("what is forbidden names its rule")
}

#[test]
fn a_room_reaches_what_it_listens_at_and_nothing_beside() {
    run(async {
        let (lent, other) = (free_port(), TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free"));
        let relay = RelayProcess::start_with(&["--host", "0.0.0.0", "--allow", &format!("0.0.0.0:{lent}")]).await;
        let connect = async |port| Wire::socket(&relay).await.connect("127.0.0.1", port).await.map(drop);
        assert_eq!(rule_of(connect(lent).await), Rule::NotAllowed, "the port is lent to listen at, and nobody does");

        let mut server = Wire::socket(&relay).await;
        assert_eq!(rule_of(server.bind("127.0.0.1", lent.into()).await), Rule::NotAllowed, "another address");
        assert_eq!(rule_of(server.bind("0.0.0.0", 0).await), Rule::NotAllowed, "any port is not a lent one");
        server.bind("0.0.0.0", lent.into()).await.expect("it is lent");
        assert_eq!(rule_of(connect(lent).await), Rule::NotAllowed, "bound is not listening");
        let (listener, _) = server.listen(5).await.expect("it is bound");

        let mut client = Wire::socket(&relay).await;
        client.connect("127.0.0.1", lent).await.expect("a neighbour of the room listens");
        let mut accepted = Wire::open(&relay).await;
        accepted.accept(listener).await.expect("it came");
        assert_eq!(client.send(b"hello").await, Ok(5));
        assert_eq!(accepted.recv(10).await, Ok(b"hello".to_vec()));
        let port = other.local_addr().expect("it is bound").port();
        assert_eq!(rule_of(connect(port).await), Rule::NotAllowed, "a program of the machine is none of the room's");
        // From outside the room anybody may come.
        let mut nc = Peer::start("nc", &["127.0.0.1", &lent.to_string()]);
        nc.close_input();
        accepted = Wire::open(&relay).await;
        accepted.accept(listener).await.expect("nc came");

        server.close().await;
        assert_eq!(rule_of(connect(lent).await), Rule::NotAllowed, "it listens no more");
    });
}

#[test]
fn a_lent_port_is_lent_to_listen_alone() {
    run(async {
        // A program of the machine has the port: what is lent for 0.0.0.0 does not lead there.
        let mut taken = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
        let port = taken.local_addr().expect("it is bound").port();
        let relay = RelayProcess::start_with(&["--host", "0.0.0.0", "--allow", &format!("0.0.0.0:{port}")]).await;
        let mut wire = Wire::socket(&relay).await;
        assert_eq!(rule_of(wire.connect("127.0.0.1", port).await), Rule::NotAllowed);
        assert_eq!(rule_of(wire.connect("0.0.0.0", port).await), Rule::NotAllowed);
        assert_eq!(error_of(wire.bind("0.0.0.0", port.into()).await), Name::EADDRINUSE, "the kernel was asked");
        // Nobody was let through meanwhile.
        let probe = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("it listens");
        let (_, first) = within("connection", accept(&mut taken)).await;
        assert_eq!(first, probe.local_addr().expect("it is connected"));
    });
}

async fn accept(listener: &mut TcpListener) -> (tokio::net::TcpStream, std::net::SocketAddr) {
    listener.accept().await.expect("it comes")
}

#[test]
fn listening_without_binding_is_held_to_what_is_lent() {
    run(async {
        let relay = RelayProcess::start_with(&["--host", "0.0.0.0", "--allow", "127.0.0.1", "--allow", "0.0.0.0:8000-8010"]).await;
        let mut wire = Wire::socket(&relay).await;
        assert_eq!(rule_of(wire.listen(5).await), Rule::NotAllowed, "the system would choose any port of all addresses");
        let local = wire.bind("127.0.0.1", 0).await.expect("every port of this address is lent");
        assert_eq!(wire.listen(5).await.map(|(_, address)| address), Ok(local));
    });
}

#[test]
fn what_the_system_chose_is_checked_as_what_was_asked_for() {
    run(async {
        let relay = RelayProcess::start_with(&["--deny", "127.0.0.1:1024-65535", "--deny", "0.0.0.0:1024-65535"]).await;
        for address in ["127.0.0.1", "0.0.0.0", ""] {
            let mut wire = Wire::socket(&relay).await;
            assert_eq!(rule_of(wire.bind(address, 0).await), Rule::Denied, "bind {address:?}");
            assert_eq!(error_of(wire.call(Operation::Getsockname).await), Name::EBADF, "the socket that had it is gone");
            assert_eq!(wire.call(Operation::Socket { family: Family::Inet }).await, Ok(Return::Socket), "another may be made");
        }
        let mut wire = Wire::socket(&relay).await;
        assert_eq!(rule_of(wire.listen(5).await), Rule::Denied);
        // The end of a denied listener is a real one.
        let mut other = Wire::open(&relay).await;
        assert_eq!(error_of(other.accept(protocol::ListenerId(1)).await), Name::EBADF);
    });
}

#[test]
fn nobody_takes_the_place_of_the_relay() {
    run(async {
        // Who listened at the relay's port under another address of this machine would be found by those who look for the relay.
        let allow_all = ["--host", "0.0.0.0", "--allow", "0.0.0.0/0", "--allow", "::/0"];
        for arguments in [[].as_slice(), &allow_all] {
            let relay = RelayProcess::start_with(arguments).await;
            let mut wire = Wire::socket(&relay).await;
            let set = Operation::Setsockopt { option: SocketOption::SO_REUSEADDR, value: OptionValue::Switch(true) };
            wire.call(set).await.expect("it can be set");
            for address in ["127.0.0.1", "127.0.0.2", "0.0.0.0", "", "localhost"] {
                assert_eq!(rule_of(wire.bind(address, relay.port.into()).await), Rule::OwnPort, "{address:?}");
            }
            // It is there as before.
            let mut page = tokio::net::TcpStream::connect(("127.0.0.1", relay.port)).await.expect("it listens");
            let request = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", relay.port);
            tokio::io::AsyncWriteExt::write_all(&mut page, request.as_bytes()).await.expect("it reads");
            let mut answer = Vec::new();
            within("page", page.read_to_end(&mut answer)).await.expect("it answers");
            assert!(answer.starts_with(b"HTTP/1.1 200"));
        }
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_connect_that_was_refused_lends_no_port_to_listen_at() {
    run(async {
        let denied = "0.0.0.0/0:1024-65535";
        let relay = RelayProcess::start_with(&["--deny", denied]).await;
        let mut wire = Wire::socket(&relay).await;
        assert_eq!(error_of(wire.connect("127.0.0.1", 1).await), Name::ECONNREFUSED);
        assert_eq!(rule_of(wire.listen(1).await), Rule::Denied, "Linux chooses another port, of those that are denied");
        assert_eq!(error_of(wire.listen(1).await), Name::EBADF, "it is given back at once");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn a_listener_of_one_family_opens_no_way_to_the_other() {
    run(async {
        let lent = free_port();
        let relay = RelayProcess::start_with(&["--host", "0.0.0.0", "--allow", &format!("0.0.0.0:{lent}")]).await;
        // Somebody else's, which nothing allows.
        let _other = TcpListener::bind(("::1", lent)).await.expect("the port is free in this family");
        let connect = async || {
            let mut client = Wire::open(&relay).await;
            client.call(Operation::Socket { family: Family::Inet6 }).await.expect("there is IPv6");
            client.connect("::1", lent).await.map(drop)
        };
        assert_eq!(rule_of(connect().await), Rule::NotAllowed);
        let mut server = Wire::socket(&relay).await;
        server.bind("0.0.0.0", lent.into()).await.expect("it is lent");
        server.listen(5).await.expect("it is bound");
        assert_eq!(rule_of(connect().await), Rule::NotAllowed);
        server.shutdown(How::Read).await.expect("it listens");
        let ipv4 = Wire::socket(&relay).await.connect("127.0.0.1", lent).await.map(drop);
        assert_eq!(rule_of(ipv4), Rule::NotAllowed, "nobody listens any more");
    });
}

#[test]
#[cfg(target_os = "linux")]
fn what_is_denied_of_ipv4_is_not_had_through_all_of_ipv6() {
    run(async {
        let port = free_port();
        let relay = RelayProcess::start_with(&["--deny", &format!("0.0.0.0/0:{port}")]).await;
        for (only_v6, permitted) in [(false, false), (true, true)] {
            let mut wire = Wire::open(&relay).await;
            wire.call(Operation::Socket { family: Family::Inet6 }).await.expect("there is IPv6");
            let option = Operation::Setsockopt { option: SocketOption::IPV6_V6ONLY, value: OptionValue::Switch(only_v6) };
            wire.call(option).await.expect("it can be set");
            let bound = wire.bind("::", port.into()).await;
            if permitted {
                bound.expect("it has no IPv4");
            } else {
                assert_eq!(rule_of(bound), Rule::Denied);
            }
        }
    });
}

#[test]
fn an_address_that_is_denied_is_not_had_through_all_addresses() {
    run(async {
        let port = free_port();
        // The address that this machine speaks from, where it has another than loopback; and one of loopback that no interface names.
        let source =
            std::net::UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.connect("198.51.100.1:9").and_then(|()| socket.local_addr()));
        let own = source.ok().map(|source| source.ip().to_string());
        let networks = own.iter().map(|own| format!("{own}/24"));
        for denied in networks.chain(own.clone()).chain(cfg!(target_os = "linux").then(|| "127.0.0.2".to_owned())) {
            let relay = RelayProcess::start_with(&["--deny", &format!("{denied}:{port}")]).await;
            let (mut wire, mut dual) = (Wire::socket(&relay).await, Wire::open(&relay).await);
            assert_eq!(dual.call(Operation::Socket { family: Family::Inet6 }).await, Ok(Return::Socket));
            for bound in [wire.bind("0.0.0.0", port.into()).await, wire.bind("", port.into()).await, dual.bind("::", port.into()).await] {
                assert_eq!(rule_of(bound), Rule::Denied, "{denied}");
            }
            wire.bind("127.0.0.1", port.into()).await.expect("this one is not denied");
        }
        // What is said of link-local addresses is said of where sockets go.
        let relay = RelayProcess::start_with(&["--deny", "169.254.0.0/16", "--deny", "fe80::/10"]).await;
        let mut dual = Wire::open(&relay).await;
        assert_eq!(dual.call(Operation::Socket { family: Family::Inet6 }).await, Ok(Return::Socket));
        dual.bind("::", port.into()).await.expect("nothing denies it");
    });
}
