//! Fences: the phone says on which side of one it was, never where, and does what the policy asks outside.

use std::sync::{Arc, Mutex};

use gauze_core::{CaptureContext, CaptureError, Fix, ReviewError};
use gauze_tests::needles::Needles;
use gauze_wire::{Choice, FenceVerdict, Text};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::fixture::{Fate, Phone, Ward, context, jpeg};

/// No digit of it comes by chance.
const LATITUDE: f64 = 57.123_456_7;
const LONGITUDE: f64 = -4.765_432_1;

fn fenced(mode: &'static str) -> impl FnOnce(&mut Value) {
    move |policy| {
        policy["lists"] = json!({ "teams": [
            { "code": "tvn", "words": "Tissue viability" }, { "code": "community", "words": "Community nurses" },
        ] });
        policy["fences"] = json!([{
            "id": "site-a", "words": "Site A", "mode": mode, "exempt_teams": ["community"],
            "areas": [{ "circle": { "centre": { "lat_e7": 558_600_000, "lon_e7": -40_250_000 }, "radius_m": 300 } }],
        }]);
    }
}

fn fix(latitude: f64, longitude: f64) -> Fix {
    Fix { latitude, longitude, accuracy_m: 20.0, age_ms: 0, mock: false, utc_offset_minutes: 60 }
}

fn inside() -> Fix {
    fix(55.86, -4.025)
}

fn outside() -> Fix {
    fix(LATITUDE, LONGITUDE)
}

fn of_team(code: &str, words: &str) -> CaptureContext {
    let team = Choice { code: code.parse().unwrap(), words: Text::new(words).unwrap() };
    CaptureContext { team: Some(team), ..context() }
}

#[tokio::test]
async fn a_record_says_the_side_and_how_sure_it_is() {
    let ward = Ward::with(|_| {}, fenced("record")).await;
    let phone = Phone::enrolled(&ward).await;
    assert!(phone.client().wants_position());
    let nowhere = phone.capture(0);
    phone.client().located(inside());
    let there = phone.capture(1);
    // Later, so that it is no leap.
    ward.clock.pass(SignedDuration::from_hours(3));
    phone.client().located(outside());
    let away = phone.capture(2);
    phone.run().await;
    ward.pull().await;
    let verdict = async |id| {
        let fence = ward.opened(id).await.1.fence.unwrap();
        assert_eq!(fence.id.as_str(), "site-a");
        (fence.verdict, fence.sure)
    };
    assert_eq!(verdict(nowhere).await, (FenceVerdict::Unknown, 0));
    assert_eq!(verdict(there).await.0, FenceVerdict::Inside);
    assert_eq!(verdict(away).await.0, FenceVerdict::Outside);
}

#[tokio::test]
async fn outside_no_photo_is_taken_but_by_community_teams_and_what_was_taken_goes_out() {
    let ward = Ward::with(|_| {}, fenced("block_capture")).await;
    let phone = Phone::enrolled(&ward).await;
    phone.client().located(inside());
    phone.capture(0);
    ward.clock.pass(SignedDuration::from_hours(3));
    phone.client().located(outside());
    phone.disk.works();
    let refused = phone.client().capture(jpeg(1), of_team("tvn", "Tissue viability")).unwrap_err();
    assert!(matches!(&refused, CaptureError::Outside(words) if words == "Site A"), "{refused}");
    assert!(phone.disk.ops().is_empty(), "nothing was written");
    phone.client().capture(jpeg(1), of_team("community", "Community nurses")).unwrap();
    // Whoever names no team may be of that one.
    phone.capture(2);
    assert_eq!(phone.run().await.stopped, []);
    // A position that nobody believes forbids nothing.
    phone.client().located(Fix { mock: true, ..outside() });
    phone.client().capture(jpeg(2), of_team("tvn", "Tissue viability")).unwrap();
}

