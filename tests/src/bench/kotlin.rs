//! A capture from Kotlin through a direct buffer, against the same call in Rust.

use std::io::Write as _;
use std::process::Command;

use anyhow::{Context as _, ensure};
use gauze_core::Client;
use gauze_tests::hospital::Hospital;

use crate::Arguments;
use crate::capture::{four_mib, once};
use crate::phone::managed;
use crate::row::Goal::AtMost;
use crate::row::{median, print, skip};

const NAME: &str = "capture_kotlin";

pub async fn measure(arguments: &Arguments, hospital: &Hospital, client: &Client) -> anyhow::Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let (Some(maven), Some(library)) = (&arguments.maven, &arguments.library) else {
        skip(NAME, "Maven or the bindings' library not given");
        return Ok(());
    };
    let jpeg = four_mib()?;
    let dir = hospital.home().join("kotlin");
    std::fs::create_dir(&dir)?;
    let picture = hospital.home().join("four-mib.jpg");
    std::fs::File::create(&picture)?.write_all(&jpeg)?;
    std::fs::File::create(dir.join("00.json"))?.write_all(managed(hospital).await?.as_bytes())?;
    let times = arguments.times(60);
    let rust = || -> anyhow::Result<Vec<f64>> { (0..times / 2).map(|_| once(client, &jpeg)).collect() };
    let mut ours = rust()?;
    let pom = concat!(env!("CARGO_MANIFEST_DIR"), "/../android/pom.xml");
    let mut command = Command::new(maven);
    command
        .args(["-B", "-q", "-f", pom, "-pl", "bridge,logic", "-Dtest=CaptureBench", "test"])
        .args(["-Dsurefire.failIfNoSpecifiedTests=false"])
        .arg(format!("-Dgauze.library={}", library.display()))
        .arg(format!("-Dgauze.build={}", hospital.home().join("kotlin-build").display()))
        .env("GAUZE_MANAGED", &dir)
        .env("GAUZE_PICTURE", &picture)
        .env("GAUZE_BENCH", hospital.home().join("kotlin.txt"))
        .env("GAUZE_BENCH_PHONE", hospital.home().join("kotlin-phone"))
        .env("GAUZE_BENCH_TIMES", times.to_string());
    let output = command.output()?;
    ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    ours.extend(rust()?);
    let text = std::fs::read_to_string(hospital.home().join("kotlin.txt"))?;
    let theirs: Result<Vec<f64>, _> = text.lines().map(str::parse).collect();
    print(NAME, (median(theirs.context("milliseconds")?), "ms"), Some(median(ours)), Some(AtMost(1.05)));
    Ok(())
}
