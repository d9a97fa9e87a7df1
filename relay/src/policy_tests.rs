//! The policies, without a socket: what each permits, under every spelling of an address.

use super::*;

/// A relay on 127.0.0.1 with these listeners.
struct Around(SocketAddr, Vec<SocketAddr>);

impl Surroundings for Around {
    fn own_addresses(&self) -> Vec<SocketAddr> {
        vec![self.0]
    }

    fn listeners(&self) -> Vec<SocketAddr> {
        self.1.clone()
    }

    fn interfaces(&self) -> io::Result<Vec<IpAddr>> {
        Ok(["127.0.0.1", "203.0.113.7", "169.254.3.4", "::1", "2001:db8::7", "fe80::7"].map(|ip| ip.parse().unwrap()).to_vec())
    }
}

fn around() -> Around {
    Around("127.0.0.1:7077".parse().unwrap(), Vec::new())
}

fn grants(texts: &[&str]) -> Vec<Grant> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn connect(policy: &Policy, host: &str, address: &str) -> Result<(), Option<Rule>> {
    policy.check_connect(host, address.parse().unwrap(), &around()).map_err(|failure| failure.rule)
}

fn bind(policy: &Policy, address: &str) -> Result<(), Option<Rule>> {
    policy.check_bind("bind", "", address.parse().unwrap(), &around()).map_err(|failure| failure.rule)
}

#[test]
fn a_personal_relay_reaches_what_its_owner_reaches() {
    for address in
        ["127.0.0.1:80", "[::1]:80", "10.1.2.3:7077", "93.184.216.34:80", "[2606:2800::1]:443", "0.0.0.0:80", "[64:ff9b::1.2.3.4]:80"]
    {
        assert_eq!(connect(&Policy::personal(), "x", address), Ok(()), "{address}");
    }
    for address in ["127.0.0.1:0", "0.0.0.0:8080", "[::]:8080", "192.168.1.20:7077"] {
        assert_eq!(bind(&Policy::personal(), address), Ok(()), "{address}");
    }
}

/// Every way to write what no policy permits, by what it is.
const FORBIDDEN: &[(Rule, &[&str])] = &[
    (
        Rule::OwnPort,
        &[
            "127.0.0.1:7077",
            "127.9.9.9:7077",
            "127.255.255.254:7077",
            "0.0.0.0:7077",
            "[::]:7077",
            "[::1]:7077",
            "[::ffff:127.0.0.1]:7077",
            "[::ffff:7f09:909]:7077",
            "[::ffff:0.0.0.0]:7077",
            "[::127.0.0.1]:7077",
            "[::ffff:0:127.0.0.1]:7077",
            "[64:ff9b::127.0.0.1]:7077",
            "[64:ff9b:1::127.0.0.1]:7077",
            "[64:ff9b:1:7f00:0:100::]:7077",
            "[64:ff9b:1:7f:0:1::]:7077",
            "[64:ff9b:1:0:7f:0:100:0]:7077",
            "[2002:7f00:1::]:7077",
            "[2002:7f00:1::1]:7077",
            "[2002:0:0:1::]:7077",
            "[2001:0:1:2:3:4:80ff:fffe]:7077",
            "[2001:db8::5efe:127.0.0.1]:7077",
            "[2001:db8::200:5efe:127.0.0.1]:7077",
        ],
    ),
    (
        Rule::LinkLocal,
        &[
            "169.254.169.254:80",
            "169.254.170.2:80",
            "169.254.0.23:80",
            "169.254.42.42:80",
            "168.63.129.16:80",
            "192.0.0.192:80",
            "100.100.100.200:80",
            "[::ffff:169.254.169.254]:80",
            "[::ffff:a9fe:a9fe]:80",
            "[::169.254.169.254]:80",
            "[::ffff:0:169.254.169.254]:80",
            "[::ffff:100.100.100.200]:80",
            "[64:ff9b::169.254.169.254]:80",
            "[64:ff9b:1::169.254.169.254]:80",
            "[64:ff9b:1:a9fe:a9:fe00::]:80",
            "[2002:a9fe:a9fe::]:80",
            "[2001:0:1:2:3:4:5601:5601]:80",
            "[2001:db8::5efe:169.254.169.254]:80",
            "[fe80::5efe:1.2.3.4]:80",
            "[fe80::1]:80",
            "[fe80::a9fe:a9fe]:80",
            "[febf:ffff::1]:80",
            "[fd00:ec2::254]:80",
            "[fd00:ec2::23]:80",
            "[fd20:ce::254]:80",
            "[fd00:42::42]:80",
        ],
    ),
    (
        Rule::Multicast,
        &[
            "224.0.0.1:80",
            "239.255.255.255:80",
            "255.255.255.255:80",
            "[::ffff:224.0.0.1]:80",
            "[64:ff9b::224.0.0.1]:80",
            "[2002:e000:1::]:80",
            "[ff02::1]:80",
            "[ff0e::1]:80",
        ],
    ),
];

