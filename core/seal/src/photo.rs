//! One photo, sealed and opened: strip, bundle and age put together.
//!
//! What must hold: the photo is walked where it lies and never copied whole; memory is constant in both
//! directions; a photo that was opened counts only after [`PhotoOpener::finish`] returned it.

use std::convert::Infallible;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::age::{FileKey, OpenError, Opener, Recipients, SealedDigest, Sealer, StreamError, Unwrap};
use crate::bundle::{Bundle, BundleError, BundleTooLarge, UnbundleError, Unbundler};
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
    let bundle = Bundle::new(what.record, what.photo, what.mtime_s)?;
    let (mut sealer, file_key) = Sealer::new(recipients, entropy)?;
    bundle.write(&mut |part| sealer.push(part, sink)).map_err(SealPhotoError::Sink)?;
    let digest = sealer.finish(sink).map_err(SealPhotoError::Sink)?;
    Ok((digest, file_key))
}

/// A photo did not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OpenPhotoError<E> {
    /// The age file did not open.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It opened, but what is inside is not a photo's bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// The photo's sink failed.
    #[error("the opened photo could not be passed on")]
    Sink(#[source] E),
}

impl<E> From<StreamError<UnbundleError<E>>> for OpenPhotoError<E> {
    fn from(error: StreamError<UnbundleError<E>>) -> Self {
        match error {
            StreamError::Open(error) => Self::Open(error),
            StreamError::Sink(UnbundleError::Bundle(error)) => Self::Bundle(error),
            StreamError::Sink(UnbundleError::Sink(error)) => Self::Sink(error),
        }
    }
}

/// What a sealed photo held, besides the picture that went to the sink.
pub struct OpenedPhoto {
    /// The bytes of `record.json`. Wiped on drop.
    pub record: Zeroizing<Vec<u8>>,
    /// SHA-256 of the picture; the caller compares it with what the record names.
    pub photo_sha256: [u8; 32],
    /// The picture's length in bytes.
    pub photo_size: u64,
    /// The capture time the entries carry, in seconds since 1970.
    pub mtime_s: u64,
}

/// Opens one sealed photo as it arrives.
pub struct PhotoOpener<'a> {
    opener: Opener<'a>,
    inside: Inside,
}

struct Inside {
    unbundler: Unbundler,
    digest: Sha256,
}

impl Inside {
    fn push<E>(
        &mut self,
        plain: &[u8],
        photo: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), UnbundleError<E>> {
        let digest = &mut self.digest;
        self.unbundler.push(plain, &mut |bytes| {
            digest.update(bytes);
            photo(bytes)
        })
    }
}

impl<'a> PhotoOpener<'a> {
    /// Opens with the first identity that fits.
    pub fn new(identities: &'a [&'a dyn Unwrap]) -> Self {
        Self::over(Opener::new(identities))
    }

    /// Opens with a bare file key, as review does.
    pub fn with_file_key(file_key: FileKey) -> Self {
        Self::over(Opener::with_file_key(file_key))
    }

    fn over(opener: Opener<'a>) -> Self {
        Self { opener, inside: Inside { unbundler: Unbundler::new(), digest: Sha256::new() } }
    }

    /// Takes more of the sealed file; bytes of the picture go to `photo`.
    pub fn push<E>(
        &mut self,
        sealed: &[u8],
        photo: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), OpenPhotoError<E>> {
        let inside = &mut self.inside;
        Ok(self.opener.push(sealed, &mut |plain| inside.push(plain, photo))?)
    }

    /// The record, once the picture has begun to arrive. Authentic, but the file may still prove cut short.
    pub fn record(&self) -> Option<&[u8]> {
        self.inside.unbundler.record()
    }

    /// The file ends here. Only what this returns is a photo; anything else the sink received is discarded.
    pub fn finish<E>(
        self,
        photo: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<OpenedPhoto, OpenPhotoError<E>> {
        let Self { opener, mut inside } = self;
        opener.finish(&mut |plain| inside.push(plain, photo))?;
        let entries = inside.unbundler.finish()?;
        Ok(OpenedPhoto {
            record: entries.record,
            photo_sha256: inside.digest.finalize().into(),
            photo_size: entries.photo_size,
            mtime_s: entries.mtime_s,
        })
    }
}

/// Opens a sealed photo that lies in memory; the picture wipes itself.
pub fn open_photo(
    opener: PhotoOpener<'_>,
    sealed: &[u8],
) -> Result<(OpenedPhoto, Zeroizing<Vec<u8>>), OpenPhotoError<Infallible>> {
    // Reserved at once: a vector that grew would leave copies behind.
    let mut picture = Zeroizing::new(Vec::with_capacity(sealed.len()));
    let mut opener = opener;
    let mut sink = |bytes: &[u8]| {
        picture.extend_from_slice(bytes);
        Ok(())
    };
    opener.push(sealed, &mut sink)?;
    let opened = opener.finish(&mut sink)?;
    Ok((opened, picture))
}
