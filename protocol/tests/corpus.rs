//! What the fuzzer has found to be worth keeping (`protocol/fuzz/corpus`), decoded by the stable compiler too.

use std::fs;

use protocol::{BadCall, decode_call};

const CORPUS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/corpus/decode_call");

#[test]
fn every_text_is_a_call_that_survives_the_wire_or_an_error_that_says_why() {
    let (mut calls, mut errors) = (0, 0);
    for entry in fs::read_dir(CORPUS).expect("the corpus is there") {
        let bytes = fs::read(entry.expect("it can be listed").path()).expect("it can be read");
        let Ok(text) = String::from_utf8(bytes) else { continue };
        match decode_call(&text) {
            Ok(call) => {
                let again = serde_json::to_string(&call).expect("a call is JSON");
                assert_eq!(decode_call(&again), Ok(call), "{text}");
                calls += 1;
            }
            Err(BadCall::Arguments { text, .. } | BadCall::Frame { text }) => {
                assert!(!text.is_empty());
                errors += 1;
            }
        }
    }
    assert!(calls > 18 && errors > 18, "the corpus has {calls} calls and {errors} errors");
}
