//! How many commits the gateway makes while ten thousand phones say within a minute what they hold.
//!
//! Commits are read where SQLite counts them: `iChange` in the header of the index of its write-ahead log, "incremented with
//! each transaction" (<https://sqlite.org/walformat.html#the_wal_index_header>).

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use gauze_core::adapters::HttpTransport;
use gauze_tests::handset::token;
use gauze_tests::hospital::{Hospital, build};
use gauze_tests::lean::LeanPhone;
use sqlx::Connection as _;

use crate::Arguments;
use crate::row::{Goal, clock_async, print};

const NAME: &str = "heartbeats_10k";
/// Phones that wait for an answer at once, at most.
const AT_ONCE: usize = 64;

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let home = hospital.home().join("heartbeats");
    fs::create_dir(&home)?;
    let hospital = build(&home, "pq").await?;
    let gateway = hospital.start_gateway().await?;
    let data = home.join("gateway");
    // In the quick size as many a second, for a tenth of a minute.
    let (count, seconds) = if arguments.quick { (1_000, 6) } else { (10_000, 60) };
    let phones = crowd(&hospital, &data.join("gateway.sqlite"), count).await?;
    let before = commits(&data)?;
    let (done, took) = clock_async(ask_all(&phones, Duration::from_secs(seconds))).await;
    done?;
    let made = commits(&data)?.wrapping_sub(before);
    ensure!(made > 0, "nothing was written");
    let rate = f64::from(made) * 1000.0 / took;
    let unit = format!("commits/s at {:.0} phones/s", f64::from(count) * 1000.0 / took);
    print(NAME, (rate, &unit), None, Some(Goal::AtMost(10.0)));
    gateway.stop().await;
    Ok(())
}

/// Phones that are enrolled behind the gateway's back, as copies of one that did so properly.
async fn crowd(hospital: &Hospital, database: &Path, count: u32) -> anyhow::Result<Vec<LeanPhone>> {
    let ca = fs::read_to_string(hospital.ca())?;
    let transports: Result<Vec<_>, _> = (0..4).map(|_| HttpTransport::new(Some(&ca)).map(Arc::new)).collect();
    let transports = transports?;
    let first = LeanPhone::enrol(hospital, token(hospital).await?, transports[0].clone()).await?;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let mut db = sqlx::SqliteConnection::connect_with(&options).await?;
    let columns: Vec<String> =
        sqlx::query_scalar("SELECT name FROM pragma_table_info('device')").fetch_all(&mut db).await?;
    let fresh = |column: &String| match column.as_str() {
        "device_id" => "?1".to_owned(),
        "device_key" => "?2".to_owned(),
        "enrolment_sha256" => "lower(hex(randomblob(32)))".to_owned(),
        other => other.to_owned(),
    };
    let values: Vec<String> = columns.iter().map(fresh).collect();
    let copy = format!(
        "INSERT INTO device ({}) SELECT {} FROM device WHERE device_id = ?3",
        columns.join(", "),
        values.join(", ")
    );
    let (mut phones, mut write) = (Vec::new(), db.begin().await?);
    for n in 0..count as usize {
        let phone = LeanPhone::unknown(hospital, transports[n % transports.len()].clone())?;
        sqlx::query(sqlx::AssertSqlSafe(copy.clone()))
            .bind(phone.public_key().key_id().as_str())
            .bind(serde_json::to_string(&phone.public_key())?)
            .bind(first.public_key().key_id().as_str())
            .execute(&mut *write)
            .await?;
        phones.push(phone);
    }
    write.commit().await?;
    db.close().await?;
    Ok(phones)
}

/// Each once, evenly over the time.
async fn ask_all(phones: &[LeanPhone], over: Duration) -> anyhow::Result<()> {
    let every = over / u32::try_from(phones.len())?;
    let ticks = stream::unfold(tokio::time::interval(every), async |mut every| {
        every.tick().await;
        Some(((), every))
    });
    stream::iter(phones)
        .zip(ticks)
        .map(|(phone, ())| phone.ask())
        .buffer_unordered(AT_ONCE)
        .try_collect::<()>()
        .await
}

fn commits(data: &Path) -> anyhow::Result<u32> {
    let mut header = [0; 12];
    File::open(data.join("gateway.sqlite-shm"))?.read_exact(&mut header)?;
    let [.., a, b, c, d] = header;
    #[expect(clippy::host_endian_bytes, reason = "SQLite keeps this file in the machine's own order")]
    Ok(u32::from_ne_bytes([a, b, c, d]))
}
