//! The index for people: finds whom it should, names nobody on disk, and can be made again.

use std::fs;
use std::path::Path;

use gauze_people::action::act;
use gauze_people::person::Role;
use gauze_records::pull::Puller;
use gauze_records::{Amending, Change, Coded as _, Found, Refiled, Sought, Which};
use gauze_wire::{BirthDate, Choice, Established, Identifier, NhsNumber, Patient, Record, Site, Text};
use serde_json::json;

use super::fixture::{Edit, Fake, Hospital, Phone, files_below};
use super::viewer::ward::{Office, acting};

pub const FAMILY: &str = "Featherstonehaugh";
pub const NHS: &str = "9990000042";
pub const LOCAL: &str = "RX1 00 4711";
pub const DOB: &str = "1938-02-17";
pub const WORDS: &str = "left heel, behind the malleolus";
pub const REASON: &str = "wristband of the neighbouring bed";

pub fn text<const N: usize>(text: &str) -> Text<N> {
    Text::new(text).unwrap()
}

pub fn patient(family: &str, nhs: Option<&str>, local: Option<&str>) -> Patient {
    Patient {
        nhs_number: nhs.map(|number| number.parse().unwrap()),
        chi_number: None,
        hc_number: None,
        local_number: local.map(text),
        family: text(family),
        given: text("Wilhelmina"),
        dob: DOB.parse().unwrap(),
        established: Established::Wristband,
        confirmed_by: vec![Identifier::Name, Identifier::Dob],
    }
}

pub fn told(record: &mut Record, patient: Option<Patient>) {
    record.patient = patient;
    record.team = Some(Choice { code: "tissue".parse().unwrap(), words: text("Tissue viability") });
    record.site = Some(Site { system: None, code: None, words: text(WORDS), side: None });
}

pub async fn filed(hospital: &Hospital, patients: &[Option<Patient>]) -> Puller<Fake> {
    filed_with(hospital, patients, None).await
}

/// With a picture of one's own.
pub async fn filed_with(
    hospital: &Hospital,
    patients: &[Option<Patient>],
    picture: Option<&[u8]>,
) -> Puller<Fake> {
    hospital.sign_policy(|policy| {
        policy["version"] = json!(7);
        policy["lists"] = json!({ "teams": [{ "code": "tissue", "words": "Tissue viability" }] });
    });
    let mut phone = Phone::enrolled(1, hospital);
    for patient in patients {
        let record = |record: &mut Record| told(record, patient.clone());
        let photo = phone.photo_with(hospital, &Edit { record: &record, picture, ..Edit::default() });
        hospital.gateway.take(&photo);
    }
    let puller = hospital.puller().await.unwrap();
    let report = puller.pass().await.unwrap();
    assert_eq!(report.filed, patients.len() as u64);
    puller
}

fn name(family: &str) -> Sought {
    Sought::Name { family: text(family), dob: DOB.parse::<BirthDate>().unwrap() }
}

fn families(found: &[Found]) -> Vec<Option<String>> {
    let family = |found: &Found| found.label.patient.as_ref().map(|known| known.family.as_str().to_owned());
    found.iter().map(family).collect()
}

#[tokio::test]
async fn what_is_filed_is_found_by_number_and_by_name_with_date_of_birth() {
    let hospital = Hospital::new();
    let patients =
        [Some(patient(FAMILY, Some(NHS), Some(LOCAL))), None, Some(patient("Ng", None, Some("17")))];
    let puller = filed(&hospital, &patients).await;
    let folk = puller.folk().await.unwrap();

    for sought in [
        Sought::Number(text("999 000 0042")),
        Sought::Number(text("rx1004711")),
        name("FEATHERSTONEHAUGH"),
        name("feather-stonehaugh "),
    ] {
        let hits = folk.search(&sought).await.unwrap();
        assert_eq!(hits.len(), 1);
        assert_eq!(hits[0].photos, 1);
        assert_eq!(hits[0].newest.label.patient.as_ref().unwrap().family.as_str(), FAMILY);
        assert_eq!(hits[0].newest.label.site.as_ref().unwrap().words.as_str(), WORDS);
    }
    for sought in [Sought::Number(text("999 000 0040")), name("Featherstone"), Sought::Number(text("1"))] {
        assert!(folk.search(&sought).await.unwrap().is_empty());
    }
    let other = Sought::Name { family: text(FAMILY), dob: "1938-02-18".parse().unwrap() };
    assert!(folk.search(&other).await.unwrap().is_empty());

    let hits = folk.search(&name("ng")).await.unwrap();
    assert_eq!(families(&folk.of_patient(&hits[0].patient, 10).await.unwrap()), [Some("Ng".to_owned())]);
    folk.close().await;
    puller.close().await;
}

