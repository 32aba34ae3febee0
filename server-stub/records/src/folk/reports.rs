//! What operators and phones said that went wrong, as the gateway's log has it: opened here, and nowhere before.
//!
//! Always: whose word it is comes from who signed it, and the rest is what they say. What cannot be opened is told as that, and never left
//! out; nor is what a phone sent whose enrolment did not hold: then nobody vouches for it.

use std::sync::PoisonError;

use gauze_people::cases::Teller;
use gauze_seal::age::{OpenError, Unwrap, open_small};
use gauze_signin::phones::{Said, Taker};
use gauze_wire::{
    Act, Deed, DeviceId, DeviceStatus, Digest, Enrolment, Incident, Jws, Name, Report as Sent, ReportId,
    SignInRules, Signed as _, Testimony, Ward, WireError,
};
use jiff::Timestamp;

use super::{Folk, FolkError};
use crate::index::IndexError;

/// Entries that are read at once: of 64 KiB each at most, and few are reports.
const ENTRIES: u32 = 200;

/// A report that the gateway carried, as it was sealed.
pub(crate) struct Report {
    /// Its place in the gateway's log.
    pub(crate) place: u64,
    /// Whose word it is.
    pub(crate) by: By,
    /// The hash of its entry.
    pub(crate) leaf: Digest,
    sealed: Vec<u8>,
}

/// Whose word a report is, as far as its signature says.
pub(crate) enum By {
    /// An operator's: the gateway signed it.
    Operator {
        /// When, by the gateway's clock.
        at: Timestamp,
        /// Who, as they entered it.
        name: String,
    },
    /// That of somebody with a phone: it signed it.
    Phone {
        /// Which.
        device_id: DeviceId,
        /// Under this name it was sent.
        report_id: ReportId,
        /// What is known of that phone; nothing where this hospital does not believe it.
        phone: Option<Box<KnownPhone>>,
    },
}

/// A believed phone, as it enrolled.
pub(crate) struct KnownPhone {
    /// Its serial number, as its hardware attested it.
    pub(crate) attested_serial: Option<String>,
    /// Its serial number, as it was stated.
    pub(crate) stated_serial: Option<Name>,
    /// Its model, as it states it.
    pub(crate) model: Name,
    /// Where it is used, as device management stated.
    pub(crate) ward: Option<Ward>,
    /// Whether it had been shut out when it sent this.
    pub(crate) revoked: bool,
}

impl Report {
    /// By this it is known again.
    pub(crate) fn sealed(&self) -> Digest {
        Digest::of(&self.sealed)
    }

    /// Whose word it is.
    pub(crate) fn teller(&self) -> Teller {
        match &self.by {
            By::Operator { .. } => Teller::Operator,
            By::Phone { phone: Some(_), .. } => Teller::Phone,
            By::Phone { phone: None, .. } => Teller::Stranger,
        }
    }
}

/// What a report says, and the hash of it, by which it is known again under whatever seal; or why nobody here knows. No `Debug`: it may
/// name a patient.
pub(crate) type Opened<T> = Result<(T, Digest), Closed>;

/// Why nobody here knows what a report says.
#[derive(Clone, Copy)]
pub(crate) enum Closed {
    /// No key of this side opens it.
    NoKey,
    /// It opens no more, for whatever reason.
    Damaged,
    /// It opened, and is nothing that this version reads.
    Unread,
    /// It was sealed under another name than it was sent under.
    OtherName,
}

/// What was signed, and what names the key that signed it: the gateway's own act with a bundle, or a phone's report with its enrolment.
pub(crate) struct Carrier {
    pub(crate) signed: Jws,
    pub(crate) key: Jws,
}

impl Folk {
    /// Reports from this place of the gateway's log on, and where to go on; nothing where there is no more to look through.
    pub(crate) async fn reports(&self, from: u64) -> Result<Option<(Vec<Report>, u64)>, FolkError> {
        let places = self.index.reportable(from, ENTRIES).await?;
        let Some(last) = places.last().copied() else { return Ok(None) };
        let mut reports = Vec::new();
        for place in places {
            let jws = self.logged(place).await?;
            match jws.typ() {
                Act::TYP => reports.extend(of_operator(place, &jws)?),
                Sent::TYP => reports.extend(self.of_phone(place, &jws).await?),
                _ => {}
            }
        }
        Ok(Some((reports, last.saturating_add(1))))
    }

    pub(super) async fn logged(&self, place: u64) -> Result<Jws, FolkError> {
        Ok(self.index.leaf(place).await?.ok_or(IndexError::Damaged("leaf"))?)
    }

