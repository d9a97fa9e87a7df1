//! The files of the package out of its archive. What an archive says of paths, modes and times is not used, and what it unpacks to is bounded.

use std::io::{self, Read};

use flate2::read::GzDecoder;
use tar::Archive;

use super::{
    failure::FetchError,
    pinned::{FILES, MAX_UNPACKED_BYTES, Wanted},
};

/// The folder that npm puts a package into.
const FOLDER: &str = "package/";

/// A file of the package.
pub(crate) struct Unpacked {
    pub(crate) wanted: &'static Wanted,
    pub(crate) bytes: Vec<u8>,
}

/// Takes the wanted files out of a gzipped tar archive, each exactly once and in the order of [`FILES`]; the others are passed over.
///
/// # Errors
///
/// It is no such archive, is too large unpacked, lacks a file, or holds one twice.
pub(crate) fn unpack(archive: &[u8]) -> Result<Vec<Unpacked>, FetchError> {
    unpack_at_most(archive, MAX_UNPACKED_BYTES)
}

fn unpack_at_most(archive: &[u8], max_bytes: u64) -> Result<Vec<Unpacked>, FetchError> {
    // One more than there may be, so that reaching it is known.
    let mut archive = Archive::new(GzDecoder::new(archive).take(max_bytes.saturating_add(1)));
    let mut found: Vec<Option<Vec<u8>>> = FILES.iter().map(|_| None).collect();
    let read = read_wanted(&mut archive, &mut found);
    if archive.into_inner().limit() == 0 {
        return Err(FetchError::TooLarge);
    }
    read.map_err(|error| FetchError::BadArchive(error.to_string()))?;
    let files = FILES.iter().zip(found).map(|(wanted, bytes)| match bytes {
        Some(bytes) => Ok(Unpacked { wanted, bytes }),
        None => Err(FetchError::BadArchive(format!("it has no file {}", wanted.name))),
    });
    files.collect()
}

fn read_wanted(archive: &mut Archive<impl Read>, found: &mut [Option<Vec<u8>>]) -> io::Result<()> {
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let path = entry.path_bytes().into_owned();
        let Some(name) = path.strip_prefix(FOLDER.as_bytes()) else { continue };
        let slot = FILES.iter().position(|wanted| wanted.name.as_bytes() == name).and_then(|index| found.get_mut(index));
        let Some(slot) = slot else { continue };
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes)?;
        if bytes.len() as u64 != entry.size() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if slot.replace(bytes).is_some() {
            return Err(io::Error::other(format!("it has two files {}", String::from_utf8_lossy(name))));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::GzEncoder};
    use tar::{Builder, EntryType, Header};

    use super::*;

    /// An archive with these files, each with its kind.
    fn archive(files: &[(&str, EntryType, &[u8])]) -> Vec<u8> {
        let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, kind, bytes) in files {
            let mut header = Header::new_ustar();
            // `set_path` refuses what a stranger's archive may have.
            header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(*kind);
            header.set_size(bytes.len() as u64);
            header.set_cksum();
            builder.append(&header, *bytes).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    fn whole() -> Vec<(String, EntryType, Vec<u8>)> {
        FILES.iter().map(|wanted| (format!("package/{}", wanted.name), EntryType::Regular, wanted.name.as_bytes().to_vec())).collect()
    }

    fn unpacked(files: &[(String, EntryType, Vec<u8>)]) -> Result<Vec<Unpacked>, String> {
        let files: Vec<_> = files.iter().map(|(path, kind, bytes)| (path.as_str(), *kind, bytes.as_slice())).collect();
        unpack(&archive(&files)).map_err(|error| error.to_string())
    }

    #[test]
    fn the_wanted_files_are_taken_whatever_else_there_is() {
        let mut files = whole();
        files.reverse();
        for other in [
            "package/README.md",
            "pyodide.mjs",
            "../pyodide.mjs",
            "package/../../pyodide.mjs",
            "/package/pyodide.mjs",
            "package/x/pyodide.mjs",
        ] {
            files.push((other.to_owned(), EntryType::Regular, b"other".to_vec()));
        }
        let unpacked = unpacked(&files).unwrap();
        for (file, wanted) in unpacked.iter().zip(FILES) {
            assert_eq!(file.wanted.name, wanted.name);
            assert_eq!(file.bytes, wanted.name.as_bytes());
        }
        assert_eq!(unpacked.len(), FILES.len());
    }

    #[test]
    fn each_wanted_file_is_there_once() {
        for index in 0..FILES.len() {
            let mut files = whole();
            files.remove(index);
            assert!(unpacked(&files).err().unwrap().contains(&format!("no file {}", FILES[index].name)));
            let mut files = whole();
            files.push(files[index].clone());
            assert!(unpacked(&files).err().unwrap().contains(&format!("two files {}", FILES[index].name)));
            // A link is no file.
            let mut files = whole();
            files[index].1 = EntryType::Symlink;
            files[index].2.clear();
            assert!(unpacked(&files).err().unwrap().contains("no file"));
        }
    }

    #[test]
    fn a_bomb_is_left_when_it_is_too_large() {
        let mut files = whole();
        files.push(("package/zeros".to_owned(), EntryType::Regular, vec![0; 1 << 20]));
        let files: Vec<_> = files.iter().map(|(path, kind, bytes)| (path.as_str(), *kind, bytes.as_slice())).collect();
        let archive = archive(&files);
        assert!(matches!(unpack_at_most(&archive, 1 << 20), Err(FetchError::TooLarge)));
        assert!(unpack_at_most(&archive, 2 << 20).is_ok());
    }

    #[test]
    fn what_is_no_archive_is_refused() {
        let mut cut = archive(&[("package/pyodide.mjs", EntryType::Regular, &[7; 5000])]);
        cut.truncate(cut.len() / 2);
        let mut no_tar = GzEncoder::new(Vec::new(), Compression::fast());
        no_tar.write_all(&[b'x'; 2000]).unwrap();
        for other in [&b""[..], b"\x1f\x8b", b"no gzip", &cut, &no_tar.finish().unwrap()] {
            assert!(matches!(unpack(other), Err(FetchError::BadArchive(_))));
        }
    }
}
