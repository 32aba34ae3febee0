//! What the records side tells of a record: flags where it stands in no list, and nobody's name.

use gauze_records::{Gist, list, open_file};
use gauze_wire::{
    BodySide, Choice, FilingRefusal, Framing, Record, Rendering, SeriesId, Site, Text, Unlisted, WoundId,
};
use serde_json::json;

use crate::fixture::{Edit, Hospital, Phone};

fn choice(code: &str) -> Choice {
    Choice { code: code.parse().unwrap(), words: Text::new("Tissue viability").unwrap() }
}

fn said(record: &mut Record) {
    record.team = Some(choice("tvn"));
    record.site = Some(Site {
        system: Some("http://snomed.info/sct".parse().unwrap()),
        code: Some("30021000".parse().unwrap()),
        words: Text::new("lower leg").unwrap(),
        side: Some(BodySide::Left),
    });
    record.view = Some(Framing::Close);
    record.wound = Some(WoundId::make(&[1; 16]));
    record.series = Some(SeriesId::make(&[2; 16]));
}

async fn gist_of(hospital: &Hospital, record: &dyn Fn(&mut Record)) -> Gist {
    let mut phone = Phone::enrolled(10, hospital);
    let photo = phone.photo_with(hospital, &Edit { record, ..Edit::default() });
    hospital.gateway.take(&photo);
    assert_eq!(hospital.pass().await.unwrap().filed, 1, "a list refuses no photo");
    list(&hospital.data()).await.unwrap().remove(0).gist.unwrap()
}

fn with_lists() -> Hospital {
    let hospital = Hospital::new();
    hospital.sign_policy(|policy| {
        policy["version"] = json!(2);
        policy["lists"] = json!({
            "teams": [{ "code": "tvn", "words": "Tissue viability" }],
            "sites": [{ "system": "http://snomed.info/sct", "code": "30021000", "words": "lower leg", "sided": true }],
        });
    });
    hospital
}

#[tokio::test]
async fn what_stands_in_the_lists_is_told_by_its_codes() {
    let gist = gist_of(&with_lists(), &said).await;
    assert_eq!(gist.flags, []);
    let wound = WoundId::make(&[1; 16]);
    let series = SeriesId::make(&[2; 16]);
    let line = format!("team=tvn site=30021000 side=left view=close wound={wound} series={series}");
    assert_eq!(gist.line(), line);
}

#[tokio::test]
async fn what_stands_in_no_list_is_flagged_and_the_photo_is_filed() {
    let hospital = with_lists();
    let gist = gist_of(&hospital, &|record| {
        said(record);
        record.team = Some(choice("gone"));
        record.site.as_mut().unwrap().side = None;
    })
    .await;
    assert_eq!(gist.flags, [Unlisted::TeamNotListed, Unlisted::SideMissing]);
    assert_eq!((gist.team, gist.view), (None, Some(Framing::Close)));
    assert!(hospital.verify().await.ok);
}

#[tokio::test]
async fn without_lists_what_a_phone_was_free_to_write_stays_sealed() {
    let hospital = Hospital::new();
    let gist = gist_of(&hospital, &|record| {
        said(record);
        record.team = Some(choice("Testpatient"));
    })
    .await;
    assert_eq!((gist.team, gist.site, gist.flags), (None, None, vec![]));
    let listed = list(&hospital.data()).await.unwrap().remove(0);
    let sealed = hospital.data().join(listed.path.unwrap());
    let opened =
        open_file(&sealed, &hospital.path("keys/tenant-identity.txt"), &hospital.path("out")).unwrap();
    assert!(opened.gist.line().starts_with("team=Testpatient site=30021000 "), "whoever opens it sees it");
}

#[tokio::test]
async fn a_picture_of_another_size_than_its_record_says_is_refused() {
    let hospital = with_lists();
    let mut phone = Phone::enrolled(10, &hospital);
    let lies = |record: &mut Record| {
        record.original = Some(Rendering { width: 8000, height: 6000, bytes: record.photo_size });
    };
    let photo = phone.photo_with(&hospital, &Edit { record: &lies, ..Edit::default() });
    hospital.gateway.take(&photo);
    let report = hospital.pass().await.unwrap();
    assert_eq!((report.filed, report.refused[0].cause), (0, FilingRefusal::PhotoMismatch));
}
