//! Opening a store of 50,000 photos, at first when its index knows none of them, and listing its first screen, unlocked: with
//! what people see of each.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use gauze_core::CaptureContext;
use gauze_tests::handset;
use gauze_tests::hospital::Hospital;
use gauze_tests::pictures::picture;
use gauze_tests::simulated::open;
use gauze_wire::CaptureId;
use serde_json::Value;

use crate::Arguments;
use crate::row::Goal::AtMost;
use crate::row::{clock, median, print};

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if !["open_50k", "open_50k_first", "first_screen"].iter().any(|name| arguments.wants(name)) {
        return Ok(());
    }
    // A phone of its own: what the other rows discarded has no labels.
    let client = handset::enrolled(hospital, "store-phone").await?;
    let dir = hospital.home().join("store-phone");
    let captured = client.capture(&picture(1, 64, 48)?, CaptureContext::default())?;
    drop(client);
    fill(&dir.join("outbox"), captured.capture_id, 50_000)?;
    let (mut opens, mut screens) = (Vec::new(), Vec::new());
    for _ in 0..arguments.times(12) {
        let (client, took) = clock(|| open(&dir));
        let client = client?;
        opens.push(took / 1000.0);
        client.unlock()?;
        let (listed, took) = clock(|| client.list_recent(30));
        let labelled = listed?.iter().filter(|photo| photo.label.is_some()).count();
        anyhow::ensure!(labelled == 30, "a screen is thirty photos with what they show, not {labelled}");
        screens.push(took);
    }
    print("open_50k_first", (opens[0], "s"), None, None);
    print("open_50k", (median(opens), "s"), None, Some(AtMost(1.0)));
    print("first_screen", (median(screens), "ms"), None, Some(AtMost(50.0)));
    Ok(())
}

/// Puts copies of one photo beside it, each under its own name and place. Their sealed bytes are never looked at here.
fn fill(outbox: &Path, id: CaptureId, count: u64) -> anyhow::Result<()> {
    let model = outbox.join(id.to_string());
    let mut body: Value = serde_json::from_slice(&fs::read(model.join("body.json"))?)?;
    let first = body["seq"].as_u64().unwrap_or(1);
    for n in 1..count {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&n.to_be_bytes());
        let next = CaptureId::make(1_795_000_000_000 + n, &random);
        body["capture_id"] = next.to_string().into();
        body["seq"] = (first + n).into();
        body["prev"] = "00".repeat(32).into();
        let dir = outbox.join(next.to_string());
        fs::create_dir(&dir)?;
        File::create(dir.join("body.json"))?.write_all(body.to_string().as_bytes())?;
        for name in ["photo.age", "review.age"] {
            if model.join(name).exists() {
                fs::hard_link(model.join(name), dir.join(name))?;
            }
        }
    }
    Ok(())
}
