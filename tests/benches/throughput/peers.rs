//! Programs that do a part of the relay's job: those that are on the PATH, and those that `peers.sh` installed. Each carries one TCP connection over one WebSocket.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::processes::{Process, start_on};
use crate::route::Route;

/// A program to compare with.
pub(crate) struct Peer {
    /// As its users know it.
    pub(crate) name: &'static str,
    /// Its command.
    command: &'static str,
    /// Its arguments: to listen on the first port, and lead to the second where it is told that at its start.
    arguments: fn(u16, u16) -> Vec<String>,
    /// The path of the handshake, and the subprotocols that it offers, by the port that it asks for.
    handshake: fn(u16) -> (String, Option<String>),
}

/// All that are known.
pub(crate) const PEERS: &[Peer] = &[
    Peer {
        name: "wstunnel",
        command: "wstunnel",
        arguments: |port, _| vec!["--log-lvl".into(), "OFF".into(), "server".into(), format!("ws://127.0.0.1:{port}")],
        handshake: |target| ("/v1/events".into(), Some(format!("v1, authorization.bearer.{}", wstunnel_token(target)))),
    },
    Peer {
        name: "websocat",
        command: "websocat",
        arguments: |port, target| vec!["-b".into(), "-E".into(), format!("ws-l:127.0.0.1:{port}"), format!("tcp:127.0.0.1:{target}")],
        handshake: |_| ("/".into(), None),
    },
    Peer {
        name: "websockify",
        command: "websockify",
        arguments: |port, target| vec![format!("127.0.0.1:{port}"), format!("127.0.0.1:{target}")],
        handshake: |_| ("/".into(), None),
    },
    Peer {
        name: "wisp-js",
        command: "wisp-js-server",
        arguments: |port, _| {
            let options = r#"{"allow_loopback_ips":true,"allow_private_ips":true}"#;
            ["-P", &port.to_string(), "-L", "NONE", "-O", options].map(str::to_owned).to_vec()
        },
        handshake: |target| (format!("/127.0.0.1:{target}"), None),
    },
    Peer {
        name: "wisp-python",
        command: "wisp-python",
        arguments: |port, _| {
            ["--port", &port.to_string(), "--allow-loopback", "--allow-private", "--log-level", "critical"].map(str::to_owned).to_vec()
        },
        handshake: |target| (format!("/127.0.0.1:{target}"), None),
    },
];

impl Peer {
    /// Its binary, if it is there.
    pub(crate) fn find(&self) -> Option<PathBuf> {
        let installed = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?.join("target/peers/bin");
        let path = std::env::var_os("PATH").unwrap_or_default();
        let directories = std::env::split_paths(&path).chain([installed]);
        directories.map(|directory| directory.join(self.command)).find(|file| file.is_file())
    }

    /// Starts it, leading to `target`. `None` where it does not come up.
    pub(crate) fn start(&self, binary: &Path, target: u16) -> Option<(Process, Route)> {
        let process = start_on(|port| {
            let mut command = Command::new(binary);
            command.args((self.arguments)(port, target));
            command
        })?;
        let (path, subprotocols) = (self.handshake)(target);
        let route = Route::Bridge { port: process.port, path, subprotocols };
        Some((process, route))
    }
}

/// What wstunnel's client would send to be led to `target`. Its server looks into the token and leaves the signature unchecked.
fn wstunnel_token(target: u16) -> String {
    let claims = format!(
        r#"{{"id":"00000000-0000-0000-0000-000000000000","p":{{"Tcp":{{"proxy_protocol":false}}}},"r":"127.0.0.1","rp":{target}}}"#
    );
    format!("{}.{}.{}", base64url(br#"{"typ":"JWT","alg":"HS256"}"#), base64url(claims.as_bytes()), base64url(&[0; 32]))
}

/// base64 for addresses, without padding (RFC 4648 section 5).
fn base64url(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().chain([0, 0].iter()).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        (0..=chunk.len()).for_each(|digit| text.push(char::from(DIGITS[bits >> (18 - 6 * digit) & 63])));
    }
    text
}
