//! What the gateway takes in a second, from phones on the same two cores: whole photos of 300 KB, and tickets alone with few
//! and with very many devices enrolled.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use futures_util::future::try_join_all;
use gauze_core::adapters::HttpTransport;
use gauze_tests::handset::token;
use gauze_tests::hospital::{Hospital, build};
use gauze_tests::lean::{LeanPhone, SharedFile};
use gauze_tests::programs::Server;
use gauze_tests::proxy::Seeded;
use gauze_wire::Digest;

use crate::Arguments;
use crate::row::{Goal, median, millis, print};

const RATE: &str = "gateway_rate";
const TICKETS: &str = "tickets_100k";
const PHONES: usize = 32;
pub const MANY: u32 = 100_000;
const FEW: u32 = 100;

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if arguments.wants(RATE) {
        let mut site = Site::begin(&hospital.home().join("rate"), 0).await?;
        let each = if arguments.quick { 8 } else { 32 };
        let mut rates = Vec::new();
        for _ in 0..3 {
            rates.push(site.run(each, true).await?);
        }
        print(RATE, (median(rates), "photos/s"), None, None);
        site.gateway.stop().await;
    }
    if arguments.wants(TICKETS) {
        let mut few = Site::begin(&hospital.home().join("few"), FEW).await?;
        let mut many = Site::begin(&hospital.home().join("many"), MANY).await?;
        let (mut fews, mut manys) = (Vec::new(), Vec::new());
        for _ in 0..if arguments.quick { 5 } else { 11 } {
            // In turn, so that what else the machine does falls on both.
            fews.push(1000.0 / few.run(8, false).await?);
            manys.push(1000.0 / many.run(8, false).await?);
        }
        print(TICKETS, (median(manys), "ms"), Some(median(fews)), Some(Goal::AtMost(1.1)));
        few.gateway.stop().await;
        many.gateway.stop().await;
    }
    Ok(())
}

/// A hospital whose gateway runs, and phones that share four connections.
struct Site {
    gateway: Server,
    phones: Vec<LeanPhone>,
    file: SharedFile,
}

impl Site {
    /// With `devices` more enrolled than those that ask.
    async fn begin(home: &Path, devices: u32) -> anyhow::Result<Self> {
        fs::create_dir(home)?;
        let hospital = build(home, "pq").await?;
        hospital.set_policy(|policy| policy["max_open_tickets"] = 100_000.into()).await?;
        let gateway = hospital.start_gateway().await?;
        let ca = fs::read_to_string(hospital.ca())?;
        let transports: Result<Vec<_>, _> =
            (0..4).map(|_| HttpTransport::new(Some(&ca)).map(Arc::new)).collect();
        let transports = transports?;
        let mut phones = Vec::new();
        for n in 0..PHONES {
            let transport = transports[n % transports.len()].clone();
            phones.push(LeanPhone::enrol(&hospital, token(&hospital).await?, transport).await?);
        }
        enrol_quietly(&home.join("gateway/gateway.sqlite"), devices).await?;
        Ok(Self { gateway, phones, file: noise(home, 300_000)? })
    }

    /// Lets each phone ask for `each` tickets, and send the photo too where `whole`: how many a second.
    #[expect(clippy::disallowed_methods, reason = "a stopwatch at the program's edge")]
    async fn run(&mut self, each: usize, whole: bool) -> anyhow::Result<f64> {
        let mut asked = Vec::new();
        for phone in &mut self.phones {
            let requests: anyhow::Result<Vec<_>> = (0..each).map(|_| phone.take(&self.file)).collect();
            asked.push(requests?);
        }
        let start = std::time::Instant::now();
        let file = &self.file;
        try_join_all(self.phones.iter().zip(&asked).map(|(phone, requests)| async move {
            for request in requests {
                let url = phone.ticket(request).await?;
                if whole {
                    phone.send(url, file).await?;
                }
            }
            anyhow::Ok(())
        }))
        .await?;
        let took = millis(start.elapsed());
        #[expect(clippy::cast_precision_loss, reason = "a rate is a float")]
        Ok((each * self.phones.len()) as f64 / (took / 1000.0))
    }
}

/// Copies one enrolled device under other names, behind the gateway's back: to enrol so many takes an hour.
pub async fn enrol_quietly(database: &Path, devices: u32) -> anyhow::Result<()> {
    use sqlx::Connection as _;
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(database);
    let mut db = sqlx::SqliteConnection::connect_with(&options).await?;
    let columns: Vec<String> =
        sqlx::query_scalar("SELECT name FROM pragma_table_info('device')").fetch_all(&mut db).await?;
    let fresh = |column: &String| match column.as_str() {
        // As long as a real id, and as spread out.
        "device_id" => "substr(hex(randomblob(22)), 1, 43)".to_owned(),
        "enrolment_sha256" => "lower(hex(randomblob(32)))".to_owned(),
        other => other.to_owned(),
    };
    let values: Vec<String> = columns.iter().map(fresh).collect();
    let copy = format!(
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) \
         INSERT INTO device ({}) SELECT {} FROM n, (SELECT * FROM device LIMIT 1)",
        columns.join(", "),
        values.join(", "),
    );
    if devices > 0 {
        let done = sqlx::query(sqlx::AssertSqlSafe(copy)).bind(devices).execute(&mut db).await?;
        ensure!(done.rows_affected() == u64::from(devices), "{} enrolled", done.rows_affected());
    }
    db.close().await.context("the database")
}

fn noise(home: &Path, bytes: usize) -> anyhow::Result<SharedFile> {
    let mut random = Seeded::new(3);
    let noise: Vec<u8> = (0..bytes / 8).flat_map(|_| random.below(u64::MAX).to_le_bytes()).collect();
    let path = home.join("noise.age");
    File::create(&path)?.write_all(&noise)?;
    Ok(SharedFile { path, sha256: Digest::of(&noise), size: noise.len() as u64 })
}
