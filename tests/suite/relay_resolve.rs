//! `resolve`: all addresses of a name, as `getaddrinfo(3)` has them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use protocol::{Failure, Family, Name, Operation, Return};

use crate::python::Python;
use crate::relay_process::RelayProcess;
use crate::run;
use crate::wire::{Wire, error_of};

async fn resolve(wire: &mut Wire, host: &str, family: Option<Family>) -> Result<Vec<IpAddr>, Failure> {
    match wire.call(Operation::Resolve { host: host.to_owned(), family, timeout_ms: None }).await? {
        Return::Resolve { addresses } => Ok(addresses),
        other => panic!("resolve returned {other:?}"),
    }
}

#[test]
fn names_have_the_addresses_that_python_finds() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut python = Python::start();
        let mut wire = Wire::open(&relay).await;
        for (family, constant) in [(None, "AF_UNSPEC"), (Some(Family::Inet), "AF_INET"), (Some(Family::Inet6), "AF_INET6")] {
            for host in ["localhost", "127.0.0.1", "::1"] {
                let source = format!(
                    "list(dict.fromkeys(a[4][0] for a in socket.getaddrinfo({host:?}, None, socket.{constant}, socket.SOCK_STREAM)))"
                );
                let theirs = python.run(&source).await;
                match resolve(&mut wire, host, family).await {
                    Ok(addresses) => {
                        let quoted: Vec<String> = addresses.iter().map(|address| format!("'{address}'")).collect();
                        assert_eq!(format!("[{}]", quoted.join(", ")), theirs, "{host} {constant}");
                    }
                    // Python has no name for these in `errno`: their numbers are below zero.
                    Err(failure) => assert!(theirs == "! gaierror" && failure.name.as_str().starts_with("EAI_"), "{failure} {theirs}"),
                }
            }
        }
    });
}

#[test]
fn both_families_or_one() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::open(&relay).await;
        let all = resolve(&mut wire, "localhost", None).await.expect("every machine has it");
        assert!(all.contains(&Ipv4Addr::LOCALHOST.into()) || all.contains(&Ipv6Addr::LOCALHOST.into()), "{all:?}");
        for (family, is_of) in [(Family::Inet, IpAddr::is_ipv4 as fn(&IpAddr) -> bool), (Family::Inet6, IpAddr::is_ipv6)] {
            let of_one: Vec<IpAddr> = resolve(&mut wire, "localhost", Some(family)).await.unwrap_or_default();
            assert!(of_one.iter().all(is_of), "{family:?}: {of_one:?}");
        }
        assert_eq!(resolve(&mut wire, "192.0.2.7", None).await, Ok(vec!["192.0.2.7".parse().expect("an address")]));
        assert_eq!(resolve(&mut wire, "2001:db8::7", None).await, Ok(vec!["2001:db8::7".parse().expect("an address")]));
        let failure = resolve(&mut wire, "192.0.2.7", Some(Family::Inet6)).await.expect_err("an address of the other family");
        assert!(matches!(failure.name, Name::EAI_ADDRFAMILY | Name::EAI_NONAME), "{failure}");
    });
}

#[test]
fn what_does_not_resolve_is_told_with_its_name() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut wire = Wire::open(&relay).await;
        // RFC 6761 keeps it from existing; without a name server in reach the resolver cannot know that.
        let failure = resolve(&mut wire, "no-such-host.invalid", None).await.expect_err("no such name");
        assert!(matches!(failure.name, Name::EAI_NONAME | Name::EAI_AGAIN), "{failure}");
        assert_eq!((failure.call.as_str(), failure.address.as_deref()), ("resolve", Some("no-such-host.invalid")));
        assert_eq!(error_of(resolve(&mut wire, "", None).await), Name::EAI_NONAME);
        assert_eq!(error_of(resolve(&mut wire, &"a".repeat(300), None).await), Name::EAI_NONAME);
        assert_eq!(error_of(resolve(&mut wire, "nul\0here", None).await), Name::EINVAL);
        // Cancelled or answered, and answered once.
        let id = wire.start(Operation::Resolve { host: "no-such-host.invalid".to_owned(), family: None, timeout_ms: None }).await;
        let cancelled = wire.call(Operation::Cancel { target: id }).await;
        let name = error_of(wire.answer(id).await);
        assert_eq!(cancelled, Ok(Return::Cancel { cancelled: name == Name::ECANCELED }), "{name}");
        assert!(resolve(&mut wire, "localhost", None).await.is_ok());
    });
}
