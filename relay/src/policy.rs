//! Which addresses the sockets may reach and bind. The only file that decides it.

use std::{
    fmt, io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket},
};

use ipnet::IpNet;
use protocol::{Failure, Rule};

use crate::{Grant, meanings};

/// What a relay permits, and to whom it is lent.
#[derive(Clone, Debug)]
pub struct Policy {
    shared: bool,
    allow: Vec<Grant>,
    deny: Vec<Grant>,
}

impl Policy {
    /// For the owner of the machine alone: everything that his own tools could reach, except the relay itself, link-local and metadata
    /// addresses, and multicast.
    pub fn personal() -> Self {
        Self { shared: false, allow: Vec::new(), deny: Vec::new() }
    }

    /// For a room: nothing but what is allowed, and never what [`Policy::personal`] forbids.
    pub fn shared() -> Self {
        Self { shared: true, ..Self::personal() }
    }

    /// The same policy, with more allowed. It matters to a shared relay only.
    #[must_use]
    pub fn allow(mut self, grants: impl IntoIterator<Item = Grant>) -> Self {
        self.allow.extend(grants);
        self
    }

    /// The same policy, with more denied. A network of IPv6 in which all of IPv4 lies mapped denies that too, unless it is `::/0`.
    #[must_use]
    pub fn deny(mut self, grants: impl IntoIterator<Item = Grant>) -> Self {
        self.deny.extend(grants.into_iter().flat_map(|grant| [grant.mapped(), Some(grant)]).flatten());
        self
    }

    /// Whether `connect` may go to `address`, which `host` was resolved to. A shared relay also reaches the addresses at which sockets of its own listen.
    pub(crate) fn check_connect(&self, host: &str, address: SocketAddr, around: &impl Surroundings) -> Result<(), Failure> {
        self.check_rules("connect", host, address, around)?;
        let reached = meanings::reached(address.ip().to_canonical()).unwrap_or_else(|| address.ip().to_canonical());
        let reached = SocketAddr::new(reached, address.port());
        if !self.shared || self.allows(host, reached) || around.listeners().into_iter().any(|listener| is_reached_at(listener, reached)) {
            return Ok(());
        }
        Err(not_allowed("connect", address))
    }

    /// Whether `call`, a `bind` or a `listen`, may take `address`, which `host` was resolved to: the one asked for, and the one that was got, where the
    /// system chose the port.
    pub(crate) fn check_bind(&self, call: &str, host: &str, address: SocketAddr, around: &impl Surroundings) -> Result<(), Failure> {
        self.check_rules(call, host, address, around)?;
        self.check_all_at_once(call, address, around)?;
        let plain = SocketAddr::new(address.ip().to_canonical(), address.port());
        if self.shared && !self.allows(host, plain) { Err(not_allowed(call, address)) } else { Ok(()) }
    }

    /// What no policy permits, and what was denied.
    fn check_rules(&self, call: &str, host: &str, address: SocketAddr, around: &impl Surroundings) -> Result<(), Failure> {
        let forbidden = |rule, text: &str| Err(Failure::forbidden(rule, call, text).at(address));
        let mut own = around.own_addresses();
        own.retain(|own| own.port() == address.port());
        for ip in meanings::all(address.ip()) {
            if own.iter().any(|own| is_the_relay(ip, own.ip())) {
                return forbidden(Rule::OwnPort, "the relay opens no socket to itself, and lends its port to nobody");
            }
            if is_link_local(ip) {
                return forbidden(Rule::LinkLocal, "link-local and metadata addresses are not reached from here");
            }
            if is_multicast(ip) {
                return forbidden(Rule::Multicast, "TCP goes to one address; this one is for many");
            }
            if self.deny.iter().any(|grant| grant.covers(host, ip, address.port())) {
                return forbidden(Rule::Denied, "this relay was told to deny it (--deny)");
            }
        }
        Ok(())
    }

    /// Who takes all addresses takes each of this machine's: none of them may be denied.
    fn check_all_at_once(&self, call: &str, address: SocketAddr, around: &impl Surroundings) -> Result<(), Failure> {
        let any = address.ip().to_canonical();
        let nets = self.deny.iter().filter_map(|grant| grant.net_at(address.port()));
        let mut nets = nets.filter(|net| any.is_unspecified() && net.addr().is_ipv4() == any.is_ipv4()).peekable();
        if nets.peek().is_none() {
            return Ok(());
        }
        let own = around.interfaces().ok();
        match nets.find_map(|net| own_address_in(net, own.as_deref())) {
            None => Ok(()),
            Some(own) => {
                let text = format!("all addresses of this machine are {own} too, which this relay was told to deny (--deny)");
                Err(Failure::forbidden(Rule::Denied, call, text).at(address))
            }
        }
    }

