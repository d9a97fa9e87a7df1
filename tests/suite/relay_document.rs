//! `docs/wire.md` is true: its transcripts are held with a relay, and its program is run.

use crate::peers::Peer;
use crate::relay_process::{RelayProcess, root};
use crate::transcript::{Play, blocks};
use crate::{python, run};

fn document() -> String {
    std::fs::read_to_string(root().join("docs/wire.md")).expect("the document is there")
}

#[test]
#[cfg(target_os = "linux")]
fn every_transcript_is_what_happens() {
    run(async {
        let relay = RelayProcess::start().await;
        let document = document();
        let transcripts = blocks(&document, "text transcript");
        assert!(transcripts.len() >= 8, "transcripts were lost: {}", transcripts.len());
        let (found, there) =
            (transcripts.iter().map(|block| block.text.matches('▸').count()).sum::<usize>(), document.matches('▸').count());
        // Two of them stand in sentences.
        assert_eq!(found + 2, there, "frames stand outside of a transcript");
        for block in transcripts {
            println!("the transcript in line {} of docs/wire.md", block.line);
            Play::new(&relay).perform(&block.text).await;
        }
    });
}

/// The document's program.
pub(crate) fn program() -> String {
    let [program] = &mut blocks(&document(), "python")[..] else { panic!("the document has one program") };
    std::mem::take(&mut program.text)
}

/// Runs it, with the arguments that follow the relay's address.
fn run_program(relay: &RelayProcess, arguments: &[&str]) -> Peer {
    python::with_websockets(&[&["-u", "-c", &program(), &relay.url()], arguments].concat())
}

#[test]
fn the_program_is_a_client() {
    run(async {
        let relay = RelayProcess::start().await;
        let (_server, port) = Peer::http_server(env!("CARGO_MANIFEST_DIR")).await;
        let client = run_program(&relay, &["get", "127.0.0.1", &port.to_string()]);
        let (status, output) = client.finish().await;
        let output = String::from_utf8_lossy(&output);
        assert!(status.success() && output.starts_with("HTTP/1.0 200 OK\r\n") && output.ends_with("</html>\n"), "{status} {output}");
    });
}

#[test]
fn the_program_is_a_server() {
    run(async {
        let relay = RelayProcess::start().await;
        let mut server = run_program(&relay, &["serve", "0"]);
        let line = server.line_with("listening on 127.0.0.1:").await;
        let port = line.rsplit(':').next().expect("a port");
        for text in ["one\n", "two\n"] {
            let mut nc = Peer::start("nc", &["-N", "127.0.0.1", port]);
            nc.type_in(text.as_bytes()).await;
            nc.printed(text.as_bytes()).await;
            nc.close_input();
            assert!(nc.finish().await.0.success());
        }
        server.line_with("accepted 127.0.0.1:").await;
    });
}
