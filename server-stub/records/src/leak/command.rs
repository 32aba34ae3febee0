//! Searching from the command line, behind lines of the access log: one that it begins, and one of each picture before its answer.

use std::path::Path;
use std::sync::Arc;

use gauze_people::log::{About, AccessLog, Event, Happening, Kind, LogFailure, Outcome};
use gauze_people::person::PersonId;
use gauze_people::{Alone, Note};
use gauze_wire::{CaptureId, Digest};
use jiff::Timestamp;

use super::{LeakError, Trace, Tracer, answered, asked};
use crate::access::open_log;
use crate::disk::read;
use crate::index::Index;
use crate::keys::KeyDir;
use crate::layout::Layout;

/// A search that has begun: its line is written, and nobody else works on the directory until it ends.
pub struct Sought {
    tracer: Tracer,
    log: Arc<AccessLog>,
    by: PersonId,
    /// Kept for as long as the search goes on.
    _lock: Alone,
}

impl Sought {
    /// Writes the line under which `by` begins to search so many pictures, and reads what that takes.
    ///
    /// # Errors
    /// [`LeakError`].
    pub async fn begin(
        (data, keys): (&Path, &KeyDir),
        by: PersonId,
        (pictures, original): (usize, Option<CaptureId>),
        now: Timestamp,
    ) -> Result<Self, LeakError> {
        let layout = Layout::new(data);
        Index::is_there(&layout.index())?;
        let lock = layout.prepare()?.ok_or(LeakError::Busy)?;
        let (own, root) = (keys.clone(), data.to_owned());
        let log = tokio::task::spawn_blocking(move || open_log(&own, &root, now)).await;
        let log = Arc::new(log.map_err(|_| LogFailure::Stopped)??);
        let about = original.map(|id| About {
            kind: Kind::Photo,
            id: Some(id.to_string()),
            patient: None,
            teams: [].into(),
        });
        line(&log, &by, (asked(pictures), about), now).await?;
        let tracer = Tracer::new(keys, data, original).await?;
        Ok(Self { tracer, log, by, _lock: lock })
    }

    /// Whose views one picture was made of, once the line says what was found.
    ///
    /// # Errors
    /// Where the picture cannot be read, or a line not written: then nothing is known of it.
    pub async fn trace(&self, path: &Path, now: Timestamp) -> Result<Trace, LeakError> {
        let bytes = read(path)?;
        let trace = self.tracer.trace_of(path, &bytes);
        let note = answered(&Digest::of(&bytes), trace.as_ref().ok());
        line(&self.log, &self.by, (note, None), now).await?;
        trace
    }

    /// The lines that were written are under a checkpoint.
    ///
    /// # Errors
    /// [`LogFailure`].
    pub async fn end(self) -> Result<(), LogFailure> {
        self.log.checkpoint().await.map(drop)
    }
}

async fn line(
    log: &AccessLog,
    by: &PersonId,
    (note, about): (Option<Note>, Option<About>),
    now: Timestamp,
) -> Result<(), LogFailure> {
    let event = Event::of(Happening::MarkSought, Outcome::Done, now);
    log.note(&Event { who: Some(by.clone()), about, note, ..event }).await.map(drop)
}