    /// Whether grants cover an address, and what is inside it: who allows all of IPv6 has not thought of the IPv4 addresses behind a translator.
    fn allows(&self, host: &str, address: SocketAddr) -> bool {
        let by = |ip| self.allow.iter().filter(move |grant| grant.covers(host, ip, address.port()));
        let mut outer = by(address.ip()).peekable();
        outer.peek().is_some() && (outer.any(Grant::looks_inside) || meanings::inside(address.ip()).all(|ip| by(ip).next().is_some()))
    }
}

/// What the policy has to know of the relay that asks it.
pub(crate) trait Surroundings {
    /// Where the relay itself listens, for pages and for whatever else.
    fn own_addresses(&self) -> Vec<SocketAddr>;

    /// Where the sockets that it holds listen; one that listens for both families is there for each.
    fn listeners(&self) -> Vec<SocketAddr>;

    /// The addresses of this machine's interfaces.
    fn interfaces(&self) -> io::Result<Vec<IpAddr>>;
}

fn not_allowed(call: &str, address: SocketAddr) -> Failure {
    let text = "this relay is shared, and permits only what it was told to (--allow)";
    Failure::forbidden(Rule::NotAllowed, call, text).at(address)
}

/// Whether a connection to `address` meets what listens at `listener`. Who listens on all addresses of one family listens on none of the other.
fn is_reached_at(listener: SocketAddr, address: SocketAddr) -> bool {
    let ip = listener.ip().to_canonical();
    let is_on_all = ip.is_unspecified() && ip.is_ipv4() == address.is_ipv4();
    listener.port() == address.port() && (ip == address.ip() || is_on_all && is_this_machine(address.ip()))
}

impl fmt::Display for Policy {
    /// One sentence: what the relay may reach.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.shared, self.allow.as_slice()) {
            (false, _) => {
                f.write_str("everything this machine can reach, except the relay itself, link-local, metadata and multicast addresses")?
            }
            (true, []) => f.write_str("nothing (it listens beyond this computer, and no --allow permits anything)")?,
            (true, allowed) => write!(f, "only {}", List(allowed))?,
        }
        match self.deny.as_slice() {
            [] => Ok(()),
            denied => write!(f, "; never {}", List(denied)),
        }
    }
}

struct List<'a>(&'a [Grant]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, grant) in self.0.iter().enumerate() {
            write!(f, "{}{grant}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

/// Whether a connection to `ip`, at a port of the relay's, would meet the relay, which listens on `own` there.
fn is_the_relay(ip: IpAddr, own: IpAddr) -> bool {
    if ip.is_loopback() || ip.is_unspecified() || ip == own.to_canonical() {
        return true;
    }
    own.is_unspecified() && is_this_machine(ip)
}

/// Whether `ip` is loopback or belongs to one of this machine's interfaces: from there and only from there one speaks to oneself. Nothing is sent.
///
/// Where the system does not tell, for want of descriptors as a rule, it counts as this machine's.
pub(crate) fn is_this_machine(ip: IpAddr) -> bool {
    if ip.is_loopback() {
        return true;
    }
    let any: IpAddr = if ip.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let Ok(socket) = UdpSocket::bind((any, 0)) else { return true };
    // An address without a route to it is nobody's here.
    let source = socket.connect((ip, 9)).and_then(|()| socket.local_addr());
    source.is_ok_and(|source| source.ip() == ip)
}

/// An address of this machine in `net`, of whose interfaces' addresses `own` are; `None` where the system does not tell, and then there is one.
///
/// A link-local one counts where it is named alone: every machine has some, and who denies a network of them means where sockets go, not what is bound.
fn own_address_in(net: &IpNet, own: Option<&[IpAddr]>) -> Option<IpAddr> {
    let first = net.network();
    let Some(own) = own else { return Some(first) };
    if net.prefix_len() == net.max_prefix_len() {
        return (own.contains(&first) || is_this_machine(first)).then_some(first);
    }
    // All of 127.0.0.0/8 is this machine, whichever of it the interfaces name.
    let in_loopback = Some(first).filter(IpAddr::is_loopback);
    in_loopback.or_else(|| own.iter().copied().find(|ip| net.contains(ip) && !is_link_local(*ip)))
}

fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => v4.is_link_local() || METADATA_V4.contains(&v4),
        IpAddr::V6(v6) => v6.is_unicast_link_local() || METADATA_V6.contains(&v6),
    }
}

/// Clouds that tell a machine its secrets at an address which is not link-local: Oracle, Alibaba, Azure.
const METADATA_V4: [Ipv4Addr; 3] = [Ipv4Addr::new(192, 0, 0, 192), Ipv4Addr::new(100, 100, 100, 200), Ipv4Addr::new(168, 63, 129, 16)];

/// The same over IPv6: Amazon (of machines, of containers), Google, Scaleway.
const METADATA_V6: [Ipv6Addr; 4] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0x42, 0, 0, 0, 0, 0, 0x42),
];

fn is_multicast(ip: IpAddr) -> bool {
    ip.is_multicast() || ip == IpAddr::V4(Ipv4Addr::BROADCAST)
}

#[cfg(test)]
#[path = "policy_tests.rs"]
mod tests;
