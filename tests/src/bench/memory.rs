//! The gateway's memory while it takes 64 uploads of 20 MB at once, each on a connection of its own.

use std::fs;

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use gauze_core::CaptureContext;
use gauze_core::adapters::HttpTransport;
use gauze_core::ports::{Transfer, Transport as _};
use gauze_core::queue::SystemTransfer;
use gauze_tests::hospital::{Hospital, build};
use gauze_tests::memory::Resident;
use gauze_tests::pictures::picture_of;

use crate::Arguments;
use crate::phone;
use crate::row::{Goal, print};

const NAME: &str = "gateway_memory";
const AT_ONCE: usize = 64;

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let home = hospital.home().join("memory");
    fs::create_dir(&home)?;
    // A gateway that has done nothing else before.
    let hospital = build(&home, "pq").await?;
    let gateway = hospital.start_gateway().await?;
    let phone = phone::enrolled(&hospital, "phone").await?;
    let jpeg = picture_of(20_000_000)?;
    for _ in 0..AT_ONCE {
        phone.capture(&jpeg, CaptureContext::default())?;
    }
    let plan = phone.next_transfers(true).await?;
    ensure!(plan.transfers.len() == AT_ONCE, "{} tickets: {:?}", plan.transfers.len(), plan.report.stopped);
    let ca = fs::read_to_string(hospital.ca())?;
    try_join_all(plan.transfers.into_iter().map(|transfer| send(&ca, transfer))).await?;
    let peak = Resident::of(gateway.id().await.context("the gateway runs")?)?.peak;
    #[expect(clippy::cast_precision_loss, reason = "a figure is a float")]
    print(NAME, (peak as f64 / 1024.0 / 1024.0, "MiB"), None, Some(Goal::AtMost(96.0)));
    drop(phone);
    gateway.stop().await;
    Ok(())
}

async fn send(ca: &str, transfer: SystemTransfer) -> anyhow::Result<()> {
    let SystemTransfer { url, file, size, .. } = transfer;
    let answer = HttpTransport::new(Some(ca))?.transfer(Transfer { url, file, size, offset: 0 }).await?;
    ensure!(answer.status == 201, "status {}", answer.status);
    Ok(())
}
