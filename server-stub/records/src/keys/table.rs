//! Tables of comma-separated values (RFC 4180) as management systems export them and spreadsheets save them: UTF-8 or UTF-16, with
//! or without a byte order mark, with either line end, quoted or not, separated by comma, semicolon or tab. No I/O but
//! [`Table::read`].

use std::path::Path;

use super::KeysError;
use crate::disk;

/// Largest table, in bytes.
const MOST: usize = 64 << 20;

/// One row, with the line that it begins in, from 1.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub line: usize,
    pub fields: Vec<String>,
}

/// A table whose first row names its columns.
pub(super) struct Table {
    pub headings: Vec<String>,
    pub rows: Vec<Row>,
}

impl Table {
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let bytes = disk::read(path)?;
        let refused = |what: &'static str| KeysError::Table { file: path.to_owned(), what };
        if bytes.len() > MOST {
            return Err(refused("it is longer than 64 MiB"));
        }
        let text = text(bytes).ok_or_else(|| refused("it is neither UTF-8 nor UTF-16"))?;
        let mut rows = rows(&text).ok_or_else(|| refused("a quotation mark is never closed"))?.into_iter();
        let headings = rows.next().ok_or_else(|| refused("it is empty"))?.fields;
        Ok(Self { headings, rows: rows.collect() })
    }
}

/// As a spreadsheet saves it: UTF-16 begins with its byte order mark, UTF-8 may. No other encoding can be told for sure.
fn text(bytes: Vec<u8>) -> Option<String> {
    let wide = |pair: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks();
        let units = pairs.iter().skip(1).map(|bytes| pair(*bytes));
        if rest.is_empty() { char::decode_utf16(units).collect::<Result<_, _>>().ok() } else { None }
    };
    match bytes.get(..2) {
        Some([0xff, 0xfe]) => wide(u16::from_le_bytes),
        Some([0xfe, 0xff]) => wide(u16::from_be_bytes),
        _ => {
            let text = String::from_utf8(bytes).ok()?;
            Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
        }
    }
}

/// The rows of `text` that are not empty; `None` where a quotation mark is never closed.
fn rows(text: &str) -> Option<Vec<Row>> {
    let named = text.lines().next().and_then(separator_named);
    let separator = named.unwrap_or_else(|| separator(text));
    let (mut rows, mut fields, mut field) = (Vec::new(), Vec::new(), String::new());
    let (mut line, mut begun, mut quoted) = (1, 1, false);
    let mut rest = text.chars().peekable();
    if named.is_some() {
        rest.by_ref().find(|c| *c == '\n');
        (line, begun) = (2, 2);
    }
    while let Some(c) = rest.next() {
        line += usize::from(c == '\n');
        match c {
            '"' if quoted && rest.peek() == Some(&'"') => {
                rest.next();
                field.push('"');
            }
            '"' if quoted => quoted = false,
            '"' if field.is_empty() => quoted = true,
            _ if quoted => field.push(c),
            '\n' => {
                fields.push(std::mem::take(&mut field));
                rows.push(Row { line: begun, fields: std::mem::take(&mut fields) });
                begun = line;
            }
            '\r' if rest.peek() == Some(&'\n') => {}
            _ if c == separator => fields.push(std::mem::take(&mut field)),
            _ => field.push(c),
        }
    }
    if quoted {
        return None;
    }
    fields.push(field);
    rows.push(Row { line: begun, fields });
    rows.retain(|row| row.fields.iter().any(|field| !field.trim().is_empty()));
    Some(rows)
}

/// A first line `sep=;` is for a spreadsheet, and names the separator.
fn separator_named(line: &str) -> Option<char> {
    let mut named = line.trim_matches('"').strip_prefix("sep=")?.chars();
    named.next().filter(|_| named.next().is_none())
}

/// What separates the headings: whichever of the three stands in the first line most.
fn separator(text: &str) -> char {
    let first = text.lines().next().unwrap_or_default();
    let count = |separator: &char| first.matches(*separator).count();
    [',', ';', '\t'].into_iter().rev().max_by_key(count).unwrap_or(',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(usize, Vec<String>)> {
        rows(text).unwrap().into_iter().map(|row| (row.line, row.fields)).collect()
    }

    fn row(line: usize, fields: &[&str]) -> (usize, Vec<String>) {
        (line, fields.iter().map(|field| (*field).to_owned()).collect())
    }

    #[test]
    fn quoted_fields_hold_separators_quotation_marks_and_line_ends() {
        let text = "Name,Serial\r\n\"Ward 9, \"\"spare\"\"\",A1\r\n\"two\nlines\",A2\n\n,\nlast,A3";
        let expected = [
            row(1, &["Name", "Serial"]),
            row(2, &["Ward 9, \"spare\"", "A1"]),
            row(3, &["two\nlines", "A2"]),
            row(7, &["last", "A3"]),
        ];
        assert_eq!(read(text), expected);
    }

    #[test]
    fn semicolons_and_tabs_separate_too() {
        for separator in [";", "\t"] {
            let text = format!("Name{separator}Serial\nOne, two{separator}A1\n");
            assert_eq!(read(&text), [row(1, &["Name", "Serial"]), row(2, &["One, two", "A1"])]);
        }
    }

    #[test]
    fn a_first_line_for_the_spreadsheet_is_no_heading() {
        let expected = [row(2, &["Name, of it", "Serial"]), row(3, &["One", "A1"])];
        assert_eq!(read("sep=;\r\nName, of it;Serial\r\nOne;A1\r\n"), expected);
    }

    #[test]
    fn utf_16_is_read_in_either_order_and_what_is_cut_short_is_not() {
        let said = "Numéro de série\tNom\r\nA1\tun\r\n";
        let wide = |bytes: fn(u16) -> [u8; 2]| -> Vec<u8> {
            std::iter::once(0xfeff).chain(said.encode_utf16()).flat_map(bytes).collect()
        };
        for bytes in [wide(u16::to_le_bytes), wide(u16::to_be_bytes), said.as_bytes().to_vec()] {
            assert_eq!(text(bytes).as_deref(), Some(said));
        }
        let mut cut = wide(u16::to_le_bytes);
        cut.pop();
        assert_eq!(text(cut), None);
        // Windows-1252, as a spreadsheet's older "CSV" is.
        assert_eq!(text(b"Num\xe9ro de s\xe9rie\nA1\n".to_vec()), None);
    }

    #[test]
    fn a_quotation_mark_that_is_never_closed_is_no_table() {
        assert_eq!(rows("Serial\n\"A1\n"), None);
    }
}
