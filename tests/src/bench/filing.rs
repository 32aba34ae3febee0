//! How many photos the records side files in a second: pulled, opened, made durable and receipted by one `gauze-records
//! pull`, its start and the gateway's share included.

use std::fs;

use anyhow::ensure;
use gauze_core::CaptureContext;
use gauze_tests::hospital::{Hospital, build};
use gauze_tests::pictures::picture_of;
use gauze_tests::programs::run;

use crate::Arguments;
use crate::phone;
use crate::row::{Goal, median, millis, print};

const NAME: &str = "filing_rate";

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let home = hospital.home().join("filing");
    fs::create_dir(&home)?;
    let hospital = build(&home, "pq").await?;
    let gateway = hospital.start_gateway().await?;
    let phone = phone::enrolled(&hospital, "phone").await?;
    // The enrolment is not measured.
    pull(&hospital).await?;
    let jpeg = picture_of(300_000)?;
    let photos: u32 = if arguments.quick { 48 } else { 192 };
    let mut rates = Vec::new();
    for round in 1..=3 {
        for _ in 0..photos {
            phone.capture(&jpeg, CaptureContext::default())?;
        }
        let sent = phone.run_queue(true).await?.stored;
        ensure!(sent == u64::from(photos), "{sent} of {photos} stored");
        rates.push(f64::from(photos) / pull(&hospital).await? * 1000.0);
        let filed = fs::read_dir(home.join("records/sealed").join(hospital.tenant()?.as_str()))?
            .try_fold(0, |count, device| anyhow::Ok(count + fs::read_dir(device?.path())?.count()))?;
        ensure!(filed == (photos * round) as usize, "{filed} filed");
    }
    print(NAME, (median(rates), "photos/s"), None, Some(Goal::AtLeast(300.0)));
    drop(phone);
    gateway.stop().await;
    Ok(())
}

/// Milliseconds of one pull.
#[expect(clippy::disallowed_methods, reason = "a stopwatch at the program's edge")]
async fn pull(hospital: &Hospital) -> anyhow::Result<f64> {
    let url = hospital.url();
    let arguments = ["pull", "--data", "records", "--gateway", &url, "--ca", "tls/ca.pem", "--keys", "keys"];
    let start = std::time::Instant::now();
    run("gauze-records", &arguments, hospital.home()).await?;
    Ok(millis(start.elapsed()))
}
