//! The relay's side: any text frame. It is a call, an error of a call, or an error of the frame; and a call is written and read back as it was.
#![no_main]

use libfuzzer_sys::fuzz_target;
use protocol::{BadCall, decode_call};

fuzz_target!(|text: &str| match decode_call(text) {
    Ok(call) => {
        let again = serde_json::to_string(&call).expect("a call is JSON");
        assert_eq!(decode_call(&again), Ok(call), "{again}");
    }
    Err(BadCall::Arguments { text, .. } | BadCall::Frame { text }) => assert!(!text.is_empty(), "an error says what is wrong"),
});
