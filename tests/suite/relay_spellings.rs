//! Every spelling of an address where no socket may go, through a running relay: `connect`, `bind`, and none gets through.

use std::net::UdpSocket;

use protocol::{Failure, Family, Name, Operation, Return, Rule};

use crate::relay_process::RelayProcess;
use crate::wire::Wire;
use crate::{run, until};

/// The relay itself, at its ports.
const OWN: &[&str] = &[
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "127.9.9.9",
    "127.65537",
    "127.255.255.254",
    "0",
    "00",
    "0x0",
    "0.0",
    "0.0.0",
    "0.0.0.0",
    "2130706433",
    "017700000001",
    "0x7f000001",
    "0X7F000001",
    "0x7f.1",
    "0x7F.0x0.0x0.0x1",
    "0177.1",
    "0177.0.0.1",
    "00000177.0.0.01",
    "127.0x0.00.1",
    "localhost",
    "LOCALHOST",
    "LocalHost",
    "::",
    "0::0",
    "::0.0.0.0",
    "::1",
    "::0001",
    "0:0:0:0:0:0:0:1",
    "0000:0000:0000:0000:0000:0000:0000:0001",
    "::0.0.0.1",
    "::127.0.0.1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::FFFF:127.0.0.1",
    "::ffff:7f00:1",
    "0:0:0:0:0:ffff:7f00:0001",
    "::ffff:127.9.9.9",
    "::ffff:0.0.0.0",
    "::ffff:0:127.0.0.1",
    "64:ff9b::127.0.0.1",
    "64:ff9b::7f00:1",
    "0064:FF9B:0:0:0:0:7f00:0001",
    "64:ff9b:1::127.0.0.1",
    "64:ff9b:1:7f00:0:100::",
    "64:ff9b:1:7f:0:1::",
    "64:ff9b:1:0:7f:0:100:0",
    "2002:7f00:1::",
    "2002:7f00:0001::1",
    "2002:0:0:1::",
    "2001:0:1:2:3:4:80ff:fffe",
    "2001:db8::5efe:127.0.0.1",
    "2001:db8::200:5efe:127.0.0.1",
];

/// Where clouds tell a machine its secrets, and link-local addresses.
const LINK_LOCAL: &[&str] = &[
    "169.254.169.254",
    "169.254.170.2",
    "169.254.1.1",
    "2852039166",
    "0xa9fea9fe",
    "0xA9.0xFE.0xA9.0xFE",
    "0251.0376.0251.0376",
    "025177524776",
    "169.254.43518",
    "169.16689662",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "::169.254.169.254",
    "::ffff:169.254.169.254",
    "::ffff:a9fe:a9fe",
    "::ffff:0:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1:a9fe:a9:fe00::",
    "2002:a9fe:a9fe::",
    "2001:0:1:2:3:4:5601:5601",
    "2001:db8::5efe:169.254.169.254",
    "fe80::1",
    "FE80::A9FE:A9FE",
    "fe80::1%lo",
    "fe80::1%1",
    "febf::1%lo",
    "fd00:ec2::254",
    "fd00:0EC2:0:0:0:0:0:254",
    "fd00:ec2::23",
    "fd20:ce::254",
    "fd00:42::42",
];

/// Addresses for many.
const MULTICAST: &[&str] = &[
    "224.0.0.1",
    "239.255.255.250",
    "255.255.255.255",
    "4294967295",
    "0xffffffff",
    "0xe0000001",
    "::ffff:224.0.0.1",
    "ff02::1%lo",
    "ff02::1",
    "ff0e::1",
];

/// Both kinds of socket, kept for many attempts: one that fails leaves its socket as it was.
struct Attacker {
    relay: RelayProcess,
    wires: [Wire; 2],
}

impl Attacker {
    async fn on(relay: RelayProcess) -> Self {
        let mut wires = [Wire::open(&relay).await, Wire::open(&relay).await];
        for (wire, family) in wires.iter_mut().zip([Family::Inet, Family::Inet6]) {
            assert_eq!(wire.call(Operation::Socket { family }).await, Ok(Return::Socket));
        }
        Self { relay, wires }
    }

