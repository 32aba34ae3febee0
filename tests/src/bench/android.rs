//! The Android app on Robolectric: shutter to tick, cold start, a frame that is scanned; and what its APK weighs.
//!
//! `app_capture` has the goal, and is against the core's capture alone. The app also asks the core how fit the photo is before its
//! tick: `app_capture_judged` is the same figure against both calls, and tells how much of the rest is the app's own.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use gauze_core::Client;
use gauze_tests::hospital::Hospital;
use gauze_tests::pictures::picture;

use crate::Arguments;
use crate::capture::{four_mib, once};
use crate::phone::managed;
use crate::row::Goal::AtMost;
use crate::row::{clock, median, print, skip};

const CAPTURE: &str = "app_capture";
const ROWS: [&str; 3] = [CAPTURE, "app_start", "scan_frame"];
/// Printed beside `app_capture`, of the same shots.
const JUDGED: &str = "app_capture_judged";
const SIZE: &str = "apk_size";
const PHOTOS: usize = 5000;
const MIB: f64 = 1024.0 * 1024.0;

pub async fn measure(arguments: &Arguments, hospital: &Hospital, client: &Client) -> anyhow::Result<()> {
    if arguments.wants(SIZE) {
        weigh(arguments);
    }
    let asked = |row: &&str| arguments.wants(row) || *row == CAPTURE && arguments.wants(JUDGED);
    let wanted: Vec<_> = ROWS.into_iter().filter(asked).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let (Some(maven), Some(library)) = (&arguments.maven, &arguments.library) else {
        wanted.iter().for_each(|row| skip(row, "Maven or the bindings' library not given"));
        return Ok(());
    };
    let jpeg = four_mib()?;
    let dir = hospital.home().join("android");
    std::fs::create_dir(&dir)?;
    let (large, small) = (hospital.home().join("app-large.jpg"), hospital.home().join("app-small.jpg"));
    std::fs::File::create(&large)?.write_all(&jpeg)?;
    std::fs::File::create(&small)?.write_all(&picture(0, 320, 240)?)?;
    for phone in ["00.json", "01.json"] {
        std::fs::File::create(dir.join(phone))?.write_all(managed(hospital).await?.as_bytes())?;
    }
    let times = arguments.times(60);
    let rust = || -> anyhow::Result<Vec<Shot>> { (0..times / 2).map(|_| shot(client, &jpeg)).collect() };
    let mut ours = rust()?;
    let figures = hospital.home().join("android.txt");
    let tests = wanted.join("+");
    let output = Command::new(maven)
        .args(["-B", "-q", "-f", concat!(env!("CARGO_MANIFEST_DIR"), "/../android/pom.xml"), "test"])
        .arg(format!("-Dtest=AppBench#{tests}"))
        .args([
            "-Dgauze.bridge.skip=true",
            "-Dsurefire.failIfNoSpecifiedTests=false",
            "-DfailIfNoTests=false",
        ])
        .arg(format!("-Dgauze.library={}", library.display()))
        .arg(format!("-Dgauze.build={}", library.join("../android").display()))
        .env("GAUZE_MANAGED", &dir)
        .env("GAUZE_PICTURE", &large)
        .env("GAUZE_BENCH_SMALL", &small)
        .env("GAUZE_BENCH", &figures)
        .env("GAUZE_BENCH_PHOTOS", arguments.times(PHOTOS).to_string())
        .env("GAUZE_BENCH_TIMES", times.to_string())
        .output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    ours.extend(rust()?);
    let text = std::fs::read_to_string(&figures)?;
    for row in wanted {
        let (reference, goal) = match row {
            CAPTURE => (Some(median(ours.iter().map(|shot| shot.capture).collect())), 1.3),
            "scan_frame" => (Some(of(&text, "zxing")?), 1.2),
            _ => (None, 300.0),
        };
        print(row, (of(&text, row)?, "ms"), reference, Some(AtMost(goal)));
        if row == CAPTURE {
            let both = median(ours.iter().map(|shot| shot.judge + shot.capture).collect());
            print(JUDGED, (of(&text, row)?, "ms"), Some(both), None);
        }
    }
    Ok(())
}

/// What the app asks of the core before its tick, in milliseconds.
struct Shot {
    judge: f64,
    capture: f64,
}

fn shot(client: &Client, jpeg: &[u8]) -> anyhow::Result<Shot> {
    let (_, judge) = clock(|| client.judge(jpeg));
    Ok(Shot { judge, capture: once(client, jpeg)? })
}

/// The median of what the app noted under this name.
fn of(text: &str, name: &str) -> anyhow::Result<f64> {
    let named = text.lines().filter_map(|line| line.split_once(' ')).filter(|(of, _)| *of == name);
    let millis: Result<Vec<f64>, _> = named.map(|(_, millis)| millis.parse()).collect();
    let millis = millis.context("milliseconds")?;
    ensure!(!millis.is_empty(), "the app noted nothing of {name}");
    Ok(median(millis))
}

/// As `cargo xtask package android` left it: one ABI.
fn weigh(arguments: &Arguments) {
    let near = arguments.library.as_deref().unwrap_or(Path::new("."));
    let apk = near.join("../android/gauze-size-check.apk");
    match std::fs::metadata(&apk) {
        Ok(file) => print(SIZE, (file.len() as f64 / MIB, "MiB"), None, Some(AtMost(12.0))),
        Err(_) => skip(SIZE, "no APK for one ABI: run cargo xtask package android"),
    }
}
