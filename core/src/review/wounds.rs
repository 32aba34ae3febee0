//! The wounds of patients, so that one wound has one name from visit to visit.
//!
//! Always: each wound is a file of its own in `review/wounds/`, sealed to the review identity: it can be kept while the
//! phone is locked, is opened only while review is unlocked, and ends with the review identity. Inside, a patient is a few
//! HMACs under a salt of that file alone, so that what is opened names nobody. A file's name holds the day on which it
//! ends, and nothing else. One that does not open is passed over.

use std::path::{Path, PathBuf};

use gauze_wire::{CaptureId, Digest, Patient, Site, WoundId};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{ReviewError, ReviewKeys};
use crate::ports::{Disk, Entropy, write_durably};
use crate::store::{StoreError, read_small};

const DIR: &str = "review/wounds";
const DAY_S: i64 = 86_400;
/// A wound is remembered this long after it was last offered, in days.
const DAYS: i64 = 90;
/// One that is offered within this many days of its end is kept anew.
const RENEW: i64 = 60;
/// More are not kept: the ones that would end first make room.
const MOST: usize = 1000;

/// A wound that this phone has named. No `Debug`: words may be free text.
#[derive(Clone, PartialEq, Eq)]
pub struct WoundView {
    /// Its name.
    pub wound: WoundId,
    /// Where it is, in words.
    pub site: Option<Site>,
    /// When it was named.
    pub named_at: Timestamp,
    /// Its newest photo that may be shown here.
    pub newest: Option<CaptureId>,
}

/// What is sealed.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    v: u32,
    /// Key of `patient`: random, this file's own.
    salt: Digest,
    /// HMAC-SHA-256 of each thing that the patient is known by.
    patient: Vec<Digest>,
    wound: WoundId,
    site: Option<Site>,
    named_at: Timestamp,
}

/// Opens what is sealed to the review identity, where it may be opened now.
pub(crate) type Open<'a> = dyn Fn(&[u8]) -> Result<Zeroizing<Vec<u8>>, ReviewError> + 'a;

/// Where wounds are kept, and to whom they are sealed.
pub(crate) struct Wounds<'a> {
    pub disk: &'a dyn Disk,
    pub entropy: &'a dyn Entropy,
    pub dir: &'a Path,
    pub keys: &'a ReviewKeys,
}

