//! A log of a million leaves: how fast the records side rebuilds it in an empty directory, and how much memory checking it
//! takes.
//!
//! All leaves but the enrolments are voids: each is fetched, put into the tree, judged against its phone and chain, receipted
//! and acknowledged as a photo is, and no sealed file is opened. They come from this process, so no line and no gateway is
//! measured.

use std::fs::{self, File};
use std::io::{BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use gauze_core::adapters::HttpTransport;
use gauze_gateway::GatewayKeys;
use gauze_records::gateway::{GatewayError, GatewayPort, Incoming};
use gauze_records::keys::KeyDir;
use gauze_records::pull::{Config, Puller};
use gauze_records::{HttpsGateway, SystemClock};
use gauze_tests::handset::token;
use gauze_tests::hospital::{Hospital, build};
use gauze_tests::lean::{LeanPhone, SharedFile};
use gauze_tests::memory::Resident;
use gauze_tests::programs::program;
use gauze_wire::log::{AddCheckpoint, Checkpoint, NoteKey, Tree, Witnessed};
use gauze_wire::{
    Acknowledgement, CaptureId, Decisions, DeviceId, Digest, EntryKind, Jws, LogEntry, LogPage,
};

use crate::Arguments;
use crate::row::{Goal, clock_async, print};

const REBUILD: &str = "rebuild_1m";
const VERIFY: &str = "verify_1m";
const PHONES: usize = 32;

pub async fn measure(arguments: &Arguments, hospital: &Hospital) -> anyhow::Result<()> {
    if ![REBUILD, VERIFY].iter().any(|name| arguments.wants(name)) {
        return Ok(());
    }
    let home = hospital.home().join("rebuild");
    fs::create_dir(&home)?;
    let hospital = build(&home, "pq").await?;
    let leaves = arguments.leaves.unwrap_or(if arguments.quick { 20_000 } else { 1_000_000 });
    let long = Long::make(&hospital, leaves).await?;
    let (rebuilt, took) = clock_async(rebuild(&hospital, "records", long.clone())).await;
    rebuilt?;
    #[expect(clippy::cast_precision_loss, reason = "a rate is a float")]
    let rate = leaves as f64 * 1000.0 / took;
    if arguments.wants(REBUILD) {
        // A million in ten minutes.
        let goal = Some(Goal::AtLeast(1_000_000.0 / 600.0));
        print(REBUILD, (rate, &format!("leaves/s of {leaves}")), None, goal);
    }
    if arguments.wants(VERIFY) {
        rebuild(&hospital, "few", long.first(leaves / 10)?).await?;
        let few = verify(&hospital, "few").await?;
        let all = verify(&hospital, "records").await?;
        print(VERIFY, (all, &format!("MiB for {leaves}")), Some(few), Some(Goal::AtMost(1.2)));
    }
    Ok(())
}

/// A gateway that has nothing to do but to hand out a log.
#[derive(Clone)]
struct Long {
    /// One leaf after the other, and where each begins.
    file: Arc<File>,
    places: Arc<Vec<u64>>,
    key: Arc<NoteKey>,
    checkpoint: String,
    size: u64,
}

impl Long {
    /// Has a few phones enrol at the hospital's gateway, and lets them say of very many photos that they will not come.
    async fn make(hospital: &Hospital, leaves: u64) -> anyhow::Result<Self> {
        let gateway = hospital.start_gateway().await?;
        let ca = fs::read_to_string(hospital.ca())?;
        let transport = Arc::new(HttpTransport::new(Some(&ca))?);
        let mut phones = Vec::new();
        for _ in 0..PHONES {
            phones.push(LeanPhone::enrol(hospital, token(hospital).await?, transport.clone()).await?);
        }
        let tenant = hospital.tenant()?;
        let records = KeyDir::new(&hospital.home().join("keys")).records()?;
        let real =
            HttpsGateway::new(&hospital.url(), &tenant, ca.as_bytes(), records, Arc::new(SystemClock))?;
        let page = real.page(0, 500).await?;
        gateway.stop().await;
        ensure!(page.entries.len() == PHONES, "{} enrolled", page.entries.len());

        let path = hospital.home().join("leaves");
        let mut file = BufWriter::new(File::create(&path)?);
        let mut places = vec![0];
        let mut keep = |jws: &Jws| -> anyhow::Result<()> {
            file.write_all(jws.as_str().as_bytes())?;
            places.push(places.last().unwrap_or(&0) + jws.as_str().len() as u64);
            Ok(())
        };
        page.entries.iter().try_for_each(|entry| keep(&entry.jws))?;
        let photo = SharedFile { path: path.clone(), sha256: Digest::of(b"photo"), size: 300_000 };
        for n in 0..usize::try_from(leaves)? {
            keep(&phones[n % PHONES].discard(&photo)?)?;
        }
        file.flush()?;
        let keys = GatewayKeys::load(&hospital.home().join("gateway"))?;
        let long = Self {
            file: Arc::new(File::open(&path)?),
            places: Arc::new(places),
            key: Arc::new(keys.note_key(&hospital.url(), &tenant)?),
            checkpoint: page.checkpoint,
            size: 0,
        };
        long.first(leaves)
    }

    /// The same log when it had so many photos.
    fn first(&self, photos: u64) -> anyhow::Result<Self> {
        let (mut tree, size) = (Tree::default(), photos + PHONES as u64);
        for at in 0..size {
            tree.append(&self.leaf(at)?.digest());
        }
        let origin = self.key.log_key().name().to_owned();
        let checkpoint = self.key.sign(&Checkpoint { origin, size, root: tree.root() });
        Ok(Self { checkpoint, size, ..self.clone() })
    }

    fn leaf(&self, at: u64) -> anyhow::Result<Jws> {
        let at = usize::try_from(at)?;
        let (from, to) = (self.places[at], self.places[at + 1]);
        let mut bytes = vec![0; usize::try_from(to - from)?];
        self.file.read_exact_at(&mut bytes, from)?;
        Ok(Jws::parse(std::str::from_utf8(&bytes)?)?)
    }
}

impl GatewayPort for Long {
    async fn page(&self, from: u64, limit: u32) -> Result<LogPage, GatewayError> {
        let entry = |index| -> Result<LogEntry, GatewayError> {
            let jws = self.leaf(index).map_err(|_| GatewayError::Malformed("leaf"))?;
            Ok(LogEntry { index, kind: EntryKind::Void, jws })
        };
        let entries: Result<Vec<_>, _> = (from..self.size.min(from + u64::from(limit))).map(entry).collect();
        Ok(LogPage { checkpoint: self.checkpoint.clone(), entries: entries? })
    }

    async fn blob(&self, _: &DeviceId, _: &CaptureId, _: &mut Incoming) -> Result<(), GatewayError> {
        Err(GatewayError::Missing)
    }

    async fn outcomes(&self, _: &Acknowledgement) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn cosignature(&self, _: &str) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn decisions(&self, _: &Decisions) -> Result<(), GatewayError> {
        Ok(())
    }

    async fn witness(&self, _: &AddCheckpoint) -> Result<Witnessed, GatewayError> {
        Err(GatewayError::Missing)
    }
}

/// One pass into an empty directory.
async fn rebuild(hospital: &Hospital, data: &str, long: Long) -> anyhow::Result<()> {
    let config = Config {
        data: hospital.home().join(data),
        keys: hospital.home().join("keys"),
        bundle: None,
        status_list: None,
        gateway: hospital.url(),
    };
    let voids = long.size - PHONES as u64;
    let puller = Puller::with_gateway(config, long, Arc::new(SystemClock)).await?;
    let report = puller.pass().await?;
    puller.close().await;
    ensure!((report.enrolled, report.voids) == (PHONES as u64, voids), "{report:?}");
    Ok(())
}

/// The most memory that `gauze-records verify` held, in MiB.
async fn verify(hospital: &Hospital, data: &str) -> anyhow::Result<f64> {
    let mut child = tokio::process::Command::new(program("gauze-records")?)
        .args(["verify", "--data", data, "--keys", "keys", "--json"])
        .current_dir(hospital.home())
        .stdout(Stdio::null())
        .spawn()?;
    let id = child.id().context("it runs")?;
    let mut peak = 0;
    let status = loop {
        tokio::select! {
            status = child.wait() => break status?,
            () = tokio::time::sleep(Duration::from_millis(5)) => {
                peak = peak.max(Resident::of(id).map_or(0, |held| held.peak));
            }
        }
    };
    ensure!(status.success() && peak > 0, "{data}: {status}");
    #[expect(clippy::cast_precision_loss, reason = "a figure is a float")]
    Ok(peak as f64 / 1024.0 / 1024.0)
}
