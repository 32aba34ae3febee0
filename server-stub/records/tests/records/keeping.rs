//! Erasing photos: nothing of one is left on the disk, nothing brings it back, and what was signed stays whole.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_people::Roles;
use gauze_people::action::act;
use gauze_people::context::{Context, ReasonCode};
use gauze_people::keeping::{Erasing, ruling};
use gauze_people::log::{AccessLog, Event, Happening, LogKeys, Outcome};
use gauze_people::person::{PersonId, Role};
use gauze_people::subject::Subject;
use gauze_records::access::open_log;
use gauze_records::keeping::Tombstone;
use gauze_records::retention::{Due, KeepingError, due, erase_due};
use gauze_records::{Coded as _, Folk, Found, Status, Which, restored};
use gauze_wire::{CaptureId, Digest, Jws, SoftwareKey};
use sqlx::Row as _;

use super::fixture::{Edit, Hospital, Phone, Photo, copy, files_below, holding, write};
use super::folk::{FAMILY, NHS, amend, patient, told};
use super::viewer::ward::{TEAM, acting};

const RULES: &str = r#"{"v":1,"otherwise":{"days":1}}"#;

/// Photos of one patient, taken by one phone.
pub struct Day {
    pub hospital: Hospital,
    pub phone: Phone,
    pub photos: Vec<Photo>,
}

impl Day {
    pub async fn of(count: usize) -> Self {
        let hospital = Hospital::new();
        hospital.sign_policy(|policy| {
            policy["version"] = serde_json::json!(7);
            policy["lists"] = serde_json::json!({ "teams": [{ "code": TEAM, "words": "Tissue viability" }] });
        });
        let mut phone = Phone::enrolled(1, &hospital);
        let record = |record: &mut gauze_wire::Record| {
            told(record, Some(patient(FAMILY, Some(NHS), None)));
        };
        let photos: Vec<Photo> = (0..count)
            .map(|_| phone.photo_with(&hospital, &Edit { record: &record, ..Edit::default() }))
            .collect();
        photos.iter().for_each(|photo| hospital.gateway.take(photo));
        assert_eq!(hospital.pass().await.unwrap().filed, count as u64);
        Self { hospital, phone, photos }
    }

    fn id(&self, photo: usize) -> CaptureId {
        self.photos[photo].binding().capture_id
    }

    /// Leave to erase, as a line of the log gives it.
    fn erasing(&self, photo: usize) -> Erasing {
        Erasing {
            by: PersonId("governance".into()),
            asked_by: Some(PersonId("lead".into())),
            at: self.hospital.now(),
            ground: ReasonCode::PatientRequest,
            words: None,
            sha256: self.photos[photo].binding().sha256,
            rules: None,
            refused: None,
            line: 7,
            entry: "AAAAAAAAAAAAAAAAAAAAAA".to_owned().try_into().unwrap(),
        }
    }

    async fn erase(&self, folk: &Folk, photo: usize) -> Result<(), gauze_records::FolkError> {
        let key = Arc::new(self.hospital.keys().records().unwrap());
        folk.erase(self.id(photo), self.erasing(photo), key).await
    }

    /// Erases one with a program that starts and ends.
    async fn erased(&self, photo: usize) {
        let puller = self.hospital.puller().await.unwrap();
        let folk = puller.folk().await.unwrap();
        self.erase(&folk, photo).await.unwrap();
        folk.close().await;
        puller.close().await;
    }

    fn tombstone(&self, photo: usize) -> PathBuf {
        let binding = self.photos[photo].binding();
        let dir = self.hospital.data().join("erased").join(binding.device_id.as_str());
        dir.join(format!("{}.jws", binding.capture_id))
    }

    async fn check(&self, erased: u64) {
        let report = self.hospital.verify().await;
        assert!(report.ok, "{:?}", report.findings);
        let all = self.photos.len() as u64;
        assert_eq!((report.erased, report.files, report.receipts), (erased, all - erased, all));
        for photo in &self.photos {
            self.hospital.filed(photo);
        }
    }
}

