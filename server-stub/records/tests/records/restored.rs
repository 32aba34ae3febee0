//! The drill of the manual after the gateway came back from an older copy: it ends in a clean `verify`, and what was decided since
//! is decided again.

use std::fs;

use gauze_people::cases::{Carried, Kind, Teller};
use gauze_people::context::{self, ReasonCode};
use gauze_records::access::open_log;
use gauze_records::proposals::{Decider, list_proposals, refuse};
use gauze_records::verify::{Verdict, verify};
use gauze_records::{Coded as _, restored};
use gauze_wire::{Bytes, Deed, Digest, Jws, Photos, ProposalId, Report, ReportId, Wanted};

use crate::fixture::{Hospital, Phone, copy, write};

fn act(hospital: &Hospital, reason: &str, deed: Deed) {
    hospital.acts(("R. Osei", reason), deed);
}

fn id(letter: char) -> ProposalId {
    letter.to_string().repeat(22).parse().unwrap()
}

/// The directories under `sealed`, `bundles` and `in-force`, copied as the manual says.
fn begin_anew(hospital: &Hospital) -> std::path::PathBuf {
    let old = hospital.path("records-old");
    fs::rename(hospital.data(), &old).unwrap();
    for kept in ["sealed", "bundles", "in-force"] {
        copy(&old.join(kept), &hospital.data().join(kept));
    }
    old
}

#[tokio::test]
async fn a_restore_ends_clean_and_decisions_since_the_copy_are_taken_again_or_listed() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let before = phone.photo(&hospital);
    hospital.gateway.take(&before);
    let wanted = Wanted::Token { hours: 8, serial: None };
    act(&hospital, "a new phone", Deed::Propose { proposal_id: id('A'), wanted });
    hospital.pass().await.unwrap();
    let copy = hospital.gateway.leaves();

    let data = hospital.data();
    let by = Decider::new("governance-2", "nobody knows this phone").unwrap();
    refuse(&data, &id('A'), &by, hospital.now()).await.unwrap();
    let after = phone.photo(&hospital);
    hospital.gateway.take(&after);
    let mut late = Phone::enrolled(12, &hospital);
    hospital.gateway.take(&late.photo(&hospital));
    act(&hospital, "left in a taxi; it's \"gone\"", Deed::Revoke { device_id: phone.id() });
    act(
        &hospital,
        "left in a taxi; it's \"gone\"",
        Deed::Flag { device_id: phone.id(), code: "lost".parse().unwrap() },
    );
    let wipe = Wanted::Wipe { device_id: phone.id(), photos: Photos::Keep };
    act(&hospital, "left in a taxi; it's \"gone\"", Deed::Propose { proposal_id: id('B'), wanted: wipe });
    act(&hospital, "unsure", Deed::Suspend { device_id: late.id() });
    hospital.pass().await.unwrap();

    hospital.gateway.set_leaves(copy);
    assert_eq!(hospital.pass().await.unwrap_err().code(), "log_rolled_back");
    let old = begin_anew(&hospital);
    hospital.pass().await.unwrap();
    let found = hospital.verify().await;
    assert_eq!((found.ok, found.verdict, found.findings.len()), (false, Verdict::FilesUnknown, 2));
    assert_eq!(list_proposals(&data, false).await.unwrap().len(), 1, "the refused token waits again");

    let done = restored(&data, &old).await.unwrap();
    assert_eq!((done.moved.len(), done.decided.as_slice()), (2, [id('A')].as_slice()));
    assert!(done.moved.iter().all(|path| path.starts_with(data.join("former")) && path.is_file()));
    let lost = format!(
        "gauze-gateway admin device lost --data gateway --tenant ward-9 --operator 'R. Osei' \
         --reason 'left in a taxi; it'\\''s \"gone\"' -- {}",
        phone.id()
    );
    let unknown = format!(
        "# suspend {}: the gateway does not know this phone, which can do nothing until it enrols",
        late.id()
    );
    assert_eq!(done.commands, [lost, unknown]);
    let clean = hospital.verify().await;
    assert!(clean.ok && clean.verdict == Verdict::Clean, "{:?}", clean.findings);
    assert!(list_proposals(&data, false).await.unwrap().is_empty());
    hospital.pass().await.unwrap();
    let told = hospital.gateway.with(|shop| shop.decisions.clone());
    // Once before the copy came back, which does not know it, and once after.
    let as_before = |told: &gauze_wire::Decision| {
        told.proposal_id == id('A')
            && told.signed.is_none()
            && told.reason.as_str() == "nobody knows this phone"
    };
    assert!(told.len() == 2 && told.iter().all(as_before));

    // Repeated at the gateway, nothing is left; what is repeated by hand is not asked for twice.
    act(&hospital, "left in a taxi; it's \"gone\"", Deed::Revoke { device_id: phone.id() });
    act(
        &hospital,
        "left in a taxi; it's \"gone\"",
        Deed::Flag { device_id: phone.id(), code: "lost".parse().unwrap() },
    );
    hospital.pass().await.unwrap();
    let again = restored(&data, &old).await.unwrap();
    assert!(again.moved.is_empty() && again.decided.is_empty());
    assert!(again.commands.iter().all(|line| !line.contains("device lost")), "{:?}", again.commands);
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn that_photos_were_to_go_with_a_phone_is_not_forgotten() {
    let hospital = Hospital::new();
    let (phone, late) = (Phone::enrolled(10, &hospital), Phone::enrolled(12, &hospital));
    hospital.pass().await.unwrap();
    let copy = hospital.gateway.leaves();
    let wipe = |device_id, photos| Wanted::Wipe { device_id, photos };
    let wanted = wipe(phone.id(), Photos::Destroy);
    act(&hospital, "lost", Deed::Flag { device_id: phone.id(), code: "lost".parse().unwrap() });
    act(&hospital, "lost", Deed::Propose { proposal_id: id('A'), wanted });
    let wanted = wipe(late.id(), Photos::Destroy);
    act(&hospital, "handed back", Deed::Propose { proposal_id: id('B'), wanted });
    hospital.pass().await.unwrap();
    hospital.gateway.set_leaves(copy);
    let old = begin_anew(&hospital);
    hospital.pass().await.unwrap();
    let commands = restored(&hospital.data(), &old).await.unwrap().commands;
    let ends = |verb: &str, phone: &Phone| {
        let end = format!(" --photos destroy -- {}", phone.id());
        commands.iter().any(|line| line.contains(&format!("device {verb} ")) && line.ends_with(&end))
    };
    assert!(commands.len() == 2 && ends("lost", &phone) && ends("wipe", &late), "{commands:?}");
}

