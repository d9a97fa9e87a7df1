//! Which of CPython's tests are of something else than TCP and what stands on it.

/// Parts of the names of tests that are not run, and what those tests are of.
pub(crate) const OTHERS: &[(&str, &str)] = &[
    ("UDP", "UDP"),
    ("Udp", "UDP"),
    ("udp", "UDP"),
    ("dgram", "UDP"),
    ("recvfrom_into", "UDP"),
    ("sendto", "UDP"),
    // Beside TCP's, each makes a socket of UDP.
    ("testSendtoErrors", "UDP"),
    ("test_recvfrom", "UDP"),
    ("test_socket_fileno", "UDP"),
    ("SendfileUsingSendTest.test_errors", "UDP"),
    ("Unix", "Unix sockets"),
    ("unix", "Unix sockets"),
    ("AbstractNamespace", "Unix sockets"),
    ("SCMRights", "descriptors sent over Unix sockets"),
    ("SendRecvFds", "descriptors sent over Unix sockets"),
    ("reentrant_ancillary", "descriptors sent over Unix sockets"),
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
    ("forking", "processes"),
    ("test_lazy_import", "processes"),
    ("PollTests.test_poll2", "processes"),
    ("PollTests.test_poll1", "pipes"),
    ("ChildWatcher", "processes"),
    // The tests are 3.14.8's, and the library in the page 3.14.2's.
    ("test_chunked_too_many_trailers", "a later library"),
    ("test_too_many_interim_responses", "a later library"),
    ("test_invalid_tunnel_", "a later library"),
    // gh-153761: `_sock_accept` returns where its future is done.
    ("test_sock_accept_racing", "a later library"),
    // `Server.serve_forever` closes its clients where it is cancelled.
    ("test_close_with_hanging_client", "a later library"),
    // A `client_connected_cb` that raises closes its transport; in the page's library the client waits for ever.
    ("test_unhandled_exception_sync_callback", "a later library"),
    ("SSL", "TLS"),
    ("HTTPS", "TLS"),
    ("start_tls", "TLS"),
];
