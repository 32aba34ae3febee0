//! A log, somebody who looks at photos, and the public keys.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_people::acting::{Acting, Barred, Factor, Network};
use gauze_people::action::act;
use gauze_people::context::Context;
use gauze_people::log::{AccessLog, LogFailure, LogKeys, PublicKeys, Verified, Wanted, verify};
use gauze_people::person::{Person, PersonId, Role, Team};
use gauze_people::subject::{PatientRef, Photo, Subject};
use gauze_people::{Authorised, Roles};
use gauze_wire::SoftwareKey;
use gauze_wire::log::NoteKey;
use jiff::Timestamp;

pub(crate) fn now() -> Timestamp {
    "2026-11-29T09:00:00Z".parse().unwrap()
}

pub(crate) fn keys() -> LogKeys {
    let tenant = "ward-9".parse().unwrap();
    LogKeys {
        audit: Arc::new(SoftwareKey::from_bytes(&[7; 32]).unwrap()),
        note: Arc::new(NoteKey::from_bytes(&LogKeys::origin(&tenant), &[8; 32]).unwrap()),
        tenant,
    }
}

pub(crate) fn public() -> PublicKeys {
    keys().public()
}

pub(crate) fn viewer() -> Acting {
    let person = Person {
        id: PersonId("anna".to_owned()),
        name: "Anna".to_owned(),
        professional: None,
        roles: [Role::Viewer].into(),
        teams: [Team("burns".to_owned())].into(),
        leads: [].into(),
    };
    Acting {
        person,
        session: "session-1".to_owned(),
        signed_in_at: now(),
        factor: Factor::Totp,
        factor_at: now(),
        network: Network::Inside,
        barred: Barred::Nothing,
    }
}

pub(crate) fn photo(team: &str, patient: &str) -> Subject {
    Subject::Photo(Photo {
        id: "01930000-0000-7000-8000-000000000001".parse().unwrap(),
        team: Some(Team(team.to_owned())),
        patient: Some(PatientRef(patient.to_owned())),
        erased: false,
        due: false,
        proposed_by: None,
        ruled_by: None,
        held: false,
    })
}

pub(crate) fn allowed(roles: &Roles, patient: &str) -> Authorised<act::View> {
    roles.authorise(&viewer(), act::View, &photo("burns", patient), &Context::care(now())).unwrap()
}

pub(crate) fn open(root: &Path) -> Result<AccessLog, LogFailure> {
    AccessLog::open(root, keys(), now())
}

/// A log of so many views, closed.
pub(crate) fn of(entries: u32) -> (tempfile::TempDir, PathBuf) {
    let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let root = dir.path().join("access");
    let log = open(&root).unwrap();
    let roles = Roles::shipped().unwrap();
    for number in 0..entries {
        log.append_blocking(allowed(&roles, &format!("patient-{number}"))).unwrap();
    }
    (dir, root)
}

pub(crate) fn check(root: &Path) -> Verified {
    verify(root, &public(), Wanted { signatures: true, ..Wanted::default() }).unwrap()
}

pub(crate) fn first_file(root: &Path) -> PathBuf {
    root.join("entries/000000000000.log")
}
