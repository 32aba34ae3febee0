//! What is asked of an APK's libraries: by Android 15 on phones with pages of 16 KB, that they lie stored, on a page, and load on one; by
//! us, that they name no place of the machine that built them.

use anyhow::{Context as _, ensure};
use std::path::Path;

const PAGE: u64 = 16 * 1024;

/// A file in the archive, as its directory has it.
struct Entry {
    name: String,
    stored: bool,
    /// Where its own header begins.
    header: usize,
    size: usize,
}

/// Every library of the archive is where and as such a phone can load it; says how many there are.
pub(crate) fn check_pages(apk: &[u8]) -> anyhow::Result<usize> {
    let entries = entries(apk).context("not a ZIP archive")?;
    let libraries = entries.iter().filter(|entry| entry.name.ends_with(".so"));
    let mut count = 0;
    for Entry { name, stored, header, size } in libraries {
        ensure!(stored, "{name} is compressed: phones load libraries where they lie");
        let start = contents(apk, *header).with_context(|| format!("{name} has no header"))?;
        ensure!((start as u64).is_multiple_of(PAGE), "{name} begins at {start}, on no page of {PAGE} bytes");
        let library = apk.get(start..start + size).with_context(|| format!("{name} is cut short"))?;
        let alignment = load_alignment(library).with_context(|| format!("{name} is no library"))?;
        ensure!(
            alignment.is_multiple_of(PAGE),
            "{name} loads on pages of {alignment} bytes, which are not {PAGE}"
        );
        count += 1;
    }
    ensure!(count > 0, "no library in the APK");
    Ok(count)
}

/// No library of the archive, which lies stored in it, names anything below `place`.
pub(crate) fn check_placeless(apk: &[u8], place: &Path) -> anyhow::Result<()> {
    let named = format!("{}/", place.display());
    ensure!(
        !apk.windows(named.len()).any(|bytes| bytes == named.as_bytes()),
        "a library in the APK names {named}, where this machine built it"
    );
    Ok(())
}

/// How many bytes of the archive a file takes.
pub(crate) fn packed(apk: &[u8], name: &str) -> Option<usize> {
    entries(apk)?.into_iter().find(|entry| entry.name == name).map(|entry| entry.size)
}

fn entries(apk: &[u8]) -> Option<Vec<Entry>> {
    let end = apk.windows(4).rposition(|signature| signature == b"PK\x05\x06")?;
    let mut at = number(apk, end + 16, 4)?;
    (0..number(apk, end + 10, 2)?)
        .map(|_| {
            (apk.get(at..at + 4)? == b"PK\x01\x02").then_some(())?;
            let (name, extra) = (number(apk, at + 28, 2)?, number(apk, at + 30, 2)?);
            let entry = Entry {
                name: String::from_utf8_lossy(apk.get(at + 46..at + 46 + name)?).into_owned(),
                stored: number(apk, at + 10, 2)? == 0,
                header: number(apk, at + 42, 4)?,
                size: number(apk, at + 20, 4)?,
            };
            at += 46 + name + extra + number(apk, at + 32, 2)?;
            Some(entry)
        })
        .collect()
}

/// Where the bytes of the file begin whose header is at `header`.
fn contents(apk: &[u8], header: usize) -> Option<usize> {
    (apk.get(header..header + 4)? == b"PK\x03\x04").then_some(())?;
    Some(header + 30 + number(apk, header + 26, 2)? + number(apk, header + 28, 2)?)
}

/// The least alignment of what an ELF library loads. Phones of 32 bits have pages of 4 KB alone: any will do for those.
fn load_alignment(elf: &[u8]) -> Option<u64> {
    (elf.get(..4)? == b"\x7fELF").then_some(())?;
    if elf.get(4)? == &1 {
        return Some(PAGE);
    }
    let (table, size, count) = (number(elf, 32, 8)?, number(elf, 54, 2)?, number(elf, 56, 2)?);
    let headers: Option<Vec<_>> = (0..count)
        .map(|n| Some((number(elf, table + n * size, 4)?, number(elf, table + n * size + 48, 8)?)))
        .collect();
    headers?.into_iter().filter(|(kind, _)| *kind == 1).map(|(_, alignment)| alignment as u64).min()
}

