//! Erasing what was kept of photos that were refused and never filed, as two people decided.
//!
//! Always: the line of the access log names both; a photo that is filed, or may be yet, is none of these; what was erased stays
//! refused, whatever is pulled or judged again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use gauze_people::context::{Reason, ReasonCode};
use gauze_people::keeping::{Erasing, noted_refused};
use gauze_people::log::{About, Event, Happening, Kind, LogFailure, Outcome};
use gauze_people::person::PersonId;
use gauze_wire::{CaptureId, Digest, FilingRefusal, Text};
use jiff::Timestamp;

use super::{ErasedNow, KeepingError, Place};
use crate::index::{Index, Kind as Form, Status};
use crate::keys::KeyDir;
use crate::layout::Layout;

/// What two people decided about photos that were refused and never filed. No `Debug`: why is free text.
#[derive(Clone, Copy)]
pub struct OnRequest<'a> {
    /// Who erases.
    pub by: &'a PersonId,
    /// Who asked.
    pub asked_by: &'a PersonId,
    /// On which ground.
    pub ground: ReasonCode,
    /// Why, in words that are kept sealed.
    pub words: &'a str,
    /// The photos.
    pub photos: &'a [CaptureId],
}

/// Erases what was kept of photos that were refused and never filed, each behind a line that names both people. They stay refused,
/// whatever is pulled or judged again. The first that cannot go stops it.
///
/// # Errors
/// [`KeepingError`]: what was erased before stays erased.
pub async fn erase_refused(
    data: &Path,
    keys: &KeyDir,
    wish: &OnRequest<'_>,
    now: Timestamp,
) -> Result<Vec<ErasedNow>, KeepingError> {
    if wish.by == wish.asked_by {
        return Err(KeepingError::OneVoice);
    }
    let words: Text<500> = Text::new(wish.words.trim()).map_err(|_| KeepingError::Words)?;
    let layout = Layout::new(data);
    Index::is_there(&layout.index())?;
    let lock = layout.prepare()?.ok_or(KeepingError::Busy)?;
    let place = Place::open(data, keys, now).await?;
    let erased = place.erase_refused(keys, (wish, &words), now).await;
    place.close().await;
    drop(lock);
    erased
}

impl Place {
    /// Under which file and for which cause a photo was refused, each of its files once.
    async fn refused(&self, photo: &CaptureId) -> Result<BTreeMap<Digest, FilingRefusal>, KeepingError> {
        let rows = self.index.photos_of(photo).await?;
        let mut refused = BTreeMap::new();
        for row in rows.iter().filter(|row| row.kind != Form::Void) {
            match (row.status, row.cause) {
                (Status::Refused, Some(cause)) => drop(refused.insert(row.sha256, cause)),
                _ => return Err(KeepingError::NotRefused(*photo)),
            }
        }
        let held = self.keepings.hold(photo).is_some();
        if refused.is_empty() || held { Err(KeepingError::NotRefused(*photo)) } else { Ok(refused) }
    }

    async fn erase_refused(
        &self,
        keys: &KeyDir,
        (wish, words): (&OnRequest<'_>, &Text<500>),
        now: Timestamp,
    ) -> Result<Vec<ErasedNow>, KeepingError> {
        let records = Arc::new(keys.records()?);
        let photos: BTreeSet<&CaptureId> = wish.photos.iter().collect();
        let mut wanted = Vec::new();
        for photo in photos {
            wanted.extend(
                self.refused(photo).await?.into_iter().map(|(sha256, cause)| (*photo, sha256, cause)),
            );
        }
        let mut erased = Vec::new();
        for (capture_id, sha256, cause) in wanted {
            let erasing = self.line_of_refused((wish, words), (capture_id, sha256, cause), now).await?;
            let line = erasing.line;
            self.folk.erase(capture_id, erasing, records.clone()).await?;
            erased.push(ErasedNow { capture_id, line });
        }
        self.log.checkpoint().await?;
        Ok(erased)
    }

    async fn line_of_refused(
        &self,
        (wish, words): (&OnRequest<'_>, &Text<500>),
        (photo, sha256, cause): (CaptureId, Digest, FilingRefusal),
        now: Timestamp,
    ) -> Result<Erasing, KeepingError> {
        if let Some(erasing) = self.under_way(&photo, &sha256) {
            return Ok(erasing);
        }
        let sealed = self.folk.seal_words(&self.folk.refused(), words.as_str())?;
        let note = noted_refused(&sha256, cause, wish.asked_by);
        let about =
            About { kind: Kind::Photo, id: Some(photo.to_string()), patient: None, teams: BTreeSet::new() };
        let event = Event {
            who: Some(wish.by.clone()),
            about: Some(about),
            reason: Some(Reason { code: wish.ground, sealed_words: Some(sealed.clone()) }),
            note: Some(note.ok_or_else(|| LogFailure::Entry("note".to_owned()))?),
            ..Event::of(Happening::PhotoErased, Outcome::Done, now)
        };
        let line = self.log.note(&event).await?;
        Ok(Erasing {
            by: wish.by.clone(),
            asked_by: Some(wish.asked_by.clone()),
            at: now,
            ground: wish.ground,
            words: Some(sealed),
            sha256,
            rules: None,
            refused: Some(cause),
            line: line.index,
            entry: line.id,
        })
    }
}
