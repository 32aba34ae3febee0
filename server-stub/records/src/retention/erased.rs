//! What was erased, as the access log says it: also of photos that stand on no page.

use std::path::Path;

use gauze_people::context::ReasonCode;
use gauze_people::keeping::Erasing;
use gauze_people::person::PersonId;
use gauze_wire::{CaptureId, FilingRefusal};
use jiff::Timestamp;
use serde::Serialize;

use super::{KeepingError, MOST, Place};
use crate::folk::Folk;
use crate::index::Index;
use crate::keys::KeyDir;
use crate::layout::Layout;

/// An erasure as its line says it. No `Debug`: why is free text.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Erased {
    /// The photo.
    pub capture_id: CaptureId,
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub by: PersonId,
    /// Who had asked for it; absent where its time was over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked_by: Option<PersonId>,
    /// On which ground.
    pub ground: ReasonCode,
    /// Why it had been refused; absent where it was filed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<FilingRefusal>,
    /// Why it was erased; absent where its line says no words, or another identity sealed them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The line of the access log.
    pub line: u64,
}

impl Folk {
    /// Why a photo was erased that had been refused; nothing where another identity sealed it.
    pub(crate) fn why_erased(&self, erasing: &Erasing) -> Option<String> {
        self.open_words(&self.refused(), erasing.words.as_ref()?)
    }
}

/// The last thousand erasures, the newest first.
///
/// # Errors
/// [`KeepingError`].
pub async fn erased(data: &Path, keys: &KeyDir, now: Timestamp) -> Result<Vec<Erased>, KeepingError> {
    Index::is_there(&Layout::new(data).index())?;
    let place = Place::open(data, keys, now).await?;
    let told = |(capture_id, erasing): &(CaptureId, Erasing)| Erased {
        capture_id: *capture_id,
        at: erasing.at,
        by: erasing.by.clone(),
        asked_by: erasing.asked_by.clone(),
        ground: erasing.ground,
        refused: erasing.refused,
        words: place.folk.why_erased(erasing),
        line: erasing.line,
    };
    let all = place.keepings.erasures().take(MOST).map(told).collect();
    place.close().await;
    Ok(all)
}