/// What the disk holds of a photo: the sealed file, the amendment, and what the index for people keeps of it.
async fn needles(hospital: &Hospital, found: &Found) -> Vec<(&'static str, Vec<u8>)> {
    let options = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(hospital.data().join("index.sqlite"))
        .read_only(true);
    let pool = sqlx::sqlite::SqlitePoolOptions::new().max_connections(1).connect_with(options).await.unwrap();
    let id = found.capture_id.to_string();
    let row = sqlx::query(
        "SELECT handle, label, folk.capture_id, photo.gist, (SELECT term FROM folk_term WHERE folk_term.log_index = folk.log_index LIMIT 1) \
         FROM folk JOIN photo USING (log_index) WHERE folk.capture_id = ?",
    )
    .bind(&id)
    .fetch_one(&pool)
    .await
    .unwrap();
    let needles = vec![("the handle", row.get::<Vec<u8>, _>(0)), ("the label", row.get::<Vec<u8>, _>(1))];
    assert!(!row.get::<String, _>(3).is_empty() && !row.get::<Vec<u8>, _>(4).is_empty());
    pool.close().await;
    needles
}

#[tokio::test]
async fn after_an_erasure_no_file_holds_anything_of_the_photo_and_the_chain_is_whole() {
    let day = Day::of(3).await;
    let hospital = &day.hospital;
    let puller = hospital.puller().await.unwrap();
    let folk = puller.folk().await.unwrap();
    let found = folk.by_reference(&day.id(1)).await.unwrap().unwrap();
    let other = patient("Ng", Some("9990000050"), None);
    amend(hospital, &folk, &found, Some(other)).await.unwrap();
    // Bytes that were refused under this photo's manifest before, and bytes from before a restore.
    let sealed = hospital.sealed(&day.photos[1]);
    let refused = hospital.data().join(format!("refused/{}.age", day.photos[1].jws.digest()));
    let former =
        hospital.data().join("former").join(sealed.strip_prefix(hospital.data().join("sealed")).unwrap());
    fs::create_dir_all(former.parent().unwrap()).unwrap();
    fs::copy(&sealed, &refused).unwrap();
    fs::copy(&sealed, &former).unwrap();
    let amendments = holding_of(&hospital.data().join("amended"));
    let mut needles = needles(hospital, &found).await;
    needles.push(("the sealed photo", day.photos[1].sealed.clone()));
    needles.extend(amendments.into_iter().map(|bytes| ("an amendment", bytes)));
    for (what, bytes) in &needles {
        assert!(!holding(&hospital.data(), bytes).is_empty(), "{what} is found before");
    }
    let everywhere = HashSet::from([former, refused, sealed]);
    assert_eq!(HashSet::from_iter(holding(&hospital.data(), &day.photos[1].sealed)), everywhere);

    day.erase(&folk, 1).await.unwrap();
    for (what, bytes) in &needles {
        assert_eq!(holding(&hospital.data(), bytes), Vec::<PathBuf>::new(), "{what} is left");
    }
    assert!(!holding(&hospital.data(), &day.photos[0].sealed).is_empty(), "the others stay");
    assert!(folk.by_reference(&day.id(1)).await.unwrap().is_none());
    let left = folk.team(Some(TEAM), Which::All, None, 9).await.unwrap();
    assert_eq!(left.len(), 2);
    folk.close().await;
    puller.close().await;
    day.check(1).await;
    let listed = hospital.list().await;
    let gone = listed.iter().find(|one| one.capture_id == day.id(1)).unwrap();
    assert!(gone.erased && gone.status == Status::Filed && gone.path.is_none() && gone.gist.is_none());

    // What is signed says what, when, by whom, why, and under which line.
    let jws = Jws::parse(&fs::read_to_string(day.tombstone(1)).unwrap()).unwrap();
    let said: Tombstone = jws.verify_by(&[hospital.records_key()], &hospital.tenant()).unwrap();
    assert_eq!((said.capture_id, said.sha256, said.line), (day.id(1), day.photos[1].binding().sha256, 7));
    assert_eq!((said.ground, said.by.0.as_str()), (ReasonCode::PatientRequest, "governance"));
    for word in [FAMILY, NHS, "Wilhelmina"] {
        assert!(holding(&hospital.data(), word.as_bytes()).is_empty());
    }
}