#[tokio::test]
async fn a_team_sees_its_photos_newest_first_and_those_of_nobody_in_a_tray() {
    let hospital = Hospital::new();
    let patients = [Some(patient(FAMILY, Some(NHS), None)), None, Some(patient("Ng", None, Some("17")))];
    let puller = filed(&hospital, &patients).await;
    let folk = puller.folk().await.unwrap();

    let all = folk.team(Some("tissue"), Which::All, None, 10).await.unwrap();
    assert_eq!(families(&all), [Some("Ng".to_owned()), None, Some(FAMILY.to_owned())]);
    let rest = folk.team(Some("tissue"), Which::All, Some(&all[0].handle), 1).await.unwrap();
    assert_eq!(families(&rest), [None]);
    assert_eq!(families(&folk.team(Some("tissue"), Which::Tray, None, 10).await.unwrap()), [None]);
    assert!(folk.team(Some("other"), Which::All, None, 10).await.unwrap().is_empty());
    assert!(folk.team(None, Which::All, None, 10).await.unwrap().is_empty());

    assert_eq!(folk.new_of(Some("tissue")).await.unwrap(), 3);
    folk.seen(&all[0]).await.unwrap();
    assert_eq!(folk.new_of(Some("tissue")).await.unwrap(), 2);
    let new = folk.team(Some("tissue"), Which::New, None, 10).await.unwrap();
    assert_eq!(families(&new), [None, Some(FAMILY.to_owned())]);
    folk.close().await;
    puller.close().await;
}

#[tokio::test]
async fn the_index_is_made_again_from_the_filed_photos_and_their_amendments() {
    let hospital = Hospital::new();
    let puller = filed(&hospital, &[Some(patient(FAMILY, Some(NHS), None)), None]).await;
    let folk = puller.folk().await.unwrap();
    let tray = folk.team(Some("tissue"), Which::Tray, None, 10).await.unwrap();
    amend(&hospital, &folk, &tray[0], Some(patient("Ng", None, Some("17")))).await.unwrap();
    folk.close().await;
    puller.close().await;

    hospital.sql("UPDATE state SET value = 'another identity' WHERE name = 'folk'").await;
    let puller = hospital.puller().await.unwrap();
    let folk = puller.folk().await.unwrap();
    assert_eq!(folk.refill().await.unwrap().made, 2);
    assert_eq!(folk.search(&name("ng")).await.unwrap().len(), 1);
    assert_eq!(folk.search(&name(FAMILY)).await.unwrap().len(), 1);
    assert_eq!(folk.refill().await.unwrap().made, 0);
    folk.close().await;
    puller.close().await;
}

pub async fn amend(
    hospital: &Hospital,
    folk: &gauze_records::Folk,
    found: &Found,
    to: Option<Patient>,
) -> Result<(), gauze_records::FolkError> {
    let confirmed_by = vec![Identifier::Name, Identifier::Dob];
    let refiled = to.map_or(Refiled::Nobody, |patient| Refiled::To(Box::new(patient)));
    let amending = Amending {
        by: text("abcdefghijklmnopqrstuvwxyz"),
        by_name: text("Sister Test"),
        opening: Office::new(hospital).await.opening(act::Amend, found, &acting(Role::Lead)).await,
        reason: text(REASON),
        confirmed_by,
        change: Change { patient: Some(refiled), ..Change::default() },
    };
    let key = hospital.keys().records().unwrap();
    folk.amend(found, amending, std::sync::Arc::new(key), hospital.now()).await
}

