//! An archive of a case as it leaves: by a fresh proof and with its lines, no patient in clear, and no byte of it another.

use std::convert::Infallible;
use std::fs;
use std::process::Command;
use std::time::Duration;

use axum::http::StatusCode;
use gauze_people::action::Action;
use gauze_people::log::{Entry, Outcome, What};
use gauze_people::person::Role;
use gauze_records::Coded as _;
use gauze_records::evidence::verify;
use gauze_seal::age::{Identity, Opener, Unwrap};
use jiff::SignedDuration;

use super::cases::{lines, officer, worked_on};
use super::ward::{TEAM, Ward, person};
use crate::fixture::SystemEntropy;
use crate::folk::{FAMILY, NHS, patient};

#[tokio::test]
async fn evidence_is_judged_offline_and_no_byte_of_it_can_be_another() {
    let ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None))]).await;
    let number = worked_on(&ward).await;
    let photo = ward.photos().await[0].clone();
    ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM)).get(&format!("/photos/{}", photo.handle)).await;
    let officer = officer(&ward);
    let page = format!("/cases/{number}/evidence");
    assert_eq!(officer.get(&page).await.status, StatusCode::OK);
    assert_eq!(officer.post(&page, &[("words", "")]).await.status, StatusCode::BAD_REQUEST);
    let no_key = [("words", "The regulator"), ("names", "yes"), ("key", "age1x")];
    assert_eq!(officer.post(&page, &no_key).await.status, StatusCode::BAD_REQUEST);
    let answer = officer.post(&page, &[("words", "The regulator asks for it")]).await;
    assert_eq!(answer.headers["content-type"], "application/x-tar", "{}", answer.status);
    let archive = answer.body;
    let found = verify(&archive, None, None).unwrap();
    assert_eq!((found.case, found.keys_given), (number, false));
    assert!(found.lines >= 7, "report, five steps and the evidence itself: {found:?}");
    assert_eq!(found.phones.len(), 1, "{found:?}");
    let hospital = ward.hospital.keys().records().unwrap();
    let (key, log) = (gauze_wire::Signer::public_key(&hospital), ward.office.log.public_keys());
    assert!(verify(&archive, Some(&key), Some(&log)).unwrap().keys_given);
    let other = gauze_wire::SoftwareKey::from_bytes(&[9; 32]).unwrap();
    let other = gauze_wire::Signer::public_key(&other);
    assert_eq!(verify(&archive, Some(&other), None).unwrap_err().code(), "evidence_other_key");
    for needle in [
        "Quillonbert",
        "Zwetschgenbaum",
        "diagnosis",
        "FEATHERSTONEHAUGH",
        "Featherstonehaugh",
        "Nurse Reporter",
    ] {
        let clear = archive.windows(needle.len()).any(|window| window == needle.as_bytes());
        assert!(!clear, "{needle} leaves in clear");
    }
    // What is reckoned for a line before it is written is enough.
    let entries = ward.office.entries();
    for file in tar::Archive::new(&archive[..]).entries().unwrap() {
        let file = file.unwrap();
        let name = file.path().unwrap().to_str().unwrap().to_owned();
        let Some(line) = name.strip_prefix("lines/").and_then(|name| name.split('.').next()) else {
            continue;
        };
        let entry = serde_json::to_vec(&entries[line.parse::<usize>().unwrap()]).unwrap();
        assert!(file.size() < (2 << 10) + 2 * entry.len() as u64, "{name}: {}", file.size());
    }
    let text = String::from_utf8_lossy(&archive);
    assert!(text.contains("Looked at the photo") && text.contains(&photo.capture_id.to_string()));
    for at in (0..archive.len()).step_by(97) {
        let mut changed = archive.clone();
        changed[at] ^= 1;
        assert!(verify(&changed, None, None).is_err(), "byte {at} of {} is another", archive.len());
    }
    for cut in [0, 1, 512, archive.len() / 2, archive.len() - 1] {
        assert!(verify(&archive[..cut], None, None).is_err(), "cut at {cut}");
    }
    assert!(verify(&[&archive[..], &[0; 512]].concat(), None, None).is_err(), "longer");
    ward.end().await;
}