fn holding_of(dir: &Path) -> Vec<Vec<u8>> {
    files_below(dir).iter().map(|path| fs::read(path).unwrap()).collect()
}

/// Where an erasure can be cut off, by what is in its way: a directory where a file is to be removed or written fails as a bad
/// disk does, and a trigger as a bad index.
#[tokio::test]
async fn a_photo_is_whole_or_its_erasure_is_finished_wherever_it_is_cut_off() {
    for cut in ["tombstone", "sealed", "refused", "index"] {
        let day = Day::of(2).await;
        let hospital = &day.hospital;
        let puller = hospital.puller().await.unwrap();
        let folk = puller.folk().await.unwrap();
        let found = folk.by_reference(&day.id(0)).await.unwrap().unwrap();
        amend(hospital, &folk, &found, None).await.unwrap();
        let refused = format!("refused/{}.age", day.photos[0].jws.digest());
        let in_the_way = match cut {
            "tombstone" => Some(day.tombstone(0)),
            "sealed" => Some(hospital.sealed(&day.photos[0])),
            "refused" => Some(hospital.data().join(refused)),
            _ => None,
        };
        let kept = in_the_way.as_ref().and_then(|path| fs::read(path).ok());
        if let Some(path) = &in_the_way {
            if path.is_file() {
                fs::remove_file(path).unwrap();
            }
            fs::create_dir_all(path.join("in the way")).unwrap();
        } else {
            let failing = "CREATE TRIGGER failing BEFORE DELETE ON folk BEGIN SELECT RAISE(ABORT, 'no'); END";
            hospital.sql(failing).await;
        }
        let failed = day.erase(&folk, 0).await;
        assert!(failed.is_err(), "{cut}");
        assert!(folk.is_unfinished(), "{cut}");
        // Killed here.
        folk.close().await;
        puller.close().await;
        if let Some(path) = in_the_way {
            fs::remove_dir_all(&path).unwrap();
            if let Some(kept) = kept {
                write(&path, &kept);
            }
        } else {
            hospital.sql("DROP TRIGGER failing").await;
        }
        let whole = !day.tombstone(0).exists();
        assert_eq!(whole, cut == "tombstone", "{cut}");
        hospital.pass().await.unwrap();
        day.check(if whole { 0 } else { 1 }).await;
        if whole {
            // The line was written: whoever serves the pages next finishes it.
            let puller = hospital.puller().await.unwrap();
            let folk = puller.folk().await.unwrap();
            let key = Arc::new(hospital.keys().records().unwrap());
            let lines = || vec![(day.id(0), day.erasing(0))];
            assert_eq!(folk.resume(lines(), key.clone()).await.unwrap(), 1);
            assert_eq!(folk.resume(lines(), key).await.unwrap(), 0);
            folk.close().await;
            puller.close().await;
            day.check(1).await;
        }
        assert!(holding(&hospital.data(), &day.photos[0].sealed).is_empty(), "{cut}");
        assert!(!holding(&hospital.data(), &day.photos[1].sealed).is_empty(), "{cut}");
    }
}

#[tokio::test]
async fn an_erased_photo_is_never_brought_back_by_a_pull_a_copy_or_another_signature() {
    let day = Day::of(2).await;
    let hospital = &day.hospital;
    let kept = fs::read(hospital.sealed(&day.photos[0])).unwrap();
    day.erased(0).await;

    // A copy of the file comes back.
    write(&hospital.sealed(&day.photos[0]), &kept);
    assert_eq!(hospital.found().await, ["file_erased"]);
    hospital.pass().await.unwrap();
    day.check(1).await;

    // The phone's next key signs for it again, and is told that it need not keep it.
    let next = day.phone.again(20, hospital);
    let adopted = next.adopt(hospital, &day.photos[0]);
    hospital.gateway.take(&adopted);
    hospital.pass().await.unwrap();
    hospital.filed(&adopted);
    assert!(holding(&hospital.data(), &day.photos[0].sealed).is_empty());
    assert!(hospital.verify().await.ok);

    // The index is lost, the copy of the sealed file is there, and the gateway gives the bytes again.
    let old = hospital.path("old");
    fs::rename(hospital.data(), &old).unwrap();
    for kept in ["sealed", "bundles", "in-force", "erased"] {
        copy(&old.join(kept), &hospital.data().join(kept));
    }
    write(&hospital.sealed(&day.photos[0]), &kept);
    let blobs = hospital.gateway.with(|shop| shop.blob_calls);
    assert_eq!(hospital.pass().await.unwrap().missing, 0);
    assert_eq!(hospital.gateway.with(|shop| shop.blob_calls), blobs, "it is not even asked for");
    assert!(holding(&hospital.data(), &day.photos[0].sealed).is_empty());
    let report = hospital.verify().await;
    assert!(report.ok && report.erased == 2, "{:?}", report.findings);
}

