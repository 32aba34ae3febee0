//! Reading the header of an age file: strictly, in pieces, in bounded memory.
//!
//! What must hold: a header has exactly one spelling, and any other is refused here, never repaired, so that
//! the HMAC is checked over the bytes that were parsed; no more than [`MAX_HEADER`] bytes are kept; armour
//! and passphrases are named before any work is spent on them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::sealer::INTRO;
use super::stanza::{self, Kind, Strength};
use super::{OpenError, Stanza};

/// The largest header that is read, in bytes: some forty post-quantum recipients.
pub const MAX_HEADER: usize = 64 * 1024;

const MAX_STANZAS: usize = 256;
const MAX_ARGUMENTS: usize = 32;
/// Characters of a full line of a stanza's body.
const COLUMNS: usize = 64;
/// How far leading white space is followed to recognise an armoured file.
const ARMOR_WINDOW: usize = 1024;
const ARMOR: &[u8] = b"-----BEGIN AGE";

/// A header that was read: whose it is and what its HMAC covers.
pub(super) struct Header {
    pub(super) stanzas: Vec<Stanza>,
    /// Everything up to and including the three dashes.
    pub(super) covered: Vec<u8>,
    pub(super) mac: [u8; 32],
}

/// Collects header bytes until the header is whole.
pub(super) struct HeaderReader {
    bytes: Vec<u8>,
    /// Where the line begins that is not yet complete.
    line: usize,
    stanzas: Vec<Stanza>,
    open: Option<OpenStanza>,
}

/// A stanza whose body has not ended yet.
struct OpenStanza {
    opening: String,
    body: Vec<u8>,
}

impl HeaderReader {
    pub(super) fn new() -> Self {
        Self { bytes: Vec::new(), line: 0, stanzas: Vec::new(), open: None }
    }

    /// Takes from `input` what belongs to the header; the header once it is complete.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Result<Option<Header>, OpenError> {
        while !input.is_empty() {
            let taken = memchr::memchr(b'\n', input).map_or(input.len(), |at| at + 1);
            if self.bytes.len() + taken > MAX_HEADER {
                return Err(if self.line == 0 { self.unrecognised() } else { OpenError::TooLarge });
            }
            self.bytes.extend_from_slice(&input[..taken]);
            *input = &input[taken..];
            if self.line == 0 && !self.intro()? {
                continue;
            }
            if self.bytes.ends_with(b"\n")
                && self.bytes.len() > self.line
                && let Some(header) = self.end_line()?
            {
                return Ok(Some(header));
            }
        }
        Ok(None)
    }

    /// The input ended before the header did: says why that is.
    pub(super) fn cut_short(&self) -> OpenError {
        if self.line == 0 { self.unrecognised() } else { OpenError::Header }
    }

    /// Whether the first line is complete; refuses early whatever cannot become it.
    fn intro(&mut self) -> Result<bool, OpenError> {
        let intro = INTRO.as_bytes();
        if self.bytes.starts_with(intro) {
            self.line = intro.len();
            return Ok(true);
        }
        if intro.starts_with(&self.bytes) {
            return Ok(false);
        }
        let text = self.bytes.trim_ascii_start();
        let undecided = ARMOR.starts_with(&text[..text.len().min(ARMOR.len())]) && text.len() < ARMOR.len();
        if undecided && self.bytes.len() < ARMOR_WINDOW { Ok(false) } else { Err(self.unrecognised()) }
    }

    fn unrecognised(&self) -> OpenError {
        if self.bytes.trim_ascii_start().starts_with(ARMOR) {
            OpenError::ArmorUnsupported
        } else {
            OpenError::Header
        }
    }

    /// Handles the line that ends at the end of `bytes`.
    fn end_line(&mut self) -> Result<Option<Header>, OpenError> {
        let start = std::mem::replace(&mut self.line, self.bytes.len());
        let line = &self.bytes[start..self.bytes.len() - 1];
        if let Some(mut open) = self.open.take() {
            let full = add_body_line(&mut open.body, line)?;
            if full {
                self.open = Some(open);
            } else {
                self.stanzas.push(close_stanza(&open)?);
            }
            return Ok(None);
        }
        if let Some(opening) = line.strip_prefix(b"-> ") {
            if self.stanzas.len() == MAX_STANZAS {
                return Err(OpenError::TooLarge);
            }
            let opening = checked_words(opening).ok_or(OpenError::Header)?.to_owned();
            self.open = Some(OpenStanza { opening, body: Vec::new() });
            return Ok(None);
        }
        let mac = line.strip_prefix(b"--- ").and_then(checked_words).ok_or(OpenError::Header)?;
        let mac = stanza::decode(mac).map_err(|_| OpenError::Header)?;
        let mut covered = std::mem::take(&mut self.bytes);
        covered.truncate(start + 3);
        let header = Header { stanzas: std::mem::take(&mut self.stanzas), covered, mac };
        header.check_kinds()?;
        Ok(Some(header))
    }
}

impl Header {
    fn check_kinds(&self) -> Result<(), OpenError> {
        if self.stanzas.is_empty() {
            return Err(OpenError::Header);
        }
        if self.stanzas.iter().any(|stanza| matches!(stanza.0, Kind::Passphrase)) {
            return Err(OpenError::PassphraseUnsupported);
        }
        let has = |strength| self.stanzas.iter().any(|stanza| stanza.strength() == strength);
        if has(Strength::Classical) && has(Strength::PostQuantum) {
            return Err(OpenError::MixedRecipients);
        }
        Ok(())
    }
}

/// Words of visible ASCII with exactly one space between them, or nothing.
fn checked_words(line: &[u8]) -> Option<&str> {
    let words = line.split(|&byte| byte == b' ');
    let good = |word: &[u8]| !word.is_empty() && word.iter().all(u8::is_ascii_graphic);
    if words.clone().count() > MAX_ARGUMENTS || !words.clone().all(good) {
        return None;
    }
    std::str::from_utf8(line).ok()
}

/// Adds one line of base64; whether it was a full line, so that another must follow.
fn add_body_line(body: &mut Vec<u8>, line: &[u8]) -> Result<bool, OpenError> {
    if line.len() > COLUMNS {
        return Err(OpenError::Header);
    }
    STANDARD_NO_PAD.decode_vec(line, body).map_err(|_| OpenError::Header)?;
    Ok(line.len() == COLUMNS)
}

fn close_stanza(open: &OpenStanza) -> Result<Stanza, OpenError> {
    let mut words = open.opening.split(' ');
    let kind = words.next().ok_or(OpenError::Header)?;
    let args: Vec<&str> = words.collect();
    Stanza::parse(kind, &args, &open.body).map_err(|_| OpenError::Header)
}
