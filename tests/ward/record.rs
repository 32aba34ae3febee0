//! What a photo brings with it: the whole record, choices from the hospital's lists, wounds that keep their names.

use gauze_core::{CaptureContext, CaptureError, ReviewError};
use gauze_wire::{
    BodySide, Choice, Consent, ConsentScope, Fitness, FoundMarker, Framing, Patient, ShownNotice, Site, Text,
    WoundId,
};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::fixture::{Phone, Ward, context, jpeg, names};

const SNOMED: &str = "http://snomed.info/sct";

fn text<const MOST: usize>(text: &str) -> Text<MOST> {
    Text::new(text).unwrap()
}

fn lists(policy: &mut Value) {
    policy["lists"] = json!({
        "teams": [{ "code": "tvn", "words": "Tissue viability" }],
        "sites": [{ "system": SNOMED, "code": "30021000", "words": "lower leg", "sided": true }],
        "consents": [{ "code": "verbal", "words": "given by word of mouth" }],
        "notices": [{ "code": "photo", "version": 3, "words": "Your photo becomes part of your record." }],
        "local_number": { "words": "MRN", "shapes": ["RJ1-#######"], "check": "modulus11" },
    });
}

fn chosen(phone: &Phone) -> CaptureContext {
    let lists = phone.client().choices();
    let site = lists.sites[0].clone();
    CaptureContext {
        team: Some(lists.teams[0].clone()),
        site: Some(Site {
            system: Some(site.system),
            code: Some(site.code),
            words: site.words,
            side: Some(BodySide::Left),
        }),
        consent: Some(Consent {
            scopes: vec![ConsentScope::Care, ConsentScope::Publication],
            by: text("mother"),
            form: lists.consents[0].clone(),
            notice: Some(ShownNotice { code: lists.notices[0].code.clone(), version: 3 }),
            at: "2026-11-24T10:00:00Z".parse().unwrap(),
            withdrawn: None,
        }),
        ..context()
    }
}

#[tokio::test]
async fn the_hospital_reads_all_that_was_said_of_a_photo() {
    let ward = Ward::with(|_| {}, lists).await;
    let phone = Phone::enrolled(&ward).await;
    let said = CaptureContext {
        wound: Some(phone.client().new_wound(&context().patient.unwrap(), None).unwrap()),
        series: Some(phone.client().new_series().unwrap()),
        view: Some(Framing::Straight),
        fitness: Some(Fitness {
            sharpness: 700,
            exposure: 3,
            marker: Some(FoundMarker { scale_nm: 60_000, tilt_mdeg: 1_500 }),
        }),
        notes: Some(text("granulating")),
        clinician: Some(text("Nurse Testclinician")),
        ..chosen(&phone)
    };
    let id = phone.client().capture(jpeg(0), said.clone()).unwrap().capture_id;
    phone.run().await;
    assert_eq!(ward.pull().await.filed, 1);
    let gist = ward.listed().await.remove(0).gist.unwrap();
    assert_eq!((gist.flags.len(), gist.team), (0, Some("tvn".parse().unwrap())));
    let (_, record) = ward.opened(id).await;
    assert!(record.patient == said.patient && record.team == said.team && record.site == said.site);
    assert!(record.wound == said.wound && record.series == said.series && record.view == said.view);
    assert!(record.consent == said.consent && record.fence.is_none() && record.fitness == said.fitness);
    assert!(record.notes == said.notes && record.clinician == said.clinician);
    assert!(record.session.is_none() && record.original.is_some() && record.reduced.is_none());
}

#[tokio::test]
async fn what_is_not_in_the_hospitals_list_is_refused_in_words_before_anything_is_written() {
    let ward = Ward::with(|_| {}, lists).await;
    let phone = Phone::enrolled(&ward).await;
    let refused = |change: &dyn Fn(&mut CaptureContext)| {
        let mut context = chosen(&phone);
        change(&mut context);
        let error = phone.client().capture(jpeg(0), context).unwrap_err();
        assert!(
            matches!(error, CaptureError::Unlisted(_)) && error.to_string().contains("choose"),
            "{error}"
        );
        error.code()
    };
    phone.disk.works();
    let other = Choice { code: "icu".parse().unwrap(), words: text("Intensive care") };
    assert_eq!(refused(&|context| context.team = Some(other.clone())), "team_not_listed");
    assert_eq!(refused(&|context| context.site.as_mut().unwrap().words = text("knee")), "site_not_listed");
    assert_eq!(refused(&|context| context.site.as_mut().unwrap().side = None), "side_missing");
    let form = |context: &mut CaptureContext| context.consent.as_mut().unwrap().form = other.clone();
    assert_eq!(refused(&form), "consent_not_listed");
    assert!(phone.disk.ops().is_empty());
    assert_eq!(phone.client().status().last_seq, 0);
    phone.client().capture(jpeg(0), chosen(&phone)).unwrap();
    // Nothing of it has to be said.
    phone.client().capture(jpeg(1), CaptureContext::default()).unwrap();
}