#[tokio::test]
async fn a_directory_from_before_repeats_what_was_erased_since() {
    let day = Day::of(2).await;
    let hospital = &day.hospital;
    let backup = hospital.path("backup");
    copy(&hospital.data(), &backup);
    day.erased(0).await;
    let former = hospital.path("former-data");
    fs::rename(hospital.data(), &former).unwrap();
    fs::rename(&backup, hospital.data()).unwrap();
    assert!(!holding(&hospital.data(), &day.photos[0].sealed).is_empty());

    let done = restored(&hospital.data(), &former).await.unwrap();
    assert_eq!(done.erased, [day.id(0)]);
    // A tombstone that the disk does not give is asked for again with the next pull.
    let (tombstone, aside) = (day.tombstone(0), hospital.path("aside"));
    fs::rename(&tombstone, &aside).unwrap();
    std::os::unix::fs::symlink(&tombstone, &tombstone).unwrap();
    let puller = hospital.puller().await.unwrap();
    puller.pass().await.unwrap();
    assert!(hospital.sealed(&day.photos[0]).is_file());
    fs::rename(&aside, &tombstone).unwrap();
    puller.pass().await.unwrap();
    puller.close().await;
    assert!(holding(&hospital.data(), &day.photos[0].sealed).is_empty());
    day.check(1).await;
    assert!(restored(&hospital.data(), &former).await.unwrap().erased.is_empty());
}

#[tokio::test]
async fn a_tombstone_that_nobody_of_ours_signed_erases_nothing_and_is_found() {
    let day = Day::of(2).await;
    let hospital = &day.hospital;
    day.erased(0).await;
    let theirs = Day::of(1).await;
    theirs.erased(0).await;
    for forged in [
        fs::read_to_string(theirs.tombstone(0)).unwrap(),
        // One of ours, of another photo.
        fs::read_to_string(day.tombstone(0)).unwrap(),
        "nothing".to_owned(),
    ] {
        write(&day.tombstone(1), forged.as_bytes());
        hospital.pass().await.unwrap();
        assert!(hospital.sealed(&day.photos[1]).is_file());
        assert_eq!(hospital.found().await, ["tombstone_invalid"]);
    }
    fs::remove_file(day.tombstone(1)).unwrap();
    day.check(1).await;

    // Without its tombstone an erased photo is a missing one.
    fs::remove_file(day.tombstone(0)).unwrap();
    assert_eq!(hospital.found().await, ["file_missing"]);
}

/// Whose line it is that puts these rules in force.
async fn put_in_force(hospital: &Hospital) -> PersonId {
    let officer = acting(Role::Governance);
    let own = officer.person.id.clone();
    let (keys, root) = (hospital.keys(), hospital.data());
    let saved = tokio::task::spawn_blocking(move || {
        let (at, subject) = (officer.factor_at, Subject::Hospital);
        let authorised =
            Roles::shipped().unwrap().authorise(&officer, act::Retention, &subject, &Context::care(at));
        let note = ruling(&Digest::of(RULES.as_bytes())).unwrap();
        open_log(&keys, &root, at).unwrap().append_blocking(authorised.unwrap().noting(note)).unwrap();
    });
    saved.await.unwrap();
    own
}

