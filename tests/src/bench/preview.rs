//! A preview of a 12-megapixel JPEG, sealed and durable, against `djpeg -scale 1/8` of the same file.

use std::fs::{self, File};
use std::io::Write as _;
use std::process::{Command, Stdio};

use anyhow::ensure;
use gauze_core::{CaptureContext, Client};
use gauze_tests::hospital::Hospital;
use gauze_tests::pictures::picture;

use crate::Arguments;
use crate::row::{clock, median, print, skip};

const NAME: &str = "preview_vs_djpeg";

pub fn measure(arguments: &Arguments, hospital: &Hospital, client: &Client) -> anyhow::Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let Some(djpeg) = &arguments.djpeg else {
        skip(NAME, "djpeg not found");
        return Ok(());
    };
    let jpeg = picture(1, 4000, 3000)?;
    let input = hospital.home().join("twelve-megapixels.jpg");
    File::create(&input)?.write_all(&jpeg)?;
    let id = client.capture(&jpeg, CaptureContext::default())?.capture_id;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..arguments.times(30) {
        let (made, took) = clock(|| client.preview_from(id, &jpeg));
        made?;
        ours.push(took);
        let mut command = Command::new(djpeg);
        command.args(["-scale", "1/8", "-outfile", "/dev/null"]).arg(&input).stdin(Stdio::null());
        let (status, took) = clock(|| command.status());
        ensure!(status?.success(), "djpeg failed");
        theirs.push(took);
    }
    client.discard(id)?;
    fs::remove_file(input)?;
    print(NAME, (median(ours), "ms"), Some(median(theirs)), None);
    Ok(())
}
