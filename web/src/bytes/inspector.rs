//! What bytes read as: integers and floating-point numbers in both byte orders, text, and bits.

use super::markup::push_visible;
use super::{Ruler, Selection, fields};
use crate::texts::bytes as texts;

/// How many bytes of a selection are shown as text, and how many as bits.
const TEXT_BYTES: u64 = 160;
const BINARY_BYTES: u64 = 8;

/// A type, its size in bytes, and how it reads bytes whose highest comes first.
type Reading = (&'static str, usize, fn([u8; 8]) -> String);

/// The bytes of a number stand at the end of the eight.
const READINGS: [Reading; 10] = [
    ("u8", 1, |bytes| u64::from_be_bytes(bytes).to_string()),
    ("i8", 1, |bytes| signed(bytes, 1)),
    ("u16", 2, |bytes| u64::from_be_bytes(bytes).to_string()),
    ("i16", 2, |bytes| signed(bytes, 2)),
    ("u32", 4, |bytes| u64::from_be_bytes(bytes).to_string()),
    ("i32", 4, |bytes| signed(bytes, 4)),
    ("u64", 8, |bytes| u64::from_be_bytes(bytes).to_string()),
    ("i64", 8, |bytes| signed(bytes, 8)),
    ("f32", 4, |bytes| {
        let [_, _, _, _, a, b, c, d] = bytes;
        let number = f32::from_be_bytes([a, b, c, d]);
        if is_short(f64::from(number)) { number.to_string() } else { format!("{number:e}") }
    }),
    ("f64", 8, |bytes| {
        let number = f64::from_be_bytes(bytes);
        if is_short(number) { number.to_string() } else { format!("{number:e}") }
    }),
];

fn signed(bytes: [u8; 8], size: u32) -> String {
    let unused = 64 - 8 * size;
    (i64::from_be_bytes(bytes) << unused >> unused).to_string()
}

/// Whether it can be written without an exponent; what is no number can.
fn is_short(number: f64) -> bool {
    number == 0.0 || !number.is_finite() || (1e-5..1e15).contains(&number.abs())
}

fn read(bytes: &[u8], reading: &Reading, high_first: bool) -> Option<String> {
    let (_, size, written) = reading;
    let mut eight = [0; 8];
    let place = eight.get_mut(8 - size..)?;
    place.copy_from_slice(bytes.get(..*size)?);
    if !high_first {
        place.reverse();
    }
    Some(written(eight))
}

/// The selection as markup: where it is, and what it reads as. Numbers are read from its first byte on, whether or not it is as long as they are.
pub fn inspect(ruler: &Ruler, selection: Selection) -> String {
    let (start, end) = selection.range();
    let bytes = ruler.copy(start, end.min(start + TEXT_BYTES.max(8)));
    let ahead = ruler.copy(start, start.saturating_add(8));
    let mut markup = format!("<p class=\"place\">{}</p>", fields::place(start, end));
    markup.push_str(&format!("<dl><dt>{}</dt><dd class=\"as-text\">", texts::as_text()));
    push_visible(&mut markup, &bytes);
    push_more(&mut markup, end - start > bytes.len() as u64);
    markup.push_str(&format!("</dd><dt>{}</dt><dd class=\"as-bits\">", texts::as_bits()));
    let bits: Vec<String> = bytes.iter().take(BINARY_BYTES as usize).map(|byte| format!("{byte:08b}")).collect();
    markup.push_str(&bits.join(" "));
    push_more(&mut markup, end - start > BINARY_BYTES);
    markup.push_str("</dd></dl>");
    markup.push_str(&format!(
        "<table aria-label=\"{}\"><thead><tr><td></td><th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>",
        texts::numbers(),
        texts::high_first(),
        texts::low_first()
    ));
    for reading in &READINGS {
        let (name, size, _) = reading;
        let is_exact = end - start == *size as u64;
        markup.push_str(if is_exact { "<tr class=\"exact\">" } else { "<tr>" });
        markup.push_str(&format!("<th scope=\"row\">{name}</th>"));
        let cell = |high_first| read(&ahead, reading, high_first).unwrap_or_else(|| "–".to_owned());
        if *size == 1 {
            markup.push_str(&format!("<td colspan=\"2\">{}</td></tr>", cell(true)));
        } else {
            markup.push_str(&format!("<td>{}</td><td>{}</td></tr>", cell(true), cell(false)));
        }
    }
    markup.push_str("</tbody></table>");
    markup
}

fn push_more(markup: &mut String, is_more: bool) {
    if is_more {
        markup.push_str(" …");
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::ruler::tests::received;
    use super::*;

    fn numbers(bytes: &[u8]) -> Vec<[String; 2]> {
        let cell = |reading: &Reading, high_first| read(bytes, reading, high_first).unwrap_or_default();
        READINGS.iter().map(|reading| [cell(reading, true), cell(reading, false)]).collect()
    }

    #[test]
    fn both_orders_and_both_signs() {
        let read = numbers(&[0xff, 0xfe, 0x00, 0x01, 0x00, 0x00, 0x00, 0x00]);
        assert_eq!(read[0], ["255", "255"]);
        assert_eq!(read[1], ["-1", "-1"]);
        assert_eq!(read[2], ["65534", "65279"]);
        assert_eq!(read[3], ["-2", "-257"]);
        assert_eq!(read[4], ["4294836225", "16842495"]);
        assert_eq!(read[5], ["-131071", "16842495"]);
        assert_eq!(read[6], ["18446181128051097600", "16842495"]);
        assert_eq!(read[7], ["-562945658454016", "16842495"]);
    }

    #[test]
    fn floating_point_numbers_are_short() {
        let both = |bytes: &[u8]| [numbers(bytes)[8].clone(), numbers(bytes)[9].clone()].concat();
        assert_eq!(both(&1.5_f32.to_be_bytes())[0], "1.5");
        assert_eq!(both(&std::f64::consts::PI.to_be_bytes())[2], "3.141592653589793");
        assert_eq!(both(&std::f64::consts::PI.to_le_bytes())[3], "3.141592653589793");
        assert_eq!(both(&f64::MAX.to_be_bytes())[2], "1.7976931348623157e308");
        assert_eq!(both(&f64::NAN.to_be_bytes())[2], "NaN");
        assert_eq!(both(&f64::MIN_POSITIVE.to_be_bytes())[2], "2.2250738585072014e-308");
    }

    #[test]
    fn what_is_not_there_is_a_dash() {
        let markup = inspect(&received(&[b"ab"]), Selection::one(1));
        assert!(markup.contains("<tr class=\"exact\"><th scope=\"row\">u8</th><td colspan=\"2\">98</td>"), "{markup}");
        assert!(markup.contains("<th scope=\"row\">u16</th><td>–</td><td>–</td>"), "{markup}");
        assert!(markup.contains("01100010"));
    }

    #[test]
    fn pieces_do_not_part_a_number() {
        let markup = inspect(&received(&[b"\x01", b"\x02"]), Selection { anchor: 1, active: 0 });
        assert!(markup.contains("<th scope=\"row\">u16</th><td>258</td><td>513</td>"), "{markup}");
        assert!(markup.contains("00000001 00000010"));
    }

    proptest! {
        #[test]
        fn whatever_bytes_there_are(bytes in proptest::collection::vec(any::<u8>(), 1..300), from in 0_usize..300, to in 0_usize..300) {
            let last = bytes.len() - 1;
            let markup = inspect(&received(&[&bytes]), Selection { anchor: from.min(last) as u64, active: to.min(last) as u64 });
            prop_assert_eq!(markup.matches("<tr").count(), 11);
            prop_assert!(markup.len() < 10_000);
        }
    }
}