/// As the pages answer: a line that the audit key has not signed counts for nothing, and so nothing is listed.
#[tokio::test]
async fn a_log_that_the_pages_do_not_open_lists_and_erases_nothing_by_the_command() {
    let day = Day::of(1).await;
    let (data, keys) = (day.hospital.data(), day.hospital.keys());
    let later = day.hospital.now() + jiff::SignedDuration::from_hours(24 * 400);
    fs::create_dir_all(data.join("people")).unwrap();
    write(&data.join("people/retention.json"), RULES);
    put_in_force(&day.hospital).await;
    assert_eq!(due(&data, &keys, later).await.unwrap().len(), 1);
    let forged = tempfile::tempdir().unwrap();
    let (root, own) = (forged.path().to_owned(), keys.log_keys().unwrap());
    let made = tokio::task::spawn_blocking(move || {
        let audit = Arc::new(SoftwareKey::from_bytes(&[9; 32]).unwrap());
        let log = AccessLog::open(&root, LogKeys { audit, ..own }, later).unwrap();
        log.note_blocking(&Event::of(Happening::SignIn, Outcome::Done, later)).unwrap();
    });
    made.await.unwrap();
    let file = |root: &Path| root.join("entries/000000000000.log");
    let (path, line) = (file(&data.join("access")), fs::read(file(forged.path())).unwrap());
    write(&path, [fs::read(&path).unwrap(), line].concat());
    assert_eq!(due(&data, &keys, later).await.unwrap_err().code(), "log_damaged");
    let by = PersonId("a".repeat(26));
    let erased = erase_due(&data, &keys, (&by, &[day.id(0)]), later).await;
    assert_eq!(erased.unwrap_err().code(), "log_damaged");
}

#[tokio::test]
async fn what_is_due_is_listed_and_erased_by_a_command_that_names_a_person() {
    let day = Day::of(2).await;
    let hospital = &day.hospital;
    let (data, keys) = (hospital.data(), hospital.keys());
    let by = PersonId("a".repeat(26));
    let later = hospital.now() + jiff::SignedDuration::from_hours(24 * 400);
    assert!(matches!(due(&data, &keys, later).await, Err(KeepingError::NoRules)));
    fs::create_dir_all(data.join("people")).unwrap();
    write(&data.join("people/retention.json"), RULES);
    let ids = |due: &[Due]| due.iter().map(|due| due.capture_id).collect::<HashSet<_>>();
    let listed = due(&data, &keys, later).await.unwrap();
    assert_eq!(ids(&listed), HashSet::from([day.id(0), day.id(1)]));
    assert!(due(&data, &keys, "2020-01-01T00:00:00Z".parse().unwrap()).await.unwrap().is_empty());

    let puller = hospital.puller().await.unwrap();
    let busy = erase_due(&data, &keys, (&by, &[day.id(0)]), later).await;
    assert_eq!(busy.unwrap_err().code(), "busy");
    puller.close().await;
    // Of rules that somebody put there by hand nobody knows whose they are.
    let nobodys = erase_due(&data, &keys, (&by, &[day.id(0)]), later).await;
    assert_eq!(nobodys.unwrap_err().code(), "nobodys_rules");
    let own = put_in_force(hospital).await;
    // Named twice, it is erased once.
    let erased = erase_due(&data, &keys, (&by, &[day.id(0), day.id(0)]), later).await.unwrap();
    assert_eq!(erased.len(), 1);
    let again = erase_due(&data, &keys, (&by, &[day.id(0)]), later).await;
    assert_eq!(again.unwrap_err().code(), "not_due");
    let mistyped = hospital.path("nowhere");
    assert_eq!(erase_due(&mistyped, &keys, (&by, &[]), later).await.unwrap_err().code(), "no_index");
    assert!(!mistyped.exists());
    assert_eq!(ids(&due(&data, &keys, later).await.unwrap()), HashSet::from([day.id(1)]));
    day.check(1).await;
    let said: Tombstone = Jws::parse(&fs::read_to_string(day.tombstone(0)).unwrap()).unwrap().peek().unwrap();
    assert_eq!((said.by, said.retention), (by.clone(), Some(Digest::of(RULES.as_bytes()))));

    // Whoever put the rules in force erases nothing by them.
    let alone = erase_due(&data, &keys, (&own, &[day.id(1)]), later).await;
    assert_eq!(alone.unwrap_err().code(), "own_rules");
    assert_eq!(erase_due(&data, &keys, (&by, &[day.id(1)]), later).await.unwrap().len(), 1);
}

