//! What the log makes of all that outlives a restart: whoever starts learns it here, and nowhere else.

use crate::acknowledged::Acknowledged;
use crate::cases::Cases;
use crate::documents::Reviews;
use crate::haste::Hastes;
use crate::keeping::Keepings;
use crate::links::Links;
use crate::log::{AccessLog, Kept, LogFailure, Told};

/// What the log makes of all that outlives a restart.
#[derive(Debug, Default)]
pub struct Remembered {
    /// What was opened in haste.
    pub hastes: Hastes,
    /// Links for people outside.
    pub links: Links,
    /// Holds, and what is to be erased or was.
    pub keepings: Keepings,
    /// Which notices were read by whom.
    pub acknowledged: Acknowledged,
    /// What went wrong, and how long ago.
    pub cases: Cases,
    /// What was told of documents whose review is due.
    pub reviews: Reviews,
}

impl Remembered {
    /// What a start learns from the log: of old files only the lines that matter are read.
    ///
    /// # Errors
    /// Where the log cannot be read, or one of those lines is not what was written.
    pub fn of(log: &AccessLog) -> Result<Self, LogFailure> {
        let mut all = Self::default();
        log.told(|told| all.hear(&told))?;
        Ok(all)
    }

    pub(crate) fn hear(&mut self, Told { before, kept }: &Told) {
        before.iter().for_each(|&at| {
            self.links.tick(at);
            self.cases.tick(at);
        });
        match kept {
            Some(Kept { index, entry: Some(entry) }) => {
                self.hastes.see(entry);
                self.links.see(*index, entry);
                self.keepings.see(*index, entry);
                self.acknowledged.see(entry);
                self.cases.see(*index, entry);
                self.reviews.see(entry);
            }
            Some(Kept { entry: None, .. }) => self.links.erased(),
            None => {}
        }
    }
}
