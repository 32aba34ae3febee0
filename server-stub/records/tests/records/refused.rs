//! Erasing what was kept of photos that were refused and never filed: they stay refused, whatever comes, and whoever asks reads why.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use gauze_people::Remembered;
use gauze_people::context::ReasonCode;
use gauze_people::log::{Happening, What, read_entries};
use gauze_people::person::PersonId;
use gauze_records::access::open_log;
use gauze_records::keeping::Tombstone;
use gauze_records::retention::{ErasedNow, KeepingError, OnRequest, erase_refused, erased as erased_before};
use gauze_records::{Again, Coded as _, Status, rejudge, restored};
use gauze_wire::{Digest, FilingRefusal, Jws};
use tokio::sync::Barrier;

use super::access::said;
use super::fixture::{Hospital, Phone, Photo, copy, holding, too_strict, unopened, write};

pub const WORDS: &str = "Asked for by Quillonbert";

/// What two people decided about a photo that was refused.
pub async fn erase_as_asked(hospital: &Hospital, photo: &Photo) -> Result<Vec<ErasedNow>, KeepingError> {
    let (by, asked_by) = (PersonId("a".repeat(26)), PersonId("b".repeat(26)));
    let wish = OnRequest {
        by: &by,
        asked_by: &asked_by,
        ground: ReasonCode::PatientRequest,
        words: WORDS,
        photos: &[photo.id()],
    };
    erase_refused(&hospital.data(), &hospital.keys(), &wish, hospital.now()).await
}

