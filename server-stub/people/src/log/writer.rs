//! The one thread that writes: what waits together is written and synced together.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use gauze_wire::log::Checkpoint;
use tokio::sync::oneshot;

use super::failure::LogFailure;
use super::files::{Files, SEGMENT, sync_dir};
use super::keys::LogKeys;
use super::line::{BEGINS, HEAD, Made, SALT};
use super::spine::Spine;
use crate::Alone;

/// Most entries of one write.
const BATCH: usize = 512;
/// Within which a checkpoint covers an entry, whether more are waiting or none.
const COVERED_WITHIN: Duration = Duration::from_millis(500);

/// What the writer is asked for.
#[derive(Debug)]
pub(super) enum Job {
    Append { made: Made, done: oneshot::Sender<Result<u64, LogFailure>> },
    Erase { index: u64, done: oneshot::Sender<Result<(), LogFailure>> },
    Checkpoint { done: oneshot::Sender<Result<String, LogFailure>> },
}

/// What readers see of the tree, changed only once the entries are on disk.
#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) spine: Spine,
    /// Syncs so far: the benchmark asks.
    pub(super) syncs: u64,
    /// Why no checkpoint covers the newest entries, where one was due and could not be written.
    pub(super) unsigned: Option<LogFailure>,
}

pub(super) struct Writer {
    pub(super) files: Files,
    pub(super) keys: LogKeys,
    pub(super) shared: Arc<Mutex<Shared>>,
    /// The last file, and its length.
    pub(super) tail: Option<(File, u64)>,
    pub(super) signed: u64,
    /// After a failed write it is not known what is on disk.
    pub(super) stopped: bool,
    /// Held for as long as the writer lives.
    pub(super) _lock: Alone,
}

type Waiting = (Made, oneshot::Sender<Result<u64, LogFailure>>);