/// An adopted photo is signed for by the phone's next key, and its amendments lie where its record is.
#[tokio::test]
async fn an_adopted_photo_is_put_right_and_erased_as_any_other() {
    let day = Day::of(1).await;
    let hospital = &day.hospital;
    let mut phone = Phone::enrolled(30, hospital);
    let record = |record: &mut gauze_wire::Record| told(record, Some(patient(FAMILY, Some(NHS), None)));
    let left = phone.photo_with(hospital, &Edit { record: &record, ..Edit::default() });
    let adopted = phone.again(31, hospital).adopt(hospital, &left);
    hospital.gateway.take(&adopted);
    hospital.pass().await.unwrap();
    let puller = hospital.puller().await.unwrap();
    let folk = puller.folk().await.unwrap();
    let capture = left.binding().capture_id;
    let found = folk.by_reference(&capture).await.unwrap().unwrap();
    amend(hospital, &folk, &found, Some(patient("Ng", Some("9990000050"), None))).await.unwrap();
    let again = folk.by_reference(&capture).await.unwrap().unwrap();
    assert_eq!(again.label.patient.unwrap().family.as_str(), "Ng");
    assert_eq!(again.amended, 1);
    assert!(!files_below(&hospital.data().join("amended")).is_empty());
    let erasing = Erasing { sha256: left.binding().sha256, ..day.erasing(0) };
    let key = Arc::new(hospital.keys().records().unwrap());
    folk.erase(capture, erasing, key).await.unwrap();
    assert_eq!(files_below(&hospital.data().join("amended")), Vec::<PathBuf>::new());
    folk.close().await;
    puller.close().await;
    assert!(hospital.verify().await.ok);
}

/// Photos without a patient are kept for a day, all others for eight years: whom it shows is not known.
#[tokio::test]
async fn an_amendment_that_cannot_be_read_makes_no_photo_due() {
    let day = Day::of(2).await;
    let hospital = &day.hospital;
    let (data, keys) = (hospital.data(), hospital.keys());
    let later = hospital.now() + jiff::SignedDuration::from_hours(24 * 400);
    fs::create_dir_all(data.join("people")).unwrap();
    let rules = r#"{"v":1,"rules":[{"patient":false,"keep":{"days":1}}],"otherwise":{"years":8}}"#;
    write(&data.join("people/retention.json"), rules);
    let puller = hospital.puller().await.unwrap();
    let folk = puller.folk().await.unwrap();
    for photo in [0, 1] {
        let found = folk.by_reference(&day.id(photo)).await.unwrap().unwrap();
        let ng = patient("Ng", Some("9990000050"), None);
        amend(hospital, &folk, &found, (photo == 0).then_some(ng)).await.unwrap();
    }
    let of = |photo: usize| {
        let id = day.id(photo).to_string();
        let files = files_below(&data.join("amended"));
        files.into_iter().find(|path| path.to_str().unwrap().contains(&id)).unwrap()
    };
    write(&of(0), b"damaged");
    // Its row is to be made again, and is.
    hospital.sql("UPDATE photo SET folk = 0").await;
    for made in [false, true] {
        if made {
            assert_eq!(folk.refill().await.unwrap().damaged, 1);
            let found = folk.by_reference(&day.id(0)).await.unwrap().unwrap();
            assert!(found.label.damaged && found.label.patient.is_none());
        }
        let listed = due(&data, &keys, later).await.unwrap();
        let ids: Vec<CaptureId> = listed.iter().map(|due| due.capture_id).collect();
        // The other one was put right to show nobody, and that can be read.
        assert_eq!(ids, if made { vec![day.id(1)] } else { vec![] }, "{made}");
    }
    folk.close().await;
    puller.close().await;
}

