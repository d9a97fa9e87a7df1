//! Tests of the overlays: what they find in good bytes, in partial ones and in hostile ones.

use proptest::prelude::*;

use super::super::fields;
use super::super::ruler::tests::received;
use super::*;

fn overlay(protocol: Protocol, pieces: &[&[u8]]) -> (Overlay, Ruler) {
    let ruler = received(pieces);
    let mut overlay = Overlay::new(protocol);
    overlay.read(&ruler, None);
    (overlay, ruler)
}

/// Each field: what it is, its bytes, and how many they will be where some are missing.
fn found(protocol: Protocol, bytes: &[u8]) -> Vec<String> {
    let (overlay, ruler) = overlay(protocol, &[bytes]);
    describe(&overlay, &ruler)
}

fn describe(overlay: &Overlay, ruler: &Ruler) -> Vec<String> {
    let field = |index| {
        let field = overlay.get(index).unwrap();
        let of = field.of.map(|of| format!(" of {of}")).unwrap_or_default();
        let depth = "  ".repeat(field.depth.into());
        format!("{depth}{:?} {:?}{of}", field.what, String::from_utf8_lossy(&ruler.copy(field.start, field.end)))
    };
    (0..overlay.len()).map(field).collect()
}

#[test]
fn an_http_request_and_its_body() {
    let bytes = b"POST /a b HTTP/1.1\r\nHost: localhost\r\nContent-Length:  5 \r\n\r\nhelloGET / HTTP/1.0\r\n\r\n";
    let expected = [
        r#"Method "POST""#,
        r#"Target "/a b""#,
        r#"Version "HTTP/1.1""#,
        r#"Name "Host""#,
        r#"Value "localhost""#,
        r#"Name "Content-Length""#,
        r#"Value "5""#,
        r#"EndOfHead "\r\n""#,
        r#"Body "hello""#,
        r#"Method "GET""#,
        r#"Target "/""#,
        r#"Version "HTTP/1.0""#,
        r#"EndOfHead "\r\n""#,
    ];
    assert_eq!(found(Protocol::Http, bytes), expected);
}

#[test]
fn an_http_response_in_chunks() {
    let bytes = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n4;x=1\r\nWiki\r\n0\r\nX: y\r\n\r\nHTTP/1.1 204 No Content\n\n";
    let expected = [
        r#"Version "HTTP/1.1""#,
        r#"Status "200""#,
        r#"Reason "OK""#,
        r#"Name "Transfer-Encoding""#,
        r#"Value "gzip, chunked""#,
        r#"EndOfHead "\r\n""#,
        r#"ChunkSize "4;x=1""#,
        r#"Chunk "Wiki""#,
        r#"ChunkSize "0""#,
        r#"Name "X""#,
        r#"Value "y""#,
        r#"EndOfChunks "\r\n""#,
        r#"Version "HTTP/1.1""#,
        r#"Status "204""#,
        r#"Reason "No Content""#,
        r#"BareLineFeed "\n""#,
        r#"EndOfHead "\n""#,
    ];
    assert_eq!(found(Protocol::Http, bytes), expected);
}

