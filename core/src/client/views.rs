//! What a caller may see.

use gauze_wire::{CaptureId, DeviceId, Patient};
use jiff::Timestamp;
use serde::Serialize;

use crate::auth::Identity;
use crate::policy::{Trust, TrustError};
use crate::ports::TlsError;
use crate::store::{Entry, Kind, Progress, Stage, Store, StoreError, Tells, Trouble};

/// One photo in a list. No `Debug`: it names a patient.
#[derive(Clone)]
pub struct PhotoView {
    /// Its name.
    pub capture_id: CaptureId,
    /// Position in the phone's chain.
    pub seq: u64,
    /// Wall clock at capture.
    pub captured_at: Timestamp,
    /// Length of the sealed file in bytes.
    pub size: u64,
    /// Photo, or the statement that it was discarded.
    pub kind: Kind,
    /// Where it stands.
    pub stage: Stage,
    /// What stops it, if anything does.
    pub progress: Option<Progress>,
    /// Whom and what it shows; only while unlocked and reviewable.
    pub label: Option<String>,
    /// Whom it shows, where the label is given and a patient was named.
    pub patient: Option<Patient>,
    /// Whether a preview is kept.
    pub previewed: bool,
}

/// What a list shows of a photo to whoever may see it.
#[derive(Default)]
pub(super) struct Shown {
    pub label: Option<String>,
    pub patient: Option<Patient>,
}

pub(super) fn photo(shown: Shown, entry: Entry) -> PhotoView {
    PhotoView {
        capture_id: entry.capture_id,
        seq: entry.seq,
        captured_at: entry.captured_at,
        size: entry.size,
        kind: entry.kind,
        stage: entry.stage,
        progress: entry.progress,
        label: shown.label,
        patient: shown.patient,
        previewed: entry.previewed,
    }
}

/// A refusal, and what to do next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Advice {
    /// A stable code.
    pub code: String,
    /// For the user.
    pub next_step: String,
}

impl From<&TrustError> for Advice {
    fn from(error: &TrustError) -> Self {
        Self { code: error.code().to_owned(), next_step: error.to_string() }
    }
}

impl From<&StoreError> for Advice {
    fn from(error: &StoreError) -> Self {
        Self { code: error.code().to_owned(), next_step: error.to_string() }
    }
}

impl From<&TlsError> for Advice {
    fn from(error: &TlsError) -> Self {
        Self { code: "tls_setup".to_owned(), next_step: error.to_string() }
    }
}

/// The oldest of some photos. Names no patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OldestPhoto {
    /// Wall clock at capture.
    pub captured_at: Timestamp,
    /// What stops it, if anything does.
    pub trouble: Option<Trouble>,
}

/// Of those at these stages, oldest first; what was discarded is no photo any more.
fn oldest(entries: &[Entry], stages: &[Stage]) -> Option<OldestPhoto> {
    let mut photos = entries.iter().filter(|entry| entry.kind == Kind::Photo);
    let photo = photos.find(|photo| stages.contains(&photo.stage))?;
    let trouble = photo.progress.map(|progress| progress.trouble);
    Some(OldestPhoto { captured_at: photo.captured_at, trouble })
}

/// The phone at a glance. Names no patient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatusView {
    /// The phone's id, once enrolled.
    pub device_id: Option<DeviceId>,
    /// The gateway.
    pub gateway: Option<String>,
    /// Where it is used, as device management said when it enrolled.
    pub ward: Option<String>,
    /// Version of the trust bundle in force.
    pub bundle_version: u64,
    /// Whether the bundle is past its time; capture goes on.
    pub bundle_stale: bool,
    /// Version of the policy in force.
    pub policy_version: u64,
    /// Why a bundle or policy that the gateway served was refused, since this process began; absent where the last ones
    /// held. Those in force stay.
    pub trust_refused: Option<Advice>,
    /// Last `seq` used.
    pub last_seq: u64,
    /// Photos the gateway does not hold yet.
    pub unsent: u64,
    /// The oldest of them that was not discarded.
    pub oldest_unsent: Option<OldestPhoto>,
    /// That more photos wait here than the policy's `max_unsent`, and what to do; absent where they do not. Capture goes on.
    pub too_many_unsent: Option<Advice>,
    /// Photos the gateway holds and the hospital has not filed.
    pub stored: u64,
    /// Photos the hospital refused.
    pub refused: u64,
    /// The oldest of them that was not discarded.
    pub oldest_refused: Option<OldestPhoto>,
    /// Reports of what went wrong that the hospital does not have yet.
    pub reports: u64,
    /// Damaged ones that were set aside.
    pub quarantined: u64,
    /// Photos that could not be read when the app was opened. They stay, and are read again when it is opened anew.
    pub unreadable: u64,
    /// What of this phone's own files could not be read when the app was opened, and what to do; absent where nothing is
    /// lacking. Photos that are whole still go out where the phone still knows who it is.
    pub storage_trouble: Option<Advice>,
    /// Why photos cannot be shown on this phone, as a code; absent where they can. They are safe, and still go out
    /// but from a phone that was `revoked`.
    pub review_denied: Option<String>,
}

fn too_many(unsent: u64, most: u32) -> Advice {
    Advice {
        code: "too_many_unsent".to_owned(),
        next_step: format!(
            "{unsent} photos have not left this phone, and the hospital expects at most {most}: connect it to a network and open the queue; ask IT if they stay"
        ),
    }
}

/// What was said of this phone.
pub(super) struct Said {
    pub trust_refused: Option<Advice>,
    pub storage_trouble: Option<Advice>,
    pub denied: Option<&'static str>,
}

pub(super) fn status(
    store: &Store,
    enrolled: Option<(&Identity, &Trust)>,
    said: Said,
    now: Timestamp,
) -> StatusView {
    let entries = store.entries();
    let count =
        |wanted: &[Stage]| entries.iter().filter(|entry| wanted.contains(&entry.stage)).map(|_| 1).sum();
    let waiting = [Stage::Unsigned, Stage::Signed];
    let unsent = count(&waiting);
    let trust = enrolled.map(|(_, trust)| trust);
    let head = enrolled.and_then(|(identity, _)| store.head(&identity.device_id));
    StatusView {
        device_id: enrolled.map(|(identity, _)| identity.device_id.clone()),
        gateway: enrolled.map(|(identity, _)| identity.gateway.clone()),
        ward: enrolled.and_then(|(identity, _)| identity.ward.clone()).map(String::from),
        bundle_version: trust.map_or(0, |trust| trust.bundle.version),
        bundle_stale: trust.is_some_and(|trust| now > trust.bundle.fresh_until),
        policy_version: trust.map_or(0, |trust| trust.policy.version),
        trust_refused: said.trust_refused,
        last_seq: head.map_or(0, |head| head.seq),
        unsent,
        oldest_unsent: oldest(&entries, &waiting),
        too_many_unsent: trust
            .map(|trust| trust.policy.max_unsent)
            .filter(|&most| unsent > u64::from(most))
            .map(|most| too_many(unsent, most)),
        stored: count(&[Stage::Stored, Stage::Filed]),
        refused: count(&[Stage::Refused]),
        oldest_refused: oldest(&entries, &[Stage::Refused]),
        reports: store.reports(Tells::WentWrong).len() as u64,
        quarantined: store.quarantined().len() as u64,
        unreadable: store.unreadable().len() as u64,
        storage_trouble: said
            .storage_trouble
            .or_else(|| store.all_reports().err().as_ref().map(Advice::from)),
        review_denied: said.denied.map(str::to_owned),
    }
}
