//! Certificates: those of files, made by openssl, and that which a relay shows.

use std::path::{Path, PathBuf};

use crate::peers::Peer;
use crate::relay_process::RelayProcess;

/// A directory of this test's own, which is there and empty.
pub(crate) fn directory(name: &str) -> PathBuf {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    std::fs::remove_dir_all(&directory).ok();
    std::fs::create_dir_all(&directory).expect("target can be written to");
    directory
}

/// A certificate and its private key in PEM.
pub(crate) struct Files {
    pub(crate) certificate: PathBuf,
    pub(crate) key: PathBuf,
}

impl Files {
    /// Ones that openssl makes in `directory`, for a name as `subjectAltName` has it, such as `IP:127.0.0.1`.
    pub(crate) async fn make(directory: &Path, name: &str) -> Self {
        let files = Self { certificate: directory.join("certificate.pem"), key: directory.join("key.pem") };
        let (certificate, key) = (text(&files.certificate), text(&files.key));
        let name = format!("subjectAltName={name}");
        let kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
        let rest = ["-subj", "/CN=a test", "-addext", &name, "-keyout", key, "-out", certificate];
        let (status, output) = Peer::start("openssl", &[&kind[..], &rest].concat()).finish().await;
        assert!(status.success(), "{}", String::from_utf8_lossy(&output));
        files
    }

    /// The arguments that have a relay use them.
    pub(crate) fn arguments(&self) -> [&str; 4] {
        ["--tls-cert", text(&self.certificate), "--tls-key", text(&self.key)]
    }

    /// The certificate's SHA-256, as openssl tells it.
    pub(crate) async fn fingerprint(&self) -> String {
        fingerprint(&self.certificate).await
    }
}

/// The SHA-256 of a certificate, as openssl tells it: `3A:0F:…`.
pub(crate) async fn fingerprint(certificate: &Path) -> String {
    let arguments = ["x509", "-noout", "-fingerprint", "-sha256", "-in", text(certificate)];
    let (status, output) = Peer::start("openssl", &arguments).finish().await;
    let output = String::from_utf8_lossy(&output).into_owned();
    assert!(status.success(), "{output}");
    output.trim().split('=').nth(1).expect("sha256 Fingerprint=3A:0F:…").to_owned()
}

/// Keeps the certificate that a relay shows, in PEM, in `directory`. It is asked for by Python, which does not check it.
pub(crate) async fn shown_by(relay: &RelayProcess, directory: &Path) -> PathBuf {
    let program = format!("import ssl; print(ssl.get_server_certificate(('127.0.0.1', {})), end='')", relay.port);
    let (status, output) = Peer::start("python3", &["-c", &program]).finish().await;
    assert!(status.success(), "there is a certificate");
    let file = directory.join("shown.pem");
    std::fs::write(&file, output).expect("target can be written to");
    file
}

/// A path as an argument.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("the path is text")
}
