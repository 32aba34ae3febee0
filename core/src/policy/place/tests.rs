use gauze_wire::Tenant;
use serde_json::{Value, json};

use super::*;

/// A Monday, noon in UTC.
const NOON: &str = "2026-06-01T12:00:00Z";

fn now() -> Timestamp {
    NOON.parse().unwrap()
}

fn policy(fences: Value) -> Policy {
    let tenant: Tenant = "ward-9".parse().unwrap();
    Policy { fences: serde_json::from_value(fences).unwrap(), ..Policy::strictest(&tenant) }
}

/// A circle of 300 metres.
fn site(mode: &str) -> Value {
    json!({
        "id": format!("site-{mode}"), "words": "Site A", "mode": mode,
        "areas": [{"circle": {"centre": {"lat_e7": 558_600_000, "lon_e7": -40_250_000}, "radius_m": 300}}],
    })
}

/// So many metres north of the site's centre.
fn north(metres: f64) -> Fix {
    Fix {
        latitude: 55.86 + metres / DEGREE_M,
        longitude: -4.025,
        accuracy_m: 20.0,
        age_ms: 0,
        mock: false,
        utc_offset_minutes: 60,
    }
}

fn judged(fix: Fix, fences: Value) -> Place {
    let mut whereabouts = Whereabouts::default();
    whereabouts.take_in(fix, 1_000_000);
    whereabouts.judge(&policy(fences), None, now(), 1_000_000)
}

fn verdict(fix: Fix) -> (FenceVerdict, u8) {
    let fence = judged(fix, json!([site("record")])).fence.unwrap();
    (fence.verdict, fence.sure)
}

#[test]
fn a_circle_has_two_sides_and_an_edge_that_is_not_known() {
    assert_eq!(verdict(north(0.0)).0, FenceVerdict::Inside);
    assert_eq!(verdict(north(1000.0)).0, FenceVerdict::Outside);
    assert_eq!(verdict(north(300.0)), (FenceVerdict::Unknown, 50));
    let (_, near) = verdict(north(280.0));
    let (_, deep) = verdict(north(100.0));
    assert!(near < deep, "{near} {deep}");
}

#[test]
fn what_is_old_coarse_made_up_or_too_fast_counts_less() {
    let inside = |change: fn(&mut Fix)| {
        let mut fix = north(0.0);
        change(&mut fix);
        verdict(fix).0
    };
    assert_eq!(inside(|_| ()), FenceVerdict::Inside);
    assert_eq!(inside(|fix| fix.mock = true), FenceVerdict::Unknown);
    assert_eq!(inside(|fix| fix.age_ms = 500_000), FenceVerdict::Unknown);
    assert_eq!(inside(|fix| fix.age_ms = 50_000), FenceVerdict::Inside);
    assert_eq!(inside(|fix| fix.accuracy_m = 3_000.0), FenceVerdict::Unknown);
    assert_eq!(inside(|fix| fix.latitude = f64::NAN), FenceVerdict::Unknown);
    let mut whereabouts = Whereabouts::default();
    let rules = policy(json!([site("record")]));
    let mut at = |metres, ms| {
        whereabouts.take_in(north(metres), ms);
        whereabouts.judge(&rules, None, now(), ms).fence.unwrap().verdict
    };
    assert_eq!(at(50_000.0, 1_000_000), FenceVerdict::Outside);
    assert_eq!(at(0.0, 1_010_000), FenceVerdict::Unknown, "50 km in ten seconds");
    assert_eq!(at(1.0, 1_020_000), FenceVerdict::Inside, "and stayed there");
}

#[test]
fn a_position_from_before_changes_nothing() {
    let mut whereabouts = Whereabouts::default();
    let rules = policy(json!([site("record")]));
    let mut at = |metres, age_ms| {
        whereabouts.take_in(Fix { age_ms, ..north(metres) }, 1_000_000);
        whereabouts.judge(&rules, None, now(), 1_000_000).fence.unwrap().verdict
    };
    assert_eq!(at(0.0, 1_000), FenceVerdict::Inside);
    assert_eq!(at(5_000.0, 50_000), FenceVerdict::Inside, "it is not there any more");
    assert_eq!(at(0.0, 500), FenceVerdict::Inside, "and made no leap");
    assert_eq!(at(5_000.0, 0), FenceVerdict::Unknown, "now it did");
}

#[test]
fn a_position_ages_while_nothing_newer_comes() {
    let mut whereabouts = Whereabouts::default();
    let rules = policy(json!([site("block_capture")]));
    whereabouts.take_in(north(5_000.0), 1_000_000);
    let at = |ms| whereabouts.judge(&rules, None, now(), ms);
    assert!(at(1_030_000).outside.is_some());
    assert_eq!(at(1_700_000).outside, None, "an old position forbids nothing");
}

#[test]
fn a_polygon_holds_what_its_corners_surround() {
    let corner = |north: f64, east: f64| {
        let lat = 558_600_000.0 + north / DEGREE_M * 1e7;
        let lon = -40_250_000.0 + east / (DEGREE_M * 55.86_f64.to_radians().cos()) * 1e7;
        let whole = |e7: f64| format!("{e7:.0}").parse::<i32>().unwrap();
        json!({"lat_e7": whole(lat), "lon_e7": whole(lon)})
    };
    // A U that opens to the north.
    let corners = [(0, 0), (400, 0), (400, 100), (100, 100), (100, 300), (400, 300), (400, 400), (0, 400)];
    let corners: Vec<Value> =
        corners.iter().map(|&(n, e)| corner(f64::from(n) - 50.0, f64::from(e) - 200.0)).collect();
    let fence = json!([{"id": "u", "words": "U", "mode": "record", "areas": [{"polygon": corners}]}]);
    let side = |metres: f64| judged(north(metres), fence.clone()).fence.unwrap().verdict;
    assert_eq!(side(0.0), FenceVerdict::Inside);
    assert_eq!(side(200.0), FenceVerdict::Outside, "between its arms");
    assert_eq!(side(-200.0), FenceVerdict::Outside);
}

