//! The hospital's phones, as the gateway's log has them: for whoever looks after phones and sees no photo, and for what proves a case.

use std::path::PathBuf;
use std::sync::PoisonError;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_people::Logged;
use gauze_people::action::act;
use gauze_wire::{
    Act, Attestation, Deed, DeviceId, DeviceStatus, Digest, Enrolment, Jws, Name, Reattestation, Ward,
    WireError,
};
use jiff::Timestamp;
use sqlx::Row as _;
use sqlx::sqlite::SqliteRow;

use super::{Folk, FolkError, Found};
use crate::evidence::LeftOut;
use crate::index::{IndexError, uint};

/// Acts about one phone that are told of: a gateway in wrong hands makes up as many as it likes.
const ACTS: usize = 1000;

/// The newest acts about a phone before a place of the gateway's log, so many at once.
const ABOUT: &str = "SELECT leaf.idx, leaf.jws FROM note JOIN leaf ON leaf.idx = note.log_index
    WHERE note.kind = 'act' AND note.device_id = ? AND note.log_index < ? ORDER BY note.log_index DESC LIMIT 200";

/// Of each believed phone its enrolment, when its newest photo was taken, and the evidence that it showed last.
const PHONES: &str = "SELECT device.device_id, device.status, device.attested_serial, leaf.jws AS enrolment,
    (SELECT photo.captured_at FROM body JOIN photo ON photo.capture_id = body.capture_id
     WHERE body.device_id = device.device_id ORDER BY body.seq DESC LIMIT 1) AS photo,
    (SELECT shown.jws FROM note JOIN leaf AS shown ON shown.idx = note.log_index
     WHERE note.device_id = device.device_id AND note.kind = 'reattestation' ORDER BY note.log_index DESC LIMIT 1) AS shown
    FROM device JOIN leaf ON leaf.idx = device.log_index";

/// A phone whose enrolment held. Times are its own clock's.
#[derive(Clone, Debug)]
pub(crate) struct Handset {
    /// Its key.
    pub(crate) device_id: DeviceId,
    /// What it may do.
    pub(crate) status: DeviceStatus,
    /// Its serial number, as its hardware attested it.
    pub(crate) attested_serial: Option<String>,
    /// Its serial number, as it was stated.
    pub(crate) stated_serial: Option<Name>,
    /// Its model, as it states it.
    pub(crate) model: Name,
    /// Where it is used, as device management stated.
    pub(crate) ward: Option<Ward>,
    /// How its key was attested when it enrolled.
    pub(crate) attestation: Attestation,
    /// When it enrolled.
    pub(crate) enrolled: Timestamp,
    /// The latest of its enrolment, its newest photo, and its newest evidence.
    pub(crate) heard: Timestamp,
}

impl Handset {
    fn from_row(row: &SqliteRow) -> Result<Self, IndexError> {
        let Enrolment { model, serial, ward, attestation, at, .. } =
            Jws::parse(row.try_get("enrolment")?)?.peek()?;
        let photo: Option<String> = row.try_get("photo")?;
        let photo = photo.map(|at| at.parse::<Timestamp>()).transpose();
        let photo = photo.map_err(|_| IndexError::Damaged("photo"))?;
        let shown = row.try_get::<Option<&str>, _>("shown")?.map(Jws::parse).transpose()?;
        let shown = shown.map(|shown| shown.peek::<Reattestation>()).transpose()?.map(|shown| shown.at);
        Ok(Self {
            device_id: row.try_get::<String, _>("device_id")?.parse()?,
            status: row.try_get::<String, _>("status")?.parse()?,
            attested_serial: row.try_get("attested_serial")?,
            stated_serial: serial,
            model,
            ward,
            attestation,
            enrolled: at,
            heard: [photo, shown].into_iter().flatten().fold(at, Ord::max),
        })
    }
}

/// What was signed about a phone. Nothing of it names a patient.
pub(crate) struct PhonePapers {
    /// The place in the gateway's log of the enrolment by which it is believed, and that.
    pub(crate) enrolment: (u64, Jws),
    /// Acts of the gateway about it, each with its place, the newest first.
    pub(crate) acts: Vec<(u64, Jws)>,
    /// How many more there are.
    pub(crate) left_out: LeftOut,
    /// The bundles that name the keys which signed those.
    pub(crate) bundles: Vec<Jws>,
}

/// The newest acts about a phone: what it may do goes before what is said against it.
#[derive(Default)]
struct Newest {
    decided: Vec<(u64, Jws)>,
    flagged: Vec<(u64, Jws)>,
    all: usize,
}

impl Newest {
    /// Takes in an act, the newest first.
    fn take(&mut self, place: u64, jws: Jws) -> Result<(), WireError> {
        let flag = matches!(jws.peek::<Act>()?.deed, Deed::Flag { .. } | Deed::Unflag { .. });
        let kept = if flag { &mut self.flagged } else { &mut self.decided };
        if kept.len() < ACTS {
            kept.push((place, jws));
        }
        self.all += 1;
        Ok(())
    }

    /// As many as are told of, the newest first, and how many there are beyond.
    fn chosen(self) -> (Vec<(u64, Jws)>, usize) {
        let mut acts: Vec<(u64, Jws)> = self.decided.into_iter().chain(self.flagged).take(ACTS).collect();
        acts.sort_by_key(|(place, _)| std::cmp::Reverse(*place));
        let beyond = self.all - acts.len();
        (acts, beyond)
    }
}

