//! Photos and phones that a case concerns, by reference and hash, and what was signed about those phones.

use std::collections::{BTreeMap, BTreeSet};

use gauze_people::Logged;
use gauze_people::action::act;
use gauze_people::cases::{Carried, Case, Teller};
use gauze_wire::{Act, CaptureId, DeviceId, Jws, WireError};
use serde_json::{Value, json};

use super::files::{Files, failed};
use super::told::Told;
use crate::evidence::{ACT, BUNDLE, ENROLMENT, REPORT, act_name, bundle_name, enrolment_name};
use crate::folk::{Carrier, Concerned, Found, PhonePapers, phone_of};
use crate::web::photos::gate::broken;
use crate::web::photos::{Desk, parts};
use crate::web::refusal::Refusal;

/// The photos of a case, as far as they are here.
pub(super) type Here = BTreeMap<CaptureId, Option<Found>>;

/// What was signed about phones: hashes of it, and that itself.
pub(super) struct Papers {
    pub(super) phones: BTreeSet<DeviceId>,
    pub(super) said: Vec<Value>,
    pub(super) files: Files,
}

fn file(name: String, jws: &Jws) -> (String, Vec<u8>) {
    (name, jws.as_str().as_bytes().to_vec())
}

impl Desk {
    pub(super) async fn here(&self, case: &Case) -> Result<Here, Refusal> {
        let mut here = Here::new();
        for photo in case.photos() {
            let found = self.folk.by_reference(&photo).await.map_err(|error| broken(&error))?;
            here.insert(photo, found);
        }
        Ok(here)
    }

    /// Photos by reference and hash, and whom they show.
    pub(super) async fn concerned(
        &self,
        here: &Here,
        logged: &Logged<act::CaseEvidence>,
    ) -> Result<(Vec<Value>, Vec<String>), Refusal> {
        let (mut photos, mut named) = (Vec::new(), Vec::new());
        for (photo, found) in here {
            let Some(found) = found else {
                photos.push(json!({ "capture_id": photo, "here": false }));
                continue;
            };
            let Concerned { device_id, log_index, sealed, manifest, filed } =
                self.folk.concerned(found, logged).await.map_err(|error| broken(&error))?;
            photos.push(json!({
                "capture_id": photo, "here": true, "device_id": device_id, "log_index": log_index,
                "sealed_sha256": sealed, "manifest_sha256": manifest, "filed_sha256": filed,
            }));
            let patient = found.label.patient.as_ref();
            named.extend(patient.map(|patient| format!("{photo}: {}", parts::name(patient))));
        }
        Ok((photos, named))
    }

    /// Phones that took the photos, and those that were named.
    pub(super) async fn phones(&self, case: &Case, here: &Here) -> Result<BTreeSet<DeviceId>, Refusal> {
        let named: Result<BTreeSet<DeviceId>, WireError> = case.phones().iter().map(phone_of).collect();
        let mut phones = named.map_err(|error| failed(&error))?;
        for found in here.values().flatten() {
            phones.insert(self.folk.sent_by(found).await.map_err(|error| broken(&error))?);
        }
        Ok(phones)
    }

    pub(super) async fn papers(&self, phones: BTreeSet<DeviceId>) -> Result<Papers, Refusal> {
        let (mut said, mut files) = (Vec::new(), BTreeMap::new());
        for phone in &phones {
            let papers = self.folk.phone_papers(phone).await.map_err(|error| broken(&error))?;
            let Some(papers) = papers else {
                said.push(json!({ "device_id": phone, "here": false }));
                continue;
            };
            said.push(phone_said(phone, &papers).map_err(|error| failed(&error))?);
            let PhonePapers { enrolment: (_, enrolment), acts, bundles, .. } = papers;
            let acts = acts.iter().map(|(place, act)| file(act_name(phone, *place), act));
            let bundles = bundles.iter().map(|bundle| file(bundle_name(&bundle.digest()), bundle));
            files.extend(acts.chain(bundles).chain([file(enrolment_name(phone), &enrolment)]));
        }
        Ok(Papers { phones, said, files: files.into_iter().collect() })
    }

    /// The act by which the gateway carried the report, or what a phone signed, with what names the key by which it was signed.
    pub(super) async fn carrier(&self, case: &Case, told: &Told) -> Result<Files, Refusal> {
        let Some(carried) = told.lines.get(&case.number).and_then(Carried::of) else {
            return Ok(Files::new());
        };
        let (own, key) = match carried.teller {
            Teller::Operator => (ACT, BUNDLE),
            Teller::Phone => (REPORT, ENROLMENT),
            // Nobody vouches for it.
            Teller::Stranger => return Ok(Files::new()),
        };
        let found = self.folk.carrier(carried.teller, &carried.sealed).await;
        let files =
            |found: Carrier| vec![file(own.to_owned(), &found.signed), file(key.to_owned(), &found.key)];
        Ok(found.map_err(|error| broken(&error))?.map_or_else(Files::new, files))
    }
}

/// A phone by its id, with its places in the gateway's log and the hashes of what stands there.
fn phone_said(phone: &DeviceId, papers: &PhonePapers) -> Result<Value, WireError> {
    let (at, enrolment) = &papers.enrolment;
    let act = |(place, jws): &(u64, Jws)| -> Result<Value, WireError> {
        let act: Act = jws.peek()?;
        Ok(json!({ "log_index": place, "at": act.at, "deed": act.deed.name(), "sha256": jws.digest() }))
    };
    let acts: Result<Vec<Value>, WireError> = papers.acts.iter().rev().map(act).collect();
    Ok(json!({
        "device_id": phone, "here": true, "log_index": at, "enrolment_sha256": enrolment.digest(), "acts": acts?,
        "acts_left_out": papers.left_out,
    }))
}