#[test]
fn no_spelling_leads_where_none_may_go() {
    let open = Policy::shared().allow(grants(&["0.0.0.0/0", "::/0", "x"]));
    for (rule, addresses) in FORBIDDEN {
        for address in *addresses {
            for policy in [&Policy::personal(), &open] {
                assert_eq!(connect(policy, "x", address), Err(Some(*rule)), "connect {address}");
                assert_eq!(bind(policy, address), Err(Some(*rule)), "bind {address}");
            }
        }
    }
}

#[test]
fn a_relay_on_all_addresses_is_met_at_each_of_them() {
    for own in ["0.0.0.0:7077", "[::]:7077"] {
        let around = Around(own.parse().unwrap(), Vec::new());
        let rule = |address: SocketAddr| Policy::personal().check_connect("x", address, &around).map_err(|failure| failure.rule);
        for address in ["127.0.0.1:7077", "[::1]:7077", "[2002:7f00:1::]:7077"] {
            assert_eq!(rule(address.parse().unwrap()), Err(Some(Rule::OwnPort)), "{address}");
        }
        // The address that this machine would speak from, where it has another than loopback.
        let source = UdpSocket::bind("0.0.0.0:0").and_then(|socket| socket.connect("192.0.2.1:9").and_then(|()| socket.local_addr()));
        if let Ok(source) = source {
            assert_eq!(rule(SocketAddr::new(source.ip(), 7077)), Err(Some(Rule::OwnPort)), "{source}");
        }
        assert_eq!(rule("203.0.113.7:7077".parse().unwrap()), Ok(()), "another machine's");
    }
}

#[test]
fn a_shared_relay_reaches_what_it_was_told() {
    let policy = Policy::shared().allow(grants(&["10.0.0.0/8:80-90", "[fd00::/16]:80", "Example.com:8000"]));
    for (host, address) in
        [("x", "10.1.2.3:80"), ("x", "[::ffff:10.1.2.3]:90"), ("x", "[fd00::7]:80"), ("example.COM.", "93.184.216.34:8000")]
    {
        assert_eq!(connect(&policy, host, address), Ok(()), "{host} {address}");
    }
    for (host, address) in [
        ("x", "10.1.2.3:91"),
        ("x", "11.1.2.3:80"),
        ("x", "[fd01::7]:80"),
        ("x", "[64:ff9b::10.1.2.3]:80"),
        ("example.com", "93.184.216.34:80"),
        ("sub.example.com", "93.184.216.34:8000"),
        ("x", "93.184.216.34:8000"),
    ] {
        assert_eq!(connect(&policy, host, address), Err(Some(Rule::NotAllowed)), "{host} {address}");
    }
}

