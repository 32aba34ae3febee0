//! The access log as the rest of the program sees it.

use std::marker::PhantomData;
use std::path::Path;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use gauze_wire::log::{consistency_spans, inclusion_spans};
use gauze_wire::{Digest, Jws};
use jiff::Timestamp;
use tokio::sync::oneshot;

use super::blocks::block;
use super::entry::{Entry, Event, Happening, Outcome, erased_by};
use super::failure::LogFailure;
use super::files::{Files, SEGMENT, read_if_any, scan};
use super::index::{Told, make_missing, tell};
use super::keys::{LogKeys, PublicKeys};
use super::line::{Made, Read};
use super::open::{checkpoint, open, stays};
use super::spine::Spine;
use super::writer::{Job, Shared};
use crate::action::Act;
use crate::context::{Reason, ReasonCode};
use crate::deed::{Authorised, Denied, Logged};
use crate::line::Line;
use crate::words::Note;

/// A refusal that is in the log, and may now be answered.
#[derive(Debug)]
pub struct Refusal {
    /// What was refused, and why.
    pub denied: Denied,
    /// Its entry.
    pub line: Line,
}

/// The one writer of a tenant's access log. Cheap to share behind an `Arc`; dropped, it writes what waits and a checkpoint.
#[derive(Debug)]
pub struct AccessLog {
    files: Files,
    keys: LogKeys,
    shared: Arc<Mutex<Shared>>,
    jobs: Option<Sender<Job>>,
    writer: Option<JoinHandle<()>>,
    /// An erasure that its line says and that is not done: one at a time.
    said: Mutex<Option<(u64, Line)>>,
}

impl AccessLog {
    /// Opens the log in `root`, or begins one, after checking its tree; `at` is the time of an entry about what a
    /// power cut tore off.
    ///
    /// # Errors
    /// [`LogFailure`]: it is damaged, rolled back, or another process writes it.
    pub fn open(root: &Path, keys: LogKeys, at: Timestamp) -> Result<Self, LogFailure> {
        let opened = open(root, keys.clone())?;
        let (files, shared) = (opened.writer.files.clone(), Arc::clone(&opened.writer.shared));
        let (jobs, waiting) = channel();
        let thread = std::thread::Builder::new().name("access-log".to_owned());
        let writer = thread.spawn(move || opened.writer.run(&waiting)).map_err(LogFailure::disk(root))?;
        let log =
            Self { files, keys, shared, jobs: Some(jobs), writer: Some(writer), said: Mutex::default() };
        if opened.torn > 0 {
            let note =
                Note::new(format!("{}_bytes", opened.torn)).map_err(|e| LogFailure::Entry(e.to_string()))?;
            let event = Event::of(Happening::TornTail, Outcome::Done, at).noting(note);
            let entry = Entry::of_event(&log.keys.tenant, &event)?;
            // A service opens it where nothing may wait: another thread waits.
            let written = std::thread::scope(|scope| scope.spawn(|| log.put_blocking(&entry)).join());
            written.map_err(|_| LogFailure::Stopped)??;
        }
        Ok(log)
    }

    /// Writes what is allowed. Once this returns, its entry is on disk and in the tree.
    ///
    /// # Errors
    /// [`LogFailure`]: nothing may be done then.
    pub async fn append<A: Act>(&self, authorised: Authorised<A>) -> Result<Logged<A>, LogFailure> {
        let entry = Entry::of_deed(&self.keys.tenant, &authorised.deed, Outcome::Done)?;
        let line = self.put(&entry).await?;
        Ok(Logged { deed: authorised.deed, line, act: PhantomData })
    }

    /// As [`AccessLog::append`], for a program that does one thing.
    ///
    /// # Errors
    /// As there.
    pub fn append_blocking<A: Act>(&self, authorised: Authorised<A>) -> Result<Logged<A>, LogFailure> {
        let entry = Entry::of_deed(&self.keys.tenant, &authorised.deed, Outcome::Done)?;
        let line = self.put_blocking(&entry)?;
        Ok(Logged { deed: authorised.deed, line, act: PhantomData })
    }

