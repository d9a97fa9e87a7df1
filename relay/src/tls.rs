//! The certificate of a relay that is spoken to over TLS: read from files, or made for one run.

mod bridge;
mod pair;

use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair};
use ring::digest::{SHA256, digest};
use rustls::{
    ServerConfig,
    crypto::ring::default_provider,
    pki_types::{
        CertificateDer, PrivateKeyDer,
        pem::{self, PemObject as _},
    },
};
use time::{Duration, OffsetDateTime};
use tokio_rustls::TlsAcceptor;

pub(crate) use self::bridge::serve_connection;

/// What a relay needs to speak TLS: a certificate and its private key. Clones share them.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    fingerprint: String,
}

impl Tls {
    /// The certificate, with those that vouch for it behind it, and its private key (PKCS #8, PKCS #1 or SEC 1), each from a file in PEM (RFC 7468).
    ///
    /// A key that everybody on this machine may read is used, with a warning in the log.
    ///
    /// # Errors
    ///
    /// A file cannot be read or holds something else; the two do not belong together.
    pub fn from_files(certificate: &Path, key: &Path) -> Result<Self, BadTls> {
        let in_file = |file: &Path| {
            let file = file.to_owned();
            move |error| BadTls::File { file, error }
        };
        let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let chain = chain.and_then(|chain| if chain.is_empty() { Err(pem::Error::NoItemsFound) } else { Ok(chain) });
        let chain = chain.map_err(in_file(certificate))?;
        let private = PrivateKeyDer::from_pem_file(key).map_err(in_file(key))?;
        if is_readable_by_all(key) {
            tracing::warn!(file = %key.display(), "everybody on this machine may read the private key; `chmod o= FILE` keeps it private");
        }
        Self::new(chain, private)
    }

    /// A new certificate, signed by itself, for `localhost`, the loopback addresses and `names`: addresses, or names of the DNS. It lives no longer than this value.
    ///
    /// # Errors
    ///
    /// One of `names` is neither.
    pub fn self_signed(names: impl IntoIterator<Item = String>) -> Result<Self, BadTls> {
        let own = ["localhost", "127.0.0.1", "::1"].map(str::to_owned);
        let mut params = CertificateParams::new(own.into_iter().chain(names).collect::<Vec<_>>()).map_err(BadTls::SelfSigned)?;
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, "TCP Playground");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        // Clocks differ; and some clients take no certificate that lasts for years.
        params.not_before = OffsetDateTime::now_utc() - Duration::DAY;
        params.not_after = params.not_before + Duration::days(365);
        let key = KeyPair::generate().map_err(BadTls::SelfSigned)?;
        let certificate = params.self_signed(&key).map_err(BadTls::SelfSigned)?;
        Self::new(vec![certificate.der().clone()], key.into())
    }

    fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, BadTls> {
        let fingerprint = chain.first().map(fingerprint).unwrap_or_default();
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions();
        let mut config = config.and_then(|config| config.with_no_client_auth().with_single_cert(chain, key)).map_err(BadTls::Unfit)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: Arc::new(config).into(), fingerprint })
    }

    /// The SHA-256 of the certificate, as browsers show it: `3A:0F:…`.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tls({})", self.fingerprint)
    }
}

/// Why there is no TLS.
#[derive(Debug)]
pub enum BadTls {
    /// A file that cannot be read, or does not hold what it should.
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        error: pem::Error,
    },
    /// A certificate or a key that cannot be used, or not with the other.
    Unfit(rustls::Error),
    /// No certificate could be made.
    SelfSigned(rcgen::Error),
}

impl fmt::Display for BadTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { file, error: pem::Error::Io(error) } => write!(f, "cannot read {}: {error}", file.display()),
            Self::File { file, error } => write!(f, "{} does not hold what it should, in PEM: {error}", file.display()),
            Self::Unfit(error) => write!(f, "the certificate and its private key cannot be used: {error}"),
            Self::SelfSigned(error) => write!(f, "cannot make a certificate: {error}"),
        }
    }
}

impl std::error::Error for BadTls {}

impl From<BadTls> for io::Error {
    fn from(error: BadTls) -> Self {
        let kind = match &error {
            BadTls::File { error: pem::Error::Io(error), .. } => error.kind(),
            _ => io::ErrorKind::InvalidInput,
        };
        Self::new(kind, error)
    }
}

fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    let hash = digest(&SHA256, certificate);
    let pairs = hash.as_ref().iter().map(|byte| format!("{byte:02X}"));
    pairs.collect::<Vec<_>>().join(":")
}

#[cfg(unix)]
fn is_readable_by_all(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|metadata| metadata.permissions().mode() & 0o004 != 0)
}

/// Who may read a file is not told by one number there.
#[cfg(not(unix))]
fn is_readable_by_all(_file: &Path) -> bool {
    false
}
