//! Python through what stands between a school or a company and the internet: a proxy, and certificates of its own.

use std::path::Path;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

use crate::certificate::text;
use crate::npm_registry::{Answer, Package, Place, Registry, names};
use crate::peers::Peer;
use crate::relay_process::RelayProcess;
use crate::relay_python_served::{fetch, state};
use crate::run;

/// A proxy that knows `CONNECT` alone (RFC 9110 section 9.3.6) and leads every host to one port of this machine. What it was asked for is kept.
async fn proxy(port: u16) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("port 0 is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let asked = Arc::new(Mutex::new(vec![]));
    let kept = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut head = vec![];
            while !head.ends_with(b"\r\n\r\n") {
                let Ok(byte) = client.read_u8().await else { break };
                head.push(byte);
            }
            let line = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
            kept.lock().expect("no panic holds it").push(line);
            tokio::spawn(async move {
                let mut server = TcpStream::connect(("127.0.0.1", port)).await?;
                client.write_all(b"HTTP/1.1 200 Connected\r\n\r\n").await?;
                copy_bidirectional(&mut client, &mut server).await
            });
        }
    });
    (url, asked)
}

/// Makes a certificate with openssl: `NAME.pem` and `NAME.key` in `directory`, signed by itself unless others say otherwise.
async fn certificate(directory: &Path, name: &str, others: &[&str]) {
    let (certificate, key) = (directory.join(format!("{name}.pem")), directory.join(format!("{name}.key")));
    let kind = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
    let rest = ["-subj", &format!("/CN={name}"), "-keyout", text(&key), "-out", text(&certificate)];
    let (status, output) = Peer::start("openssl", &[&kind[..], &rest, others].concat()).finish().await;
    assert!(status.success(), "{}", String::from_utf8_lossy(&output));
}

#[test]
#[cfg(target_os = "linux")]
fn a_proxy_and_an_authority_of_ones_own() {
    run(async {
        let package = Package::small();
        let above = Place::new("python-proxied", &package);
        let path = |name: &str| text(&above.cache.join(name)).to_owned();
        certificate(&above.cache, "authority", &[]).await;
        certificate(&above.cache, "other", &[]).await;
        let by = ["-CA", &path("authority.pem"), "-CAkey", &path("authority.key")];
        let registry = ["-addext", "subjectAltName=DNS:registry.test", "-addext", "basicConstraints=critical,CA:FALSE"];
        certificate(&above.cache, "registry", &[&by[..], &registry].concat()).await;
        std::fs::create_dir_all(above.cache.join("registry/pyodide/-")).expect("target can be written to");
        std::fs::write(above.cache.join("registry/pyodide/-/pyodide-314.0.7.tgz"), &package.bytes).expect("target can be written to");
        let mut server = Peer::python("tls_files.py", &[&path("registry.pem"), &path("registry.key"), &path("registry")]);
        let line = server.line_with("port").await;
        let port = line.trim().rsplit(' ').next().and_then(|port| port.parse().ok()).expect("port 41234");
        let (proxy, asked) = proxy(port).await;
        let place = above.below("cache");
        let relay = |trusted: &'static str| {
            let mut command = place.command(&["--port", "0", "--npm-registry", "https://registry.test/"]);
            command.env("HTTPS_PROXY", &proxy).env_remove("NO_PROXY").env_remove("no_proxy").env_remove("SSL_CERT_DIR");
            command.env("SSL_CERT_FILE", path(trusted));
            RelayProcess::run(command)
        };
        // The system trusts somebody else.
        let stranger = relay("other.pem").await;
        assert_eq!(fetch(&stranger).await.status, 202);
        let failed = state(&stranger, "failed").await;
        assert!(failed["text"].as_str().is_some_and(|text| text.contains("registry.test") && text.contains("certificate")), "{failed}");
        let trusting = relay("authority.pem").await;
        assert_eq!(fetch(&trusting).await.status, 202);
        state(&trusting, "ready").await;
        let asked = asked.lock().expect("no panic holds it").clone();
        assert!(!asked.is_empty() && asked.iter().all(|line| line == "CONNECT registry.test:443 HTTP/1.1"), "{asked:?}");
    });
}

#[test]
fn what_needs_no_proxy_goes_without() {
    run(async {
        let package = Package::small();
        let registry = Registry::start(&[Answer::Whole(package.bytes.clone())]).await;
        let place = Place::new("python-no-proxy", &package);
        let mut command = place.command(&["--port", "0", "--npm-registry", &registry.url]);
        command.env("HTTP_PROXY", "http://proxy.invalid:3128").env("NO_PROXY", "localhost,127.0.0.0/8");
        let relay = RelayProcess::run(command).await;
        assert_eq!(fetch(&relay).await.status, 202);
        state(&relay, "ready").await;
        assert_eq!(names(&place.cache), ["pyodide-314.0.7"]);
    });
}