/// The hash that a phone's id spells; nothing where it spells none.
pub(crate) fn thumbprint(device: &DeviceId) -> Option<Digest> {
    Some(Digest(BASE64_URL_SAFE_NO_PAD.decode(device.as_str()).ok()?.try_into().ok()?))
}

/// The phone's id that spells a hash.
pub(crate) fn phone_of(thumbprint: &Digest) -> Result<DeviceId, WireError> {
    BASE64_URL_SAFE_NO_PAD.encode(thumbprint.0).parse()
}

impl Folk {
    /// Whether there is such a phone.
    pub(crate) async fn is_believed(&self, device: &DeviceId) -> Result<bool, FolkError> {
        Ok(self.index.enrolled_at(device).await?.is_some())
    }

    /// The phone that sent a photo.
    pub(crate) async fn sent_by(&self, found: &Found) -> Result<DeviceId, FolkError> {
        let row = self.index.photo_at(found.log_index).await?.ok_or(IndexError::Damaged("photo"))?;
        Ok(row.device_id)
    }

    /// What was signed about a phone; nothing where no such phone is believed. Acts that no kept bundle proves are left out, and counted.
    pub(crate) async fn phone_papers(&self, device: &DeviceId) -> Result<Option<PhonePapers>, FolkError> {
        let Some(at) = self.index.enrolled_at(device).await? else { return Ok(None) };
        let enrolment = (at, self.logged(at).await?);
        let (newest, beyond) = self.newest_acts(device).await?.chosen();
        let (mut acts, mut bundles, mut left_out) = (Vec::new(), Vec::new(), LeftOut { beyond, unproven: 0 });
        for (place, act) in newest {
            let Some(bundle) = self.bundle_of(place, &act)? else {
                left_out.unproven += 1;
                continue;
            };
            if !bundles.contains(&bundle) {
                bundles.push(bundle);
            }
            acts.push((place, act));
        }
        Ok(Some(PhonePapers { enrolment, acts, left_out, bundles }))
    }

    async fn newest_acts(&self, device: &DeviceId) -> Result<Newest, FolkError> {
        let (mut newest, mut before) = (Newest::default(), i64::MAX);
        loop {
            let rows = sqlx::query(ABOUT).bind(device.as_str()).bind(before).fetch_all(&self.read).await?;
            if rows.is_empty() {
                return Ok(newest);
            }
            for row in &rows {
                before = row.try_get("idx")?;
                let jws = Jws::parse(row.try_get("jws")?).map_err(IndexError::from)?;
                newest.take(uint(before)?, jws).map_err(IndexError::from)?;
            }
        }
    }

    /// The files of what was in force here, the oldest first.
    pub(crate) fn rules_kept(&self) -> Vec<PathBuf> {
        self.history.lock().unwrap_or_else(PoisonError::into_inner).files()
    }

    /// Every believed phone: those that are not revoked first, and of them first what was not heard of longest.
    pub(crate) async fn phones(&self, _: &Logged<act::Phones>) -> Result<Vec<Handset>, FolkError> {
        let rows = sqlx::query(PHONES).fetch_all(&self.read).await?;
        let mut phones = rows.iter().map(Handset::from_row).collect::<Result<Vec<_>, _>>()?;
        phones.sort_by_key(|phone| (phone.status == DeviceStatus::Revoked, phone.heard));
        Ok(phones)
    }
}

#[cfg(test)]
mod tests {
    use gauze_wire::{Operator, Reason, Signed as _, Signer as _, SoftwareKey};

    use super::*;

    /// An act about a phone, as a gateway signs it.
    fn act(deed: impl Fn(DeviceId) -> Deed) -> Jws {
        let key = SoftwareKey::from_bytes(&[1; 32]).unwrap();
        let act = Act {
            v: 1,
            typ: Act::TYP.to_owned(),
            tenant: "ward-9".parse().unwrap(),
            at: Timestamp::UNIX_EPOCH,
            operator: Operator::new("helpdesk-7").unwrap(),
            reason: Reason::new("left in a taxi").unwrap(),
            deed: deed(key.public_key().key_id()),
        };
        Jws::sign(&act, &key).unwrap()
    }

    #[test]
    fn however_much_is_said_against_a_phone_what_it_may_do_is_told_and_the_rest_is_counted() {
        let revoked = act(|device_id| Deed::Revoke { device_id });
        let flagged = act(|device_id| Deed::Flag { device_id, code: "made_up".parse().unwrap() });
        let places = |acts: &[(u64, Jws)]| acts.iter().map(|(place, _)| *place).collect::<Vec<_>>();
        let mut newest = Newest::default();
        for place in (2..=1201).rev() {
            newest.take(place, flagged.clone()).unwrap();
        }
        newest.take(1, revoked.clone()).unwrap();
        let (acts, beyond) = newest.chosen();
        assert_eq!((acts.len(), beyond), (ACTS, 201));
        assert_eq!(acts.last(), Some(&(1, revoked.clone())), "though it is the oldest of all");
        assert_eq!(places(&acts)[..2], [1201, 1200]);
        let mut few = Newest::default();
        few.take(9, flagged).unwrap();
        few.take(7, revoked).unwrap();
        let (acts, beyond) = few.chosen();
        assert_eq!((places(&acts), beyond), (vec![9, 7], 0));
    }
}