/// A directory where a file is to be removed is a file that does not go.
#[tokio::test]
async fn a_file_that_does_not_go_keeps_no_other_photo_from_being_filed_or_erased() {
    let mut day = Day::of(3).await;
    let record = |record: &mut gauze_wire::Record| told(record, None);
    let next = day.phone.photo_with(&day.hospital, &Edit { record: &record, ..Edit::default() });
    let hospital = &day.hospital;
    let puller = hospital.puller().await.unwrap();
    let folk = puller.folk().await.unwrap();
    let found = folk.by_reference(&day.id(0)).await.unwrap().unwrap();
    amend(hospital, &folk, &found, None).await.unwrap();
    let stuck = hospital.sealed(&day.photos[0]);
    fs::remove_file(&stuck).unwrap();
    fs::create_dir_all(stuck.join("in the way")).unwrap();
    let key = Arc::new(hospital.keys().records().unwrap());
    assert!(folk.resume(vec![(day.id(0), day.erasing(0))], key.clone()).await.is_err());
    let journal = fs::metadata(hospital.data().join("index.sqlite-wal")).unwrap();
    assert_eq!(journal.len(), 0, "nothing of it is left in the index's journal");
    let lines = vec![(day.id(0), day.erasing(0)), (day.id(1), day.erasing(1))];
    assert!(folk.resume(lines, key).await.is_err());
    assert!(!hospital.sealed(&day.photos[1]).exists(), "the other one is erased");
    assert!(files_below(&hospital.data().join("amended")).is_empty(), "nor is anything else of it left");
    folk.close().await;
    puller.close().await;
    let puller = hospital.puller().await.unwrap();
    let folk = puller.folk().await.unwrap();
    assert!(folk.by_reference(&day.id(0)).await.unwrap().is_none(), "nobody finds the one that is left");
    folk.close().await;
    puller.close().await;
    // What nobody can read stands in place of nothing, and keeps its own photo waiting alone.
    let unread = hospital.data().join(format!("erased/{}/{}.jws", day.phone.id(), next.binding().capture_id));
    fs::create_dir_all(&unread).unwrap();
    hospital.gateway.take(&next);
    let mut other = Phone::enrolled(40, hospital);
    let beside = other.photo(hospital);
    hospital.gateway.take(&beside);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.filed, report.missing), (1, 1));
    hospital.filed(&beside);
    fs::remove_dir(&unread).unwrap();
    fs::remove_dir_all(&stuck).unwrap();
    assert_eq!(hospital.pass().await.unwrap().filed, 1);
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn a_photo_that_was_erased_while_it_was_fetched_gets_no_gist_again() {
    let mut day = Day::of(1).await;
    let record = |record: &mut gauze_wire::Record| told(record, None);
    let next = day.phone.photo_with(&day.hospital, &Edit { record: &record, ..Edit::default() });
    day.hospital
        .sql("CREATE TRIGGER erasing AFTER INSERT ON photo BEGIN UPDATE photo SET folk = 2 WHERE log_index = NEW.log_index; END")
        .await;
    day.hospital.gateway.take(&next);
    assert_eq!(day.hospital.pass().await.unwrap().filed, 1);
    let listed = day.hospital.list().await;
    let gist = |id: CaptureId| listed.iter().find(|one| one.capture_id == id).unwrap().gist.is_some();
    assert_eq!((gist(day.id(0)), gist(next.binding().capture_id)), (true, false));
}

/// What a command began is finished under the line that it wrote.
#[tokio::test]
async fn a_command_finishes_what_was_cut_off_behind_its_line_under_that_line() {
    let day = Day::of(1).await;
    let (data, keys) = (day.hospital.data(), day.hospital.keys());
    let by = PersonId("a".repeat(26));
    let later = day.hospital.now() + jiff::SignedDuration::from_hours(24 * 400);
    fs::create_dir_all(data.join("people")).unwrap();
    write(&data.join("people/retention.json"), RULES);
    put_in_force(&day.hospital).await;
    write(&data.join("erased"), b"in the way");
    erase_due(&data, &keys, (&by, &[day.id(0)]), later).await.unwrap_err();
    fs::remove_file(data.join("erased")).unwrap();
    let erased = erase_due(&data, &keys, (&by, &[day.id(0)]), later).await.unwrap();
    assert_eq!(erased[0].line, 1, "one erasure has one line");
    day.check(1).await;
}
