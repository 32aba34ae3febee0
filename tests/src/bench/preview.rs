//! A preview of a 12-megapixel JPEG, sealed and durable, against `djpeg -scale 1/8` of the same file: of a baseline one, and of
//! the same picture written anew as a progressive one.
//!
//! `djpeg`'s start counts, some milliseconds, and it writes what it draws to nowhere; our side hashes the file, encodes, seals and
//! syncs.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use gauze_core::{CaptureContext, Client};
use gauze_tests::hospital::Hospital;
use gauze_tests::pictures::picture;

use crate::Arguments;
use crate::row::Goal::AtMost;
use crate::row::{clock, median, print, skip};

const NAME: &str = "preview_vs_djpeg";
const PROGRESSIVE: &str = "preview_progressive_vs_djpeg";

pub fn measure(arguments: &Arguments, hospital: &Hospital, client: &Client) -> anyhow::Result<()> {
    if ![NAME, PROGRESSIVE].iter().any(|name| arguments.wants(name)) {
        return Ok(());
    }
    let Some(djpeg) = &arguments.djpeg else {
        skip(NAME, "djpeg not found");
        return Ok(());
    };
    let jpeg = picture(1, 4000, 3000)?;
    let input = hospital.home().join("twelve-megapixels.jpg");
    File::create(&input)?.write_all(&jpeg)?;
    compare(arguments, NAME, client, (&jpeg, &input), djpeg)?;
    match &arguments.cjpeg {
        Some(cjpeg) => {
            let progressive = made_progressive(cjpeg, djpeg, &input)?;
            File::create(&input)?.write_all(&progressive)?;
            compare(arguments, PROGRESSIVE, client, (&progressive, &input), djpeg)?;
        }
        None => skip(PROGRESSIVE, "cjpeg not found"),
    }
    Ok(fs::remove_file(input)?)
}

fn made_progressive(cjpeg: &Path, djpeg: &Path, input: &Path) -> anyhow::Result<Vec<u8>> {
    let mut drawing = Command::new(djpeg).arg(input).stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let pixels = drawing.stdout.take().context("what djpeg draws")?;
    let made = Command::new(cjpeg).args(["-progressive", "-quality", "88"]).stdin(pixels).output()?;
    ensure!(drawing.wait()?.success() && made.status.success(), "no progressive picture");
    Ok(made.stdout)
}

fn compare(
    arguments: &Arguments,
    name: &str,
    client: &Client,
    (jpeg, input): (&[u8], &Path),
    djpeg: &Path,
) -> anyhow::Result<()> {
    let id = client.capture(jpeg, CaptureContext::default())?.capture_id;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..arguments.times(30) {
        let (made, took) = clock(|| client.preview_from(id, jpeg));
        made?;
        ours.push(took);
        let mut command = Command::new(djpeg);
        command.args(["-scale", "1/8", "-outfile", "/dev/null"]).arg(input).stdin(Stdio::null());
        let (status, took) = clock(|| command.status());
        ensure!(status?.success(), "djpeg failed");
        theirs.push(took);
    }
    client.discard(id)?;
    print(name, (median(ours), "ms"), Some(median(theirs)), Some(AtMost(1.2)));
    Ok(())
}