/// A line of the access log by which this report became a case.
async fn case_of(hospital: &Hospital, teller: Teller, sealed: &[u8]) {
    let (data, keys, at) = (hospital.data(), hospital.keys(), hospital.now());
    let sealed = Digest::of(sealed);
    let made = tokio::task::spawn_blocking(move || {
        let log = open_log(&keys, &data, at).unwrap();
        let report = Carried {
            teller,
            kind: Kind::Breach,
            aware_at: at,
            made_at: Some(at),
            sealed,
            said: None,
            leaf: None,
        };
        let reason = context::Reason { code: ReasonCode::Other, sealed_words: None };
        log.note_blocking(&report.event(reason, at).unwrap()).unwrap();
    });
    made.await.unwrap();
}

#[tokio::test]
async fn a_report_that_is_no_case_here_is_told_once_more_and_one_that_is_is_not() {
    let hospital = Hospital::new();
    hospital.pass().await.unwrap();
    let copy = hospital.gateway.leaves();
    let sealed = |text: &[u8]| Bytes::new(text.to_vec()).unwrap();
    let report = |operator: &str, text: &[u8]| {
        let deed = Deed::Report { sealed: sealed(text) };
        hospital.acts((operator, "what they said is sealed"), deed);
    };
    report("R. Osei", b"is a case");
    report("night\n$(reboot)'desk'", b"is none");
    hospital.pass().await.unwrap();
    hospital.gateway.set_leaves(copy);
    let old = begin_anew(&hospital);
    hospital.pass().await.unwrap();
    let commands = async || restored(&hospital.data(), &old).await.unwrap().commands;
    // Without an access log none is a case.
    assert_eq!(commands().await.len(), 2);
    case_of(&hospital, Teller::Operator, b"is a case").await;
    let told = commands().await;
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(
        told.starts_with("# entry 1 of the log before reported something under the name 'night $(reboot)"),
        "{told}"
    );
    assert!(told.contains("have it reported again") && !told.contains('\n'), "a remark is one line: {told}");
    // Once the gateway has it again nothing is left.
    report("R. Osei", b"is none");
    hospital.pass().await.unwrap();
    assert!(commands().await.is_empty());
}