    async fn of_phone(&self, place: u64, jws: &Jws) -> Result<Option<Report>, FolkError> {
        let Ok(sent) = jws.peek::<Sent>() else { return Ok(None) };
        let device_id = jws.kid().clone();
        // Whatever it says of itself: only what was judged and held is a phone's.
        let holds = self.index.noted(place).await?.is_some();
        let phone = if holds { self.known_phone(place, &device_id).await? } else { None };
        let by = By::Phone { device_id, report_id: sent.report_id, phone: phone.map(Box::new) };
        Ok(Some(Report { place, by, leaf: jws.digest(), sealed: sent.sealed.as_slice().to_vec() }))
    }

    async fn known_phone(&self, place: u64, device: &DeviceId) -> Result<Option<KnownPhone>, FolkError> {
        let Some((at, attested_serial)) = self.index.enrolled_as(device).await? else { return Ok(None) };
        let enrolment: Enrolment = self.logged(at).await?.peek().map_err(IndexError::from)?;
        Ok(Some(KnownPhone {
            attested_serial,
            stated_serial: enrolment.serial,
            model: enrolment.model,
            ward: enrolment.ward,
            revoked: self.index.status_before(device, place).await? == DeviceStatus::Revoked,
        }))
    }

    /// What an operator says.
    pub(crate) fn incident(&self, report: &Report) -> Opened<Incident> {
        self.opened(report, Incident::read)
    }

    /// What somebody with a phone says.
    pub(crate) fn testimony(&self, report: &Report, sent_as: &ReportId) -> Opened<Testimony> {
        let opened = self.opened(report, Testimony::read)?;
        // What was sealed under another name is not what this phone signed for.
        if opened.0.incident.report_id == *sent_as { Ok(opened) } else { Err(Closed::OtherName) }
    }

    pub(super) fn opened<T>(
        &self,
        report: &Report,
        read: impl Fn(&[u8]) -> Result<T, WireError>,
    ) -> Opened<T> {
        let keys: Vec<&dyn Unwrap> = self.files.identities.iter().map(|key| key as &dyn Unwrap).collect();
        let text = open_small(&keys, &report.sealed).map_err(|error| match error {
            OpenError::NoMatch => Closed::NoKey,
            _ => Closed::Damaged,
        })?;
        let said = read(&text).map_err(|_| Closed::Unread)?;
        Ok((said, Digest::of(&text)))
    }

    /// Who was signed in on the phone when it was written, as `judge` finds by the rules that were in force when it came.
    pub(crate) fn witness(
        &self,
        (place, sender): (u64, &DeviceId),
        testimony: &Testimony,
        judge: impl Fn(&Said<'_>, Option<&SignInRules>) -> Taker,
    ) -> Result<Taker, FolkError> {
        let said = Said {
            // Whoever sends what another phone wrote has not signed in on it.
            device: sender,
            at: testimony.written_at,
            name: testimony.clinician.as_ref().map(|name| name.as_str()),
            session: testimony.session.as_ref(),
        };
        self.judged(place, &said, judge)
    }

    /// The root of the gateway's log as it stood with so many entries; nothing where it has fewer here.
    pub(crate) async fn root_of(&self, size: u64) -> Result<Option<Digest>, FolkError> {
        match self.index.tree(size).await {
            Ok(tree) => Ok(Some(tree.root())),
            Err(IndexError::Damaged(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// By what this teller's word came that was sealed so; nothing where the gateway's log has it no more.
    pub(crate) async fn carrier(
        &self,
        teller: Teller,
        sealed: &Digest,
    ) -> Result<Option<Carrier>, FolkError> {
        let mut from = 0;
        while let Some((reports, next)) = self.reports(from).await? {
            from = next;
            let own = |report: &&Report| report.teller() == teller && report.sealed() == *sealed;
            let Some(found) = reports.iter().find(own) else { continue };
            let signed = self.logged(found.place).await?;
            let key = match &found.by {
                By::Operator { .. } => self.bundle_of(found.place, &signed)?,
                By::Phone { device_id, .. } => match self.index.enrolled_as(device_id).await? {
                    Some((at, _)) => Some(self.logged(at).await?),
                    None => None,
                },
            };
            return Ok(key.map(|key| Carrier { signed, key }));
        }
        Ok(None)
    }

    pub(super) fn bundle_of(&self, place: u64, act: &Jws) -> Result<Option<Jws>, FolkError> {
        let by = self.history.lock().unwrap_or_else(PoisonError::into_inner).at(place)?;
        let signed = by.iter().find(|by| act.verify::<Act>(&by.gateway.key, &by.bundle.tenant).is_ok());
        Ok(signed.map(|by| by.bundle_jws.clone()))
    }
}

fn of_operator(place: u64, jws: &Jws) -> Result<Option<Report>, FolkError> {
    let act: Act = jws.peek().map_err(IndexError::from)?;
    let Deed::Report { sealed } = act.deed else { return Ok(None) };
    let by = By::Operator { at: act.at, name: act.operator.as_str().to_owned() };
    Ok(Some(Report { place, by, leaf: jws.digest(), sealed: sealed.as_slice().to_vec() }))
}
