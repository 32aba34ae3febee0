//! Opening sealed photos: to judge them, and to hand one to a person.
//!
//! Always: a picture is whole and is the one that its record names before anybody gets it; while judging it lives in
//! memory that wipes itself; `open_file` leaves both files or neither.

use std::fs::{self, File};
use std::io::{self, Read, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use gauze_seal::age::{Identity, OpenError, Unwrap, parse_identity_file};
use gauze_seal::strip::Stripped;
use gauze_seal::{OpenPhotoError, OpenedPhoto, OtherPicture, PhotoOpener, strip};
use gauze_wire::{Body, CaptureId, Digest, FilingRefusal, Record};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::coded::Coded;
use crate::disk::{self, DiskError, at};
use crate::gist::Gist;

/// Largest identity file that is read, in bytes.
const IDENTITY_LIMIT: u64 = 1 << 20;

enum Reading {
    Photo(OpenPhotoError),
    Io(io::Error),
}

/// Streams a sealed file through the opener.
fn read(sealed: &mut impl Read, identities: &[Identity]) -> Result<OpenedPhoto, Reading> {
    let keys: Vec<&dyn Unwrap> = identities.iter().map(|identity| identity as &dyn Unwrap).collect();
    let mut opener = PhotoOpener::new(&keys);
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let read = sealed.read(&mut buffer).map_err(Reading::Io)?;
        if read == 0 {
            return opener.finish().map_err(Reading::Photo);
        }
        opener.push(&buffer[..read]).map_err(Reading::Photo)?;
    }
}

/// Opens a sealed file whose digest was checked, and judges what is inside against the manifest's body: the record, or
/// why it is not filed. The outer error is the disk's.
pub(crate) fn inspect(
    sealed: &mut File,
    identities: &[Identity],
    body: &Body,
) -> io::Result<Result<Record, FilingRefusal>> {
    sealed.seek(SeekFrom::Start(0))?;
    match read(sealed, identities) {
        Ok(opened) => Ok(judge(&opened, body)),
        Err(Reading::Io(error)) => Err(error),
        Err(Reading::Photo(error)) => Ok(Err(refusal(error))),
    }
}

/// The picture of a filed photo, and its orientation; nothing where it is not the one that its record names. The outer error is
/// the disk's.
pub(crate) fn open_picture(
    sealed: &mut File,
    identities: &[Identity],
) -> io::Result<Option<(Zeroizing<Vec<u8>>, u8)>> {
    let opened = match read(sealed, identities) {
        Ok(opened) => opened,
        Err(Reading::Io(error)) => return Err(error),
        Err(Reading::Photo(_)) => return Ok(None),
    };
    let Ok(record) = Record::from_bytes(&opened.record) else { return Ok(None) };
    let picture = opened.into_picture(&record.photo_sha256.0, record.photo_size).ok();
    Ok(picture.map(|picture| (picture, record.orientation)))
}

fn refusal(error: OpenPhotoError) -> FilingRefusal {
    match error {
        OpenPhotoError::Open(OpenError::MixedRecipients) => FilingRefusal::MixedRecipients,
        OpenPhotoError::Open(
            OpenError::ArmorUnsupported
            | OpenError::PassphraseUnsupported
            | OpenError::Header
            | OpenError::TooLarge
            | OpenError::NoMatch
            | OpenError::Hmac
            | OpenError::Payload
            | OpenError::Agree(_),
        ) => FilingRefusal::DidNotOpen,
        OpenPhotoError::Bundle(_) => FilingRefusal::BundleInvalid,
    }
}