#[tokio::test]
async fn outside_no_photo_is_looked_at_and_back_inside_it_is() {
    let ward = Ward::with(|_| {}, fenced("block_view")).await;
    let phone = Phone::enrolled(&ward).await;
    phone.client().located(outside());
    let id = phone.capture(0);
    assert_eq!(phone.client().preview_from(id, jpeg(0)).unwrap(), None, "nor is the one just taken");
    phone.client().unlock().unwrap();
    assert_eq!(phone.client().place(None).outside, None, "photos are taken");
    let client = phone.client();
    for refused in [client.review(id).map(drop), client.preview(id).map(drop), client.patients().map(drop)] {
        assert!(matches!(refused, Err(ReviewError::Outside(words)) if words == "Site A"));
    }
    ward.clock.pass(SignedDuration::from_hours(3));
    phone.client().located(inside());
    phone.client().review(id).unwrap();
    phone.client().preview(id).unwrap();
    assert_eq!(phone.client().patients().unwrap().len(), 1);
}

#[tokio::test]
async fn without_fences_no_position_is_asked_for_and_the_record_names_none() {
    let ward = Ward::new().await;
    let phone = Phone::enrolled(&ward).await;
    assert!(!phone.client().wants_position());
    phone.client().located(outside());
    let id = phone.capture(0);
    phone.run().await;
    ward.pull().await;
    assert_eq!(ward.opened(id).await.1.fence, None);
}

#[tokio::test]
async fn the_position_is_in_no_file_no_message_and_no_log() {
    let (_guard, logged) = logged();
    let ward = Ward::with(|_| {}, fenced("record")).await;
    let mut phone = Phone::enrolled(&ward).await;
    phone.client().located(outside());
    phone.capture(0);
    assert_eq!(phone.client().place(None).fence.unwrap().verdict, FenceVerdict::Outside);
    let messages = Arc::new(Mutex::new(Vec::new()));
    let kept = messages.clone();
    phone.link.obeys(move |_| {
        let kept = kept.clone();
        Fate::Changed(Box::new(move |packet| kept.lock().unwrap().push(packet.clone())))
    });
    phone.run().await;
    ward.pull().await;
    ward.clock.pass(SignedDuration::from_mins(5));
    phone.run().await;
    phone.restart();
    let mut needles = Needles::default();
    for degrees in [LATITUDE, LONGITUDE] {
        needles.word("as a number", &degrees.to_le_bytes());
        needles.word("as a number, most significant byte first", &degrees.to_be_bytes());
        // Cut, not rounded: what is written with more digits has it too.
        needles.word("in digits", &degrees.abs().to_string().as_bytes()[..6]);
        needles.word("in ten-millionths", format!("{:.0}", degrees.abs() * 1e7).as_bytes());
    }
    for said in [format!("{LATITUDE:?}"), format!("{LONGITUDE:.5}"), format!("{:.0}", LATITUDE * 1e7)] {
        assert_eq!(needles.found_in(said.as_bytes()).len(), 1, "{said}");
    }
    needles.are_not_below(&ward.path("")).unwrap();
    let messages = messages.lock().unwrap();
    let paths: Vec<_> = messages.iter().map(|packet| packet.path.as_str()).collect();
    assert!(paths.len() > 2, "ticket, photo and status were sent: {paths:?}");
    for packet in messages.iter() {
        let said = format!("{} {:?}", packet.path, packet.headers);
        assert_eq!(
            needles.found_in(&[said.as_bytes(), &packet.body].concat()),
            Vec::<String>::new(),
            "{said}"
        );
    }
    let logged = logged.lock().unwrap();
    assert!(logged.len() > 100, "the phone logs what it sends, traces and all");
    assert_eq!(needles.found_in(&logged), Vec::<String>::new(), "{}", String::from_utf8_lossy(&logged));
}

/// Everything that this thread logs until the guard is dropped, of every level: fixes are taken in and judged on it.
fn logged() -> (tracing::subscriber::DefaultGuard, Arc<Mutex<Vec<u8>>>) {
    let lines = Arc::new(Mutex::new(Vec::new()));
    let kept = Kept(lines.clone());
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || kept.clone())
        .finish();
    (gauze_logging::hear(subscriber), lines)
}

#[derive(Clone)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Kept {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
