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
use super::entry::{Entry, Event, Happening, Outcome};
use super::erasable::erasable;
use super::failure::LogFailure;
use super::files::Files;
use super::index::make_missing;
use super::keys::{LogKeys, PublicKeys};
use super::line::Made;
use super::open::{checkpoint, open};
use super::spine::Spine;
use super::told::{Told, tell};
use super::verify::{Fault, Verified};
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
    /// An erasure that a line says and that is not done: one at a time. The line is known where this program wrote it.
    said: Mutex<Option<(u64, Option<Line>)>>,
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
        self.erase(index, None, legal, at)
    }

    /// As [`AccessLog::erase_blocking`], of the line with this leaf and no other.
    pub(super) fn erase(
        &self,
        index: u64,
        leaf: Option<Digest>,
        legal: ReasonCode,
        at: Timestamp,
    ) -> Result<Line, LogFailure> {
        let mut said = self.said();
        if let Some((before, line)) = said.clone() {
            self.overwrite(before, &mut said)?;
            // One that was said before is half gone: it is finished.
            if let Some(line) = line.filter(|_| before == index) {
                return Ok(line);
            }
        }
        let found = self.erasable(index)?;
        if leaf.is_some_and(|leaf| leaf != found) {
            return Err(LogFailure::Other(index));
        }
        self.files.replace(&self.files.erasing(), index.to_string().as_bytes())?;
        let note = Note::new(index.to_string()).map_err(|error| LogFailure::Entry(error.to_string()))?;
        let event = Event::of(Happening::EntryErased, Outcome::Done, at).noting(note);
        let mut entry = Entry::of_event(&self.keys.tenant, &event)?;
        entry.reason = Some(Reason { code: legal, sealed_words: None });
        let line = self.put_blocking(&entry)?;
        *said = Some((index, Some(line.clone())));
        self.overwrite(index, &mut said)?;
        Ok(line)
    }

    /// Erases again what stands whole though a line says that it was erased, as after a restore of an older file: where `found` holds
    /// no other fault. The numbers of those entries. It blocks.
    ///
    /// # Errors
    /// [`LogFailure`]: the rest stands as it did.
    pub fn erase_again(&self, found: &Verified) -> Result<Vec<u64>, LogFailure> {
        let unerased: Option<Vec<u64>> = found.faults.iter().map(Fault::unerased).collect();
        let (unerased, mut said) = (unerased.unwrap_or_default(), self.said());
        for &index in &unerased {
            if let Some((before, _)) = said.clone() {
                self.overwrite(before, &mut said)?;
            }
            self.files.replace(&self.files.erasing(), index.to_string().as_bytes())?;
            *said = Some((index, None));
            self.overwrite(index, &mut said)?;
        }
        Ok(unerased)
    }

    fn said(&self) -> MutexGuard<'_, Option<(u64, Option<Line>)>> {
        self.said.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn erasable(&self, index: u64) -> Result<Digest, LogFailure> {
        match erasable(&self.files, index) {
            // Nobody says of what is there that it is not: what asks for it would be forgotten.
            Err(LogFailure::NoEntry(_)) if index < self.size() => Err(missing(index)),
            Ok(_) if index >= self.size() => Err(LogFailure::NoEntry(index)),
            found => found,
        }
    }

    /// Does what was said.
    fn overwrite(&self, index: u64, said: &mut Option<(u64, Option<Line>)>) -> Result<(), LogFailure> {
        let (done, answer) = oneshot::channel();
        self.send(Job::Erase { index, done })?;
        match answer.blocking_recv().map_err(|_| LogFailure::Stopped)? {
            // It is no word about what is asked for now, which may be another one.
            Err(LogFailure::NoEntry(index)) => return Err(missing(index)),
            done => done?,
        }
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
        tell(&self.files, &self.keys, each)
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

fn missing(index: u64) -> LogFailure {
    LogFailure::Damaged(format!("entry {index} is not in its file"))
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
    use std::path::PathBuf;

    use super::super::testing::{at, keys, open, put};
    use super::super::wanted::want_erased;
    use super::*;

    fn happens(log: &AccessLog) {
        log.note_blocking(&Event::of(Happening::SignIn, Outcome::Done, at(0))).unwrap();
    }

    fn is_erased(log: &AccessLog, index: u64) -> bool {
        matches!(log.erasable(index), Err(LogFailure::Erased(_)))
    }

    /// A log of five lines that still takes lines, and whose writer does not find its file to overwrite any.
    struct Failing {
        log: AccessLog,
        /// Where the writer looks.
        missed: PathBuf,
        _dir: tempfile::TempDir,
    }

    impl Failing {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            let mut log = open(&dir.path().join("writer")).unwrap();
            (0..5).for_each(|_| happens(&log));
            let (missed, files) = (log.files.segment(0), Files::new(&dir.path().join("log")));
            files.make().unwrap();
            std::fs::rename(&missed, files.segment(0)).unwrap();
            log.files = files;
            Self { log, missed, _dir: dir }
        }

        fn erase(&self, index: u64) -> Result<Line, LogFailure> {
            self.log.erase_blocking(index, ReasonCode::Legal, at(0))
        }

        fn want(&self, index: u64) {
            want_erased(self.log.root(), &keys(), index, ReasonCode::Legal, at(0)).unwrap();
        }

        fn mend(&self) {
            std::fs::hard_link(self.log.files.segment(0), &self.missed).unwrap();
        }
    }

    #[test]
    fn an_erasure_that_was_said_and_not_done_is_done_before_the_next_one_and_not_said_again() {
        for asked in [2, 3] {
            let failing = Failing::new();
            let log = &failing.log;
            assert_eq!(failing.erase(2).unwrap_err().code(), "disk");
            assert!(log.files.erasing().exists() && !is_erased(log, 2) && log.size() == 6);
            failing.mend();
            assert_eq!(failing.erase(asked).unwrap().index, if asked == 2 { 5 } else { 6 });
            assert_eq!((is_erased(log, 2), is_erased(log, asked)), (true, true));
            assert_eq!(log.size(), if asked == 2 { 6 } else { 7 });
            assert!(!log.files.erasing().exists() && log.said().is_none());
        }
    }

    #[test]
    fn a_line_that_is_half_gone_is_finished_when_it_is_asked_for_again() {
        let failing = Failing::new();
        let log = &failing.log;
        failing.want(2);
        let asked = || log.erase_wanted(at(0)).unwrap();
        assert!(matches!(&asked()[..], [(2, Err(LogFailure::Disk { .. }))]));
        let path = log.files.segment(0);
        let text = std::fs::read_to_string(&path).unwrap();
        let line = text.lines().nth(2).unwrap();
        let half = format!("{}{}", &line[..line.len() - 30], "-".repeat(30));
        put(&path, &text.replace(line, &half));
        failing.mend();
        let done = asked();
        assert!(matches!(&done[..], [(2, Ok(line))] if line.index == 5), "{done:?}");
        assert!(is_erased(log, 2) && log.size() == 6 && asked().is_empty());
    }

    #[test]
    fn what_another_erasure_fails_with_is_no_last_word_about_what_is_asked_for() {
        let failing = Failing::new();
        let log = &failing.log;
        failing.erase(2).unwrap_err();
        let whole = std::fs::read_to_string(log.files.segment(0)).unwrap();
        put(&failing.missed, whole.lines().next().unwrap());
        failing.want(3);
        let done = log.erase_wanted(at(0)).unwrap();
        assert!(matches!(&done[..], [(3, Err(LogFailure::Damaged(_)))]), "{done:?}");
        std::fs::remove_file(&failing.missed).unwrap();
        failing.mend();
        let done = log.erase_wanted(at(0)).unwrap();
        assert!(matches!(&done[..], [(3, Ok(_))]), "{done:?}");
        assert!(is_erased(log, 2) && is_erased(log, 3));
    }

    #[test]
    fn an_entry_whose_file_is_gone_is_not_said_to_be_none() {
        let dir = tempfile::tempdir().unwrap();
        let log = open(dir.path()).unwrap();
        happens(&log);
        std::fs::remove_file(log.files.segment(0)).unwrap();
        assert_eq!(log.erasable(0).unwrap_err().code(), "log_damaged");
        assert_eq!(log.erasable(1).unwrap_err().code(), "log_no_entry");
    }
}
