//! Which of CPython's tests are of something else than TCP and what stands on it.

/// Parts of the names of tests that are not run, and what those tests are of.
pub(crate) const OTHERS: &[(&str, &str)] = &[
    ("UDP", "UDP"),
    ("Udp", "UDP"),
    ("udp", "UDP"),
    ("dgram", "UDP"),
    ("recvfrom_into", "UDP"),
    ("sendto", "UDP"),
    ("Unix", "Unix sockets"),
    ("unix", "Unix sockets"),
    ("AbstractNamespace", "Unix sockets"),
    ("SCMRights", "descriptors sent over Unix sockets"),
    ("CANTest", "CAN"),
    ("ISOTP", "CAN"),
    ("J1939", "CAN"),
    ("RDS", "RDS"),
    ("QIPCRTR", "QIPCRTR"),
    ("VSOCK", "VSOCK"),
    ("Bluetooth", "Bluetooth"),
    ("HyperV", "Hyper-V"),
    ("TIPC", "TIPC"),
    ("SCTP", "SCTP"),
    ("CryptoAPI", "the kernel's cryptography"),
    ("Forking", "processes"),
    ("SSL", "TLS"),
    ("HTTPS", "TLS"),
];
