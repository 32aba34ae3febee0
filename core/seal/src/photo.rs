//! One photo, sealed and opened: strip, bundle and age put together.
//!
//! What must hold: a photo that is sealed is walked where it lies and never copied whole; one that is opened lies in
//! memory that wipes itself, and leaves it only to a caller that read its record and names the picture by what the record
//! says ([`OpenedPhoto::picture`]).

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::age::{FileKey, OpenError, Opener, Recipients, SealedDigest, Sealer, StreamError, Unwrap};
use crate::bundle::{Bundle, BundleError, BundleTooLarge, Unbundler};
use crate::entropy::{Entropy, EntropyError};
use crate::strip::Stripped;

/// All that goes into a sealed photo.
#[derive(Clone, Copy)]
pub struct PhotoToSeal<'a> {
    /// The picture, stripped.
    pub photo: &'a Stripped<'a>,
    /// The bytes of `record.json`, at most [`MAX_RECORD`](crate::bundle::MAX_RECORD).
    pub record: &'a [u8],
    /// The capture time that the unpacked files will carry, in seconds since 1970.
    pub mtime_s: u64,
}

/// A photo was not sealed. What the sink received is worthless.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SealPhotoError<E> {
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The record or the photo is too large.
    #[error(transparent)]
    TooLarge(#[from] BundleTooLarge),
    /// The sink failed.
    #[error("the sealed photo could not be passed on")]
    Sink(#[source] E),
}

/// Seals a photo and its record to `recipients`; the file goes to `sink` as it is made.
///
/// Returns what the file is known by, and its key for a review sidecar: drop the key where none is written.
pub fn seal_photo<E>(
    what: PhotoToSeal<'_>,
    recipients: &Recipients,
    entropy: &mut dyn Entropy,
    sink: &mut dyn FnMut(&[u8]) -> Result<(), E>,
) -> Result<(SealedDigest, FileKey), SealPhotoError<E>> {
    let bundle = Bundle::new(what.photo, what.record, what.mtime_s)?;
    let (mut sealer, file_key) = Sealer::new(recipients, entropy)?;
    bundle.write(&mut |part| sealer.push(part, sink)).map_err(SealPhotoError::Sink)?;
    let digest = sealer.finish(sink).map_err(SealPhotoError::Sink)?;
    Ok((digest, file_key))
}

/// A photo did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenPhotoError {
    /// The age file did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It opened, but what is inside is not a photo's bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
}

impl From<StreamError<BundleError>> for OpenPhotoError {
    fn from(error: StreamError<BundleError>) -> Self {
        match error {
            StreamError::Open(error) => Self::Open(error),
            StreamError::Sink(error) => Self::Bundle(error),
        }
    }
}

/// The picture is not the one that the record names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the picture is not the one that its record names")]
pub struct OtherPicture;

/// What a sealed photo held. Wiped on drop.
pub struct OpenedPhoto {
    /// The bytes of `record.json`.
    pub record: Zeroizing<Vec<u8>>,
    /// The capture time the entries carry, in seconds since 1970.
    pub mtime_s: u64,
    picture: Zeroizing<Vec<u8>>,
}

impl OpenedPhoto {
    /// The picture, if it has the SHA-256 and the length in bytes that the caller read in the record.
    pub fn picture(&self, sha256: &[u8; 32], size: u64) -> Result<&[u8], OtherPicture> {
        let same = self.picture.len() as u64 == size && Sha256::digest(&*self.picture)[..] == sha256[..];
        if same { Ok(&self.picture) } else { Err(OtherPicture) }
    }

    /// As [`OpenedPhoto::picture`], to keep.
    pub fn into_picture(self, sha256: &[u8; 32], size: u64) -> Result<Zeroizing<Vec<u8>>, OtherPicture> {
        self.picture(sha256, size)?;
        Ok(self.picture)
    }
}

/// Opens one sealed photo as it arrives.
pub struct PhotoOpener<'a> {
    opener: Opener<'a>,
    unbundler: Unbundler,
}

impl<'a> PhotoOpener<'a> {
    /// Opens with the first identity that fits.
    pub fn new(identities: &'a [&'a dyn Unwrap]) -> Self {
        Self { opener: Opener::new(identities), unbundler: Unbundler::new() }
    }

    /// Opens with a bare file key, as review does.
    pub fn with_file_key(file_key: FileKey) -> Self {
        Self { opener: Opener::with_file_key(file_key), unbundler: Unbundler::new() }
    }

    /// Takes more of the sealed file.
    pub fn push(&mut self, sealed: &[u8]) -> Result<(), OpenPhotoError> {
        let unbundler = &mut self.unbundler;
        Ok(self.opener.push(sealed, &mut |plain| unbundler.push(plain))?)
    }

    /// The file ends here.
    pub fn finish(self) -> Result<OpenedPhoto, OpenPhotoError> {
        let Self { opener, mut unbundler } = self;
        opener.finish(&mut |plain| unbundler.push(plain))?;
        let entries = unbundler.finish()?;
        Ok(OpenedPhoto { record: entries.record, mtime_s: entries.mtime_s, picture: entries.photo })
    }
}

/// Opens a sealed photo that lies in memory.
pub fn open_photo(mut opener: PhotoOpener<'_>, sealed: &[u8]) -> Result<OpenedPhoto, OpenPhotoError> {
    opener.push(sealed)?;
    opener.finish()
}