/// A number as ZIP and ELF write it, lowest byte first.
fn number(bytes: &[u8], at: usize, length: usize) -> Option<usize> {
    let bytes = bytes.get(at..at.checked_add(length)?)?;
    bytes
        .iter()
        .rev()
        .try_fold(0_usize, |number, byte| number.checked_mul(256)?.checked_add(usize::from(*byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(alignment: u64) -> Vec<u8> {
        let mut elf = vec![0; 64 + 56];
        elf[..5].copy_from_slice(b"\x7fELF\x02");
        elf[32] = 64;
        elf[54] = 56;
        elf[56] = 1;
        elf[64] = 1;
        elf[64 + 48..].copy_from_slice(&alignment.to_le_bytes());
        elf
    }

    /// An archive of one file that begins at `start`.
    fn archive(name: &str, method: u8, start: usize, file: &[u8]) -> Vec<u8> {
        let length = |bytes: usize| u16::try_from(bytes).unwrap().to_le_bytes();
        let extra = start - 30 - name.len();
        let mut apk = b"PK\x03\x04".to_vec();
        apk.extend([0; 22]);
        apk.extend(length(name.len()));
        apk.extend(length(extra));
        apk.extend(name.as_bytes());
        apk.resize(start, 0);
        apk.extend(file);
        let directory = u32::try_from(apk.len()).unwrap();
        apk.extend(b"PK\x01\x02");
        apk.extend([0, 0, 0, 0, 0, 0, method, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        apk.extend(u32::try_from(file.len()).unwrap().to_le_bytes());
        apk.extend([0; 4]);
        apk.extend(length(name.len()));
        apk.extend([0; 16]);
        apk.extend(name.as_bytes());
        apk.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0\0\0\0\0");
        apk.extend(directory.to_le_bytes());
        apk.extend([0; 2]);
        apk
    }

    #[test]
    fn a_library_lies_stored_on_a_page_and_loads_on_one() {
        let why = |apk: &[u8]| check_pages(apk).unwrap_err().to_string();
        let name = "lib/arm64-v8a/libgauze.so";
        let right = library(PAGE);
        assert_eq!(check_pages(&archive(name, 0, 16384, &right)).unwrap(), 1);
        assert_eq!(check_pages(&archive(name, 0, 16384, &library(4 * PAGE))).unwrap(), 1);
        assert!(why(&archive(name, 8, 16384, &right)).contains("compressed"));
        assert!(why(&archive(name, 0, 4096, &right)).contains("on no page"));
        assert!(why(&archive(name, 0, 16384, &library(4096))).contains("pages of 4096"));
        assert!(why(&archive(name, 0, 16384, b"\x7fELF")).contains("no library"));
        assert!(why(&archive("classes.dex", 0, 16384, &right)).contains("no library in"));
        assert!(why(b"PK").contains("not a ZIP"));
    }

    #[test]
    fn a_library_that_names_the_place_where_it_was_built_is_told() {
        let library = b"\x7fELF at /srv/her/gauze/core/src/lib.rs and /cargo/registry/src";
        let apk = archive("lib/arm64-v8a/libgauze.so", 0, 16384, library);
        let told = |place: &str| check_placeless(&apk, Path::new(place)).map_err(|error| error.to_string());
        assert!(told("/srv/her/gauze").unwrap_err().contains("names /srv/her/gauze/"));
        assert_eq!((told("/srv/her/.cargo"), told("/srv/her/gau")), (Ok(()), Ok(())));
    }

    #[test]
    fn a_file_of_the_archive_is_found_by_its_name() {
        let apk = archive("res/raw/licences.txt", 8, 64, b"MIT and Apache-2.0");
        assert_eq!(packed(&apk, "res/raw/licences.txt"), Some(18));
        assert_eq!(
            (packed(&apk, "res/raw/licence.txt"), packed(b"PK", "res/raw/licences.txt")),
            (None, None)
        );
    }

    #[test]
    fn phones_of_32_bits_have_small_pages() {
        let mut old = library(4096);
        old[4] = 1;
        assert_eq!(check_pages(&archive("lib/armeabi-v7a/libgauze.so", 0, 16384, &old)).unwrap(), 1);
    }
}