    /// `connect` and `bind` with both kinds of socket: none may succeed, none may fail in a way that shows that the system was asked. Returns whether the spelling
    /// is understood at all.
    async fn is_understood(&mut self, host: &str, port: u64, expected: Rule) -> bool {
        let mut is_understood = false;
        for wire in &mut self.wires {
            let host = host.to_owned();
            for call in
                [Operation::Connect { host: host.clone(), port, timeout_ms: Some(10_000) }, Operation::Bind { address: host.clone(), port }]
            {
                let name = if matches!(call, Operation::Bind { .. }) { "bind" } else { "connect" };
                let failure: Failure = wire.call(call).await.expect_err(&format!("{name} {host:?} {port}"));
                if failure.name == Name::FORBIDDEN {
                    assert_eq!(failure.rule, Some(expected), "{name} {host:?}: {failure}");
                    is_understood = true;
                } else {
                    assert!(failure.name.as_str().starts_with("EAI_") || failure.name == Name::EINVAL, "{name} {host:?}: {failure}");
                }
            }
        }
        is_understood
    }

    /// The port at which its metrics are told.
    async fn metrics_port(&self) -> u16 {
        let port = || {
            let printed = self.relay.printed();
            let url = printed.lines().find_map(|line| line.trim().strip_prefix("metrics "))?;
            url.trim().strip_suffix("/metrics")?.rsplit(':').next()?.parse().ok()
        };
        until("port of the metrics", async || port().is_some()).await;
        port().expect("it was just there")
    }

    async fn gets_nowhere(&mut self) {
        let own: u64 = self.relay.port.into();
        let metrics: u64 = self.metrics_port().await.into();
        for (spellings, port, rule) in
            [(OWN, own, Rule::OwnPort), (OWN, metrics, Rule::OwnPort), (LINK_LOCAL, 80, Rule::LinkLocal), (MULTICAST, 80, Rule::Multicast)]
        {
            for host in spellings {
                assert!(self.is_understood(host, port, rule).await, "{host:?} tests nothing here");
            }
        }
    }
}

#[test]
fn no_spelling_gets_out_of_a_personal_relay() {
    run(async { Attacker::on(RelayProcess::start_with(&["--metrics", "0"]).await).await.gets_nowhere().await });
}

#[test]
fn no_spelling_gets_out_of_a_shared_relay_that_allows_everything() {
    run(async {
        let allowed = ["--allow", "0.0.0.0/0", "--allow", "::/0", "--allow", "localhost"];
        let arguments = [["--host", "0.0.0.0", "--metrics", "127.0.0.2:0"].as_slice(), &allowed].concat();
        let mut attacker = Attacker::on(RelayProcess::start_with(&arguments).await).await;
        attacker.gets_nowhere().await;
        // It listens on every address of this machine, where that has another than loopback.
        let source = UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()));
        if let Ok(source) = source {
            let own = attacker.relay.port.into();
            for host in [source.ip().to_string(), format!("::ffff:{}", source.ip()), format!("64:ff9b::{}", source.ip())] {
                assert!(attacker.is_understood(&host, own, Rule::OwnPort).await, "{host}");
            }
        }
    });
}

/// Names that lead astray, and what only looks like an address; resolved in a world of their own.
#[cfg(target_os = "linux")]
mod names {
    use tokio::net::TcpListener;

    use super::*;
    use crate::relay_process::{binary, command};

    const HOSTS: &str = "127.0.0.1 localhost rebound.test Mixed.Case.test
::1 localhost rebound.test
127.0.0.1 both.test
169.254.169.254 both.test
169.254.169.254 metadata.test metadata.google.internal
fd00:ec2::254 metadata.test
64:ff9b::a9fe:a9fe translated.test
224.0.0.1 many.test
";

