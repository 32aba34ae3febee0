//! Opening: an age file in, plaintext out, chunk by authenticated chunk.
//!
//! What must hold: nothing reaches the sink before its chunk's tag was checked, nor before the header's HMAC
//! was; a file is whole only when [`Opener::finish`] says so, so a caller acts on what it received only then;
//! after any failure the opener refuses for good.

use std::convert::Infallible;

use hmac::Mac;
use zeroize::Zeroizing;

use super::header::{Header, HeaderReader};
use super::sealer::header_mac;
use super::stream::ChunkOpener;
use super::{AgreeError, FileKey, Unwrap, UnwrapError};
use crate::hazmat::Failed;

/// Why a file did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// Text armour: this crate reads the binary form only.
    #[error("armoured age files are not supported")]
    ArmorUnsupported,
    /// Sealed under a passphrase.
    #[error("passphrase age files are not supported")]
    PassphraseUnsupported,
    /// The header is not that of an age v1 file, or is cut short.
    #[error("not a valid age header")]
    Header,
    /// The header is larger than is ever needed.
    #[error("the age header is too large")]
    TooLarge,
    /// Sealed to classical and post-quantum recipients at once.
    #[error("classical and post-quantum recipients are mixed")]
    MixedRecipients,
    /// None of the identities is a recipient.
    #[error("did not open: no matching identity")]
    NoMatch,
    /// The header was altered, or the file key is another file's.
    #[error("did not open: the header does not fit its key")]
    Hmac,
    /// The contents were altered or cut short.
    #[error("did not open: the contents are damaged")]
    Payload,
    /// The hardware key did not do its part.
    #[error(transparent)]
    Agree(#[from] AgreeError),
}

impl From<Failed> for OpenError {
    fn from(_: Failed) -> Self {
        Self::Payload
    }
}

/// An opening ended early: because of the file, or because of the caller's own sink.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StreamError<E> {
    /// The file did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The sink failed.
    #[error("what was opened could not be passed on")]
    Sink(#[source] E),
}

/// Opens one file. Memory is one chunk and one header, whatever the file's size.
pub struct Opener<'a> {
    key: Key<'a>,
    state: State,
}

enum Key<'a> {
    Identities(&'a [&'a dyn Unwrap]),
    File(FileKey),
}

enum State {
    Header(HeaderReader),
    Nonce { file_key: FileKey, nonce: [u8; 16], filled: usize },
    Payload(Box<ChunkOpener>),
    Refused(OpenError),
}

impl<'a> Opener<'a> {
    /// Opens with the first identity that fits.
    pub fn new(identities: &'a [&'a dyn Unwrap]) -> Self {
        Self { key: Key::Identities(identities), state: State::Header(HeaderReader::new()) }
    }

    /// Opens with a bare file key, as review does. The header's HMAC is still checked.
    pub fn with_file_key(file_key: FileKey) -> Self {
        Self { key: Key::File(file_key), state: State::Header(HeaderReader::new()) }
    }

    /// Takes more of the file. Plaintext goes to `sink` as chunks complete.
    pub fn push<E>(
        &mut self,
        ciphertext: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), StreamError<E>> {
        let result = self.advance(ciphertext, sink);
        if let Err(error) = &result {
            self.refuse(error);
        }
        result
    }

    /// The file ends here. Only after this returned `Ok` is what the sink received the whole of it.
    pub fn finish<E>(mut self, sink: &mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), StreamError<E>> {
        match &mut self.state {
            State::Header(reader) => Err(reader.cut_short().into()),
            // The C2SP vectors count the payload nonce to the header.
            State::Nonce { .. } => Err(OpenError::Header.into()),
            State::Payload(chunks) => {
                let last = chunks.last().map_err(OpenError::from)?;
                if last.is_empty() { Ok(()) } else { sink(last).map_err(StreamError::Sink) }
            }
            State::Refused(error) => Err((*error).into()),
        }
    }

    fn advance<E>(
        &mut self,
        mut input: &[u8],
        sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), StreamError<E>> {
        while !input.is_empty() {
            match &mut self.state {
                State::Header(reader) => {
                    if let Some(header) = reader.read(&mut input)? {
                        let file_key = self.key.recover(&header)?;
                        self.state = State::Nonce { file_key, nonce: [0; 16], filled: 0 };
                    }
                }
                State::Nonce { file_key, nonce, filled } => {
                    let (now, rest) = input.split_at(input.len().min(nonce.len() - *filled));
                    nonce[*filled..*filled + now.len()].copy_from_slice(now);
                    *filled += now.len();
                    input = rest;
                    if *filled == nonce.len() {
                        self.state = State::Payload(Box::new(ChunkOpener::new(file_key, nonce)));
                    }
                }
                State::Payload(chunks) => {
                    while let Some(plain) = chunks.next(&mut input).map_err(OpenError::from)? {
                        sink(plain).map_err(StreamError::Sink)?;
                    }
                }
                State::Refused(error) => return Err((*error).into()),
            }
        }
        Ok(())
    }

    fn refuse<E>(&mut self, error: &StreamError<E>) {
        self.state = State::Refused(match error {
            StreamError::Open(error) => *error,
            StreamError::Sink(_) => OpenError::Payload,
        });
    }
}

impl Key<'_> {
    /// The file key, after the header's HMAC agreed with it.
    fn recover(&mut self, header: &Header) -> Result<FileKey, OpenError> {
        let file_key = match self {
            Self::File(key) => FileKey::from_bytes(key.as_bytes()),
            Self::Identities(identities) => unwrap_any(identities, header)?,
        };
        header_mac(&file_key, &header.covered).verify_slice(&header.mac).map_err(|_| OpenError::Hmac)?;
        Ok(file_key)
    }
}

fn unwrap_any(identities: &[&dyn Unwrap], header: &Header) -> Result<FileKey, OpenError> {
    for identity in identities {
        for stanza in &header.stanzas {
            match identity.unwrap_stanza(stanza) {
                Ok(Some(key)) => return Ok(key),
                Ok(None) => {}
                Err(UnwrapError::Malformed) => return Err(OpenError::Header),
                Err(UnwrapError::Agree(error)) => return Err(error.into()),
            }
        }
    }
    Err(OpenError::NoMatch)
}

/// Opens something small, such as a sidecar, in one call. The plaintext wipes itself.
pub fn open_small(identities: &[&dyn Unwrap], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    // Reserved at once: a vector that grew would leave copies behind.
    let mut out = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let mut sink = |plain: &[u8]| -> Result<(), Infallible> {
        out.extend_from_slice(plain);
        Ok(())
    };
    let mut opener = Opener::new(identities);
    match opener.push(sealed, &mut sink).and_then(|()| opener.finish(&mut sink)) {
        Ok(()) => Ok(out),
        Err(StreamError::Open(error)) => Err(error),
    }
}