impl Writer {
    fn size(&self) -> u64 {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).spine.size()
    }

    #[expect(clippy::disallowed_methods, reason = "how long this thread waits, which no entry tells")]
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        let (mut next, mut due) = (None, Instant::now() + COVERED_WITHIN);
        loop {
            let left = due.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.sign_if_due();
                due = Instant::now() + COVERED_WITHIN;
            }
            let job = match next.take().map_or_else(|| jobs.recv_timeout(left), Ok) {
                Ok(job) => job,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break self.sign_if_due(),
            };
            match job {
                Job::Append { made, done } => next = self.gather(jobs, (made, done)),
                // Whoever asked may have gone; what was done stays done.
                Job::Erase { index, done } => drop(done.send(self.erase(index))),
                Job::Checkpoint { done } => drop(done.send(self.sign())),
            }
        }
    }

    /// Writes `first` and what waits behind it; returns a job of another kind that came between.
    fn gather(&mut self, jobs: &Receiver<Job>, first: Waiting) -> Option<Job> {
        let room = usize::try_from(SEGMENT - self.size() % SEGMENT).unwrap_or(BATCH).min(BATCH);
        let (mut batch, mut other) = (vec![first], None);
        while batch.len() < room {
            match jobs.try_recv() {
                Ok(Job::Append { made, done }) => batch.push((made, done)),
                Ok(job) => {
                    other = Some(job);
                    break;
                }
                Err(_) => break,
            }
        }
        let from = self.size();
        match self.write(&batch) {
            Ok(()) => {
                for (index, (_, done)) in (from..).zip(batch) {
                    drop(done.send(Ok(index)));
                }
            }
            Err(failure) => batch.into_iter().for_each(|(_, done)| drop(done.send(Err(failure.clone())))),
        }
        other
    }

    fn write(&mut self, batch: &[Waiting]) -> Result<(), LogFailure> {
        if self.stopped {
            return Err(LogFailure::Stopped);
        }
        let size = self.size();
        if size.is_multiple_of(SEGMENT) {
            self.begin(size)?;
        }
        let path = self.files.segment(size - size % SEGMENT);
        let Some((file, length)) = &mut self.tail else { return Err(LogFailure::Stopped) };
        let lines: Vec<&[u8]> = batch.iter().map(|(made, _)| made.text.as_slice()).collect();
        let mut bytes = lines.concat();
        bytes[0] = BEGINS;
        if let Err(error) = file.write_all_at(&bytes, *length) {
            // Nobody was told of these: the file goes back to what everybody was told of.
            let restored = file.set_len(*length).and_then(|()| file.sync_data());
            self.stopped = restored.is_err();
            return Err(LogFailure::disk(&path)(error));
        }
        if let Err(error) = file.sync_data() {
            // The kernel may have dropped the pages and forgotten that it did.
            self.stopped = true;
            return Err(LogFailure::disk(&path)(error));
        }
        *length += bytes.len() as u64;
        let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        batch.iter().for_each(|(made, _)| shared.spine.append(&made.leaf));
        shared.syncs += 1;
        Ok(())
    }

    fn begin(&mut self, first: u64) -> Result<(), LogFailure> {
        let path = self.files.segment(first);
        // It may be there from a write that failed before anything was in it.
        let file = File::options().create(true).truncate(true).write(true).open(&path);
        let file = file.map_err(LogFailure::disk(&path))?;
        sync_dir(&self.files.entries())?;
        self.tail = Some((file, 0));
        Ok(())
    }

    /// Blanks an entry whose erasure is in the log. Doing it again changes nothing.
    fn erase(&mut self, index: u64) -> Result<(), LogFailure> {
        blank(&self.files, index)
    }

    fn sign_if_due(&mut self) {
        if !self.stopped && self.size() > self.signed {
            // The entries are safe without; the next one tries again.
            let failed = self.sign().err();
            let mut shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            match (&failed, &shared.unsigned) {
                (Some(error), None) => {
                    let code = error.code();
                    tracing::error!(code, %error, "no checkpoint of the access log can be written: its newest entries are not signed for");
                }
                (None, Some(_)) => tracing::info!("the access log's newest entries are signed for again"),
                (Some(_), Some(_)) | (None, None) => {}
            }
            shared.unsigned = failed;
        }
    }

    fn sign(&mut self) -> Result<String, LogFailure> {
        let (size, root) = {
            let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
            let size = shared.spine.size();
            // The present root needs no block from disk.
            let root = shared.spine.root_at(size, |_| Err(LogFailure::Stopped))?;
            (size, root)
        };
        let origin = LogKeys::origin(&self.keys.tenant);
        let note = self.keys.note.sign(&Checkpoint { origin, size, root });
        self.files.replace(&self.files.checkpoint(), note.as_bytes())?;
        self.signed = size;
        Ok(note)
    }
}