#[tokio::test]
async fn evidence_wants_a_fresh_proof_and_names_leave_sealed_to_one_receiver() {
    let ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None))]).await;
    let number = worked_on(&ward).await;
    let officer = officer(&ward);
    let page = format!("/cases/{number}/evidence");
    let identity = Identity::make_x25519(&mut SystemEntropy).unwrap();
    let form = [("words", "Our lawyer"), ("names", "yes"), ("key", &*identity.to_recipient().to_string())];
    let archive = officer.post(&page, &form).await.body;
    verify(&archive, None, None).unwrap();
    assert!(!archive.windows(11).any(|window| window == b"Quillonbert"));
    let mut opened = Vec::new();
    for entry in tar::Archive::new(&archive[..]).entries().unwrap() {
        let mut entry = entry.unwrap();
        if entry.path().unwrap().to_str() == Some("words.age") {
            std::io::Read::read_to_end(&mut entry, &mut opened).unwrap();
        }
    }
    let mut plain = Vec::new();
    let mut keep = |bytes: &[u8]| {
        plain.extend_from_slice(bytes);
        Ok::<_, Infallible>(())
    };
    let keys: [&dyn Unwrap; 1] = [&identity];
    let mut opener = Opener::new(&keys);
    opener.push(&opened, &mut keep).unwrap();
    opener.finish(&mut keep).unwrap();
    let plain = String::from_utf8(plain).unwrap();
    for told in
        ["Quillonbert", "Zwetschgenbaum", "FEATHERSTONEHAUGH", "Nurse Reporter", "It named a diagnosis"]
    {
        assert!(plain.contains(told), "{told}: {plain}");
    }
    ward.hospital.clock.advance(SignedDuration::from_mins(6));
    for answer in [officer.get(&page).await, officer.post(&page, &form).await] {
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        assert!(answer.text().contains(&format!("/prove-again?next=%2Fcases%2F{number}%2Fevidence")));
    }
    let taken: Vec<Entry> = lines(&ward, What::Action(Action::CaseEvidence));
    let done: Vec<Entry> = taken.into_iter().filter(|line| line.outcome == Outcome::Done).collect();
    let note = |line: &Entry| line.note.as_ref().unwrap().as_str().to_owned();
    let [of_photo, of_case] = &*done else { panic!("one line of the photo, one of the case: {done:?}") };
    let key = identity.to_recipient().key_id();
    assert_eq!(note(of_case), format!("evidence/{number}/names/{key}"));
    assert_eq!(note(of_photo), format!("named/{number}/{key}"));
    let (photo, about) = (ward.photos().await.remove(0), of_photo.about.clone().unwrap());
    assert_eq!(about.id.unwrap(), photo.capture_id.to_string());
    assert_eq!(about.patient.unwrap().0, photo.patient.unwrap().to_string());
    let lead = ward.sign_in(person("Sister Lead", Role::Lead, TEAM));
    let looks = lead.get(&format!("/photos/{}/looks", photo.handle)).await.text();
    assert!(looks.contains("Named its patient in the evidence of a case"), "{looks}");
    ward.end().await;
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test's own inputs need not survive a power cut")]
async fn an_archive_says_how_it_is_checked_and_each_of_these_commands_finds_another_byte() {
    let ward = Ward::with(&[None]).await;
    let number = worked_on(&ward).await;
    let form = [("words", "The regulator asks for it")];
    let archive = officer(&ward).post(&format!("/cases/{number}/evidence"), &form).await.body;
    let dir = tempfile::tempdir().unwrap();
    tar::Archive::new(&archive[..]).unpack(dir.path()).unwrap();
    fs::write(dir.path().join("case.tar"), &archive).unwrap();
    let readme = fs::read_to_string(dir.path().join("README.txt")).unwrap();
    let commands: Vec<String> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .map(|line| {
            line.replace("gauze-records", env!("CARGO_BIN_EXE_gauze-records")).replace("ARCHIVE", "case.tar")
        })
        .collect();
    assert_eq!(commands.len(), 3);
    let run =
        |command: &str| Command::new("sh").args(["-c", command]).current_dir(dir.path()).output().unwrap();
    for command in &commands {
        let done = run(command);
        println!("{command}\n{}", String::from_utf8_lossy(&done.stdout));
        assert!(done.status.success(), "{command}: {}", String::from_utf8_lossy(&done.stderr));
    }
    let mut other = archive.clone();
    other[700] ^= 1;
    fs::write(dir.path().join("case.tar"), &other).unwrap();
    fs::write(dir.path().join("evidence.signed"), "e30.e30").unwrap();
    for command in &commands {
        let done = run(command);
        println!("{command}\n{}", String::from_utf8_lossy(&done.stderr));
        assert!(!done.status.success(), "{command}");
    }
    ward.end().await;
}

