//! Opening a store of 50,000 photos, most of them at the gateway, some unsigned, some stopped as its index knows: the first
//! time, and the median of all times. And listing its first screen, unlocked: with what people see of each.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::ensure;
use gauze_core::CaptureContext;
use gauze_tests::handset;
use gauze_tests::hospital::{Hospital, build};
use gauze_tests::pictures::picture;
use gauze_tests::simulated::open;
use gauze_wire::CaptureId;
use serde_json::Value;

use crate::Arguments;
use crate::row::Goal::AtMost;
use crate::row::{clock, median, print};

const COUNT: u64 = 50_000;

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if !["open_50k", "open_50k_first", "first_screen"].iter().any(|name| arguments.wants(name)) {
        return Ok(());
    }
    let dir = Box::pin(filled(&hospital.home().join("store"))).await?;
    let (mut opens, mut screens) = (Vec::new(), Vec::new());
    for _ in 0..arguments.times(12) {
        let (client, took) = clock(|| open(&dir));
        let client = client?;
        opens.push(took / 1000.0);
        client.unlock()?;
        let (listed, took) = clock(|| client.list_recent(30));
        let labelled = listed?.iter().filter(|photo| photo.label.is_some()).count();
        ensure!(labelled == 30, "a screen is thirty photos with what they show, not {labelled}");
        screens.push(took);
    }
    print("open_50k_first", (opens[0], "s"), None, None);
    print("open_50k", (median(opens), "s"), None, Some(AtMost(0.4)));
    print("first_screen", (median(screens), "ms"), None, Some(AtMost(50.0)));
    Ok(())
}

/// How far a photo has got.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    Unsigned,
    /// The gateway could not be reached, as the index knows.
    Waiting,
    Stored,
}

impl Standing {
    /// That of the nth photo: of ten, one is unsigned, one waits and eight are stored.
    const fn of(n: u64) -> Self {
        match n % 10 {
            0 => Self::Unsigned,
            1 => Self::Waiting,
            _ => Self::Stored,
        }
    }

    const fn files(self) -> &'static [&'static str] {
        match self {
            Self::Unsigned => &["photo.age", "review.age"],
            Self::Waiting => &["photo.age", "review.age", "manifest.jws"],
            Self::Stored => &["photo.age", "review.age", "manifest.jws", "stored.jws"],
        }
    }
}

/// A phone of its own, with [`COUNT`] photos: what the other rows discarded has no labels.
async fn filled(home: &Path) -> anyhow::Result<PathBuf> {
    fs::create_dir(home)?;
    let hospital = build(home, "pq").await?;
    let gateway = hospital.start_gateway().await?;
    let client = handset::enrolled(&hospital, "phone").await?;
    let model = client.capture(&picture(1, 64, 48)?, CaptureContext::default())?.capture_id;
    ensure!(client.run_queue(true).await?.stored == 1, "the model is not stored");
    drop(client);
    gateway.stop().await;
    let dir = home.join("phone");
    fill(&dir.join("outbox"), model, |standing| standing == Standing::Waiting)?;
    let stopped = open(&dir)?.run_queue(true).await?.stopped.len() as u64;
    ensure!(stopped == COUNT / 10, "{stopped} photos wait");
    fill(&dir.join("outbox"), model, |standing| standing != Standing::Waiting)?;
    Ok(dir)
}

/// Puts copies of one stored photo beside it, each under its own name and place. Their sealed and signed bytes are never looked
/// at when a store is opened.
fn fill(outbox: &Path, id: CaptureId, wanted: impl Fn(Standing) -> bool) -> anyhow::Result<()> {
    let model = outbox.join(id.to_string());
    let mut body: Value = serde_json::from_slice(&fs::read(model.join("body.json"))?)?;
    let first = body["seq"].as_u64().unwrap_or(1);
    for n in (1..COUNT).filter(|&n| wanted(Standing::of(n))) {
        let mut random = [0; 10];
        random[..8].copy_from_slice(&n.to_be_bytes());
        let next = CaptureId::make(1_795_000_000_000 + n, &random);
        body["capture_id"] = next.to_string().into();
        body["seq"] = (first + n).into();
        body["prev"] = "00".repeat(32).into();
        let dir = outbox.join(next.to_string());
        fs::create_dir(&dir)?;
        File::create(dir.join("body.json"))?.write_all(body.to_string().as_bytes())?;
        for name in Standing::of(n).files() {
            fs::hard_link(model.join(name), dir.join(name))?;
        }
    }
    Ok(())
}
