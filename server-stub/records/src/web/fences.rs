//! What the fences of the signed policy keep from a browser: by its network and the hour. Areas are the phones' to judge.

use std::net::IpAddr;

use gauze_people::acting::Barred;
use gauze_wire::{Day, FenceMode, FenceRule};
use jiff::civil::DateTime;

/// What `fences` keep from `address` at this hour of the hospital's clock. Fences that ask for the same are alternatives; an address that
/// is not known is in none.
pub(super) fn barred(fences: &[FenceRule], address: Option<IpAddr>, local: DateTime) -> Barred {
    let day = Day::numbered(usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0));
    let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or(0);
    let in_force = |fence: &&FenceRule| !fence.networks.is_empty() && fence.in_force(day, minute);
    let holds = |fence: &FenceRule| {
        address.is_some_and(|address| fence.networks.iter().any(|block| block.contains(address)))
    };
    let asked_and_not_met = |mode: FenceMode| {
        let asking = || fences.iter().filter(in_force).filter(|fence| fence.mode >= mode);
        asking().next().is_some() && !asking().any(holds)
    };
    if asked_and_not_met(FenceMode::BlockView) {
        Barred::Views
    } else if asked_and_not_met(FenceMode::BlockExport) {
        Barred::Exports
    } else {
        Barred::Nothing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn fence(id: &str, mode: &str, network: &str) -> Value {
        json!({"id": id, "words": id, "mode": mode, "networks": [network]})
    }

    fn judged(fences: Value, address: &str) -> Barred {
        let fences: Vec<FenceRule> = serde_json::from_value(fences).unwrap();
        barred(&fences, address.parse().ok(), "2026-06-01T12:00".parse().unwrap())
    }

    #[test]
    fn outside_of_every_network_that_is_asked_for_nothing_is_shown() {
        let two =
            || json!([fence("a", "block_view", "10.1.0.0/16"), fence("b", "block_view", "10.2.0.0/16")]);
        assert_eq!(judged(two(), "10.2.3.4"), Barred::Nothing);
        assert_eq!(judged(two(), "10.3.0.1"), Barred::Views);
        assert_eq!(judged(two(), "nobody knows"), Barred::Views);
        assert_eq!(judged(json!([]), "10.3.0.1"), Barred::Nothing);
        assert_eq!(judged(json!([fence("a", "warn", "10.1.0.0/16")]), "10.3.0.1"), Barred::Nothing);
    }

    #[test]
    fn each_mode_includes_the_milder_ones() {
        let both = || {
            json!([fence("wide", "block_view", "10.0.0.0/8"), fence("narrow", "block_export", "10.1.0.0/16")])
        };
        assert_eq!(judged(both(), "10.1.0.1"), Barred::Nothing);
        assert_eq!(judged(both(), "192.0.2.1"), Barred::Views);
        let narrow = json!([fence("narrow", "block_export", "10.1.0.0/16")]);
        assert_eq!(judged(narrow, "10.2.0.1"), Barred::Exports);
        let capture = json!([fence("capture", "block_capture", "10.1.0.0/16")]);
        assert_eq!(judged(capture, "10.2.0.1"), Barred::Views);
    }

    #[test]
    fn out_of_its_hours_a_fence_asks_for_nothing() {
        let mut night = fence("night", "block_view", "10.1.0.0/16");
        night["hours"] = json!([{"days": ["mon"], "from": 1200, "until": 360}]);
        assert_eq!(judged(json!([night]), "192.0.2.1"), Barred::Nothing);
    }

    #[test]
    fn areas_say_nothing_of_a_browser() {
        let area = json!({"circle": {"centre": {"lat_e7": 0, "lon_e7": 0}, "radius_m": 100}});
        let fence = json!([{"id": "a", "words": "a", "mode": "block_view", "areas": [area]}]);
        assert_eq!(judged(fence, "192.0.2.1"), Barred::Nothing);
    }
}
