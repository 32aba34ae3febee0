//! The record's limits, each with what is told where it is broken, and its one spelling.

use gauze_wire::Signed as _;
use gauze_wire::{
    BirthDate, BodySide, Consent, ConsentScope, Established, FenceVerdict, Framing, Identifier, Patient,
    Record, Rendering, Site, Text, Unlisted, WireError,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::samples::{self, record};

/// What is said of a record whose JSON `change` touched.
fn changed(change: impl FnOnce(&mut Value)) -> Result<(), WireError> {
    let mut value: Value = serde_json::from_slice(&record().to_bytes().unwrap()).unwrap();
    change(&mut value);
    let read: Result<Record, _> = serde_json::from_value(value);
    read.map_err(|_| WireError::Malformed("record"))?.check()
}

/// The field that is complained of.
fn field(verdict: Result<(), WireError>) -> &'static str {
    match verdict {
        Err(WireError::Expected { field, .. } | WireError::Field(field)) => field,
        Err(_) => "malformed",
        Ok(()) => "taken",
    }
}

#[test]
fn a_record_keeps_its_documented_limits() {
    let long = |bytes: usize| json!("x".repeat(bytes));
    assert_eq!(field(changed(|_| {})), "taken");
    for (told, at, value) in [
        ("record", "/v", json!(1)),
        ("record", "/orientation", json!(0)),
        ("record", "/orientation", json!(9)),
        ("malformed", "/team/code", json!("")),
        ("malformed", "/team/words", long(129)),
        ("malformed", "/clinician", long(257)),
        ("malformed", "/session/token", long(16_385)),
        ("malformed", "/session/salt", json!("A".repeat(88))),
        ("malformed", "/patient/nhs_number", json!("9990000043")),
        ("malformed", "/patient/local_number", long(65)),
        ("malformed", "/patient/family", long(129)),
        ("malformed", "/patient/given", json!("")),
        ("malformed", "/patient/established", json!({ "how": "guessed" })),
        ("malformed", "/patient/established", json!({ "how": "typed" })),
        ("malformed", "/patient/established", json!({ "how": "typed", "reason": "x".repeat(257) })),
        ("malformed", "/patient/confirmed_by", json!(["face", "name"])),
        ("confirmed_by", "/patient/confirmed_by", json!(["name"])),
        ("confirmed_by", "/patient/confirmed_by", json!(["name", "name"])),
        ("confirmed_by", "/patient/confirmed_by", json!(["nhs_number", "name"])),
        ("confirmed_by", "/patient/confirmed_by", json!(["name", "dob", "nhs_number"])),
        ("confirmed_by", "/patient/confirmed_by", json!(["name", "chi_number"])),
        ("malformed", "/site/words", long(257)),
        ("malformed", "/site/side", json!("upper")),
        ("malformed", "/wound", json!("1")),
        ("malformed", "/series", json!("A".repeat(23))),
        ("malformed", "/view", json!("selfie")),
        ("consent.scopes", "/consent/scopes", json!([])),
        ("consent.scopes", "/consent/scopes", json!(["care", "care"])),
        ("consent.scopes", "/consent/scopes", json!(["teaching", "care"])),
        ("malformed", "/consent/scopes", json!(["advertising"])),
        ("malformed", "/consent/by", long(129)),
        ("consent.withdrawn", "/consent/withdrawn", json!("2026-11-24T10:00:00.124Z")),
        ("malformed", "/fence/verdict", json!("near")),
        ("fence.sure", "/fence/sure", json!(101)),
        ("fitness.sharpness", "/fitness/sharpness", json!(1001)),
        ("fitness.exposure", "/fitness/exposure", json!(-1001)),
        ("fitness.marker.scale_nm", "/fitness/marker/scale_nm", json!(0)),
        ("fitness.marker.scale_nm", "/fitness/marker/scale_nm", json!(10_000_001)),
        ("fitness.marker.tilt_mdeg", "/fitness/marker/tilt_mdeg", json!(90_001)),
        ("malformed", "/notes", long(4097)),
        ("reduced", "/reduced/width", json!(8001)),
        ("reduced", "/reduced/bytes", json!(0)),
        ("reduced", "/original/height", json!(65_536)),
    ] {
        let verdict = changed(|record| match at.rsplit_once('/') {
            Some((parent, name)) => record.pointer_mut(parent).unwrap()[name] = value.clone(),
            None => unreachable!("every place has a slash"),
        });
        assert_eq!(field(verdict), told, "{at} {value}");
    }
    assert_eq!(field(changed(|record| drop(record.as_object_mut().unwrap().remove("original")))), "reduced");
    assert_eq!(field(changed(|record| drop(record["site"].as_object_mut().unwrap().remove("code")))), "site");
}

