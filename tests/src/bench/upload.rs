//! Upload goodput of the phone core over TLS on loopback, against `curl`.
//!
//! `upload_vs_curl`: both put 200 photos of 4 MiB to ready-made ticket addresses of the same gateway, four at a time, over
//! connections that they reuse: the core by its own transport, and one `curl` process. What was answered is checked and kept
//! after the stopwatch.
//!
//! `upload_with_receipts_vs_curl`: one run of the phone's queue, which also asks for tickets, and checks each receipt and has it
//! safe on the disk; `curl` does no more than before.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use gauze_core::adapters::HttpTransport;
use gauze_core::ports::{Answer, Transfer, Transport as _};
use gauze_core::queue::{SystemTransfer, TransferEnd};
use gauze_core::{CaptureContext, Client};
use gauze_tests::hospital::{Hospital, write};

use crate::Arguments;
use crate::capture::four_mib;
use crate::phone;
use crate::row::{self, Goal, median, print, skip};

const NAME: &str = "upload_vs_curl";
const WITH_RECEIPTS: &str = "upload_with_receipts_vs_curl";
/// As many at a time as the queue's driver sends.
const AT_ONCE: usize = 4;

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if ![NAME, WITH_RECEIPTS].iter().any(|name| arguments.wants(name)) {
        return Ok(());
    }
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        skip(NAME, "curl not found");
        return Ok(());
    }
    let photos = if arguments.quick { 40 } else { 200 };
    let jpeg = four_mib()?;
    let (mut ours, mut queues, mut theirs) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..3 {
        // Fresh phones each time, so that nobody drags along what was stored before.
        let phone = loaded(hospital, &format!("upload-{round}"), &jpeg, photos).await?;
        ours.push(send(&phone, hospital.home(), photos).await?);
        let phone = loaded(hospital, &format!("queue-{round}"), &jpeg, photos).await?;
        queues.push(send_with_receipts(&phone, photos).await?);
        let phone = loaded(hospital, &format!("curl-{round}"), &jpeg, photos).await?;
        theirs.push(send_with_curl(&phone, hospital.home(), photos).await?);
    }
    let curl = Some(median(theirs));
    print(NAME, (median(ours), "MiB/s"), curl, Some(Goal::AtLeast(0.95)));
    print(WITH_RECEIPTS, (median(queues), "MiB/s"), curl, Some(Goal::AtLeast(0.95)));
    Ok(())
}

/// A phone with photos to send.
async fn loaded(hospital: &Hospital, name: &str, jpeg: &[u8], photos: usize) -> anyhow::Result<Client> {
    let client = phone::enrolled(hospital, name).await?;
    for _ in 0..photos {
        client.capture(jpeg, CaptureContext::default())?;
    }
    Ok(client)
}

/// Mebibytes a second of the core's transport.
async fn send(phone: &Client, home: &Path, photos: usize) -> anyhow::Result<f64> {
    let transfers = tickets(phone, photos).await?;
    let way = HttpTransport::new(Some(&fs::read_to_string(home.join("tls/ca.pem"))?))?;
    let put = |SystemTransfer { capture_id, url, file, size }: SystemTransfer| {
        let sent = way.transfer(Transfer { url, file, size, offset: 0 });
        async move { anyhow::Ok((capture_id, sent.await?)) }
    };
    let (answers, took) = row::clock_async(
        stream::iter(transfers.clone()).map(put).buffer_unordered(AT_ONCE).try_collect::<Vec<_>>(),
    )
    .await;
    let mut stored = 0;
    for (id, Answer { status, body, .. }) in answers? {
        let ended = phone.transfer_ended(id, TransferEnd::Answered { status, body }).await?;
        stored += ended.report.stored;
    }
    ensure!(stored == photos as u64, "{stored} of {photos} stored");
    Ok(rate(sizes(&transfers), took))
}

/// The same of a whole run of the queue.
async fn send_with_receipts(phone: &Client, photos: usize) -> anyhow::Result<f64> {
    let sizes = phone.list()?.into_iter().map(|photo| photo.size);
    let (report, took) = row::clock_async(Box::pin(phone.run_queue(true))).await;
    let stored = report?.stored;
    ensure!(stored == photos as u64, "{stored} of {photos} stored");
    Ok(rate(sizes, took))
}

/// The same by `curl`, from its start to its end.
async fn send_with_curl(phone: &Client, home: &Path, photos: usize) -> anyhow::Result<f64> {
    let transfers = tickets(phone, photos).await?;
    let config = home.join("curl.conf");
    write(&config, &curl_config(home, &transfers)?)?;
    let mut curl = Command::new("curl");
    curl.arg("--config").arg(&config).stdin(Stdio::null());
    let (status, took) = row::clock(|| curl.status());
    ensure!(status?.success(), "curl failed");
    let report = phone.run_queue(true).await?;
    ensure!(report.stored == photos as u64, "curl stored {} of {photos}", report.stored);
    Ok(rate(sizes(&transfers), took))
}

async fn tickets(phone: &Client, photos: usize) -> anyhow::Result<Vec<SystemTransfer>> {
    let transfers = phone.next_transfers(true).await?.transfers;
    ensure!(transfers.len() == photos, "{} of {photos} tickets", transfers.len());
    Ok(transfers)
}

fn curl_config(home: &Path, transfers: &[SystemTransfer]) -> anyhow::Result<String> {
    let ca = home.join("tls/ca.pem");
    let mut config = format!("no-progress-meter\nshow-error\nfail\nparallel\nparallel-max = {AT_ONCE}\n");
    writeln!(config, "cacert = \"{}\"", ca.display()).context("text")?;
    for SystemTransfer { url, file, .. } in transfers {
        let file = file.display();
        writeln!(config, "url = \"{url}\"\nupload-file = \"{file}\"\noutput = \"/dev/null\"")
            .context("text")?;
    }
    Ok(config)
}

fn sizes(transfers: &[SystemTransfer]) -> impl Iterator<Item = u64> {
    transfers.iter().map(|transfer| transfer.size)
}

#[expect(clippy::cast_precision_loss, reason = "a rate is a float")]
fn rate(sizes: impl Iterator<Item = u64>, took_ms: f64) -> f64 {
    sizes.sum::<u64>() as f64 / 1024.0 / 1024.0 / (took_ms / 1000.0)
}