    /// Writes a refusal; only then it may be answered.
    ///
    /// # Errors
    /// [`LogFailure`].
    pub async fn refuse(&self, denied: Denied) -> Result<Refusal, LogFailure> {
        let (deed, cause) = &*denied.0;
        let entry = Entry::of_refusal(&self.keys.tenant, deed, cause)?;
        let line = self.put(&entry).await?;
        Ok(Refusal { denied, line })
    }

    /// Writes that something happened: a sign-in, a failed factor, a request that nobody was asked about.
    ///
    /// # Errors
    /// [`LogFailure`].
    pub async fn note(&self, event: &Event) -> Result<Line, LogFailure> {
        self.put(&Entry::of_event(&self.keys.tenant, event)?).await
    }

    /// As [`AccessLog::note`], for a program that does one thing.
    ///
    /// # Errors
    /// As there.
    pub fn note_blocking(&self, event: &Event) -> Result<Line, LogFailure> {
        self.put_blocking(&Entry::of_event(&self.keys.tenant, event)?)
    }

    /// Erases an entry by law: an entry says so first, then salt and text are overwritten. The tree stays as it is. What was said
    /// before and could not be overwritten is overwritten first, and not said again.
    ///
    /// # Errors
    /// [`LogFailure::NoEntry`], [`LogFailure::Erased`], [`LogFailure::Stays`] for an entry that says what was erased or is held, or a
    /// failed write.
    pub fn erase_blocking(&self, index: u64, legal: ReasonCode, at: Timestamp) -> Result<Line, LogFailure> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((before, line)) = said.clone() {
            self.overwrite(before, &mut said)?;
            if before == index {
                return Ok(line);
            }
        }
        self.erasable(index)?;
        self.files.replace(&self.files.erasing(), index.to_string().as_bytes())?;
        let note = Note::new(index.to_string()).map_err(|error| LogFailure::Entry(error.to_string()))?;
        let event = Event::of(Happening::EntryErased, Outcome::Done, at).noting(note);
        let mut entry = Entry::of_event(&self.keys.tenant, &event)?;
        entry.reason = Some(Reason { code: legal, sealed_words: None });
        let line = self.put_blocking(&entry)?;
        *said = Some((index, line.clone()));
        self.overwrite(index, &mut said)?;
        Ok(line)
    }

    pub(super) fn is_said(&self, index: u64) -> bool {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.as_ref().is_some_and(|(before, _)| *before == index)
    }

    pub(super) fn erasable(&self, index: u64) -> Result<Digest, LogFailure> {
        match erasable(&self.files, index) {
            // Nobody says of what is there that it is not: what asks for it would be forgotten.
            Err(LogFailure::NoEntry(_)) if index < self.size() => {
                Err(LogFailure::Damaged(format!("entry {index} is not in its file")))
            }
            Ok(_) if index >= self.size() => Err(LogFailure::NoEntry(index)),
            found => found,
        }
    }

    /// Does what was said.
    fn overwrite(&self, index: u64, said: &mut Option<(u64, Line)>) -> Result<(), LogFailure> {
        let (done, answer) = oneshot::channel();
        self.send(Job::Erase { index, done })?;
        answer.blocking_recv().map_err(|_| LogFailure::Stopped)??;
        *said = None;
        self.files.remove(&self.files.erasing())
    }

    /// Signs a checkpoint of the present tree, and keeps it.
    ///
    /// # Errors
    /// [`LogFailure`].
    pub async fn checkpoint(&self) -> Result<String, LogFailure> {
        let (done, answer) = oneshot::channel();
        self.send(Job::Checkpoint { done })?;
        answer.await.map_err(|_| LogFailure::Stopped)?
    }

    /// As [`AccessLog::checkpoint`], for a program that does one thing.
    ///
    /// # Errors
    /// As there.
    pub fn checkpoint_blocking(&self) -> Result<String, LogFailure> {
        let (done, answer) = oneshot::channel();
        self.send(Job::Checkpoint { done })?;
        answer.blocking_recv().map_err(|_| LogFailure::Stopped)?
    }

    /// Proves that the tree of `new` entries begins with the tree of `old`; empty where there is nothing to prove.
    ///
    /// # Errors
    /// [`LogFailure::RolledBack`] where `old` is more than `new`, [`LogFailure::NoEntry`] where `new` is more than there are.
    pub async fn consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>, LogFailure> {
        let (spine, files) = (self.shared().spine.clone(), self.files.clone());
        let proof = tokio::task::spawn_blocking(move || consistency(&spine, &files, old, new)).await;
        proof.map_err(|_| LogFailure::Stopped)?
    }

    /// As [`AccessLog::consistency`], for a program that does one thing.
    ///
    /// # Errors
    /// As there.
    pub fn consistency_blocking(&self, old: u64, new: u64) -> Result<Vec<Digest>, LogFailure> {
        consistency(&self.shared().spine.clone(), &self.files, old, new)
    }

    /// Proves that an entry is in the tree of `size`.
    ///
    /// # Errors
    /// [`LogFailure::NoEntry`].
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Digest>, LogFailure> {
        let spine = self.shared().spine.clone();
        let spans = inclusion_spans(index, size).filter(|_| size <= spine.size());
        spine.hashes(&spans.ok_or(LogFailure::NoEntry(index))?, |number| block(&self.files, number))
    }

    /// Hands all that outlives a restart to `each`, oldest first: of files that have an index only those lines are read.
    ///
    /// # Errors
    /// Where the files cannot be read, or one of those lines is not what was written, stands there twice, or was blanked and no entry
    /// says so: nothing that was told counts then.
    pub fn told(&self, each: impl FnMut(Told)) -> Result<(), LogFailure> {
        tell(&self.files, Some(&self.keys), each)
    }

    /// Makes the index of each file that became whole, so that the next start does not read it. It blocks.
    ///
    /// # Errors
    /// [`LogFailure`]: the next start reads those files, or makes them.
    pub fn make_indexes(&self) -> Result<(), LogFailure> {
        let spine = self.shared().spine.clone();
        let signed = checkpoint(&self.files.checkpoint(), &self.keys)?.map_or(0, |signed| signed.size);
        make_missing(&self.files, &self.keys, &spine, signed)
    }

    /// Entries so far.
    pub fn size(&self) -> u64 {
        self.shared().spine.size()
    }

    /// Writes to the medium so far.
    pub fn syncs(&self) -> u64 {
        self.shared().syncs
    }

    /// The public halves of its keys.
    pub fn public_keys(&self) -> PublicKeys {
        self.keys.public()
    }

    pub(super) fn root(&self) -> &Path {
        &self.files.root
    }

    pub(super) fn keys(&self) -> &LogKeys {
        &self.keys
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn send(&self, job: Job) -> Result<(), LogFailure> {
        self.jobs.as_ref().and_then(|jobs| jobs.send(job).ok()).ok_or(LogFailure::Stopped)
    }

    /// Signs the entry here, so that signing is shared among those who wait, and hands it to the writer.
    fn start(&self, entry: &Entry) -> Result<oneshot::Receiver<Result<u64, LogFailure>>, LogFailure> {
        let jws =
            Jws::sign(entry, &*self.keys.audit).map_err(|error| LogFailure::Entry(error.to_string()))?;
        let (done, answer) = oneshot::channel();
        self.send(Job::Append { made: Made::new(&jws)?, done })?;
        Ok(answer)
    }

    #[cfg(test)]
    pub(super) fn sent(&self, entry: &Entry) -> oneshot::Receiver<Result<u64, LogFailure>> {
        self.start(entry).expect("the writer runs")
    }

    async fn put(&self, entry: &Entry) -> Result<Line, LogFailure> {
        let index = self.start(entry)?.await.map_err(|_| LogFailure::Stopped)??;
        Ok(Line { index, id: entry.id.clone(), at: entry.at })
    }

    fn put_blocking(&self, entry: &Entry) -> Result<Line, LogFailure> {
        let index = self.start(entry)?.blocking_recv().map_err(|_| LogFailure::Stopped)??;
        Ok(Line { index, id: entry.id.clone(), at: entry.at })
    }
}