fn judge(opened: &OpenedPhoto, body: &Body) -> Result<Record, FilingRefusal> {
    let record = Record::from_bytes(&opened.record).map_err(|_| FilingRefusal::BundleInvalid)?;
    if !record.agrees_with(body) {
        return Err(FilingRefusal::RecordMismatch);
    }
    let picture = named_by(&record, opened).map_err(|_| FilingRefusal::PhotoMismatch)?;
    let stripped = match strip::strip(picture) {
        Ok(stripped) => stripped,
        Err(strip::StripError::NotJpeg(_)) => return Err(FilingRefusal::BundleInvalid),
        Err(error) => {
            // A newer app may take pictures in that this side does not know yet: the hospital keeps what it got.
            tracing::error!(app_version = %body.app_version, code = error.code(), "a photo is of a kind that is not known here");
            return Ok(record);
        }
    };
    if stripped.orientation() != record.orientation || !is_as_told(&record, &stripped) {
        return Err(FilingRefusal::PhotoMismatch);
    }
    if stripped.sha256() != record.photo_sha256.0 {
        // The picture is safe in here; that the phone left something in it is its makers' concern, not the patient's.
        tracing::error!(app_version = %body.app_version, "a photo came with metadata that should have been stripped");
    }
    Ok(record)
}

/// Whether the picture has the size that its record tells of what was sealed; older apps tell none.
fn is_as_told(record: &Record, picture: &Stripped<'_>) -> bool {
    record.reduced.or(record.original).is_none_or(|told| {
        let size = (u32::from(picture.width()), u32::from(picture.height()));
        (told.width, told.height) == size && told.bytes == record.photo_size
    })
}

fn named_by<'a>(record: &Record, opened: &'a OpenedPhoto) -> Result<&'a [u8], OtherPicture> {
    opened.picture(&record.photo_sha256.0, record.photo_size)
}

/// Why a sealed file was not opened. Says no more of the sealing than that it did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenFileError {
    /// Something lies where the opened files would go.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// Reading or writing failed.
    #[error(transparent)]
    Disk(#[from] DiskError),
    /// The identity file is not one.
    #[error("the identity file holds no usable key")]
    Identity,
    /// The file's name is no name.
    #[error("the sealed file has no name to call the opened ones by")]
    Name,
    /// It did not open.
    #[error("the file did not open")]
    DidNotOpen,
    /// Classical and post-quantum recipients together.
    #[error("the file is sealed to classical and post-quantum recipients at once")]
    MixedRecipients,
    /// What is inside is not one record and one photo.
    #[error("the file does not hold one record and one photo as documented")]
    BundleInvalid,
    /// The photo is not the one that the record names.
    #[error("the photo inside is not the one that its record names")]
    PhotoMismatch,
}

impl Coded for OpenFileError {
    fn code(&self) -> &'static str {
        match self {
            Self::Exists(_) => "exists",
            Self::Disk(error) => error.code(),
            Self::Identity => "identity_unusable",
            Self::Name => "name",
            Self::DidNotOpen => FilingRefusal::DidNotOpen.code(),
            Self::MixedRecipients => FilingRefusal::MixedRecipients.code(),
            Self::BundleInvalid => FilingRefusal::BundleInvalid.code(),
            Self::PhotoMismatch => FilingRefusal::PhotoMismatch.code(),
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Exists(_) => "Choose another --out; nothing is overwritten.",
            Self::Disk(error) => error.next_step(),
            Self::Identity => "Give --identity the tenant's age identity file.",
            Self::Name => "Rename it to something that ends in .age.",
            Self::DidNotOpen => "Check that this identity is one it was sealed to, and the file's digest.",
            Self::MixedRecipients | Self::BundleInvalid | Self::PhotoMismatch => {
                "Keep the file and report it: nothing of it was written."
            }
        }
    }
}

/// Where an opened photo went.
#[derive(Clone, Debug, Serialize)]
pub struct Opened {
    /// The picture.
    pub photo: PathBuf,
    /// The record; it names the patient.
    pub record: PathBuf,
    /// Which photo it is.
    pub capture_id: CaptureId,
    /// SHA-256 of the picture as it was written here: without what stood behind its last block. Its record keeps that of the
    /// picture as it came.
    pub photo_sha256: Digest,
    /// Its length in bytes, as it was written here.
    pub photo_size: u64,
    /// Whether anything was left out, so that the two differ.
    pub cleaned: bool,
    /// What its record says, without naming anybody.
    pub gist: Gist,
}

