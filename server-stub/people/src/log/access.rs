//! The access log as the rest of the program sees it.

use std::fs;
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
use super::entry::{Entry, Event, Happening, Outcome};
use super::failure::LogFailure;
use super::files::{Files, SEGMENT, scan};
use super::index::{Told, tell};
use super::keys::{LogKeys, PublicKeys};
use super::line::{Made, Read};
use super::open::{erasure, open, stays};
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
        let log = Self { files, keys, shared, jobs: Some(jobs), writer: Some(writer) };
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

    /// Erases an entry by law: an entry says so first, then salt and text are overwritten. The tree stays as it is.
    ///
    /// # Errors
    /// [`LogFailure::NoEntry`], [`LogFailure::Stays`] for an entry that says what was erased or is held, or a failed write.
    pub fn erase_blocking(&self, index: u64, legal: ReasonCode, at: Timestamp) -> Result<Line, LogFailure> {
        let erased = self.text(index)?;
        if erased.is_some_and(|jws| erasure(&jws).is_some() || jws.peek().is_ok_and(|entry| stays(&entry))) {
            return Err(LogFailure::Stays(index));
        }
        self.files.replace(&self.files.erasing(), index.to_string().as_bytes())?;
        let note = Note::new(index.to_string()).map_err(|error| LogFailure::Entry(error.to_string()))?;
        let event = Event::of(Happening::EntryErased, Outcome::Done, at).noting(note);
        let mut entry = Entry::of_event(&self.keys.tenant, &event)?;
        entry.reason = Some(Reason { code: legal, sealed_words: None });
        let line = self.put_blocking(&entry)?;
        let (done, answer) = oneshot::channel();
        self.send(Job::Erase { index, done })?;
        answer.blocking_recv().map_err(|_| LogFailure::Stopped)??;
        self.files.remove(&self.files.erasing())?;
        Ok(line)
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
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Digest>, LogFailure> {
        let spine = self.shared().spine.clone();
        if new > spine.size() {
            return Err(LogFailure::NoEntry(new));
        }
        match consistency_spans(old, new) {
            Some(spans) => spine.hashes(&spans, |number| block(&self.files, number)),
            None if old == 0 => Ok(Vec::new()),
            None => Err(LogFailure::RolledBack { found: new, signed: old }),
        }
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

    /// Hands all that outlives a restart to `each`, oldest first: of files that were whole before the last start only those
    /// lines are read.
    ///
    /// # Errors
    /// Where the files cannot be read, or one of those lines is not what was written.
    pub fn told(&self, each: impl FnMut(Told)) -> Result<(), LogFailure> {
        tell(&self.files, &self.keys, each)
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
    pub(super) fn sent(&self, event: &Event) -> oneshot::Receiver<Result<u64, LogFailure>> {
        let entry = Entry::of_event(&self.keys.tenant, event).expect("an entry of a test holds");
        self.start(&entry).expect("the writer runs")
    }

    async fn put(&self, entry: &Entry) -> Result<Line, LogFailure> {
        let index = self.start(entry)?.await.map_err(|_| LogFailure::Stopped)??;
        Ok(Line { index, id: entry.id.clone(), at: entry.at })
    }

    fn put_blocking(&self, entry: &Entry) -> Result<Line, LogFailure> {
        let index = self.start(entry)?.blocking_recv().map_err(|_| LogFailure::Stopped)??;
        Ok(Line { index, id: entry.id.clone(), at: entry.at })
    }

    /// An entry's signed text; `None` where it was erased.
    fn text(&self, index: u64) -> Result<Option<Jws>, LogFailure> {
        if index >= self.size() {
            return Err(LogFailure::NoEntry(index));
        }
        let first = index - index % SEGMENT;
        let path = self.files.segment(first);
        let bytes = fs::read(&path).map_err(LogFailure::disk(&path))?;
        let mut text = None;
        scan(&bytes, first, |number, read| {
            if let Read::Whole { jws, .. } = read
                && number == index
            {
                text = Jws::parse(jws).ok();
            }
        });
        Ok(text)
    }
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
