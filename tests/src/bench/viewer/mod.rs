//! The viewer: the first page of a team's list, each of its photos signed for by who took it, and an exact search among a million
//! photos; a photo's page until the last byte of its picture against `djpeg -scale 1/4` and `cjpeg` of the same file, and by a link against the same page; and fifty
//! people who open a photo in the same moment.

mod desk;
mod provider;

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use gauze_core::CaptureContext;
use gauze_tests::hospital::{Hospital, build};
use gauze_tests::memory::Resident;
use gauze_tests::pictures::picture;
use gauze_tests::programs::run;
use gauze_wire::Record;

use crate::Arguments;
use crate::phone;
use crate::row::{Goal, clock, clock_async, median, print, skip};
use desk::Desks;

const LIST: &str = "worklist_1m";
const SEARCH: &str = "search_1m";
const VIEW: &str = "view_first_pixel";
const LINK: &str = "link_open";
const MANY: &str = "viewers_50";
const MEMORY: &str = "viewers_50_memory";
/// How wide the screens are.
const SCREEN: u16 = 1000;
/// Views of a link.
const VIEWS: usize = 30;
/// People who look at once.
const PEOPLE: usize = 50;
const TEAM: &str = "tissue";
/// Photos put in by one transaction.
const CHUNK: u64 = 20_000;
/// The newest photos, whose takers are proven anew each time that a list shows them: more than a page holds.
const PROVEN: u64 = 60;
/// Behind every log index that the bench's own photos have.
const FROM: u64 = 1 << 40;

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if ![LIST, SEARCH, VIEW, LINK, MANY, MEMORY].iter().any(|name| arguments.wants(name)) {
        return Ok(());
    }
    let home = hospital.home().join("viewer");
    fs::create_dir(&home)?;
    let hospital = build(&home, "pq").await?;
    let teams = serde_json::json!({ "teams": [{ "code": TEAM, "words": "Tissue viability" }] });
    let set = |policy: &mut serde_json::Value| {
        policy["lists"] = teams;
        policy["sign_in"] = provider::rules();
    };
    hospital.set_policy(set).await?;
    let gateway = hospital.start_gateway().await?;
    let phone = phone::enrolled(&hospital, "phone").await?;
    let jpeg = picture(1, 4000, 3000)?;
    let team = Some(desk::team()?);
    phone.capture(&jpeg, CaptureContext { team, ..CaptureContext::default() })?;
    ensure!(phone.run_queue(true).await?.stored == 1, "the photo was not stored");
    let url = hospital.url();
    let pull = ["pull", "--data", "records", "--gateway", &url, "--ca", "tls/ca.pem", "--keys", "keys"];
    run("gauze-records", &pull, &home).await?;
    let desks = Desks::open(&hospital).await?;
    if arguments.wants(VIEW) {
        view(arguments, &desks, &home, &jpeg).await?;
    }
    if arguments.wants(LINK) {
        by_link(arguments, &desks).await?;
    }
    if arguments.wants(MANY) || arguments.wants(MEMORY) {
        crowd(arguments, &desks).await?;
    }
    if arguments.wants(LIST) || arguments.wants(SEARCH) {
        million(arguments, &desks).await?;
    }
    desks.close().await;
    drop(phone);
    gateway.stop().await;
    Ok(())
}

async fn view(arguments: &Arguments, desks: &Desks, home: &Path, jpeg: &[u8]) -> anyhow::Result<()> {
    let (Some(djpeg), Some(cjpeg)) = (&arguments.djpeg, &arguments.cjpeg) else {
        skip(VIEW, "djpeg or cjpeg not found");
        return Ok(());
    };
    let (input, middle) = (home.join("in.jpg"), home.join("middle.ppm"));
    File::create(&input)?.write_all(jpeg)?;
    let person = desks.person(0)?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..arguments.times(30) {
        let (shown, took) = clock_async(desks.view(&person, SCREEN)).await;
        shown?;
        ours.push(took);
        let (done, took) = clock(|| {
            let mut decode = Command::new(djpeg);
            decode.args(["-scale", "1/4", "-outfile"]).arg(&middle).arg(&input).stdin(Stdio::null());
            let mut encode = Command::new(cjpeg);
            encode.args(["-quality", "88", "-outfile", "/dev/null"]).arg(&middle).stdin(Stdio::null());
            anyhow::Ok(decode.status()?.success() && encode.status()?.success())
        });
        ensure!(done?, "djpeg or cjpeg failed");
        theirs.push(took);
    }
    print(VIEW, (median(ours), "ms"), Some(median(theirs)), Some(Goal::AtMost(1.5)));
    Ok(())
}