#[test]
fn a_date_of_birth_is_told_with_the_form_that_is_expected() {
    let dob = |text: &str| text.parse::<BirthDate>();
    for good in ["1900-01-01", "1950-01-31", "2024-02-29"] {
        assert!(dob(good).is_ok(), "{good}");
    }
    for bad in ["1899-12-31", "31.01.1950", "1950-1-31", "19500131", "2023-02-29", "1950-01-31T00:00:00", ""]
    {
        let told = dob(bad).err().unwrap().to_string();
        assert!(told.starts_with("dob: ") && told.contains("YYYY-MM-DD"), "{bad}: {told}");
    }
    let born = |dob: &str| Patient { dob: dob.parse().unwrap(), ..samples::patient() }.check(samples::now());
    assert_eq!(born("2026-11-25"), Ok(()), "it is tomorrow already, somewhere on earth");
    assert_eq!(field(born("2026-11-26")), "dob");
}

#[test]
fn a_record_has_one_spelling() {
    let text = String::from_utf8(record().to_bytes().unwrap()).unwrap();
    assert!(Record::from_bytes(text.as_bytes()).is_ok());
    for (what, other) in [
        ("white space", text.replacen(':', ": ", 1)),
        ("a field more", text.replacen("{\"v\":2", "{\"v\":2,\"extra\":1", 1)),
        (
            "a field more below",
            text.replacen("\"words\":\"lower leg\"", "\"words\":\"lower leg\",\"x\":1", 1),
        ),
        ("a field in typed", text.replacen("\"how\":\"typed\"", "\"how\":\"typed\",\"x\":1", 1)),
        ("a field twice", text.replacen("{\"v\":2", "{\"v\":2,\"v\":2", 1)),
        ("null", text.replacen("\"notes\":\"granulating\"", "\"notes\":null", 1)),
        (
            "another order",
            text.replacen("{\"v\":2,\"tenant\":\"ward-9\"", "{\"tenant\":\"ward-9\",\"v\":2", 1),
        ),
        ("an escape", text.replacen("granulating", "gr\\u0061nulating", 1)),
        ("another time", text.replacen("10:00:00.125Z", "10:00:00.1250Z", 1)),
        ("the version before", text.replacen("{\"v\":2", "{\"v\":1", 1)),
        ("something behind", format!("{text} ")),
    ] {
        assert_ne!(other, text, "{what}");
        assert!(Record::from_bytes(other.as_bytes()).is_err(), "{what}");
    }
    let long = vec![b' '; gauze_wire::RECORD_LIMIT + 1];
    assert!(Record::from_bytes(&long).err() == Some(WireError::TooLarge));
}

#[test]
fn the_longest_record_is_below_its_limit() {
    fn full<const MOST: usize>() -> Text<MOST> {
        Text::new("\"".repeat(MOST)).unwrap()
    }
    let mut record = record();
    record.notes = Some(full());
    record.clinician = Some(full());
    record.session.as_mut().unwrap().token = full();
    record.site.as_mut().unwrap().words = full();
    let patient = record.patient.as_mut().unwrap();
    (patient.family, patient.given) = (full(), full());
    patient.established = Established::Typed { reason: full() };
    assert!(record.to_bytes().is_ok());
}

