//! What a capture of a 20 MB JPEG takes of memory beyond the caller's buffer: in a process of its own, as Linux counts it.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use gauze_core::CaptureContext;
use gauze_tests::hospital::Hospital;
use gauze_tests::memory::Resident;
use gauze_tests::pictures::{picture, picture_of};
use gauze_tests::simulated::open;

use crate::Arguments;
use crate::row::{Goal, median, print, skip};

const NAME: &str = "capture_memory";

/// The phone must be closed: a store has one process.
pub fn measure(arguments: &Arguments, hospital: &Hospital, phone: &str) -> anyhow::Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    if !Path::new("/proc/self/clear_refs").exists() {
        skip(NAME, "no /proc/self/clear_refs");
        return Ok(());
    }
    let picture = hospital.home().join("twenty-mb.jpg");
    File::create(&picture)?.write_all(&picture_of(20_000_000)?)?;
    let mut peaks = Vec::new();
    for _ in 0..arguments.times(12) {
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("--capture").arg(&picture).arg("--phone").arg(hospital.home().join(phone));
        let output = command.output()?;
        ensure!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        peaks.push(String::from_utf8(output.stdout)?.trim().parse::<f64>()? / 1024.0 / 1024.0);
    }
    fs::remove_file(picture)?;
    print(NAME, (median(peaks), "MiB"), None, Some(Goal::AtMost(4.0)));
    Ok(())
}

/// Bytes by which this process grew, at most, during the capture.
pub fn grown(picture_path: &Path, phone: &Path) -> anyhow::Result<u64> {
    let client = open(phone)?;
    let jpeg = fs::read(picture_path).context("the picture")?;
    // So that the program's own pages are there, and what is counted is what a photo takes.
    let small = client.capture(&picture(1, 64, 48)?, CaptureContext::default())?;
    client.discard(small.capture_id)?;
    // proc(5): sets the peak to what is resident now.
    File::options().write(true).open("/proc/self/clear_refs")?.write_all(b"5")?;
    let before = Resident::of(std::process::id())?.now;
    let captured = client.capture(&jpeg, CaptureContext::default())?;
    let peak = Resident::of(std::process::id())?.peak;
    client.discard(captured.capture_id)?;
    Ok(peak.saturating_sub(before))
}