#[tokio::test]
async fn a_photo_of_the_wrong_patient_is_filed_again_and_both_states_show() {
    let hospital = Hospital::new();
    let puller = filed(&hospital, &[Some(patient(FAMILY, Some(NHS), None))]).await;
    let folk = puller.folk().await.unwrap();
    let found = folk.team(Some("tissue"), Which::All, None, 1).await.unwrap().remove(0);
    amend(&hospital, &folk, &found, Some(patient("Ng", None, Some("17")))).await.unwrap();

    assert!(folk.search(&name(FAMILY)).await.unwrap().is_empty());
    let again = folk.search(&name("Ng")).await.unwrap().remove(0).newest;
    assert_eq!((again.handle, again.amended), (found.handle, 1));
    let opening = Office::new(&hospital).await.opening(act::View, &again, &acting(Role::Viewer)).await;
    let history = folk.history(&again, &opening).await.unwrap();
    assert_eq!(history.original.patient.unwrap().family.as_str(), FAMILY);
    assert_eq!(history.now.patient.unwrap().family.as_str(), "Ng");
    assert_eq!(history.amendments[0].reason.as_str(), REASON);

    amend(&hospital, &folk, &again, None).await.unwrap();
    assert!(folk.search(&name("Ng")).await.unwrap().is_empty());
    assert_eq!(folk.team(Some("tissue"), Which::Tray, None, 9).await.unwrap().len(), 1);
    assert!(hospital.verify().await.ok, "the phone's chain stays whole");
    folk.close().await;
    puller.close().await;
}

#[tokio::test]
async fn an_amendment_without_two_identifiers_is_refused() {
    let hospital = Hospital::new();
    let puller = filed(&hospital, &[Some(patient(FAMILY, Some(NHS), None))]).await;
    let folk = puller.folk().await.unwrap();
    let found = folk.team(Some("tissue"), Which::All, None, 1).await.unwrap().remove(0);
    let mut other = patient("Ng", None, Some("17"));
    other.confirmed_by = vec![Identifier::Name, Identifier::NhsNumber];
    let refused = amend(&hospital, &folk, &found, Some(other)).await.err().unwrap();
    assert_eq!(refused.code(), "amendment_invalid");
    assert_eq!(folk.search(&name(FAMILY)).await.unwrap().len(), 1);

    let file = hospital.data().join("amended");
    assert!(!file.exists() || fs::read_dir(file).unwrap().next().is_none());
    folk.close().await;
    puller.close().await;
}

#[tokio::test]
async fn an_amendment_that_was_changed_does_not_count() {
    let hospital = Hospital::new();
    let puller = filed(&hospital, &[Some(patient(FAMILY, Some(NHS), None))]).await;
    let folk = puller.folk().await.unwrap();
    let found = folk.team(Some("tissue"), Which::All, None, 1).await.unwrap().remove(0);
    amend(&hospital, &folk, &found, Some(patient("Ng", None, Some("17")))).await.unwrap();
    amend(&hospital, &folk, &found, Some(patient("Ito", None, Some("18")))).await.unwrap();

    let dir = fs::read_dir(hospital.data().join("amended")).unwrap().next().unwrap().unwrap().path();
    let mut files: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    fs::remove_file(&files[0]).unwrap();
    fs::rename(&files[1], &files[0]).unwrap();
    let opening = Office::new(&hospital).await.opening(act::View, &found, &acting(Role::Viewer)).await;
    let refused = folk.history(&found, &opening).await.err().unwrap();
    assert_eq!(refused.code(), "amendment_damaged");
    folk.close().await;
    puller.close().await;
}

#[tokio::test]
async fn no_file_of_the_data_directory_names_a_patient() {
    let hospital = Hospital::new();
    let puller = filed(&hospital, &[Some(patient(FAMILY, Some(NHS), Some(LOCAL))), None]).await;
    let folk = puller.folk().await.unwrap();
    let found = folk.team(Some("tissue"), Which::All, None, 1).await.unwrap().remove(0);
    amend(&hospital, &folk, &found, Some(patient(FAMILY, Some(NHS), Some(LOCAL)))).await.unwrap();

    let mut read = 0;
    // Also what SQLite has not written back yet.
    search(&hospital.data(), &mut read);
    folk.close().await;
    puller.close().await;
    search(&hospital.data(), &mut read);
    assert!(read > 100_000, "{read}");
}

fn search(dir: &Path, read: &mut usize) {
    for path in files_below(dir) {
        let bytes = fs::read(&path).unwrap();
        *read += bytes.len();
        for needle in [
            FAMILY,
            "featherstonehaugh",
            "Wilhelmina",
            NHS,
            "999 000 0042",
            LOCAL,
            "rx1004711",
            DOB,
            "17-Feb-1938",
            WORDS,
            REASON,
        ] {
            let found = bytes.windows(needle.len()).any(|window| window == needle.as_bytes());
            assert!(!found, "{} holds {needle}", path.display());
        }
    }
}

#[test]
fn the_number_of_the_test_patient_is_one() {
    assert!(NhsNumber::entered(NHS).is_ok());
}