/// Overwrites salt and entry of a line with hyphens, in place and durably.
pub(super) fn blank(files: &Files, index: u64) -> Result<(), LogFailure> {
    let first = index - index % SEGMENT;
    let path = files.segment(first);
    let bytes = std::fs::read(&path).map_err(LogFailure::disk(&path))?;
    let scan = super::files::scan(&bytes, first, |_, _| {});
    let within = usize::try_from(index - first).unwrap_or(usize::MAX);
    let Some(&start) = scan.offsets.get(within) else { return Err(LogFailure::NoEntry(index)) };
    let end = scan.offsets.get(within + 1).copied().unwrap_or(scan.whole) - 1;
    let salt = start + SALT as u64;
    let mut hyphens = vec![b'-'; usize::try_from(end - salt).unwrap_or(0)];
    hyphens[HEAD - 1 - SALT] = b' ';
    let file = File::options().write(true).open(&path).map_err(LogFailure::disk(&path))?;
    file.write_all_at(&hyphens, salt).and_then(|()| file.sync_data()).map_err(LogFailure::disk(&path))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use gauze_wire::Jws;

    use super::super::entry::{Entry, Event, Happening, Outcome};
    use super::super::open::open;
    use super::super::testing::keys;
    use super::*;

    #[test]
    fn a_checkpoint_that_cannot_be_written_is_told_until_one_is() {
        let dir = tempfile::tempdir().unwrap();
        let keys = keys();
        let mut writer = open(dir.path(), keys.clone()).unwrap().writer;
        let entry = Event::of(Happening::SignIn, Outcome::Done, jiff::Timestamp::UNIX_EPOCH);
        let entry = Entry::of_event(&keys.tenant, &entry).unwrap();
        let made = Made::new(&Jws::sign(&entry, &*keys.audit).unwrap()).unwrap();
        writer.write(&[(made, oneshot::channel().0)]).unwrap();
        std::fs::create_dir(writer.files.checkpoint()).unwrap();
        writer.sign_if_due();
        let unsigned = writer.shared.lock().unwrap().unsigned.clone();
        assert_eq!(unsigned.map(|failure| failure.code()), Some("disk"));
        std::fs::remove_dir(writer.files.checkpoint()).unwrap();
        writer.sign_if_due();
        assert!(writer.shared.lock().unwrap().unsigned.is_none());
        assert!(writer.files.checkpoint().is_file());
    }

    #[test]
    fn all_that_waits_is_written_by_one_sync() {
        let dir = tempfile::tempdir().unwrap();
        let keys = keys();
        let writer = open(dir.path(), keys.clone()).unwrap().writer;
        let shared = writer.shared.clone();
        let (jobs, waiting) = channel();
        let answers: Vec<_> = (0..32)
            .map(|second| {
                let at = jiff::Timestamp::from_second(second).unwrap();
                let entry =
                    Entry::of_event(&keys.tenant, &Event::of(Happening::SignIn, Outcome::Done, at)).unwrap();
                let made = Made::new(&Jws::sign(&entry, &*keys.audit).unwrap()).unwrap();
                let (done, answer) = oneshot::channel();
                jobs.send(Job::Append { made, done }).unwrap();
                answer
            })
            .collect();
        drop(jobs);
        writer.run(&waiting);
        for (index, answer) in (0..).zip(answers) {
            assert_eq!(answer.blocking_recv().unwrap().unwrap(), index);
        }
        let shared = shared.lock().unwrap();
        assert_eq!((shared.syncs, shared.spine.size()), (1, 32));
    }

    /// Nobody waits for quiet: each entry comes as soon as the one before is written.
    #[test]
    fn what_never_ends_is_signed_for_all_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let keys = keys();
        let writer = open(dir.path(), keys.clone()).unwrap().writer;
        let (checkpoint, shared) = (writer.files.checkpoint(), writer.shared.clone());
        let (jobs, waiting) = channel();
        let writing = std::thread::spawn(move || writer.run(&waiting));
        let entry = Event::of(Happening::SignIn, Outcome::Done, jiff::Timestamp::UNIX_EPOCH);
        let mut sizes = std::collections::BTreeSet::new();
        while sizes.len() < 2 {
            let jws = Jws::sign(&Entry::of_event(&keys.tenant, &entry).unwrap(), &*keys.audit).unwrap();
            let (done, answer) = oneshot::channel();
            jobs.send(Job::Append { made: Made::new(&jws).unwrap(), done }).unwrap();
            let index = answer.blocking_recv().unwrap().unwrap();
            assert!(index < 1_000_000, "{index} entries, and {sizes:?} are signed for");
            let note = std::fs::read_to_string(&checkpoint).unwrap_or_default();
            sizes.extend(note.lines().nth(1).map(str::to_owned));
        }
        drop(jobs);
        writing.join().unwrap();
        let size = shared.lock().unwrap().spine.size().to_string();
        assert_eq!(std::fs::read_to_string(&checkpoint).unwrap().lines().nth(1), Some(size.as_str()));
    }
}
