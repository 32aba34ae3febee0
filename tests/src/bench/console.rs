//! The web console over a register of a hundred thousand phones: the slowest of its pages.

use std::fs;
use std::net::SocketAddr;

use anyhow::{Context as _, ensure};
use gauze_gateway::{ConsoleOptions, serve_console};
use gauze_tests::handset;
use gauze_tests::hospital::{Hospital, build};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

use crate::Arguments;
use crate::rates::{MANY, enrol_quietly};
use crate::row::Goal::AtMost;
use crate::row::{median, millis, print};

const NAME: &str = "console_100k";

#[expect(clippy::disallowed_methods, reason = "a stopwatch at the program's edge")]
pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let home = hospital.home().join("console");
    fs::create_dir(&home)?;
    let hospital = build(&home, "pq").await?;
    let gateway = hospital.start_gateway().await?;
    let client = handset::enrolled(&hospital, "phone").await?;
    let id = client.status().device_id.context("an enrolled phone")?;
    enrol_quietly(&home.join("gateway/gateway.sqlite"), MANY).await?;
    let options = ConsoleOptions {
        data: home.join("gateway"),
        tenant: hospital.tenant()?,
        listen: "127.0.0.1:0".parse()?,
        operator: None,
        ca: None,
    };
    let (ready, at) = oneshot::channel();
    let ready = |address| {
        // Nobody waits any more where the bench has ended.
        let _ = ready.send(address);
    };
    let serving = tokio::spawn(serve_console(options, ready, std::future::pending()));
    let at = at.await?;
    let pages = [
        "/devices".to_owned(),
        "/devices?q=7".to_owned(),
        "/devices?q=nothing-is-called-so".to_owned(),
        "/devices?status=revoked".to_owned(),
        "/devices?flagged=true".to_owned(),
        format!("/devices?after={id}"),
        format!("/devices/{id}"),
        format!("/devices/{id}/lost"),
        "/tokens".to_owned(),
        "/policy".to_owned(),
    ];
    let mut slowest: f64 = 0.0;
    for page in &pages {
        let mut took = Vec::new();
        for _ in 0..arguments.times(12) {
            let start = std::time::Instant::now();
            open(at, page).await?;
            took.push(millis(start.elapsed()));
        }
        slowest = slowest.max(median(took));
    }
    print(NAME, (slowest, "ms"), None, Some(AtMost(100.0)));
    serving.abort();
    gateway.stop().await;
    Ok(())
}

/// Opens a page as a browser does that keeps no connection.
async fn open(at: SocketAddr, page: &str) -> anyhow::Result<()> {
    let mut stream = TcpStream::connect(at).await?;
    let request = format!("GET {page} HTTP/1.1\r\nhost: {at}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    ensure!(answer.starts_with(b"HTTP/1.1 200 "), "{page}: {}", String::from_utf8_lossy(&answer));
    Ok(())
}