fn consistency(spine: &Spine, files: &Files, old: u64, new: u64) -> Result<Vec<Digest>, LogFailure> {
    if new > spine.size() {
        return Err(LogFailure::NoEntry(new));
    }
    match consistency_spans(old, new) {
        Some(spans) => spine.hashes(&spans, |number| block(files, number)),
        None if old == 0 => Ok(Vec::new()),
        None => Err(LogFailure::RolledBack { found: new, signed: old }),
    }
}

/// The leaf of an entry that may be erased.
pub(super) fn erasable(files: &Files, index: u64) -> Result<Digest, LogFailure> {
    let first = index - index % SEGMENT;
    let bytes = read_if_any(&files.segment(first))?.ok_or(LogFailure::NoEntry(index))?;
    let mut found = Err(LogFailure::NoEntry(index));
    scan(&bytes, first, |number, read| {
        if number == index {
            found = match read {
                Read::Whole { leaf, jws, .. } if !Jws::parse(jws).is_ok_and(|jws| lasts(&jws)) => Ok(leaf),
                Read::Whole { .. } => Err(LogFailure::Stays(index)),
                Read::Erased { .. } => Err(LogFailure::Erased(index)),
                Read::Differs { .. } => {
                    Err(LogFailure::Damaged(format!("entry {index} is not what its leaf is the hash of")))
                }
            }
        }
    });
    found
}