    /// A relay to which these names are known, and no name server, not even a slow one; `None` where this system permits no namespaces.
    async fn relay(arguments: &[&str]) -> Option<RelayProcess> {
        let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("names");
        std::fs::create_dir_all(&folder).expect("target can be written to");
        std::fs::write(folder.join("hosts"), HOSTS).expect("target can be written to");
        std::fs::write(folder.join("resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n")
            .expect("target can be written to");
        let script = r#"mount --bind "$0/hosts" /etc/hosts && mount --bind "$0/resolv.conf" /etc/resolv.conf && exec "$@""#;
        let unshare = |program: &mut tokio::process::Command| {
            program.args(["-rm", "sh", "-c", script]).arg(&folder);
        };
        let mut trial = tokio::process::Command::new("unshare");
        unshare(&mut trial);
        if !trial.arg("true").output().await.is_ok_and(|output| output.status.success()) {
            eprintln!("no namespaces here: names are not tested");
            return None;
        }
        let mut command = command_of("unshare");
        unshare(&mut command);
        command.arg(binary()).args(["--port", "0"]).args(arguments);
        Some(RelayProcess::run(command).await)
    }

    /// The relay's command, begun with another program.
    fn command_of(program: &str) -> tokio::process::Command {
        let relay = command();
        let mut command = tokio::process::Command::new(program);
        command.current_dir(relay.as_std().get_current_dir().expect("it has one")).env_remove("RELAY_LOG").kill_on_drop(true);
        command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command
    }

    #[test]
    fn no_name_leads_where_no_address_may() {
        run(async {
            let Some(personal) = relay(&[]).await else { return };
            let names = "both.test metadata.test translated.test many.test rebound.test mixed.case.test localhost";
            let grants: Vec<&str> = names.split(' ').flat_map(|name| ["--allow", name]).collect();
            let arguments = [["--host", "0.0.0.0", "--allow", "0.0.0.0/0", "--allow", "::/0"].as_slice(), &grants].concat();
            let shared = relay(&arguments).await.expect("it was possible a moment ago");
            for relay in [personal, shared] {
                let mut attacker = Attacker::on(relay).await;
                let own = attacker.relay.port.into();
                for name in ["rebound.test", "REBOUND.test", "mixed.case.TEST", "Localhost"] {
                    assert!(attacker.is_understood(name, own, Rule::OwnPort).await, "{name}");
                }
                for name in ["metadata.test", "METADATA.google.internal", "translated.test"] {
                    assert!(attacker.is_understood(name, 80, Rule::LinkLocal).await, "{name}");
                }
                assert!(attacker.is_understood("many.test", 80, Rule::Multicast).await);
                // What looks like an address and is none, or is one to some programs and not to others.
                for odd in [
                    " 127.0.0.1",
                    "127.0.0.1 ",
                    "127.0.0.1\t",
                    "127.0.0.1\n",
                    "127.0.0.1.",
                    "127.0.0.1..",
                    "127.0.0.1:80",
                    "127.0.0.1/8",
                    "127.0.0.0x",
                    "0x7f000001.",
                    "[::1]",
                    "::1%lo",
                    "::1%1",
                    "::1%25lo",
                    "localhost.",
                    "rebound.test.",
                    "metadata.test.",
                    "%31%32%37.0.0.1",
                    "127。0。0。1",
                    "１２７.0.0.1",
                    "①②⑦.0.0.1",
                    "127.0.0.1#.test",
                    "::1%no-such-zone",
                    "256.0.0.1",
                    "127.0.0.1.test",
                    "4294967297",
                    "-1",
                    "127.-1",
                    "0b1111111.1",
                    "1e9",
                    "+2130706433",
                    "١٢٧.0.0.1",
                    "http://127.0.0.1",
                    "@127.0.0.1",
                ] {
                    attacker.is_understood(odd, own, Rule::OwnPort).await;
                }
            }
        });
    }

    #[test]
    fn a_name_with_two_addresses_leads_to_the_one_that_was_checked() {
        run(async {
            let Some(relay) = relay(&[]).await else { return };
            let peer = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
            let port = peer.local_addr().expect("it is bound").port();
            let mut wire = Wire::socket(&relay).await;
            // The resolver's order decides; the relay looks at the first and goes there or nowhere.
            match wire.connect("both.test", port).await {
                Ok((_, reached)) => assert_eq!(reached.to_string(), format!("127.0.0.1:{port}")),
                Err(failure) => assert_eq!(failure.rule, Some(Rule::LinkLocal), "{failure}"),
            }
            // Where the allowed one is forbidden too, at the relay's own port, none is left.
            let mut wire = Wire::socket(&relay).await;
            let failure = wire.connect("both.test", relay.port).await.expect_err("both are forbidden");
            assert_eq!(failure.name, Name::FORBIDDEN, "{failure}");
        });
    }
}