impl Wounds<'_> {
    /// Remembers a wound, durably.
    pub fn keep(
        &self,
        wound: &WoundId,
        patient: &Patient,
        site: Option<&Site>,
        now: Timestamp,
    ) -> Result<(), ReviewError> {
        let salt = Digest(self.random()?);
        let patient = known_by(patient).iter().map(|text| tag(&salt, text)).collect();
        let kept = Kept { v: 1, salt, patient, wound: wound.clone(), site: site.cloned(), named_at: now };
        self.write(&kept, now)
    }

    /// The wounds of `patient`, newest first. Those that would end soon are kept anew. `open` is
    /// called once for each file, so that nobody else waits for all of them.
    pub fn of(
        &self,
        open: &Open<'_>,
        patient: &Patient,
        now: Timestamp,
    ) -> Result<Vec<WoundView>, ReviewError> {
        let known_by = known_by(patient);
        let mut wounds = Vec::new();
        for (path, end) in files(self.disk, self.dir)? {
            let Some(kept) = self.read(open, &path)? else { continue };
            if !known_by.iter().any(|text| kept.patient.contains(&tag(&kept.salt, text))) {
                continue;
            }
            if end - day(now) < RENEW {
                self.write(&kept, now)?;
                self.disk.remove(&path).map_err(StoreError::from)?;
            }
            wounds.push(WoundView {
                wound: kept.wound,
                site: kept.site,
                named_at: kept.named_at,
                newest: None,
            });
        }
        wounds.sort_by_key(|wound| std::cmp::Reverse(wound.named_at));
        // It died between keeping one anew and removing the former file.
        wounds.dedup_by(|one, other| one.wound == other.wound);
        Ok(wounds)
    }

    fn read(&self, open: &Open<'_>, path: &Path) -> Result<Option<Kept>, ReviewError> {
        let whole = path.extension().is_some_and(|extension| extension == "age");
        let Some(sealed) = read_small(self.disk, path).ok().flatten().filter(|_| whole) else {
            return Ok(None);
        };
        match open(&sealed) {
            Ok(plain) => Ok(serde_json::from_slice(&plain).ok().filter(|kept: &Kept| kept.v == 1)),
            Err(ReviewError::DidNotOpen) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn write(&self, kept: &Kept, now: Timestamp) -> Result<(), ReviewError> {
        let mut kept_files = files(self.disk, self.dir)?;
        kept_files.sort_by_key(|(_, end)| *end);
        let over = (kept_files.len() + 1).saturating_sub(MOST);
        for (path, _) in kept_files.iter().take(over) {
            self.disk.remove(path).map_err(StoreError::from)?;
        }
        let mut plain = Zeroizing::new(Vec::with_capacity(4096));
        serde_json::to_writer(&mut *plain, kept).map_err(|_| ReviewError::DidNotOpen)?;
        let sealed = self.keys.seal(self.entropy, &plain)?;
        let random = Digest(self.random()?).to_string();
        let name = format!("{}-{}.age", day(now) + DAYS, random.get(..16).unwrap_or_default());
        write_durably(self.disk, &self.dir.join(DIR).join(name), &sealed).map_err(StoreError::from)?;
        Ok(())
    }

    fn random(&self) -> Result<[u8; 32], ReviewError> {
        let mut random = [0; 32];
        self.entropy.fill(&mut random).map_err(|_| ReviewError::Entropy)?;
        Ok(random)
    }

    /// Forgets the wounds whose time is over.
    pub fn expire(disk: &dyn Disk, dir: &Path, now: Timestamp) -> Result<(), StoreError> {
        for (path, end) in files(disk, dir)? {
            if end < day(now) {
                disk.remove(&path)?;
            }
        }
        Ok(())
    }

    /// Forgets every wound.
    pub fn forget_all(disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        if disk.list(&dir.join(DIR))?.is_empty() { Ok(()) } else { Ok(disk.remove(&dir.join(DIR))?) }
    }
}

fn day(at: Timestamp) -> i64 {
    (at.duration_since(Timestamp::UNIX_EPOCH).as_secs()).div_euclid(DAY_S)
}

/// The files that are ours, each with the day on which it ends; also those that were being written as the phone died.
fn files(disk: &dyn Disk, dir: &Path) -> Result<Vec<(PathBuf, i64)>, StoreError> {
    let dir = dir.join(DIR);
    let names = disk.list(&dir)?.into_iter();
    let ours = names.filter_map(|name| {
        let (end, _) = name.to_str()?.split_once('-')?;
        Some((dir.join(&name), end.parse().ok()?))
    });
    Ok(ours.collect())
}

/// What a patient is known by: each number; name and date of birth only where there is none, because two people may
/// share them.
pub(crate) fn known_by(patient: &Patient) -> Vec<Zeroizing<String>> {
    let numbers = [
        patient.nhs_number.as_ref().map(|number| format!("nhs {}", number.as_str())),
        patient.chi_number.as_ref().map(|number| format!("chi {}", number.as_str())),
        patient.hc_number.as_ref().map(|number| format!("hc {}", number.as_str())),
        patient.local_number.as_ref().map(|number| format!("local {}", number.as_str())),
    ];
    let mut known: Vec<_> = numbers.into_iter().flatten().map(Zeroizing::new).collect();
    if known.is_empty() {
        let (family, given) = (patient.family.as_str(), patient.given.as_str());
        let name =
            format!("name {}\n{}\n{}", family.to_lowercase(), given.to_lowercase(), patient.dob.date());
        known.push(Zeroizing::new(name));
    }
    known
}

fn tag(salt: &Digest, text: &str) -> Digest {
    let mut mac = Hmac::<Sha256>::new_from_slice(&salt.0).expect("a MAC takes a key of any length");
    mac.update(text.as_bytes());
    Digest(mac.finalize().into_bytes().into())
}
