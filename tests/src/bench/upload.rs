//! Upload goodput of the phone core over TLS on loopback, against `curl`.
//!
//! Both put 200 photos of 4 MiB to the same gateway, four at a time: the core with all it does (tickets included), one `curl`
//! process to ready-made ticket addresses, over connections that it reuses.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, ensure};
use gauze_core::queue::SystemTransfer;
use gauze_core::{CaptureContext, Client};
use gauze_tests::hospital::{Hospital, write};

use crate::Arguments;
use crate::capture::four_mib;
use crate::phone;
use crate::row::{Goal, median, millis, print, skip};

const NAME: &str = "upload_vs_curl";

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    if Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_err() {
        skip(NAME, "curl not found");
        return Ok(());
    }
    let photos = if arguments.quick { 40 } else { 200 };
    let jpeg = four_mib()?;
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for round in 0..3 {
        // Fresh phones each time, so that nobody drags along what was stored before.
        let phone = loaded(hospital, &format!("upload-{round}"), &jpeg, photos).await?;
        ours.push(send(&phone, photos).await?);
        let phone = loaded(hospital, &format!("curl-{round}"), &jpeg, photos).await?;
        theirs.push(send_with_curl(&phone, hospital.home(), photos).await?);
    }
    print(NAME, (median(ours), "MiB/s"), Some(median(theirs)), Some(Goal::AtLeast(0.95)));
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

/// Mebibytes a second from the first ticket to the last kept receipt.
#[expect(clippy::disallowed_methods, reason = "a stopwatch at the program's edge")]
async fn send(phone: &Client, photos: usize) -> anyhow::Result<f64> {
    let bytes: u64 = phone.list()?.iter().map(|photo| photo.size).sum();
    let start = std::time::Instant::now();
    let report = phone.run_queue(true).await?;
    let took = millis(start.elapsed());
    ensure!(report.stored == photos as u64, "{} of {photos} stored", report.stored);
    Ok(rate(bytes, took))
}

/// The same by `curl`, from its start to its end.
async fn send_with_curl(phone: &Client, home: &Path, photos: usize) -> anyhow::Result<f64> {
    let transfers = phone.next_transfers(true).await?.transfers;
    ensure!(transfers.len() == photos, "{} of {photos} tickets", transfers.len());
    let config = home.join("curl.conf");
    write(&config, &curl_config(home, &transfers)?)?;
    let mut curl = Command::new("curl");
    curl.arg("--config").arg(&config).stdin(Stdio::null());
    let (status, took) = crate::row::clock(|| curl.status());
    ensure!(status?.success(), "curl failed");
    let report = phone.run_queue(true).await?;
    ensure!(report.stored == photos as u64, "curl stored {} of {photos}", report.stored);
    Ok(rate(transfers.iter().map(|transfer| transfer.size).sum(), took))
}

fn curl_config(home: &Path, transfers: &[SystemTransfer]) -> anyhow::Result<String> {
    let ca = home.join("tls/ca.pem");
    // As many at a time as the queue's driver sends.
    let mut config = "no-progress-meter\nshow-error\nfail\nparallel\nparallel-max = 4\n".to_owned();
    writeln!(config, "cacert = \"{}\"", ca.display()).context("text")?;
    for SystemTransfer { url, file, .. } in transfers {
        let file = file.display();
        writeln!(config, "url = \"{url}\"\nupload-file = \"{file}\"\noutput = \"/dev/null\"")
            .context("text")?;
    }
    Ok(config)
}

#[expect(clippy::cast_precision_loss, reason = "a rate is a float")]
fn rate(bytes: u64, took_ms: f64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0 / (took_ms / 1000.0)
}