#[tokio::test]
async fn a_hospital_changes_its_lists_without_a_new_app() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    assert!(phone.client().choices().is_empty());
    ward.sign_policy(|policy| {
        policy["version"] = 2.into();
        lists(policy);
    });
    ward.restart().await;
    phone.link.leads_to(ward.router.clone());
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    assert_eq!(phone.client().choices().teams.len(), 1);
    let own = phone.client().choices().local_number.unwrap();
    assert_eq!((own.words.as_str(), own.shapes[0].as_str()), ("MRN", "RJ1-#######"));
}

fn patient(change: impl FnOnce(&mut Patient)) -> Patient {
    let mut patient = context().patient.unwrap();
    change(&mut patient);
    patient
}

fn kept(phone: &Phone) -> Vec<String> {
    names(&phone.dir.join("gauze/review/wounds"))
}

#[tokio::test]
async fn a_wound_keeps_its_name_for_its_patient_alone_and_is_offered_while_review_is_unlocked() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let (one, two) =
        (patient(|_| {}), patient(|other| other.nhs_number = Some("9990001030".parse().unwrap())));
    let two = Patient { local_number: None, ..two };
    let site = context().site.unwrap();
    // Named while the phone is locked.
    let wound = phone.client().new_wound(&one, Some(&site)).unwrap();
    ward.clock.pass(SignedDuration::from_secs(1));
    let second = phone.client().new_wound(&one, None).unwrap();
    assert!(matches!(phone.client().wounds(&one), Err(ReviewError::Locked)));
    phone.restart();
    phone.client().unlock().unwrap();
    let wounds = phone.client().wounds(&one).unwrap();
    assert!(wounds.iter().map(|seen| &seen.wound).eq([&second, &wound]), "newest first");
    assert!(wounds[1].site == Some(site));
    // Known by any of the numbers, whatever else was typed; another patient of the same name is another.
    let by_local = patient(|patient| patient.nhs_number = None);
    assert_eq!(phone.client().wounds(&by_local).unwrap().len(), 2);
    assert_eq!(phone.client().wounds(&two).unwrap().len(), 0);
    phone.client().lock();
    assert!(matches!(phone.client().wounds(&one), Err(ReviewError::Locked)));
}

#[tokio::test]
async fn a_wound_is_offered_with_its_newest_photo_in_the_next_process_too_until_that_may_not_be_shown() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let one = patient(|_| {});
    let wound = phone.client().new_wound(&one, None).unwrap();
    let other = phone.client().new_wound(&one, None).unwrap();
    let mut taken = Vec::new();
    for (n, of) in [Some(&wound), Some(&wound), Some(&other), None].into_iter().enumerate() {
        ward.clock.pass(SignedDuration::from_secs(1));
        let context = CaptureContext { wound: of.cloned(), ..context() };
        taken.push(phone.client().capture(jpeg(n), context).unwrap().capture_id);
    }
    phone.restart();
    phone.client().unlock().unwrap();
    let newest = |phone: &Phone, of: &WoundId| {
        let wounds = phone.client().wounds(&one).unwrap();
        wounds.into_iter().find(|seen| seen.wound == *of).unwrap().newest
    };
    assert_eq!((newest(&phone, &wound), newest(&phone, &other)), (Some(taken[1]), Some(taken[2])));
    phone.client().discard(taken[1]).unwrap();
    assert_eq!(newest(&phone, &wound), Some(taken[0]));
    phone.run().await;
    ward.pull().await;
    phone.run().await;
    assert_eq!((newest(&phone, &wound), newest(&phone, &other)), (None, None), "filed");
}

#[tokio::test]
async fn a_photo_that_cannot_be_read_now_hides_no_wound() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let nobody = patient(|_| {});
    let wound = phone.client().new_wound(&nobody, None).unwrap();
    let shown = |n| {
        let context = CaptureContext { wound: Some(wound.clone()), ..context() };
        phone.client().capture(jpeg(n), context).unwrap().capture_id
    };
    let (older, newer) = (shown(0), shown(1));
    phone.client().unlock().unwrap();
    phone.disk.cannot_read(vec![phone.file(newer, "review.age")]);
    let [seen] = &*phone.client().wounds(&nobody).unwrap() else { panic!("one wound") };
    assert_eq!(seen.newest, Some(older));
}