/// Opens `file` with the identities in `identity` to `out/NAME.jpg` and `out/NAME.record.json`, readable by their owner
/// alone.
pub fn open_file(file: &Path, identity: &Path, out: &Path) -> Result<Opened, OpenFileError> {
    let identities = read_identities(identity)?;
    let name = file.file_stem().and_then(|name| name.to_str()).ok_or(OpenFileError::Name)?;
    let (photo, record) = (out.join(format!("{name}.jpg")), out.join(format!("{name}.record.json")));
    for path in [&photo, &record] {
        if path.symlink_metadata().is_ok() {
            return Err(OpenFileError::Exists(path.clone()));
        }
    }
    let mut sealed = File::open(file).map_err(at(file))?;
    if sealed.metadata().map_err(at(file))?.is_dir() {
        return Err(at(file)(io::ErrorKind::IsADirectory.into()).into());
    }
    let made = !out.exists();
    disk::make_dirs(out)?;
    let opened = open_into((file, &mut sealed), &identities, out, &photo, &record);
    if opened.is_err() && made {
        // Only what this call made, and only while it is empty.
        let _ = fs::remove_dir(out);
    }
    opened
}

fn read_identities(path: &Path) -> Result<Vec<Identity>, OpenFileError> {
    let mut text = Zeroizing::new(String::new());
    let file = File::open(path).map_err(at(path))?;
    match file.take(IDENTITY_LIMIT).read_to_string(&mut text) {
        Ok(_) => parse_identity_file(&text).map_err(|_| OpenFileError::Identity),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(OpenFileError::Identity),
        Err(error) => Err(at(path)(error).into()),
    }
}

fn open_into(
    (file, sealed): (&Path, &mut File),
    identities: &[Identity],
    out: &Path,
    photo: &Path,
    record: &Path,
) -> Result<Opened, OpenFileError> {
    let opened = match read(sealed, identities) {
        Ok(opened) => opened,
        Err(Reading::Io(error)) => return Err(at(file)(error).into()),
        Err(Reading::Photo(OpenPhotoError::Open(OpenError::MixedRecipients))) => {
            return Err(OpenFileError::MixedRecipients);
        }
        Err(Reading::Photo(OpenPhotoError::Open(_))) => return Err(OpenFileError::DidNotOpen),
        Err(Reading::Photo(OpenPhotoError::Bundle(_))) => return Err(OpenFileError::BundleInvalid),
    };
    let told = Record::from_bytes(&opened.record).map_err(|_| OpenFileError::BundleInvalid)?;
    let picture = named_by(&told, &opened).map_err(|_| OpenFileError::PhotoMismatch)?;
    // Removed when dropped, whatever goes wrong.
    let mut aside = tempfile::Builder::new().prefix(".opening-").tempfile_in(out).map_err(at(out))?;
    let (photo_sha256, photo_size) = write_clean(aside.as_file_mut(), picture).map_err(at(photo))?;
    aside.as_file().sync_all().map_err(at(photo))?;
    disk::create(record, &opened.record, disk::PRIVATE)?;
    if let Err(error) = aside.persist_noclobber(photo) {
        let _ = fs::remove_file(record);
        return Err(at(photo)(error.error).into());
    }
    disk::sync_dir(out)?;
    Ok(Opened {
        photo: photo.to_owned(),
        record: record.to_owned(),
        capture_id: told.capture_id,
        photo_sha256,
        photo_size,
        cleaned: photo_sha256 != told.photo_sha256,
        gist: Gist::whole(&told),
    })
}

/// Writes a picture without what stands behind its last block, which a phone does not look for in large ones. Returns what is left.
fn write_clean(file: &mut File, picture: &[u8]) -> io::Result<(Digest, u64)> {
    match strip::strip_fully(picture) {
        Ok(stripped) => {
            stripped.slices().try_for_each(|slice| file.write_all(slice))?;
            Ok((Digest(stripped.sha256()), stripped.len()))
        }
        // Of a kind that is not known here: the hospital keeps what it got.
        Err(_) => {
            file.write_all(picture)?;
            Ok((Digest::of(picture), picture.len() as u64))
        }
    }
}