#[test]
fn allowing_ipv6_allows_no_ipv4_behind_it() {
    let policy = |texts: &[&str]| Policy::shared().allow(grants(texts));
    for address in
        ["[64:ff9b::10.0.0.1]:80", "[2002:a00:1::1]:80", "[::10.0.0.1]:80", "[2001:db8::5efe:10.0.0.1]:80", "[64:ff9b:1::10.0.0.1]:80"]
    {
        assert_eq!(connect(&policy(&["::/0"]), "x", address), Err(Some(Rule::NotAllowed)), "{address}");
        assert_eq!(connect(&policy(&["::/0", "0.0.0.0/0"]), "x", address), Ok(()), "{address}");
    }
    // Who names the translator, or the name that leads through it, has thought of it.
    assert_eq!(connect(&policy(&["64:ff9b::/96"]), "x", "[64:ff9b::10.0.0.1]:80"), Ok(()));
    assert_eq!(connect(&policy(&["x:80"]), "x", "[64:ff9b::10.0.0.1]:80"), Ok(()));
    assert_eq!(connect(&policy(&["::/0"]), "x", "[2606:2800::1]:80"), Ok(()));
}

#[test]
fn only_lent_ports_are_bound() {
    let policy = Policy::shared().allow(grants(&["0.0.0.0:8000-8100", "127.0.0.1", "[::]:8000"]));
    for address in ["0.0.0.0:8000", "0.0.0.0:8100", "127.0.0.1:5432", "127.0.0.1:0", "[::]:8000", "[::ffff:0.0.0.0]:8000"] {
        assert_eq!(bind(&policy, address), Ok(()), "{address}");
    }
    for address in ["0.0.0.0:0", "0.0.0.0:8101", "127.0.0.2:8000", "[::]:8001", "[::1]:8000", "10.0.0.1:8000"] {
        assert_eq!(bind(&policy, address), Err(Some(Rule::NotAllowed)), "{address}");
    }
}

#[test]
fn the_rooms_own_listeners_are_reached() {
    let around = Around("0.0.0.0:7077".parse().unwrap(), vec!["0.0.0.0:8000".parse().unwrap(), "127.0.0.1:8001".parse().unwrap()]);
    let reach =
        |policy: &Policy, address: &str| policy.check_connect("x", address.parse().unwrap(), &around).map_err(|failure| failure.rule);
    let policy = Policy::shared();
    for address in ["127.0.0.1:8000", "127.1.2.3:8000", "0.0.0.0:8000", "[::ffff:127.0.0.1]:8000", "127.0.0.1:8001", "0.0.0.0:8001"] {
        assert_eq!(reach(&policy, address), Ok(()), "{address}");
    }
    for address in ["127.0.0.1:8002", "127.0.0.2:8001", "203.0.113.7:8000", "[2002:7f00:1::]:8001"] {
        assert_eq!(reach(&policy, address), Err(Some(Rule::NotAllowed)), "{address}");
    }
    assert_eq!(reach(&policy.deny(grants(&["127.0.0.1:8000"])), "127.0.0.1:8000"), Err(Some(Rule::Denied)));
}

#[test]
fn denying_wins() {
    let policy = Policy::personal().deny(grants(&["10.0.0.0/8", "127.0.0.1:5432", "Blocked.example"]));
    for (host, address) in [
        ("x", "10.0.0.1:1"),
        ("x", "[64:ff9b::10.0.0.1]:1"),
        ("x", "[::10.0.0.1]:1"),
        ("x", "127.0.0.1:5432"),
        ("x", "0.0.0.0:5432"),
        ("x", "[::ffff:0.0.0.0]:5432"),
        ("blocked.EXAMPLE.", "93.184.216.34:80"),
    ] {
        assert_eq!(connect(&policy, host, address), Err(Some(Rule::Denied)), "{host} {address}");
    }
    assert_eq!(bind(&policy, "0.0.0.0:5432"), Err(Some(Rule::Denied)), "all addresses are this one too");
    assert_eq!(connect(&policy, "x", "11.0.0.1:1"), Ok(()));
}

