//! What operators said at the gateway that went wrong, as the gateway's log has it: opened here, and nowhere before.
//!
//! Always: it is an operator's word that the gateway carried and signed; no phone and no person of the hospital signed it. What cannot
//! be opened is told as that, and never left out.

use std::sync::PoisonError;

use gauze_seal::age::{OpenError, Unwrap, open_small};
use gauze_wire::{Act, Bytes, Deed, Digest, Incident, Jws, SEALED_REPORT};
use jiff::Timestamp;

use super::{Folk, FolkError};
use crate::index::IndexError;

/// Acts that are read at once: of 48 KiB each at most, and few are reports.
const ACTS: u32 = 200;

/// A report that the gateway carried, as it was sealed.
pub(crate) struct Report {
    /// Its place in the gateway's log.
    pub(crate) place: u64,
    /// When, by the gateway's clock.
    pub(crate) at: Timestamp,
    /// Who, as they entered it.
    pub(crate) operator: String,
    sealed: Bytes<SEALED_REPORT>,
}

impl Report {
    /// By this it is known again.
    pub(crate) fn sealed(&self) -> Digest {
        Digest::of(self.sealed.as_slice())
    }
}

/// What a report says. No `Debug`: it may name a patient.
pub(crate) enum Opened {
    /// This; and the hash of it, by which it is known again under whatever seal.
    Said(Box<Incident>, Digest),
    /// No key of this side opens it.
    NoKey,
    /// It opens no more, for whatever reason.
    Damaged,
    /// It opened, and is nothing that this version reads.
    Unread,
}

/// The gateway's own act, and the bundle that names the key by which it was signed.
pub(crate) struct Carrier {
    pub(crate) act: Jws,
    pub(crate) bundle: Jws,
}

impl Folk {
    /// Reports among the acts from this place of the gateway's log on, and where to go on; nothing where there are no more acts.
    pub(crate) async fn reports(&self, from: u64) -> Result<Option<(Vec<Report>, u64)>, FolkError> {
        let places = self.index.notes("act", from, ACTS).await?;
        let Some(last) = places.last().copied() else { return Ok(None) };
        let mut reports = Vec::new();
        for place in places {
            let act: Act = self.act(place).await?.peek().map_err(IndexError::from)?;
            if let Deed::Report { sealed } = act.deed {
                reports.push(Report {
                    place,
                    at: act.at,
                    operator: act.operator.as_str().to_owned(),
                    sealed,
                });
            }
        }
        Ok(Some((reports, last.saturating_add(1))))
    }

    async fn act(&self, place: u64) -> Result<Jws, FolkError> {
        Ok(self.index.leaf(place).await?.ok_or(IndexError::Damaged("leaf"))?)
    }

    /// What a report says.
    pub(crate) fn opened(&self, report: &Report) -> Opened {
        let keys: Vec<&dyn Unwrap> = self.files.identities.iter().map(|key| key as &dyn Unwrap).collect();
        match open_small(&keys, report.sealed.as_slice()) {
            Ok(text) => match Incident::read(&text) {
                Ok(incident) => Opened::Said(Box::new(incident), Digest::of(&text)),
                Err(_) => Opened::Unread,
            },
            Err(OpenError::NoMatch) => Opened::NoKey,
            Err(_) => Opened::Damaged,
        }
    }

    /// The root of the gateway's log as it stood with so many entries; nothing where it has fewer here.
    pub(crate) async fn root_of(&self, size: u64) -> Result<Option<Digest>, FolkError> {
        match self.index.tree(size).await {
            Ok(tree) => Ok(Some(tree.root())),
            Err(IndexError::Damaged(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The act by which the gateway carried what was sealed so; nothing where its log has it no more.
    pub(crate) async fn carrier(&self, sealed: &Digest) -> Result<Option<Carrier>, FolkError> {
        let mut from = 0;
        while let Some((reports, next)) = self.reports(from).await? {
            from = next;
            let Some(found) = reports.iter().find(|report| report.sealed() == *sealed) else { continue };
            let act = self.act(found.place).await?;
            let by = self.history.lock().unwrap_or_else(PoisonError::into_inner).at(found.place)?;
            let signed = by.iter().find(|by| act.verify::<Act>(&by.gateway.key, &by.bundle.tenant).is_ok());
            return Ok(signed.map(|by| Carrier { bundle: by.bundle_jws.clone(), act }));
        }
        Ok(None)
    }
}