#[tokio::test]
async fn what_is_kept_of_wounds_names_nobody_and_goes_with_the_review() {
    let mut ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let nobody = patient(|_| {});
    phone.client().new_wound(&nobody, context().site.as_ref()).unwrap();
    let [file] = &*kept(&phone) else { panic!("one file") };
    let bytes = std::fs::read(phone.dir.join("gauze/review/wounds").join(file)).unwrap();
    for word in ["9990000042", "Zzyzx", "Quillonbert", "Xanthippe"] {
        assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
    }
    ward.sign_policy(|policy| {
        policy["version"] = 2.into();
        policy["review_hours"] = 0.into();
    });
    ward.restart().await;
    phone.link.leads_to(ward.router.clone());
    ward.clock.pass(SignedDuration::from_mins(2));
    phone.run().await;
    phone.client().list().unwrap();
    assert_eq!(kept(&phone), [""; 0]);
    // A wound still gets its name, which nobody remembers.
    phone.client().new_wound(&nobody, None).unwrap();
    assert_eq!(kept(&phone), [""; 0]);
}

#[tokio::test]
async fn a_wipe_ends_the_memory_of_wounds() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    phone.client().new_wound(&patient(|_| {}), None).unwrap();
    phone.client().wipe().unwrap();
    assert_eq!(kept(&phone), [""; 0]);
    phone.client().new_wound(&patient(|_| {}), None).unwrap();
    assert_eq!(kept(&phone), [""; 0]);
}

#[tokio::test]
async fn a_wound_is_forgotten_ninety_days_after_it_was_last_offered() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let nobody = patient(|_| {});
    let wound = phone.client().new_wound(&nobody, None).unwrap();
    phone.client().unlock().unwrap();
    for _ in 0..3 {
        ward.clock.pass(SignedDuration::from_hours(24 * 60));
        let offered = phone.client().wounds(&nobody).unwrap();
        assert!(offered.len() == 1 && offered[0].wound == wound);
        assert_eq!(kept(&phone).len(), 1, "kept anew in its place");
    }
    ward.clock.pass(SignedDuration::from_hours(24 * 92));
    assert_eq!(phone.client().wounds(&nobody).unwrap().len(), 0);
    assert_eq!(kept(&phone), [""; 0]);
}

#[tokio::test]
async fn a_phone_remembers_a_thousand_wounds_and_the_one_that_would_end_first_makes_room() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    let nobody = patient(|_| {});
    let first = phone.client().new_wound(&nobody, None).unwrap();
    let dir = phone.dir.join("gauze/review/wounds");
    let whole = std::fs::read(dir.join(&kept(&phone)[0])).unwrap();
    for n in 0..999 {
        std::io::Write::write_all(
            &mut std::fs::File::create(dir.join(format!("90000-{n}.age"))).unwrap(),
            &whole,
        )
        .unwrap();
    }
    ward.clock.pass(SignedDuration::from_hours(24));
    let last = phone.client().new_wound(&nobody, None).unwrap();
    assert_eq!(kept(&phone).len(), 1000);
    phone.client().unlock().unwrap();
    let offered = phone.client().wounds(&nobody).unwrap();
    assert!(offered[0].wound == last);
    // The file that made room was the first wound's own; its copies, which end later, still hold it, told once.
    assert!(offered.len() == 2 && offered[1].wound == first);
}

#[tokio::test]
async fn what_does_not_open_among_the_wounds_is_passed_over() {
    let ward = Ward::new().await;
    let mut phone = Phone::enrolled(&ward).await;
    let nobody = patient(|_| {});
    let wound = phone.client().new_wound(&nobody, None).unwrap();
    let dir = phone.dir.join("gauze/review/wounds");
    let whole = dir.join(&kept(&phone)[0]);
    for (name, bytes) in
        [(".DS_Store", &b"x"[..]), ("99999-0.age", b""), ("99999-1.age", b"age-encryption.org/v1\n")]
    {
        std::io::Write::write_all(&mut std::fs::File::create(dir.join(name)).unwrap(), bytes).unwrap();
    }
    std::fs::copy(&whole, dir.join("99999-2.age.new")).unwrap();
    phone.restart();
    phone.client().unlock().unwrap();
    let wounds = phone.client().wounds(&nobody).unwrap();
    assert!(wounds.len() == 1 && wounds[0].wound == wound);
}