/// What a command prints; it may wait for a lock that is let go of here.
async fn said_by(arguments: Vec<String>) -> String {
    let run = move || said(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    tokio::task::spawn_blocking(run).await.unwrap()
}

/// An erasure that is cut off between its line and its tombstone.
async fn cut_off(hospital: &Hospital, photo: &Photo) {
    let erased = hospital.data().join("erased");
    write(&erased, "in the way");
    erase_as_asked(hospital, photo).await.unwrap_err();
    fs::remove_file(&erased).unwrap();
    assert!(!holding(&hospital.data(), &photo.sealed).is_empty(), "no tombstone, no erasure");
}

/// As where the index was lost: what the manual says is put into a directory of its own.
fn begin_anew(hospital: &Hospital, kept: &[&str]) -> PathBuf {
    let old = hospital.path("old");
    fs::rename(hospital.data(), &old).unwrap();
    kept.iter().for_each(|kept| copy(&old.join(kept), &hospital.data().join(kept)));
    old
}

fn stone(hospital: &Hospital, photo: &Photo) -> Tombstone {
    let binding = photo.binding();
    let dir = hospital.data().join("erased").join(binding.device_id.as_str());
    let text =
        fs::read_to_string(dir.join(format!("{}.{}.jws", binding.capture_id, binding.sha256))).unwrap();
    Jws::parse(&text).unwrap().verify_by(&[hospital.records_key()], &hospital.tenant()).unwrap()
}

#[tokio::test]
async fn what_was_refused_is_erased_as_two_people_decided_and_no_file_holds_it() {
    let (hospital, _, [refused, filed], _) = unopened().await;
    let kept = hospital.data().join(format!("refused/{}.age", refused.jws.digest()));
    assert_eq!(holding(&hospital.data(), &refused.sealed), [kept]);

    let (data, keys) = (hospital.data(), hospital.keys());
    let (one, two) = (PersonId("a".repeat(26)), PersonId("b".repeat(26)));
    let now = hospital.now();
    let wish =
        OnRequest { by: &one, asked_by: &two, ground: ReasonCode::Legal, words: "as asked", photos: &[] };
    for (wish, code) in [
        (OnRequest { asked_by: &one, ..wish }, "own_wish"),
        (OnRequest { words: " ", ..wish }, "words"),
        (OnRequest { photos: &[filed.id()], ..wish }, "not_refused"),
        (
            OnRequest { photos: &["01930000-0000-7000-8000-000000000001".parse().unwrap()], ..wish },
            "not_refused",
        ),
    ] {
        assert_eq!(erase_refused(&data, &keys, &wish, now).await.unwrap_err().code(), code);
    }
    let puller = hospital.puller().await.unwrap();
    assert_eq!(erase_as_asked(&hospital, &refused).await.unwrap_err().code(), "busy");
    puller.close().await;
    assert!(!holding(&data, &refused.sealed).is_empty());

    let erased = erase_as_asked(&hospital, &refused).await.unwrap();
    assert_eq!(erased.len(), 1);
    assert_eq!(holding(&data, &refused.sealed), Vec::<PathBuf>::new());
    assert!(holding(&data, b"Quillonbert").is_empty(), "why is sealed");
    assert!(!holding(&data, &filed.sealed).is_empty(), "the others stay");
    let said = stone(&hospital, &refused);
    assert_eq!((said.refused, said.line), (Some(FilingRefusal::DidNotOpen), erased[0].line));
    assert_eq!((&said.by, &said.asked_by), (&one, &Some(two)));
    assert_eq!((said.ground, said.sha256), (ReasonCode::PatientRequest, refused.binding().sha256));
    let mut lines = Vec::new();
    read_entries(&data.join("access"), |kept| lines.extend(kept.entry)).unwrap();
    let line = lines.iter().find(|entry| entry.what == What::Happening(Happening::PhotoErased)).unwrap();
    assert_eq!((line.who.as_ref(), &line.id), (Some(&one), &said.entry));
    assert!(line.note.as_ref().unwrap().as_str().starts_with(&refused.binding().sha256.to_string()));

    let report = hospital.verify().await;
    assert!(report.ok && report.erased == 1, "{:?}", report.findings);
    let listed = hospital.list().await;
    let gone = listed.iter().find(|one| one.capture_id == refused.id()).unwrap();
    assert!(gone.erased && gone.status == Status::Refused);
    // Whoever asks reads who asked, why, and for what it had been refused.
    let told = erased_before(&data, &keys, now).await.unwrap();
    let [told] = &told[..] else { panic!("one erasure") };
    assert_eq!((told.capture_id, told.line, &told.by), (refused.id(), said.line, &one));
    assert_eq!((&told.asked_by, told.refused), (&said.asked_by, said.refused));
    assert_eq!((told.ground, told.words.as_deref()), (said.ground, Some(WORDS)));
    let dirs = ["--data", data.to_str().unwrap(), "--keys", hospital.path("keys").to_str().unwrap()]
        .map(str::to_owned);
    let arguments = |words: &[&'static str]| {
        [words.iter().map(|word| (*word).to_owned()).collect(), dirs.to_vec()].concat()
    };
    let table = said_by(arguments(&["retention", "erased"])).await;
    assert!(table.contains("patient_request  did_not_open") && table.trim_end().ends_with(WORDS), "{table}");
    let table = said_by(arguments(&["list"])[..3].to_vec()).await;
    assert!(table.contains(" did_not_open erased\n"), "{table}");
    // Once more, it is the same erasure.
    assert_eq!(erase_as_asked(&hospital, &refused).await.unwrap(), erased);
}

#[tokio::test]
async fn what_was_refused_and_erased_stays_refused_whatever_is_pulled_copied_or_judged_again() {
    let (hospital, phone, [refused, _], other) = unopened().await;
    let kept = hospital.data().join(format!("refused/{}.age", refused.jws.digest()));
    erase_as_asked(&hospital, &refused).await.unwrap();
    let asked_for = || hospital.gateway.with(|shop| shop.blob_calls);
    let before = asked_for();
    let nowhere = |when: &str| {
        assert!(holding(&hospital.data(), &refused.sealed).is_empty(), "{when}");
        assert_eq!(asked_for(), before, "{when}: its bytes are not even asked for");
        assert_eq!(hospital.last_word(&refused), "did_not_open", "{when}");
    };

    write(&kept, &refused.sealed);
    assert_eq!(hospital.found().await, ["file_erased"]);
    hospital.pass().await.unwrap();
    nowhere("a copy of the file came back");

    // By now it would open: the hospital has the identity, and a person asks.
    hospital.opens_for(&other);
    rejudge(&hospital.data(), Again::All).await.unwrap();
    write(&kept, &refused.sealed);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.filed, report.missing), (0, 0));
    nowhere("somebody had it judged again");
    assert!(hospital.verify().await.ok);

    let adopted = phone.again(20, &hospital).adopt(&hospital, &refused);
    hospital.gateway.take(&adopted);
    assert_eq!(hospital.pass().await.unwrap().filed, 0);
    nowhere("the phone's next key signed for it");
    assert!(hospital.verify().await.ok);

    let old = begin_anew(&hospital, &["sealed", "bundles", "in-force", "erased"]);
    hospital.pass().await.unwrap();
    nowhere("the index was lost");
    let report = hospital.verify().await;
    assert!(report.ok && report.erased >= 1, "{:?}", report.findings);

    // A directory from before, which knows of no erasure, learns of it.
    let former = hospital.path("former-data");
    fs::rename(hospital.data(), &former).unwrap();
    copy(&old, &hospital.data());
    fs::remove_dir_all(hospital.data().join("erased")).unwrap();
    fs::remove_file(hospital.data().join("lock")).ok();
    write(&kept, &refused.sealed);
    assert_eq!(restored(&hospital.data(), &former).await.unwrap().erased, [refused.id()]);
    hospital.pass().await.unwrap();
    nowhere("the directory was put back from a copy");
}

