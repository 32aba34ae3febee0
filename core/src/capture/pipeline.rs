//! Seals a photo into its file on several cores, while its own hash is still being taken.
//!
//! Always: memory is [`BUFFERS`] pieces, whatever the photo's size; the digest covers the file's bytes in order; where
//! anything fails, all threads end before the error is returned; no thread leaves plaintext or keys on its stack.
//!
//! How: the record names the photo's hash and stands at the file's end, so one thread hashes the photo while others seal
//! its pieces and write each to its place, and the caller's hashes the sealed pieces in order; a buffer that was hashed
//! goes back to be filled again. The end of the file is sealed last. Bytes start for the medium as they are written, so
//! that the sync at the end finds little left to do.

use std::collections::BTreeMap;
use std::io::{self, SeekFrom};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread;

use gauze_seal::age::{FileKey, SealedDigest};
use gauze_seal::strip::Stripped;
use gauze_seal::{Middle, Piece, Pieces};
use gauze_wire::WireError;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::CaptureError;
use crate::ports::DiskWrite;
use crate::review::leaving_nothing;
use crate::store::StoreError;

/// Sealed pieces that may wait to be hashed: 2 MiB. Enough that sealing rarely waits for the photo's hash.
const BUFFERS: usize = 8;
/// The medium gets this much at a time, in bytes.
const STRIDE: u64 = 1 << 20;
/// More of them find nothing to do: hashing takes longest.
const MOST_SEALERS: usize = 3;

/// Writes the whole file of `photo`. `record` makes the record's bytes of the photo's SHA-256.
pub(super) fn write_sealed(
    photo: &Stripped<'_>,
    pieces: Pieces<'_>,
    file: Box<dyn DiskWrite>,
    record: impl FnOnce([u8; 32]) -> Result<Zeroizing<Vec<u8>>, CaptureError>,
) -> Result<(SealedDigest, FileKey, Box<dyn DiskWrite>), CaptureError> {
    let Pieces { opening, middle, tail, file_key } = pieces;
    let (give_back, free) = channel();
    let work = Work { middle: Mutex::new(middle), file: Mutex::new(file), free: Mutex::new(free) };
    for _ in 0..BUFFERS {
        // The receiver is in `work`.
        let _ = give_back.send(Vec::new());
    }
    let digest = thread::scope(|scope| -> Result<SealedDigest, CaptureError> {
        let (done, finished) = channel();
        // Dropped with this closure: where it fails, sealers that wait for a buffer end.
        let mut digest = InOrder { digest: Sha256::new(), next: 0, early: BTreeMap::new(), give_back };
        // Where the system gives no thread, this one does the work at the end.
        let hash = || leaving_nothing(|| photo.sha256());
        let hashing = thread::Builder::new().spawn_scoped(scope, hash).ok();
        for _ in 0..sealers() {
            let (work, done) = (&work, done.clone());
            let _ = thread::Builder::new().spawn_scoped(scope, move || leaving_nothing(|| work.seal(&done)));
        }
        drop(done);
        digest.take(work.write(0, opening).map_err(StoreError::from)?);
        for written in finished {
            digest.take(written.map_err(StoreError::from)?);
        }
        while let Some(piece) = work.next() {
            digest.take(work.seal_one(piece, Vec::new()).map_err(StoreError::from)?);
        }
        let photo_sha256 = hashing.and_then(|hashing| hashing.join().ok()).unwrap_or_else(hash);
        let offset = tail.offset();
        let end = tail.seal(&record(photo_sha256)?).map_err(|_| CaptureError::Record(WireError::TooLarge))?;
        digest.take(work.write(offset, end).map_err(StoreError::from)?);
        Ok(SealedDigest { sha256: digest.digest.finalize().into(), size: digest.next })
    })?;
    let file = work.file.into_inner().unwrap_or_else(PoisonError::into_inner);
    Ok((digest, file_key, file))
}

/// One core hashes. Asked once: on Linux the answer is read from files.
fn sealers() -> usize {
    static SEALERS: OnceLock<usize> = OnceLock::new();
    *SEALERS.get_or_init(|| {
        thread::available_parallelism().map_or(1, |cores| (cores.get() - 1).clamp(1, MOST_SEALERS))
    })
}

/// A part of the file that is in its place.
struct Written {
    offset: u64,
    bytes: Vec<u8>,
}

/// What the threads share.
struct Work<'a> {
    middle: Mutex<Middle<'a>>,
    file: Mutex<Box<dyn DiskWrite>>,
    free: Mutex<Receiver<Vec<u8>>>,
}

impl<'a> Work<'a> {
    /// Seals pieces until there are none left, or nobody wants them.
    fn seal(&self, done: &Sender<io::Result<Written>>) {
        // The buffer first: whoever has a piece must not wait for a buffer that later pieces fill.
        while let Some(buffer) = self.buffer() {
            let Some(piece) = self.next() else { return };
            let written = self.seal_one(piece, buffer);
            let failed = written.is_err();
            if done.send(written).is_err() || failed {
                return;
            }
        }
    }

    fn buffer(&self) -> Option<Vec<u8>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
    }

    fn next(&self) -> Option<Piece<'a>> {
        self.middle.lock().unwrap_or_else(PoisonError::into_inner).next()
    }

    fn seal_one(&self, piece: Piece<'_>, mut buffer: Vec<u8>) -> io::Result<Written> {
        let offset = piece.offset();
        piece.seal(&mut buffer);
        self.write(offset, buffer)
    }

    fn write(&self, offset: u64, bytes: Vec<u8>) -> io::Result<Written> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(&bytes)?;
        let stride = (offset + bytes.len() as u64) / STRIDE;
        if stride > offset / STRIDE {
            file.start_sync((stride - 1) * STRIDE, STRIDE);
        }
        Ok(Written { offset, bytes })
    }
}

/// Hashes the file in order, whatever order it comes in.
struct InOrder {
    digest: Sha256,
    /// How far it has come.
    next: u64,
    early: BTreeMap<u64, Vec<u8>>,
    give_back: Sender<Vec<u8>>,
}

impl InOrder {
    fn take(&mut self, written: Written) {
        self.early.insert(written.offset, written.bytes);
        while let Some(bytes) = self.early.remove(&self.next) {
            self.digest.update(&bytes);
            self.next += bytes.len() as u64;
            // At the end there is nobody left to fill it.
            let _ = self.give_back.send(bytes);
        }
    }
}
