//! What a phone sends again when its connection is cut at a random byte.
//!
//! Counted on the wire, between phone and gateway: what a photo took that was cut once, less what one of the same size
//! took uncut just before. The new connection's handshake and the new ticket are in it. The largest of all cuts counts.

use std::fs;

use anyhow::ensure;
use gauze_core::{CaptureContext, Client};
use gauze_tests::hospital::{Hospital, build};
use gauze_tests::port::free_port;
use gauze_tests::proxy::{Proxy, Seeded};

use crate::Arguments;
use crate::capture::four_mib;
use crate::phone;
use crate::row::{Goal, print};

const NAME: &str = "resend";

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let home = hospital.home().join("resend");
    fs::create_dir(&home)?;
    let hospital = build(&home, "pq").await?;
    let inner = free_port()?;
    let gateway = hospital.start_gateway_behind(inner).await?;
    let proxy = Proxy::start(hospital.port(), inner, Box::new(|| None)).await?;
    let phone = phone::enrolled(&hospital, "phone").await?;
    let jpeg = four_mib()?;
    let mut random = Seeded::new(1);
    let mut most = 0;
    for _ in 0..arguments.times(60) {
        let uncut = send(&phone, &proxy, &jpeg, None).await?;
        let cut = send(&phone, &proxy, &jpeg, Some(random.below(uncut))).await?;
        most = most.max(cut.saturating_sub(uncut));
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure is a float")]
    print(NAME, (most as f64 / 1024.0, "KiB"), None, Some(Goal::AtMost(64.0)));
    drop(phone);
    gateway.stop().await;
    Ok(())
}

/// Sends one photo; how many bytes that took.
async fn send(phone: &Client, proxy: &Proxy, jpeg: &[u8], cut_after: Option<u64>) -> anyhow::Result<u64> {
    phone.capture(jpeg, CaptureContext::default())?;
    let (before, cuts) = (proxy.up(), proxy.cuts());
    if let Some(bytes) = cut_after {
        proxy.cut_after(bytes);
    }
    let report = phone.run_queue(true).await?;
    ensure!(report.stopped.is_empty(), "a photo did not arrive: {:?}", report.stopped);
    ensure!(proxy.cuts() - cuts == u64::from(cut_after.is_some()), "cut {} times", proxy.cuts() - cuts);
    Ok(proxy.up() - before)
}
