//! The codec beside tungstenite's, which is a client's end here and was written by others, and beside RFC 6455 where that lets nothing wrong through.

use std::io::{Cursor, Read, Write};

use proptest::prelude::*;
use tokio_tungstenite::tungstenite::{
    Message, WebSocket,
    protocol::{CloseFrame, Role, WebSocketConfig, frame::coding::CloseCode},
};

use super::*;

/// A connection in memory: what a client wrote, and what it is to read.
#[derive(Default)]
struct Pipe {
    written: Vec<u8>,
    to_read: Cursor<Vec<u8>>,
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.written.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        self.to_read.read(buffer)
    }
}

fn client(to_read: Vec<u8>) -> WebSocket<Pipe> {
    let pipe = Pipe { to_read: Cursor::new(to_read), ..Pipe::default() };
    WebSocket::from_raw_socket(pipe, Role::Client, Some(WebSocketConfig::default()))
}

/// What tungstenite's client writes to send these.
fn written_by_client(messages: &[Message]) -> Vec<u8> {
    let mut client = client(vec![]);
    for message in messages {
        client.send(message.clone()).unwrap();
    }
    client.get_ref().written.clone()
}

/// What a decoder makes of `bytes` that come in pieces of these sizes, over and over; of the last frame whatever is there.
fn decoded(bytes: &[u8], pieces: &[usize]) -> Result<Vec<Message>, Violation> {
    let mut decoder = Decoder::default();
    let mut messages = vec![];
    let (mut buffer, mut rest) = (vec![], bytes);
    for size in pieces.iter().cycle() {
        let (piece, after) = rest.split_at(rest.len().min(*size));
        buffer.extend_from_slice(piece);
        rest = after;
        loop {
            match decoder.decode(&mut buffer)? {
                Front::Part { needed } => {
                    assert!(needed > buffer.len(), "a frame that is whole is decoded");
                    break;
                }
                Front::Frame { len, told } => {
                    messages.extend(message(told, &mut buffer)?);
                    buffer.drain(..len);
                }
            }
        }
        if rest.is_empty() {
            break;
        }
    }
    Ok(messages)
}

fn message(told: Told, buffer: &mut [u8]) -> Result<Option<Message>, Violation> {
    Ok(Some(match told {
        Told::Text(payload) => Message::text(payload.text(buffer)?),
        Told::Binary(masked) => Message::binary(masked.unmask(buffer).to_vec()),
        Told::Assembled(bytes) => Message::binary(bytes),
        Told::Ping(range) => Message::Ping(buffer[range].to_vec().into()),
        Told::Pong => Message::Pong(vec![].into()),
        Told::Close(code) => Message::Close(code.map(|code| CloseFrame { code: code.into(), reason: "".into() })),
        Told::Fragment => return Ok(None),
    }))
}

fn any_message() -> impl Strategy<Value = Message> {
    let bytes = |max| proptest::collection::vec(any::<u8>(), 0..max);
    prop_oneof![
        ".{0,200}".prop_map(Message::text),
        bytes(300).prop_map(Message::binary),
        (65_500_usize..65_600, any::<u8>()).prop_map(|(len, byte)| Message::binary(vec![byte; len])),
        bytes(126).prop_map(|payload| Message::Ping(payload.into())),
        Just(Message::Pong(vec![].into())),
    ]
}

/// A frame as a client may send it, and as it may not.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let key = [1, 2, 3, 4];
    let mut frame = vec![first, 0x80 | payload.len() as u8];
    frame.extend_from_slice(&key);
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