#[tokio::test]
async fn a_phone_that_is_believed_late_goes_on_behind_a_refused_photo_that_was_erased() {
    let (hospital, mut phone, photos) = too_strict().await;
    // Its bytes never came: that it stays refused is what is signed.
    erase_as_asked(&hospital, &photos[0]).await.unwrap();
    hospital.lets_in();
    rejudge(&hospital.data(), Again::Photo(photos[1].id())).await.unwrap();
    let report = hospital.pass().await.unwrap();
    assert_eq!(report.filed, 1);
    assert_eq!(photos.map(|photo| hospital.last_word(&photo)), ["enrolment_invalid", "filed"]);
    let next = phone.photo(&hospital);
    hospital.gateway.take(&next);
    assert_eq!(hospital.pass().await.unwrap().filed, 1, "the chain goes on behind it");
    let report = hospital.verify().await;
    assert!(report.ok && report.erased == 1, "{:?}", report.findings);
}

#[tokio::test]
async fn an_erasure_of_what_was_refused_is_finished_under_its_line_wherever_it_was_cut_off() {
    let (hospital, _, [refused, _], _) = unopened().await;
    cut_off(&hospital, &refused).await;

    // The pages find the line at their start, with no command.
    let (keys, data, now) = (hospital.keys(), hospital.data(), hospital.now());
    let remembered = tokio::task::spawn_blocking(move || {
        Remembered::of(&open_log(&keys, &data, now).unwrap()).unwrap().keepings.erasures().cloned().collect()
    });
    let erasures: Vec<_> = remembered.await.unwrap();
    let puller = hospital.puller().await.unwrap();
    let folk = puller.folk().await.unwrap();
    let key = Arc::new(hospital.keys().records().unwrap());
    assert_eq!(folk.resume(erasures.clone(), key.clone()).await.unwrap(), 1);
    assert_eq!(folk.resume(erasures, key).await.unwrap(), 0);
    folk.close().await;
    puller.close().await;
    assert!(holding(&hospital.data(), &refused.sealed).is_empty());
    let said = stone(&hospital, &refused);
    assert_eq!((said.line, said.refused), (0, Some(FilingRefusal::DidNotOpen)));
    assert_eq!(said.asked_by, Some(PersonId("b".repeat(26))), "the line names both");
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_photo_comes_under_a_name_that_a_stranger_used_before_and_was_erased() {
    let hospital = Hospital::new();
    let (mut phone, stranger) = (Phone::enrolled(10, &hospital), Phone::enrolled(11, &hospital));
    let own = phone.photo(&hospital);
    let said: gauze_wire::Body = serde_json::from_slice(&own.body).unwrap();
    let said = gauze_wire::Body { sha256: Digest::of(b"another file"), ..said };
    let body = serde_json::to_vec(&said).unwrap();
    let forged = stranger.adopt(&hospital, &Photo { body, ..own.clone() });
    hospital.gateway.log(&forged.jws);
    hospital.pass().await.unwrap();
    assert_eq!(hospital.last_word(&forged), "chain_broken");
    erase_as_asked(&hospital, &forged).await.unwrap();

    hospital.gateway.take(&own);
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    // A start erases again what was erased, and nothing else.
    hospital.pass().await.unwrap();
    assert!(hospital.sealed(&own).is_file());
    let listed = hospital.list().await;
    let erased = |status| listed.iter().any(|one| one.status == status && one.erased);
    assert!(erased(Status::Refused) && !erased(Status::Filed));
    let report = hospital.verify().await;
    assert!(report.ok && (report.erased, report.files) == (1, 1), "{:?}", report.findings);
    assert_eq!(erase_as_asked(&hospital, &forged).await.unwrap_err().code(), "not_refused");
}

/// Killed behind the line, mended meanwhile, and pulled by a program that serves no pages.
#[tokio::test]
async fn what_was_cut_off_behind_its_line_stays_refused_whoever_pulls_first() {
    for lost in [false, true] {
        let (hospital, _, [refused, _], other) = unopened().await;
        cut_off(&hospital, &refused).await;
        hospital.opens_for(&other);
        if lost {
            begin_anew(&hospital, &["sealed", "bundles", "in-force", "access"]);
        } else {
            rejudge(&hospital.data(), Again::All).await.unwrap();
        }
        let blobs = || hospital.gateway.with(|shop| shop.blob_calls);
        let before = blobs();
        assert_eq!(hospital.pass().await.unwrap().missing, 0);
        assert_eq!(blobs(), before, "{lost}");
        assert_eq!(hospital.last_word(&refused), "did_not_open", "{lost}");
        assert!(holding(&hospital.data(), &refused.sealed).is_empty(), "{lost}");
        let said = stone(&hospital, &refused);
        assert_eq!((said.line, said.asked_by), (0, Some(PersonId("b".repeat(26)))), "{lost}");
        let report = hospital.verify().await;
        assert!(report.ok && report.erased == 1, "{lost}: {:?}", report.findings);
    }
}

/// Another program writes the access log at that moment, or it is damaged: nobody knows what was erased.
#[tokio::test]
async fn while_the_access_log_cannot_be_read_what_was_refused_before_waits_and_the_others_do_not() {
    let (hospital, mut phone, [refused, _], other) = unopened().await;
    cut_off(&hospital, &refused).await;
    hospital.opens_for(&other);
    rejudge(&hospital.data(), Again::All).await.unwrap();
    let (keys, data, now) = (hospital.keys(), hospital.data(), hospital.now());
    let log = tokio::task::spawn_blocking(move || open_log(&keys, &data, now).unwrap()).await.unwrap();
    hospital.gateway.take(&phone.photo(&hospital));
    let puller = hospital.puller().await.unwrap();
    let report = puller.pass().await.unwrap();
    assert_eq!((report.filed, report.missing), (1, 1));
    tokio::task::spawn_blocking(move || drop(log)).await.unwrap();
    let report = puller.pass().await.unwrap();
    assert_eq!((report.filed, report.missing), (0, 0));
    puller.close().await;
    assert_eq!(hospital.last_word(&refused), "did_not_open");
    assert!(holding(&hospital.data(), &refused.sealed).is_empty());
    assert!(hospital.verify().await.ok);
}

/// A directory from before the erasure, whose photo would open by now; its newest `erased` is put back when it may be too late.
async fn from_before() -> (Hospital, Photo, [PathBuf; 2]) {
    let (hospital, _, [refused, _], other) = unopened().await;
    erase_as_asked(&hospital, &refused).await.unwrap();
    let (erased, aside) = (hospital.data().join("erased"), hospital.path("aside"));
    fs::rename(&erased, &aside).unwrap();
    fs::remove_dir_all(hospital.data().join("access")).unwrap();
    hospital.sql("UPDATE photo SET folk = 0").await;
    hospital.opens_for(&other);
    rejudge(&hospital.data(), Again::All).await.unwrap();
    (hospital, refused, [aside, erased])
}

#[tokio::test]
async fn a_photo_whose_tombstone_comes_while_it_is_fetched_is_not_filed() {
    let (hospital, refused, [aside, erased]) = from_before().await;
    let together = Arc::new(Barrier::new(2));
    hospital.gateway.with(|shop| shop.together = Some(together.clone()));
    let blobs = || hospital.gateway.with(|shop| shop.blob_calls);
    let before = blobs();
    let puller = hospital.puller().await.unwrap();
    let put_back = async {
        while blobs() == before {
            tokio::task::yield_now().await;
        }
        fs::rename(&aside, &erased).unwrap();
        together.wait().await;
    };
    let (report, ()) = tokio::join!(puller.pass(), put_back);
    assert_eq!(report.unwrap().filed, 0);
    puller.close().await;
    assert_eq!(hospital.last_word(&refused), "did_not_open");
    assert!(holding(&hospital.data(), &refused.sealed).is_empty());
    let report = hospital.verify().await;
    assert!(report.ok && report.erased == 1, "{:?}", report.findings);
}

#[tokio::test]
async fn a_photo_that_was_filed_beside_its_tombstone_is_found_and_kept() {
    let (hospital, refused, [aside, erased]) = from_before().await;
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    fs::rename(&aside, &erased).unwrap();
    for _ in 0..2 {
        assert_eq!(hospital.found().await, ["filed_though_erased"]);
        hospital.pass().await.unwrap();
    }
    assert!(hospital.sealed(&refused).is_file(), "its phone was told that the hospital has it");
    assert!(hospital.list().await.iter().all(|one| !one.erased), "and it is found");
}
