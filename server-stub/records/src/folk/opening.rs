//! Opening a sealed photo for a person: by a line of the access log, and by nothing else.

use std::fs::File;

use gauze_people::Logged;
use gauze_people::action::{Act, act};
use gauze_people::links::Spent;
use gauze_people::subject::Subject;
use gauze_wire::{CaptureId, Record};
use zeroize::Zeroizing;

use super::{Folk, FolkError, Found};
use crate::amend::Amended;
use crate::disk::at;
use crate::index::IndexError;
use crate::open::open_picture;

/// What opens a photo once it is logged.
pub trait Opens: Act {}

impl Opens for act::View {}
impl Opens for act::Compare {}
impl Opens for act::ViewUnmarked {}
impl Opens for act::Amend {}
impl Opens for act::Export {}
/// To lay a picture that got out on it: nothing of it is shown.
impl Opens for act::FindMark {}

/// Leave to open one photo: its line is written. Whoever holds it may open that photo again, and no other.
#[derive(Clone, Debug)]
pub struct Opening {
    capture_id: CaptureId,
    line: u64,
}

impl Opening {
    /// Of what was logged; nothing where that is not about a photo.
    pub fn of<A: Opens>(logged: &Logged<A>) -> Option<Self> {
        match logged.subject() {
            Subject::Photo(photo) => Some(Self { capture_id: photo.id, line: logged.line().index }),
            Subject::WorkList(_)
            | Subject::Patient(_)
            | Subject::Person(_)
            | Subject::Opened(_)
            | Subject::Hospital => None,
        }
    }

    /// Of a view of a link that was spent.
    pub fn by_link(spent: &Spent) -> Self {
        Self { capture_id: spent.photo(), line: spent.line() }
    }

    /// The number of its line: what the mark carries.
    pub fn line(&self) -> u64 {
        self.line
    }
}

/// A photo's record as it was sealed, each amendment, and what it comes to. No `Debug`.
pub struct History {
    /// As the phone sealed it.
    pub original: Record,
    /// In their order.
    pub amendments: Vec<crate::amend::Amendment>,
    /// As it stands.
    pub now: Record,
}

/// A picture as it was sealed, and how it is to be turned.
pub(crate) type Picture = (Zeroizing<Vec<u8>>, u8);

impl Folk {
    /// A photo's record with what was amended.
    pub async fn history(&self, found: &Found, opening: &Opening) -> Result<History, FolkError> {
        check(found, opening)?;
        let (_, Amended { original, amendments, now, .. }) = self.standing(found).await?;
        Ok(History { original, amendments, now })
    }

    /// What opens the picture, in memory that wipes itself, and tells how it is to be turned (EXIF). It blocks.
    pub(crate) async fn picture(
        &self,
        found: &Found,
        opening: &Opening,
    ) -> Result<impl FnOnce() -> Result<Picture, FolkError> + Send + use<>, FolkError> {
        check(found, opening)?;
        let row = self.index.photo_at(found.log_index).await?.ok_or(IndexError::Damaged("photo"))?;
        let files = self.files.clone();
        let path = files.layout.sealed(&row.binding(&files.tenant));
        Ok(move || {
            let mut file = File::open(&path).map_err(at(&path))?;
            let opened = open_picture(&mut file, &files.identities).map_err(at(&path))?;
            opened.ok_or_else(|| FolkError::from(IndexError::Damaged("photo")))
        })
    }
}

pub(super) fn check(found: &Found, opening: &Opening) -> Result<(), FolkError> {
    if found.capture_id == opening.capture_id { Ok(()) } else { Err(FolkError::OtherPhoto) }
}