fn lasts(jws: &Jws) -> bool {
    jws.peek().is_ok_and(|entry| erased_by(&entry).is_some() || stays(&entry))
}

impl Drop for AccessLog {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take() {
            // A writer that panicked has answered nobody.
            drop(writer.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use gauze_wire::SoftwareKey;
    use gauze_wire::log::NoteKey;

    use super::*;

    fn begun(root: &Path) -> AccessLog {
        let tenant: gauze_wire::Tenant = "ward-9".parse().unwrap();
        let keys = LogKeys {
            audit: Arc::new(SoftwareKey::from_bytes(&[7; 32]).unwrap()),
            note: Arc::new(NoteKey::from_bytes(&LogKeys::origin(&tenant), &[8; 32]).unwrap()),
            tenant,
        };
        AccessLog::open(root, keys, Timestamp::UNIX_EPOCH).unwrap()
    }

    #[test]
    fn an_erasure_that_was_said_and_not_done_is_done_before_the_next_one_and_not_said_again() {
        let dir = tempfile::tempdir().unwrap();
        let log = begun(dir.path());
        let happens =
            || log.note_blocking(&Event::of(Happening::SignIn, Outcome::Done, Timestamp::UNIX_EPOCH));
        (0..5).for_each(|_| drop(happens().unwrap()));
        let erased = |index| matches!(log.erasable(index), Err(LogFailure::Erased(_)));
        for asked in [2, 3] {
            // As a disk leaves it that took the line and then failed.
            let said = happens().unwrap();
            log.files.replace(&log.files.erasing(), b"2").unwrap();
            *log.said.lock().unwrap() = Some((2, said.clone()));
            let line = log.erase_blocking(asked, ReasonCode::Legal, Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!((line == said, erased(2), erased(asked)), (asked == 2, true, true));
            assert_eq!(log.size(), said.index + if asked == 2 { 1 } else { 2 });
            assert!(!log.files.erasing().exists() && !log.is_said(2));
        }
    }

    #[test]
    fn an_entry_whose_file_is_gone_is_not_said_to_be_none() {
        let dir = tempfile::tempdir().unwrap();
        let log = begun(dir.path());
        log.note_blocking(&Event::of(Happening::SignIn, Outcome::Done, Timestamp::UNIX_EPOCH)).unwrap();
        std::fs::remove_file(log.files.segment(0)).unwrap();
        assert_eq!(log.erasable(0).unwrap_err().code(), "log_damaged");
        assert_eq!(log.erasable(1).unwrap_err().code(), "log_no_entry");
    }
}