#[test]
fn what_stands_in_no_list_is_told_and_an_empty_list_asks_for_nothing() {
    let lists = samples::lists();
    let told =
        |record: &Record| lists.unlisted(record.team.as_ref(), record.site.as_ref(), record.consent.as_ref());
    assert_eq!(told(&record()), []);
    assert_eq!(told(&samples::short_record()), []);

    let mut other = record();
    other.team.as_mut().unwrap().words = Text::new("Another team").unwrap();
    other.site.as_mut().unwrap().code = Some("1".parse().unwrap());
    other.consent.as_mut().unwrap().form.code = "assumed".parse().unwrap();
    other.consent.as_mut().unwrap().notice.as_mut().unwrap().version = 2;
    let all = [
        Unlisted::TeamNotListed,
        Unlisted::SiteNotListed,
        Unlisted::ConsentNotListed,
        Unlisted::NoticeNotListed,
    ];
    assert_eq!(told(&other), all);
    let nothing = gauze_wire::PickLists::default();
    assert_eq!(nothing.unlisted(other.team.as_ref(), other.site.as_ref(), other.consent.as_ref()), []);

    other = record();
    other.site.as_mut().unwrap().side = None;
    assert_eq!(told(&other), [Unlisted::SideMissing]);
    let words =
        Site { system: None, code: None, words: Text::new("lower leg").unwrap(), side: Some(BodySide::Left) };
    other.site = Some(words);
    assert_eq!(told(&other), [Unlisted::SiteNotListed], "words without the code");
}

#[test]
fn a_list_is_bounded_and_holds_each_code_once() {
    let read = |change: &dyn Fn(&mut Value)| {
        let mut value = serde_json::to_value(samples::policy_with_lists()).unwrap();
        change(&mut value["lists"]);
        serde_json::from_value::<gauze_wire::Policy>(value).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(read(&|_| {}), Ok(()));
    let twice = read(&|lists| lists["teams"][1]["code"] = json!("tvn")).unwrap_err();
    assert!(twice.contains("stands in the list before"), "{twice}");
    let many: Vec<Value> = (0..51).map(|n| json!({ "code": n.to_string(), "words": "x" })).collect();
    let long = read(&|lists| lists["consents"] = json!(many)).unwrap_err();
    assert!(long.contains("longer than 50"), "{long}");
    let unknown = read(&|lists| lists["wards"] = json!([])).unwrap_err();
    assert!(unknown.contains("unknown field `wards`"), "{unknown}");
    assert!(read(&|lists| lists["notices"][0]["words"] = json!("")).is_err());
}

#[test]
fn the_shapes_of_the_hospitals_own_number_are_told_from_health_numbers_and_from_each_other() {
    let judged = |own: Value| {
        let mut value = serde_json::to_value(samples::policy_with_local_number()).unwrap();
        value["lists"]["local_number"] = own;
        let policy =
            serde_json::from_value::<gauze_wire::Policy>(value).map_err(|error| error.to_string())?;
        policy.check().map_err(|error| error.to_string())
    };
    let shaped = |shapes: &[&str]| judged(json!({ "words": "MRN", "shapes": shapes }));
    assert_eq!(shaped(&["RJ1-#######", "@######", "####### / ##"]), Ok(()));
    assert_eq!(judged(json!({ "words": "MRN", "shapes": ["########"], "check": "modulus10" })), Ok(()));
    let each = [
        (&[] as &[&str], "1 to 8 shapes"),
        (&["####", "####"], "each once"),
        (&["####"; 9], "1 to 8 shapes"),
        (&["RJ1-###"], "at least 4 times #"),
        (&["rj1-####"], "no small letter"),
        (&["#################################"], "up to 32 characters"),
        (&["##########"], "no ten digits alone"),
        (&["### ### ####"], "no ten digits alone"),
        (&["943-###-####"], "no ten digits alone"),
    ];
    for (shapes, why) in each {
        let said = shaped(shapes).unwrap_err();
        assert!(said.contains("lists.local_number.shapes") && said.contains(why), "{shapes:?}: {said}");
    }
    let literal = judged(json!({ "words": "MRN", "shapes": ["####-1"], "check": "modulus11" })).unwrap_err();
    assert!(literal.contains("# for the last digit"), "{literal}");
    for wrong in [
        json!({ "words": "", "shapes": ["####"] }),
        json!({ "words": "MRN", "shapes": ["####"], "check": "luhn" }),
    ] {
        assert!(judged(wrong.clone()).is_err(), "{wrong}");
    }
}

/// A record that was made up; shown as the JSON it is.
struct Made(Record);

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&serde_json::to_string(&self.0).unwrap())
    }
}