proptest! {
    #[test]
    fn what_a_client_writes_is_what_is_read(
        messages in proptest::collection::vec(any_message(), 0..8),
        pieces in proptest::collection::vec(1_usize..70_000, 1..4),
    ) {
        prop_assert_eq!(decoded(&written_by_client(&messages), &pieces).unwrap(), messages);
    }

    #[test]
    fn a_byte_at_a_time_is_as_good(messages in proptest::collection::vec(".{0,50}".prop_map(Message::text), 0..8)) {
        prop_assert_eq!(decoded(&written_by_client(&messages), &[1]).unwrap(), messages);
    }

    #[test]
    fn what_is_written_is_what_a_client_reads(messages in proptest::collection::vec(any_message(), 0..8)) {
        let mut frames = vec![];
        for message in &messages {
            let opcode = match message {
                Message::Text(_) => Opcode::Text,
                Message::Binary(_) => Opcode::Binary,
                Message::Ping(_) => Opcode::Ping,
                _ => Opcode::Pong,
            };
            push(&mut frames, opcode, &message.clone().into_data());
        }
        let mut client = client(frames);
        for message in messages {
            prop_assert_eq!(client.read().unwrap(), message);
        }
    }

    /// Fragments, with control frames between them, which are told at once.
    #[test]
    fn fragments_make_a_message(
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..100), 2..6),
        pings in any::<bool>(),
        pieces in proptest::collection::vec(1_usize..300, 1..4),
    ) {
        let mut bytes = vec![];
        for (index, part) in parts.iter().enumerate() {
            let opcode = if index == 0 { 2 } else { 0 };
            let fin = if index == parts.len() - 1 { FIN } else { 0 };
            bytes.extend(frame(fin | opcode, part));
            if pings && fin == 0 {
                bytes.extend(frame(0x89, b"amidst"));
            }
        }
        let mut expected = vec![Message::Ping(b"amidst".to_vec().into()); if pings { parts.len() - 1 } else { 0 }];
        expected.push(Message::binary(parts.concat()));
        prop_assert_eq!(decoded(&bytes, &pieces).unwrap(), expected);
    }

    #[test]
    fn a_mask_comes_off_at_every_length_and_on_every_way(
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        (to, distance) in (0_usize..80, 0_usize..80),
        key: [u8; 4],
    ) {
        let from = to + distance;
        let mut buffer = vec![0xaa; from];
        buffer.extend(bytes.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
        // A frame that begins where the head ends, or before.
        let frame = from.min(14);
        let masked = Masked { range: from - frame..from - frame + bytes.len(), key };
        let range = masked.unmask_to(&mut buffer, frame, to);
        prop_assert_eq!(&buffer[range], &bytes[..]);
        prop_assert!(buffer[..to].iter().all(|byte| *byte == 0xaa), "nothing before it is touched");
    }

    /// Whatever comes: no panic, no position outside the buffer, and never more demanded than the limits allow.
    #[test]
    fn no_bytes_break_it(bytes in proptest::collection::vec(any::<u8>(), 0..400), pieces in proptest::collection::vec(1_usize..50, 1..4)) {
        decoded(&bytes, &pieces).ok();
        if let Ok(Front::Part { needed }) = Decoder::default().decode(&mut bytes.clone()) {
            prop_assert!(needed <= 14 + limits::MAX_BINARY_FRAME_BYTES);
        }
    }
}

#[test]
fn what_rfc_6455_forbids_is_refused() {
    let long_control = [frame(0x89, &[]), vec![]].concat();
    let long_control = [&long_control[..1], &[0xfe, 0, 126][..], &[0; 4 + 126][..]].concat();
    for (bytes, violation) in [
        (vec![0x81, 0x02, b'h', b'i'], Violation::Unmasked),
        (frame(0xc1, b"hi"), Violation::ReservedBits),
        (frame(0xa1, b"hi"), Violation::ReservedBits),
        (frame(0x91, b"hi"), Violation::ReservedBits),
        (frame(0x83, b"hi"), Violation::UnknownOpcode(3)),
        (frame(0x8b, b"hi"), Violation::UnknownOpcode(11)),
        (long_control, Violation::LongControl),
        (frame(0x09, b"hi"), Violation::FragmentedControl),
        (frame(0x08, b""), Violation::FragmentedControl),
        (frame(0x80, b"hi"), Violation::NothingToContinue),
        ([frame(0x01, b"hi"), frame(0x81, b"hi")].concat(), Violation::NotContinued),
        ([frame(0x02, b"hi"), frame(0x01, b"hi")].concat(), Violation::NotContinued),
        (frame(0x88, &[3]), Violation::CloseCode),
        (frame(0x81, &[0xff]), Violation::Utf8),
        ([frame(0x01, &[0xe2, 0x82]), frame(0x80, &[0x41])].concat(), Violation::Utf8),
        (frame(0x88, &[0x03, 0xe8, 0xff]), Violation::Utf8),
    ] {
        assert_eq!(decoded(&bytes, &[usize::MAX]), Err(violation), "{bytes:02x?}");
        assert_eq!(decoded(&bytes, &[1]), Err(violation), "{bytes:02x?}, byte by byte");
    }
}

