//! A capture until it is durable, against writing the same bytes durably, against the `age` command, and against SQLCipher.
//!
//! `capture_vs_fsync` is for a fast disk and two cores: our side hashes twice and seals, the other does nothing but write.
//! `capture_vs_fsync_10ms` counts waits: a model ([`SlowDisk`]) adds 10 ms to each sync on both sides. Our five syncs wait in
//! two steps, the bare write's two one after the other; a medium that takes no two syncs at once would be slower on our side.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use anyhow::ensure;
use gauze_core::{CaptureContext, Client, Managed};
use gauze_tests::handset::managed;
use gauze_tests::hospital::Hospital;
use gauze_tests::pictures::picture;
use gauze_tests::simulated::open_on;

use crate::row::Goal::AtMost;
use crate::row::{clock, median, print, skip};
use crate::slow::{self, SlowDisk};
use crate::{Arguments, sqlcipher};

/// A JPEG of about 4 MiB.
pub fn four_mib() -> anyhow::Result<Vec<u8>> {
    let jpeg = picture(1, 5400, 4000)?;
    ensure!((3 << 20..5 << 20).contains(&jpeg.len()), "the picture is {} bytes", jpeg.len());
    Ok(jpeg)
}

/// Milliseconds of one capture; the photo is discarded again, so that the store does not grow.
pub fn once(client: &Client, jpeg: &[u8]) -> anyhow::Result<f64> {
    settle();
    let (captured, took) = clock(|| client.capture(jpeg, CaptureContext::default()));
    client.discard(captured?.capture_id)?;
    Ok(took)
}

/// What was written or removed before is on the medium: nobody's sync pays for another's leftovers.
pub fn settle() {
    rustix::fs::sync();
}

const NAMES: [&str; 3] = ["capture_vs_fsync", "capture_vs_age", "capture_vs_sqlcipher"];
const SLOW: &str = "capture_vs_fsync_10ms";

pub fn measure(
    arguments: &Arguments,
    hospital: &Hospital,
    client: &Client,
    recipient: &str,
) -> anyhow::Result<()> {
    if !NAMES.iter().any(|name| arguments.wants(name)) {
        return Ok(());
    }
    let jpeg = four_mib()?;
    let dir = hospital.home().join("plain");
    fs::create_dir(&dir)?;
    let input = dir.join("photo.jpg");
    File::create(&input)?.write_all(&jpeg)?;
    let (mut captures, mut writes, mut ages, mut inserts) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for n in 0..arguments.times(60) {
        // In turn, so that what else the machine does falls on all of them.
        captures.push(once(client, &jpeg)?);
        writes.push(write_durably(&dir, &jpeg, n, Duration::ZERO)?);
        if let Some(age) = &arguments.age {
            ages.push(seal_with_age(age, recipient, &input, &dir.join("photo.age"))?);
        }
        if let Some(shell) = &arguments.sqlcipher {
            inserts.push(sqlcipher::insert(shell, &dir, jpeg.len())?);
        }
    }
    let capture = median(captures);
    let row = |name: &str, reference: Vec<f64>, goal: f64, missing: &str| {
        if reference.is_empty() {
            skip(name, missing);
        } else {
            print(name, (capture, "ms"), Some(median(reference)), Some(AtMost(goal)));
        }
    };
    let [fsync, age, sqlcipher] = NAMES;
    row(fsync, writes, 1.5, "");
    row(age, ages, 1.0, "age 1.3 not found");
    row(sqlcipher, inserts, 1.0, "sqlcipher not found");
    Ok(())
}

/// A phone of its own on a slow disk, against the bare write on one.
pub async fn measure_slow(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if !arguments.wants(SLOW) {
        return Ok(());
    }
    let jpeg = four_mib()?;
    let dir = hospital.home().join("slow");
    fs::create_dir(&dir)?;
    let client = open_on(&hospital.home().join("slow-phone"), Arc::new(SlowDisk))?;
    client.enrol(&Managed::from_json(&managed(hospital).await?)?).await?;
    let (mut captures, mut writes) = (Vec::new(), Vec::new());
    for n in 0..arguments.times(40) {
        captures.push(once(&client, &jpeg)?);
        writes.push(write_durably(&dir, &jpeg, n, slow::MORE)?);
    }
    print(SLOW, (median(captures), "ms"), Some(median(writes)), Some(AtMost(1.3)));
    Ok(())
}

/// Write, sync, rename, sync the directory; each sync takes so much more.
fn write_durably(dir: &Path, bytes: &[u8], n: usize, more: Duration) -> anyhow::Result<f64> {
    let (fresh, path) = (dir.join(format!("{n}.new")), dir.join(format!("{n}.jpg")));
    settle();
    let (done, took) = clock(|| -> std::io::Result<()> {
        let mut file = File::create(&fresh)?;
        file.write_all(bytes)?;
        sleep(more);
        file.sync_all()?;
        fs::rename(&fresh, &path)?;
        sleep(more);
        File::open(dir)?.sync_all()
    });
    done?;
    fs::remove_file(path)?;
    Ok(took)
}

/// The command's start included, as a script would use it; then the file is synced.
fn seal_with_age(age: &Path, recipient: &str, input: &Path, out: &Path) -> anyhow::Result<f64> {
    settle();
    let (done, took) = clock(|| -> anyhow::Result<()> {
        let mut command = Command::new(age);
        command.args(["-r", recipient, "-o"]).arg(out).arg(input).stdin(Stdio::null());
        ensure!(command.status()?.success(), "age failed");
        File::open(out)?.sync_all()?;
        Ok(())
    });
    done?;
    fs::remove_file(out)?;
    Ok(took)
}