#[test]
fn a_fence_over_the_date_line_is_one() {
    let fix = |longitude| Fix { latitude: 0.0, longitude, ..north(0.0) };
    let fence = json!([{
        "id": "line", "words": "Line", "mode": "record",
        "areas": [{"circle": {"centre": {"lat_e7": 0, "lon_e7": 1_800_000_000}, "radius_m": 2000}}],
    }]);
    let side = |longitude| judged(fix(longitude), fence.clone()).fence.unwrap().verdict;
    assert_eq!(side(-179.995), FenceVerdict::Inside);
    assert_eq!(side(179.995), FenceVerdict::Inside);
    assert_eq!(side(-179.9), FenceVerdict::Outside);
}

#[test]
fn fences_that_ask_for_the_same_are_alternatives() {
    let far = |mode: &str| {
        let mut fence = site(mode);
        fence["id"] = "far".into();
        fence["words"] = "Site B".into();
        fence["areas"][0]["circle"]["centre"]["lat_e7"] = 570_000_000.into();
        fence
    };
    let place = judged(north(0.0), json!([far("block_view"), site("block_view")]));
    assert_eq!(place.fence.unwrap().id.as_str(), "site-block_view", "the one that it is in");
    assert_eq!(elsewhere(north(0.0), json!([far("block_view"), site("block_view")])), None);
    let both = json!([far("block_view"), site("block_view")]);
    assert_eq!(elsewhere(north(5_000.0), both).as_deref(), Some("Site B, Site A"));
    // Of two that ask for different things the stricter is told, and the milder holds as well.
    let outside = judged(north(5_000.0), json!([site("warn"), far("block_capture")])).outside.unwrap();
    assert_eq!((outside.mode, outside.words.as_str()), (FenceMode::BlockCapture, "Site B"));
    let place = judged(north(0.0), json!([site("warn"), far("block_capture")]));
    assert_eq!(place.outside.unwrap().mode, FenceMode::BlockCapture);
    assert_eq!(judged(north(5_000.0), json!([site("record")])).outside, None);
    // What blocks something else keeps no warning from being said, and the record names what was warned of.
    for other in ["record", "block_export", "block_view"] {
        for metres in [0.0, 5_000.0] {
            let place = judged(north(metres), json!([site(other), far("warn")]));
            let outside = place.outside.unwrap();
            assert_eq!((outside.mode, outside.words.as_str()), (FenceMode::Warn, "Site B"), "{other}");
            let fence = place.fence.unwrap();
            assert_eq!((fence.id.as_str(), fence.verdict), ("far", FenceVerdict::Outside), "{other}");
        }
    }
}

fn elsewhere(fix: Fix, fences: Value) -> Option<String> {
    let mut whereabouts = Whereabouts::default();
    whereabouts.take_in(fix, 1_000_000);
    whereabouts.looked_at_elsewhere(&policy(fences), now(), 1_000_000)
}

#[test]
fn community_teams_take_photos_anywhere() {
    let mut fence = site("block_capture");
    fence["exempt_teams"] = json!(["community"]);
    let policy = policy(json!([fence]));
    let mut whereabouts = Whereabouts::default();
    whereabouts.take_in(north(5_000.0), 0);
    let mode = |team: Option<&str>| {
        let team: Option<Name> = team.map(|team| team.parse().unwrap());
        whereabouts.judge(&policy, team.as_ref(), now(), 0).outside.map(|outside| outside.mode)
    };
    assert_eq!(mode(None), None, "nobody knows that it is none of them");
    assert_eq!(mode(Some("ward-9")), Some(FenceMode::BlockCapture));
    assert_eq!(mode(Some("community")), None);
    let looked_at = whereabouts.looked_at_elsewhere(&policy, now(), 0);
    assert_eq!(looked_at.as_deref(), Some("Site A"), "taken, not looked at");
}

#[test]
fn hours_are_those_of_the_local_clock() {
    let at = |from: u16, until: u16| {
        let mut fence = site("record");
        fence["hours"] = json!([{"days": ["mon"], "from": from, "until": until}]);
        judged(north(0.0), json!([fence])).fence.map(|fence| fence.verdict)
    };
    // Noon in UTC is 13:00 on this phone.
    assert_eq!(at(780, 781), Some(FenceVerdict::Inside));
    assert_eq!(at(720, 780), None);
}

#[test]
fn without_a_position_nothing_is_known_and_nothing_forbidden() {
    let place = Whereabouts::default().judge(&policy(json!([site("block_capture")])), None, now(), 0);
    assert_eq!(place.fence.unwrap().verdict, FenceVerdict::Unknown);
    assert_eq!(place.outside, None);
    let fence = json!([{"id": "net", "words": "Net", "mode": "block_view", "networks": ["10.0.0.0/8"]}]);
    assert_eq!(judged(north(0.0), fence), Place { fence: None, outside: None }, "a phone knows no network");
}