#[test]
fn a_character_may_be_cut_by_a_fragment_but_not_by_the_end() {
    let euro = "€".as_bytes();
    let bytes = [frame(0x01, &euro[..1]), frame(0x00, &[]), frame(0x80, &euro[1..])].concat();
    assert_eq!(decoded(&bytes, &[3]), Ok(vec![Message::text("€")]));
}

#[test]
fn a_length_is_in_as_few_bytes_as_it_needs() {
    let head = |short: u8, length: &[u8]| [&[0x82, 0x80 | short][..], length, &[0; 4]].concat();
    for (short, length) in [
        (126, vec![0, 0]),
        (126, vec![0, 125]),
        (127, vec![0; 8]),
        (127, vec![0, 0, 0, 0, 0, 0, 0xff, 0xff]),
        (127, vec![0x80, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        assert_eq!(Decoder::default().decode(&mut head(short, &length)), Err(Violation::LengthEncoding), "{short} {length:?}");
    }
    for (short, length, needed) in
        [(126, vec![0, 126], 8 + 126), (126, vec![0xff, 0xff], 8 + 0xffff), (127, vec![0, 0, 0, 0, 0, 1, 0, 0], 14 + 0x1_0000)]
    {
        assert_eq!(Decoder::default().decode(&mut head(short, &length)), Ok(Front::Part { needed }));
    }
}

#[test]
fn too_much_is_refused_by_its_head_alone() {
    let head = |first: u8, length: usize| [&[first, 0xff][..], &(length as u64).to_be_bytes(), &[0; 4]].concat();
    let decode = |bytes: &[u8]| Decoder::default().decode(&mut bytes.to_vec());
    assert_eq!(decode(&head(0x82, limits::MAX_BINARY_FRAME_BYTES)), Ok(Front::Part { needed: 14 + limits::MAX_BINARY_FRAME_BYTES }));
    let above = limits::MAX_BINARY_FRAME_BYTES + 1;
    assert_eq!(decode(&head(0x82, above)), Err(Violation::LongBinary(above as u64)));
    assert_eq!(decode(&head(0x81, 1 << 20)), Err(Violation::LongText(1 << 20)));
    assert_eq!(decode(&head(0x82, (1 << 63) - 1)), Err(Violation::LongBinary((1 << 63) - 1)));
    // Fragments add up.
    let mut decoder = Decoder::default();
    let mut first = [head(0x02, limits::MAX_BINARY_FRAME_BYTES), vec![0; limits::MAX_BINARY_FRAME_BYTES]].concat();
    assert!(matches!(decoder.decode(&mut first), Ok(Front::Frame { told: Told::Fragment, .. })));
    assert_eq!(decoder.decode(&mut frame(0x80, b"x")), Err(Violation::LongBinary(above as u64)));
}

#[test]
fn close_codes_are_those_that_may_be_sent() {
    for code in 0..=u16::MAX {
        let told = Decoder::default().decode(&mut frame(0x88, &code.to_be_bytes())).map(|front| match front {
            Front::Frame { told: Told::Close(code), .. } => code,
            other => panic!("{other:?}"),
        });
        // As tungstenite has it, and 1014, which was registered with IANA later.
        assert_eq!(told.is_ok(), CloseCode::from(code).is_allowed() || code == 1014, "{code}");
    }
    assert_eq!(decoded(&written_by_client(&[Message::Close(None)]), &[1]), Ok(vec![Message::Close(None)]));
}
