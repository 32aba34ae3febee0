//! What operators said at the gateway that went wrong, as the gateway's log has it: opened here, and nowhere before.
//!
//! Always: it is an operator's word that the gateway carried and signed; no phone and no person of the hospital signed it. What cannot
//! be opened is told as that, and never left out.

use gauze_seal::age::{Unwrap, open_small};
use gauze_wire::{Act, Deed, Digest, Incident};
use jiff::Timestamp;

use super::{Folk, FolkError};
use crate::index::IndexError;

/// Acts that are read at once.
const ACTS: u32 = 500;

/// A report that the gateway carried. No `Debug`: it may name a patient.
pub(crate) struct Carried {
    /// The SHA-256 of what was sealed: by this it is known again.
    pub(crate) sealed: Digest,
    /// When, by the gateway's clock.
    pub(crate) at: Timestamp,
    /// Who, as they entered it.
    pub(crate) operator: String,
    /// What; nothing where no key of this hospital opens it.
    pub(crate) incident: Option<Incident>,
}

impl Folk {
    /// Reports among the acts from this place of the gateway's log on, and where to go on; nothing where there are no more acts.
    pub(crate) async fn carried(&self, from: u64) -> Result<Option<(Vec<Carried>, u64)>, FolkError> {
        let places = self.index.notes("act", from, ACTS).await?;
        let Some(last) = places.last().copied() else { return Ok(None) };
        let mut reports = Vec::new();
        for place in places {
            let jws = self.index.leaf(place).await?.ok_or(IndexError::Damaged("leaf"))?;
            let act: Act = jws.peek().map_err(IndexError::from)?;
            if let Deed::Report { sealed } = &act.deed {
                reports.push(Carried {
                    sealed: Digest::of(sealed.as_slice()),
                    at: act.at,
                    operator: act.operator.as_str().to_owned(),
                    incident: self.incident(sealed.as_slice()),
                });
            }
        }
        Ok(Some((reports, last.saturating_add(1))))
    }

    fn incident(&self, sealed: &[u8]) -> Option<Incident> {
        let keys: Vec<&dyn Unwrap> = self.files.identities.iter().map(|key| key as &dyn Unwrap).collect();
        Incident::read(&open_small(&keys, sealed).ok()?).ok()
    }
}