#[tokio::test]
async fn a_phones_report_that_the_copy_does_not_know_is_told_unless_it_is_a_case_or_comes_again() {
    let hospital = Hospital::new();
    let phone = Phone::enrolled(10, &hospital);
    hospital.pass().await.unwrap();
    let copy = hospital.gateway.leaves();
    let report = |name: u8, sealed: &[u8]| {
        let report = Report {
            v: 1,
            typ: <Report as gauze_wire::Signed>::TYP.into(),
            tenant: hospital.tenant(),
            device_id: phone.id(),
            report_id: ReportId::make(&[name; 16]),
            sealed: Bytes::new(sealed.to_vec()).unwrap(),
        };
        Jws::sign(&report, &phone.key).unwrap()
    };
    hospital.gateway.log(&report(1, b"is a case"));
    hospital.gateway.log(&report(2, b"is none"));
    hospital.pass().await.unwrap();
    assert_eq!(hospital.verify().await.words, 2);
    hospital.gateway.set_leaves(copy);
    let old = begin_anew(&hospital);
    hospital.pass().await.unwrap();
    let commands = async || restored(&hospital.data(), &old).await.unwrap().commands;
    assert_eq!(commands().await.len(), 2);
    // An act with the same bytes is another's word.
    case_of(&hospital, Teller::Operator, b"is none").await;
    case_of(&hospital, Teller::Phone, b"is a case").await;
    let told = commands().await;
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert!(
        told.starts_with(&format!("# entry 2 of the log before is a report of the phone {}", phone.id())),
        "{told}"
    );
    let found = hospital.verify().await;
    assert!(found.ok && found.words == 0, "{found:?}");
    hospital.gateway.log(&report(2, b"is none"));
    hospital.pass().await.unwrap();
    let found = hospital.verify().await;
    assert!(found.ok && found.words == 1, "{found:?}");
    assert!(commands().await.is_empty());
}

#[tokio::test]
async fn a_file_that_the_log_before_does_not_know_either_stays_a_finding() {
    let hospital = Hospital::new();
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    let mut leaves = hospital.gateway.leaves();
    leaves.pop();
    let old = begin_anew(&hospital);
    hospital.gateway.set_leaves(leaves);
    hospital.pass().await.unwrap();
    let path = hospital.sealed(&photo);
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1;
    write(&path, bytes);
    assert!(restored(&hospital.data(), &old).await.unwrap().moved.is_empty());
    assert_eq!(hospital.verify().await.verdict, Verdict::FilesUnknown);
    let same = restored(&hospital.data(), &hospital.data()).await;
    assert_eq!(same.err().unwrap().code(), "same_directory");
}

#[tokio::test]
async fn another_root_a_strange_file_and_a_change_are_told_apart() {
    let (hospital, other) = (Hospital::new(), Hospital::new());
    let mut phone = Phone::enrolled(10, &hospital);
    let photo = phone.photo(&hospital);
    hospital.gateway.take(&photo);
    hospital.pass().await.unwrap();
    let wrong = verify(&hospital.data(), Some(&other.keys())).await.unwrap();
    assert_eq!((wrong.ok, wrong.verdict, wrong.findings.len()), (false, Verdict::OtherRoot, 0));
    assert_eq!(wrong.other_root, Some(hospital.keys().root_sha256().unwrap()));

    let strange = hospital.sealed(&photo).with_file_name("0190a0a0-0000-7000-8000-000000000000.age");
    write(&strange, b"somebody's");
    assert_eq!(hospital.verify().await.verdict, Verdict::FilesUnknown);
    write(&hospital.sealed(&photo), b"changed");
    assert_eq!(hospital.verify().await.verdict, Verdict::Changed);
    let both = verify(&hospital.data(), Some(&other.keys())).await.unwrap();
    assert_eq!(both.verdict, Verdict::Changed, "another root excuses nothing");
}