const TEXT: &str = "[ -~äßé\"\\\\\n]{1,40}";

fn text<const MOST: usize>(text: String) -> Text<MOST> {
    Text::new(text).unwrap()
}

prop_compose! {
    fn any_record()(
        notes in proptest::option::of(TEXT),
        clinician in proptest::option::of(TEXT),
        words in TEXT,
        reason in proptest::option::of(TEXT),
        by in TEXT,
        scopes in proptest::sample::subsequence(
            vec![ConsentScope::Care, ConsentScope::Teaching, ConsentScope::Publication], 1..=3),
        confirmed_by in proptest::sample::subsequence(
            vec![Identifier::Name, Identifier::Dob, Identifier::NhsNumber, Identifier::LocalNumber], 2),
        view in proptest::option::of(proptest::sample::select(vec![Framing::Context, Framing::Straight, Framing::Close])),
        side in proptest::option::of(proptest::sample::select(vec![BodySide::Left, BodySide::Right, BodySide::Midline, BodySide::Both])),
        verdict in proptest::sample::select(vec![FenceVerdict::Inside, FenceVerdict::Outside, FenceVerdict::Unknown]),
        sure in 0_u8..=100,
        sharpness in 0_u16..=1000,
        exposure in -1000_i16..=1000,
        (width, height, bytes) in (1_u32..=65_535, 1_u32..=65_535, 1_u64..=1 << 30),
        left_out in any::<[bool; 6]>(),
    ) -> Made {
        let mut record = record();
        (record.notes, record.clinician, record.view) = (notes.map(text), clinician.map(text), view);
        let site = record.site.take().unwrap();
        record.site = (!left_out[0]).then_some(Site { words: text(words), side, ..site });
        let consent = record.consent.take().unwrap();
        record.consent = (!left_out[1]).then_some(Consent { scopes, by: text(by), ..consent });
        let patient = record.patient.take().unwrap();
        let established = reason.map_or(Established::Wristband, |reason| Established::Typed { reason: text(reason) });
        record.patient = (!left_out[2]).then_some(Patient { established, confirmed_by, ..patient });
        let fence = record.fence.as_mut().unwrap();
        (fence.verdict, fence.sure) = (verdict, sure);
        let fitness = record.fitness.as_mut().unwrap();
        (fitness.sharpness, fitness.exposure) = (sharpness, exposure);
        if left_out[3] { fitness.marker = None; }
        record.original = Some(Rendering { width, height, bytes });
        record.reduced = (!left_out[4]).then_some(Rendering { width: width.div_ceil(2), height, bytes: 1 });
        if left_out[5] { (record.session, record.wound) = (None, None); }
        Made(record)
    }
}

proptest! {
    #[test]
    fn every_record_reads_back_in_the_same_bytes(Made(record) in any_record()) {
        let bytes = record.to_bytes().unwrap();
        let read = Record::from_bytes(&bytes).unwrap();
        prop_assert!(read == record);
        prop_assert!(read.to_bytes().unwrap() == bytes);
    }

    #[test]
    fn ten_digits_hold_for_one_check_digit_at_most(nine in "[0-9]{9}") {
        let holds = |digit: u32| format!("{nine}{digit}").parse::<gauze_wire::NhsNumber>().is_ok();
        prop_assert!((0..10).filter(|digit| holds(*digit)).count() <= 1);
    }
}