#[test]
fn what_is_partial_says_so() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n";
    assert_eq!(found(Protocol::Http, &[head.as_slice(), b"abcd"].concat()).last().unwrap(), r#"Body "abcd" of 17"#);
    assert_eq!(found(Protocol::Http, b"GET / HT"), [r#"Unfinished "GET / HT""#]);
    assert_eq!(found(Protocol::Http, b"HTTP/1.0 200 OK\r\n\r\nto the end").last().unwrap(), r#"BodyToEnd "to the end""#);
    assert_eq!(found(Protocol::Prefix(2, true), b"\x00"), [r#"Prefix(0) "\0" of 2"#]);
    assert_eq!(found(Protocol::Prefix(2, true), b"\x00\x11abcd"), [r#"Prefix(17) "\0\u{11}""#, r#"Prefixed "abcd" of 17"#]);
    assert_eq!(found(Protocol::Resp, b"$17\r\nabcd"), [r#"Type(36) "$""#, r#"Length "17""#, r#"Content "abcd" of 17"#]);
    let (overlay, ruler) = overlay(Protocol::Prefix(2, true), &[b"\x00\x11abcd"]);
    assert!(fields::list(&ruler, &overlay, None, 0, 9).contains("4 of 17 bytes so far"));
}

#[test]
fn what_is_broken_hides_nothing() {
    assert_eq!(found(Protocol::Http, b"Hello\r\nGET"), [r#"Unread(NotThis) "Hello\r\nGET""#]);
    assert_eq!(found(Protocol::Http, b"GET / HTTP/1.1\r\nno colon\r\n: x\r\n\r\n")[3..5], [r#"Strange "no colon""#, r#"Strange ": x""#]);
    let bad = b"POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello";
    assert_eq!(found(Protocol::Http, bad).last().unwrap(), r#"Unread(NoLength) "hello""#);
    let long = vec![b'x'; 70_000];
    assert!(found(Protocol::Http, &long)[0].starts_with("Unread(LongLine)"));
    assert_eq!(found(Protocol::Resp, b"$3\r\nabcdef\r\n")[2..], [r#"Content "abc""#, r#"Unread(NoEnd) "def\r\n""#]);
    assert_eq!(found(Protocol::Resp, b"*x\r\n"), [r#"Unread(NoLength) "*x\r\n""#]);
    assert_eq!(found(Protocol::Resp, &b"*1\r\n".repeat(70)).last().unwrap().trim(), format!("Unread(Deep) {:?}", "*1\r\n".repeat(6)));
}

#[test]
fn no_body_follows_the_answer_to_head() {
    let (requests, _) = overlay(Protocol::Http, &[b"HEAD / HTTP/1.1\r\n\r\nGET / HTTP/1.1\r\n\r\n"]);
    let ruler = received(&[b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"]);
    let mut answers = Overlay::new(Protocol::Http);
    answers.read(&ruler, Some(&requests));
    let found = describe(&answers, &ruler);
    assert_eq!(found.iter().filter(|field| field.starts_with("Body")).collect::<Vec<_>>(), [r#"Body "hi""#]);
}

#[test]
fn resp_values_lie_in_one_another() {
    let bytes = b"*2\r\n$4\r\nPING\r\n%1\r\n+a\r\n:1\r\n|1\r\n+k\r\n+v\r\n#t\r\n$-1\r\n$0\r\n\r\nPING\r\n";
    let expected = [
        r#"Type(42) "*""#,
        r#"Length "2""#,
        r#"  Type(36) "$""#,
        r#"  Length "4""#,
        r#"  Content "PING""#,
        r#"  Type(37) "%""#,
        r#"  Length "1""#,
        r#"    Type(43) "+""#,
        r#"    Content "a""#,
        r#"    Type(58) ":""#,
        r#"    Content "1""#,
        r#"Type(124) "|""#,
        r#"Length "1""#,
        r#"  Type(43) "+""#,
        r#"  Content "k""#,
        r#"  Type(43) "+""#,
        r#"  Content "v""#,
        r##"Type(35) "#""##,
        r#"Content "t""#,
        r#"Type(36) "$""#,
        r#"Length "-1""#,
        r#"Type(36) "$""#,
        r#"Length "0""#,
        r#"Inline "PING""#,
    ];
    assert_eq!(found(Protocol::Resp, bytes), expected);
}

#[test]
fn smtp_commands_replies_and_a_message() {
    let replies =
        [r#"Code "250""#, r#"More "-""#, r#"Text "mx.example""#, r#"Code "250""#, r#"More " ""#, r#"Text "SIZE 1000""#, r#"Code "354""#];
    let replies: Vec<&str> = replies.into_iter().filter(|field| *field != r#"More " ""#).collect();
    assert_eq!(found(Protocol::Smtp, b"250-mx.example\r\n250 SIZE 1000\r\n354\r\n"), replies);
    let commands = [
        r#"Verb "MAIL""#,
        r#"Argument "FROM:<a@b>""#,
        r#"Verb "DATA""#,
        r#"Message "Subject: x\r\n\r\n..\r\n""#,
        r#"EndOfMessage ".\r\n""#,
        r#"Verb "BDAT""#,
        r#"Argument "4 LAST""#,
        r#"Message "quit""#,
        r#"Verb "QUIT""#,
    ];
    assert_eq!(found(Protocol::Smtp, b"MAIL FROM:<a@b>\r\nDATA\r\nSubject: x\r\n\r\n..\r\n.\r\nBDAT 4 LAST\r\nquitQUIT\r\n"), commands);
    assert_eq!(found(Protocol::Smtp, b"DATA\r\n.\r\n"), [r#"Verb "DATA""#, r#"EndOfMessage ".\r\n""#]);
    assert_eq!(found(Protocol::Smtp, b"STARTTLS\r\n\x16\x03\x01\n")[1..], [r#"Unread(NotThis) "\u{16}\u{3}\u{1}\n""#]);
}

#[test]
fn prefixes_in_both_orders() {
    let two = [r#"Prefix(2) "\0\u{2}""#, r#"Prefixed "hi""#, r#"Prefix(0) "\0\0""#];
    assert_eq!(found(Protocol::Prefix(2, true), b"\x00\x02hi\x00\x00"), two);
    assert_eq!(found(Protocol::Prefix(2, false), b"\x02\x00hi")[0], r#"Prefix(2) "\u{2}\0""#);
    assert_eq!(found(Protocol::Prefix(4, true), b"\x00\x00\x00\x02hi")[1], r#"Prefixed "hi""#);
    assert_eq!(found(Protocol::Prefix(4, false), b"\x02\x00\x00\x00hi")[1], r#"Prefixed "hi""#);
    assert_eq!(found(Protocol::Prefix(4, true), b"GET /")[1], r#"Prefixed "/" of 1195725856"#, "the wrong overlay says what it sees");
}

#[test]
fn a_flood_of_fields_is_bounded() {
    let (overlay, _) = overlay(Protocol::Prefix(2, true), &[&vec![0; 300_000]]);
    assert!(overlay.is_full());
    assert_eq!(overlay.len(), MOST_FIELDS);
}

#[test]
fn fields_are_found_by_their_bytes() {
    let (overlay, _) = overlay(Protocol::Http, &[b"GET / HTTP/1.1\r\nHo"]);
    let at = |offset| overlay.at(offset).map(|(index, field)| (index, field.what));
    assert_eq!([at(0), at(2), at(3), at(4)], [Some((0, What::Method)), Some((0, What::Method)), None, Some((1, What::Target))]);
    assert_eq!((at(14), at(16), at(17), at(18)), (None, Some((3, What::Unfinished)), Some((3, What::Unfinished)), None));
}

/// Bytes that protocols are made of, so that chance comes upon their structures.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&'static [u8]> = vec![
        b"GET / HTTP/1.1\r\n",
        b"HEAD / HTTP/1.1\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"Content-Length: 3\r\n",
        b"Content-Length: 18446744073709551615\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"\r\n",
        b"\n",
        b"3\r\nabc\r\n",
        b"ffffffffffffffff\r\n",
        b"0\r\n",
        b"*2\r\n",
        b"%9223372036854775808\r\n",
        b"$3\r\nabc\r\n",
        b"$18446744073709551615\r\n",
        b"|1\r\n",
        b"+OK\r\n",
        b"250-a\r\n",
        b"DATA\r\n",
        b".\r\n",
        b"BDAT 18446744073709551615\r\n",
        b"\xff\xff\xff\xff",
        b"\x00\x02",
    ];
    let piece = prop_oneof![proptest::sample::select(words).prop_map(<[u8]>::to_vec), proptest::collection::vec(any::<u8>(), 0..6)];
    proptest::collection::vec(piece, 0..30).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// However the bytes are cut, the fields are the same; they lie in order, within the bytes, and do not overlap.
    #[test]
    fn bytes_may_come_in_any_pieces(bytes in bytes(), cuts in proptest::collection::vec(1_usize..40, 1..20), which in 0_usize..7) {
        let (_, protocol) = Protocol::ALL[which];
        let mut pieces: Vec<&[u8]> = vec![];
        let (mut rest, mut cuts) = (bytes.as_slice(), cuts.iter().cycle());
        while !rest.is_empty() {
            let (piece, after) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        let mut growing = Overlay::new(protocol);
        for count in 0..=pieces.len() {
            let ruler = received(&pieces[..count]);
            growing.read(&ruler, None);
            let mut end = 0;
            for index in 0..growing.len() {
                let field = growing.get(index).unwrap();
                prop_assert!(field.start >= end && field.start <= field.end && field.end <= ruler.end(), "{field:?} after {end}");
                end = field.end;
            }
            fields::list(&ruler, &growing, None, 0, growing.len());
        }
        let (whole, ruler) = overlay(protocol, &[&bytes]);
        prop_assert_eq!(describe(&growing, &received(&pieces)), describe(&whole, &ruler));
    }
}