/// The reader's way in turn with that of somebody signed in.
async fn by_link(arguments: &Arguments, desks: &Desks) -> anyhow::Result<()> {
    let person = desks.person(0)?;
    let link = desks.link(&person, VIEWS).await?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..arguments.times(VIEWS) {
        let (read, took) = clock_async(desks.read(&link, SCREEN)).await;
        read?;
        ours.push(took);
        let (shown, took) = clock_async(desks.view(&person, SCREEN)).await;
        shown?;
        theirs.push(took);
    }
    print(LINK, (median(ours), "ms"), Some(median(theirs)), Some(Goal::AtMost(1.1)));
    Ok(())
}

/// Each opens the photo in the same moment as all others, and again when all have seen it: how long the twentieth part waits
/// that waits longest, and the most memory of this process, in which the pages are.
async fn crowd(arguments: &Arguments, desks: &Desks) -> anyhow::Result<()> {
    let people: anyhow::Result<Vec<_>> = (0..PEOPLE).map(|number| desks.person(number)).collect();
    let people = people?;
    // From here on the peak counts anew.
    File::options().write(true).open("/proc/self/clear_refs").and_then(|mut file| file.write_all(b"5"))?;
    let mut waits = Vec::new();
    for _ in 0..arguments.times(4) {
        let views = people.iter().map(|person| clock_async(desks.view(person, SCREEN)));
        for (shown, took) in futures_util::future::join_all(views).await {
            shown?;
            waits.push(took);
        }
    }
    waits.sort_by(f64::total_cmp);
    print(MANY, (waits[waits.len() * 95 / 100], "ms"), None, Some(Goal::AtMost(1500.0)));
    let peak = Resident::of(std::process::id())?.peak;
    #[expect(clippy::cast_precision_loss, reason = "a figure is a float")]
    print(MEMORY, (peak as f64 / 1024.0 / 1024.0, "MiB"), None, Some(Goal::AtMost(512.0)));
    Ok(())
}

/// Both pages as a browser gets them, with the line of the log that each has.
async fn million(arguments: &Arguments, desks: &Desks) -> anyhow::Result<()> {
    let photos: u64 = if arguments.quick { 100_000 } else { 1_000_000 };
    let issuer = provider::issuer();
    let record = |n: u64| {
        let mut record = desk::record(n)?;
        if n + PROVEN >= photos {
            provider::sign_in(&issuer, &mut record)?;
        }
        anyhow::Ok(record)
    };
    for first in (0..photos).step_by(usize::try_from(CHUNK)?) {
        let records: anyhow::Result<Vec<Record>> = (first..first + CHUNK).map(record).collect();
        desks.folk.plant(FROM + first, &records?).await?;
    }
    let person = desks.person(0)?;
    let (mut lists, mut searches) = (Vec::new(), Vec::new());
    for n in 0..arguments.times(40) as u64 {
        let (list, took) = clock_async(desks.list(&person)).await;
        let list = list?;
        // The one photo that the bench took itself is newer than all of them.
        let (shown, proven) = (list.matches("<li>").count(), list.matches(">Proven<").count());
        ensure!(shown == 50 && proven == 49, "{shown} photos, {proven} of them proven");
        lists.push(took);
        let number = (n * 7919..).find_map(|n| desk::nhs_number(n % photos)).context("no number")?;
        let (found, took) = clock_async(desks.search(&person, &number)).await;
        ensure!(found?.matches("href=\"/patients/").count() == 1, "not found");
        searches.push(took);
    }
    print(LIST, (median(lists), "ms"), None, Some(Goal::AtMost(50.0)));
    print(SEARCH, (median(searches), "ms"), None, Some(Goal::AtMost(20.0)));
    Ok(())
}
