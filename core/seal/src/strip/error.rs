//! Why a picture was not accepted, and what the person holding the phone can do about it.

/// A picture that is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StripError {
    /// The file does not begin as a JPEG does.
    #[error("{0}")]
    NotJpeg(WrongFormat),
    /// The picture ends before it is whole.
    #[error("The picture is incomplete: the camera or the transfer stopped early. Take the photo again.")]
    Truncated,
    /// The order or the form of the file's parts is not that of a JPEG.
    #[error("The picture is damaged. Take the photo again; if it happens twice, restart the camera.")]
    Malformed,
    /// The file or the picture is too large.
    #[error("{0}")]
    TooLarge(TooLarge),
    /// A JPEG of a kind that common viewers do not show.
    #[error("{0}")]
    Unsupported(Unsupported),
}

impl StripError {
    /// The stable code of this refusal.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotJpeg(_) => "not_jpeg",
            Self::Truncated => "truncated",
            Self::Malformed => "malformed",
            Self::TooLarge(_) => "too_large",
            Self::Unsupported(_) => "unsupported",
        }
    }
}

/// What a file that is not a JPEG looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WrongFormat {
    /// HEIC or AVIF: what phones make when set to save space.
    #[error(
        "This is a HEIC or AVIF picture. Set the camera to JPEG (\"Most Compatible\" on an iPhone) and take it again."
    )]
    Heif,
    /// PNG, most likely a screenshot.
    #[error("This is a PNG picture, perhaps a screenshot. Take the photo with the camera, set to JPEG.")]
    Png,
    /// WebP.
    #[error("This is a WebP picture. Set the camera to JPEG and take the photo again.")]
    WebP,
    /// GIF.
    #[error("This is a GIF picture. Take the photo with the camera, set to JPEG.")]
    Gif,
    /// TIFF or a raw format based on it, such as DNG.
    #[error(
        "This is a TIFF or raw picture. Switch raw off, set the camera to JPEG and take the photo again."
    )]
    Tiff,
    /// None of these.
    #[error("This is not a JPEG picture. Set the camera to JPEG and take the photo again.")]
    Unknown,
}

impl WrongFormat {
    pub(super) fn recognise(bytes: &[u8]) -> Self {
        let at =
            |offset: usize, magic: &[u8]| bytes.get(offset..).is_some_and(|rest| rest.starts_with(magic));
        if at(4, b"ftyp") {
            Self::Heif
        } else if at(0, b"\x89PNG") {
            Self::Png
        } else if at(0, b"RIFF") && at(8, b"WEBP") {
            Self::WebP
        } else if at(0, b"GIF8") {
            Self::Gif
        } else if at(0, b"II*\0") || at(0, b"MM\0*") {
            Self::Tiff
        } else {
            Self::Unknown
        }
    }
}

/// Which limit was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TooLarge {
    /// More than [`MAX_BYTES`](super::MAX_BYTES).
    #[error(
        "The picture is larger than 64 MiB. Set the camera to 50 megapixels or fewer (not 108 or 200) and take the photo again."
    )]
    Bytes,
    /// More than [`MAX_SIDE`](super::MAX_SIDE) pixels across or down, or [`MAX_PIXELS`](super::MAX_PIXELS) in all.
    #[error(
        "The picture is larger than 200 megapixels or 16384 pixels on a side. Switch panorama off, set the camera to 50 megapixels or fewer and take the photo again."
    )]
    Pixels,
}

/// Which kind of JPEG is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// Arithmetic coding, lossless or hierarchical frames.
    #[error("This kind of JPEG is not supported. Set the camera to standard JPEG and take the photo again.")]
    Coding,
    /// Not 8 bits a sample.
    #[error("JPEG with more than 8 bits a colour is not supported. Set the camera to standard JPEG.")]
    Precision,
    /// The height is to follow after the first scan, which most decoders do not wait for.
    #[error("This kind of JPEG is not supported: its height is missing. Take the photo again.")]
    HeightMissing,
}