#[test]
fn what_is_denied_as_mapped_is_denied_as_it_is() {
    for denied in ["::ffff:127.0.0.0/104", "[::ffff:127.0.0.1]:80", "::ffff:0:0/96", "[::/8]:80", "::fffe:0:0/95"] {
        let policy = Policy::personal().deny(grants(&[denied]));
        for address in ["127.0.0.1:80", "[::ffff:127.0.0.1]:80", "[::127.0.0.1]:80", "0.0.0.0:80"] {
            assert_eq!(connect(&policy, "x", address), Err(Some(Rule::Denied)), "{denied} {address}");
        }
    }
    // All of IPv6 is said of that family.
    let policy = Policy::personal().deny(grants(&["::/0"]));
    assert_eq!(connect(&policy, "x", "127.0.0.1:80"), Ok(()));
    assert_eq!(connect(&policy, "x", "[2606:2800::1]:80"), Err(Some(Rule::Denied)));
    // What is allowed is not more than it was.
    let policy = Policy::shared().allow(grants(&["::ffff:10.0.0.0/104", "::/8"]));
    assert_eq!(connect(&policy, "x", "10.1.2.3:80"), Ok(()));
    assert_eq!(connect(&policy, "x", "11.1.2.3:80"), Err(Some(Rule::NotAllowed)));
}

#[test]
fn all_addresses_are_each_of_this_machines() {
    let all = |denied: &str, address: &str| bind(&Policy::personal().deny(grants(&[denied])), address);
    for (denied, any) in [
        ("203.0.113.7:8000", "0.0.0.0:8000"),
        ("203.0.113.7", "[::ffff:0.0.0.0]:8000"),
        ("203.0.113.0/24:7000-8000", "0.0.0.0:8000"),
        ("127.0.0.2:8000", "0.0.0.0:8000"),
        ("127.3.0.0/16", "0.0.0.0:8000"),
        ("169.254.3.4", "0.0.0.0:8000"),
        ("[2001:db8::7]:8000", "[::]:8000"),
        ("2001:db8::/32", "[::]:8000"),
        ("fe80::7", "[::]:8000"),
    ] {
        assert_eq!(all(denied, any), Err(Some(Rule::Denied)), "{denied} {any}");
    }
    for (denied, any) in [
        ("203.0.113.7:8000", "0.0.0.0:8001"),
        ("203.0.113.8:8000", "0.0.0.0:8000"),
        ("203.0.113.8/29:8001", "0.0.0.0:8000"),
        ("203.0.113.7", "[::]:8000"),
        ("2001:db8::7", "0.0.0.0:8000"),
        ("169.254.0.0/16", "0.0.0.0:8000"),
        ("fe80::/10", "[::]:8000"),
        ("blocked.example", "0.0.0.0:8000"),
    ] {
        assert_eq!(all(denied, any), Ok(()), "{denied} {any}");
    }
    let policy = Policy::personal().deny(grants(&["203.0.113.7:8000"]));
    assert_eq!(connect(&policy, "x", "0.0.0.0:8000"), Ok(()), "a connection to any is one to loopback");
}

#[test]
fn where_the_machine_does_not_tell_its_addresses_each_may_be_one() {
    struct Silent;
    impl Surroundings for Silent {
        fn own_addresses(&self) -> Vec<SocketAddr> {
            vec![around().0]
        }

        fn listeners(&self) -> Vec<SocketAddr> {
            Vec::new()
        }

        fn interfaces(&self) -> io::Result<Vec<IpAddr>> {
            Err(io::Error::from_raw_os_error(24))
        }
    }
    let bind = |denied: &str| Policy::personal().deny(grants(&[denied])).check_bind("bind", "", "0.0.0.0:8000".parse().unwrap(), &Silent);
    assert_eq!(bind("198.51.100.0/24").map_err(|failure| failure.rule), Err(Some(Rule::Denied)));
    assert_eq!(bind("198.51.100.0/24:1-7999"), Ok(()));
    assert_eq!(bind("2001:db8::/32"), Ok(()));
}