/// Whoever asks goes when the first line is written: the others are written too, and the case says that its evidence left.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_line_of_evidence_stays_and_is_told_though_the_browser_left() {
    let ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None))]).await;
    let number = worked_on(&ward).await;
    let officer = officer(&ward);
    let key = Identity::make_x25519(&mut SystemEntropy).unwrap().to_recipient().to_string();
    let (page, form) = (
        format!("/cases/{number}/evidence"),
        [("words", "Our lawyer, Holunderbusch"), ("names", "yes"), ("key", &*key)],
    );
    let (there, go) = ward.office.stops_the_next_line();
    tokio::select! {
        biased;
        _ = there => {}
        answer = officer.post(&page, &form) => panic!("{}", answer.text()),
    }
    go.send(()).unwrap();
    let left = || lines(&ward, What::Action(Action::CaseEvidence));
    let waiting = async {
        while left().len() < 2
            || !officer.get(&format!("/cases/{number}")).await.text().contains("Holunderbusch")
        {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), waiting).await.expect("the line of the case");
    assert_eq!(left().len(), 2, "one of the photo, one of the case");
    ward.end().await;
}

/// What is told of a case ends with the line under which it leaves, whatever is written meanwhile.
#[tokio::test]
async fn evidence_holds_no_line_behind_the_one_under_which_it_leaves() {
    let ward = Ward::with(&[Some(patient(FAMILY, Some(NHS), None))]).await;
    let number = worked_on(&ward).await;
    let photo = format!("/photos/{}", ward.photos().await[0].handle);
    let (officer, nurse) = (officer(&ward), ward.sign_in(person("Nurse Viewer", Role::Viewer, TEAM)));
    for _ in 0..4 {
        let (page, form) = (format!("/cases/{number}/evidence"), [("words", "The regulator asks for it")]);
        let looks = async {
            for _ in 0..12 {
                nurse.get(&photo).await;
            }
        };
        let (answer, ()) = tokio::join!(officer.post(&page, &form), looks);
        let found = verify(&answer.body, None, None).unwrap();
        let mut archive = tar::Archive::new(&*answer.body);
        for entry in archive.entries().unwrap() {
            let name = entry.unwrap().path().unwrap().to_str().unwrap().to_owned();
            let line =
                name.strip_prefix("lines/").and_then(|name| name.split('.').next()?.parse::<u64>().ok());
            assert!(line.is_none_or(|line| line <= found.line), "{name} is behind {}", found.line);
        }
    }
    ward.end().await;
}

/// A file that says that it is far larger than what stands in the archive is refused before a byte of it is made.
#[test]
fn an_archive_that_says_it_is_larger_than_it_is_is_refused() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNUSparse);
    header.set_path("README.txt").unwrap();
    header.set_size(0);
    let gnu = header.as_gnu_mut().unwrap();
    gnu.realsize.copy_from_slice(b"777777777777");
    gnu.sparse[0].offset.copy_from_slice(b"777777777777");
    gnu.sparse[0].numbytes.copy_from_slice(b"00000000000\0");
    header.set_cksum();
    let sparse = [&header.as_bytes()[..], &[0; 1024]].concat();
    assert_eq!(verify(&sparse, None, None).unwrap_err().code(), "evidence_malformed");
    // One that is named again by a long name, and one that ends early.
    let mut named = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(1);
    header.set_cksum();
    named.append_data(&mut header, "x".repeat(300), &b"x"[..]).unwrap();
    let named = named.into_inner().unwrap();
    assert_eq!(verify(&named, None, None).unwrap_err().code(), "evidence_malformed");
    let mut header = tar::Header::new_ustar();
    header.set_path("README.txt").unwrap();
    header.set_size(1 << 32);
    header.set_cksum();
    assert!(verify(header.as_bytes(), None, None).is_err());
}
