//! The three kinds of block that a pcapng file needs here. By hand: they are forty lines, and a crate that writes every kind there is would be many times that.

/// A packet begins with its IPv4 or IPv6 header (LINKTYPE_RAW).
const LINK_TYPE: u16 = 101;

const SECTION_HEADER: u32 = 0x0a0d_0d0a;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;

const COMMENT: u16 = 1;
const INTERFACE_NAME: u16 = 2;
const APPLICATION: u16 = 4;
const END_OF_OPTIONS: [u8; 4] = [0; 4];

/// What a file begins with: the section, which holds `comment`, and its one interface. Its clock counts microseconds, which is the default.
pub(super) fn head(comment: &str) -> Vec<u8> {
    let mut file = vec![];
    let mut section = vec![];
    // Byte order, version 1.0, and a length of the section that is not told.
    section.extend(0x1a2b_3c4d_u32.to_le_bytes());
    section.extend([1, 0, 0, 0]);
    section.extend(u64::MAX.to_le_bytes());
    option(COMMENT, comment, &mut section);
    option(APPLICATION, "TCP Playground", &mut section);
    section.extend(END_OF_OPTIONS);
    block(SECTION_HEADER, &section, &mut file);

    let mut interface = vec![];
    interface.extend(u32::from(LINK_TYPE).to_le_bytes());
    // No limit to how much of a packet is kept.
    interface.extend(0_u32.to_le_bytes());
    option(INTERFACE_NAME, "socket calls", &mut interface);
    interface.extend(END_OF_OPTIONS);
    block(INTERFACE_DESCRIPTION, &interface, &mut file);
    file
}

/// Appends a packet, which was on the way so many microseconds after 1970.
pub(super) fn packet(micros: u64, packet: &[u8], file: &mut Vec<u8>) {
    let len = u32::try_from(packet.len()).unwrap_or(u32::MAX).to_le_bytes();
    let [low, high] = [micros as u32, (micros >> 32) as u32];
    let mut content = Vec::with_capacity(packet.len() + 24);
    for part in [0_u32.to_le_bytes(), high.to_le_bytes(), low.to_le_bytes(), len, len] {
        content.extend(part);
    }
    content.extend_from_slice(packet);
    pad(&mut content);
    block(ENHANCED_PACKET, &content, file);
}

fn block(kind: u32, content: &[u8], file: &mut Vec<u8>) {
    let len = u32::try_from(content.len() + 12).unwrap_or(u32::MAX).to_le_bytes();
    file.extend(kind.to_le_bytes());
    file.extend(len);
    file.extend_from_slice(content);
    file.extend(len);
}

fn option(code: u16, text: &str, content: &mut Vec<u8>) {
    content.extend(code.to_le_bytes());
    content.extend(u16::try_from(text.len()).unwrap_or(u16::MAX).to_le_bytes());
    content.extend_from_slice(text.as_bytes());
    pad(content);
}

fn pad(content: &mut Vec<u8>) {
    content.resize(content.len().next_multiple_of(4), 0);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The kinds and lengths of the blocks of a file.
    fn blocks(mut file: &[u8]) -> Vec<(u32, usize)> {
        let word = |bytes: &[u8]| u32::from_le_bytes(bytes[..4].try_into().unwrap());
        let mut blocks = vec![];
        while !file.is_empty() {
            let len = word(&file[4..]) as usize;
            assert!(len.is_multiple_of(4));
            assert_eq!(word(&file[len - 4..]) as usize, len, "the length stands at both ends");
            blocks.push((word(file), len));
            file = &file[len..];
        }
        blocks
    }

    #[test]
    fn blocks_are_whole_words() {
        let mut file = head("abcde");
        packet(1, b"12345", &mut file);
        assert_eq!(blocks(&file), [(SECTION_HEADER, 12 + 16 + 12 + 20 + 4), (INTERFACE_DESCRIPTION, 12 + 8 + 16 + 4), (6, 12 + 20 + 8)]);
    }

    #[test]
    fn the_time_is_split_in_two() {
        let mut file = vec![];
        packet(0x0001_0203_0405_0607, b"", &mut file);
        assert_eq!(file[12..20], [0x03, 0x02, 0x01, 0x00, 0x07, 0x06, 0x05, 0x04]);
    }
}
