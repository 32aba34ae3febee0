//! The gateway under a ward of real phones, with a network that cuts and a process that is killed.
//!
//! `cargo xtask soak load`: a thousand phones for ten minutes. Phones take turns without a pause, so the machine is always
//! as busy as it gets.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use gauze_core::{CaptureContext, Client};
use gauze_tests::handset::enrolled;
use gauze_tests::hospital::{Hospital, Servers, build, free_port};
use gauze_tests::memory::Resident;
use gauze_tests::pictures::picture;
use gauze_tests::programs::Server;
use gauze_tests::proxy::{Proxy, Seeded};
use gauze_tests::size::quick_or;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

use crate::fixture::listed;

/// Phones that are on the network at the same time.
const AT_ONCE: usize = 64;
/// A connection is cut after less than so many bytes.
const CUT_BELOW: u64 = 2 << 20;
const MIB: u64 = 1 << 20;

struct Ward {
    hospital: Hospital,
    servers: Servers,
    proxy: Proxy,
    phones: Vec<Arc<Client>>,
    /// Whether connections live as long as they like.
    calm: Arc<AtomicBool>,
}

/// As many open files as the system allows: a thousand phones in one process have many.
fn open_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}

impl Ward {
    async fn of(phones: usize, home: &std::path::Path) -> Self {
        let hospital = build(home, "pq").await.unwrap();
        let inner = free_port().unwrap();
        let gateway = hospital.start_gateway_behind(inner).await.unwrap();
        let calm = Arc::new(AtomicBool::new(true));
        let (mut random, is_calm) = (Seeded::new(7), calm.clone());
        let fate = move || (!is_calm.load(Ordering::SeqCst)).then(|| random.below(CUT_BELOW));
        let proxy = Proxy::start(hospital.port(), inner, Box::new(fate)).await.unwrap();
        let servers = Servers { gateway, records: hospital.start_records().await.unwrap() };
        let mut ward = Self { hospital, servers, proxy, phones: Vec::new(), calm };
        for n in 0..phones {
            let phone = enrolled(&ward.hospital, &format!("phone-{n}")).await.unwrap();
            ward.phones.push(Arc::new(phone));
        }
        ward
    }

    /// Lets all phones take and send photos until the time is over; what was ticked.
    async fn work(&self, lasts: Duration) -> Vec<String> {
        let jpeg: Arc<[u8]> = picture(1, 320, 240).unwrap().into();
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        self.calm.store(false, Ordering::SeqCst);
        self.proxy.cut_after(CUT_BELOW);
        let until = Instant::now() + lasts;
        let tasks = self.phones.iter().map(|phone| {
            let (phone, jpeg, turns) = (phone.clone(), jpeg.clone(), turns.clone());
            tokio::spawn(async move {
                let mut ticked = Vec::new();
                while Instant::now() < until {
                    let _turn = turns.acquire().await.unwrap();
                    let (camera, jpeg) = (phone.clone(), jpeg.clone());
                    let taken = move || camera.capture(&jpeg, CaptureContext::default()).unwrap();
                    let captured = tokio::task::spawn_blocking(taken).await.unwrap();
                    ticked.push(captured.capture_id.to_string());
                    phone.run_queue(true).await.unwrap();
                }
                ticked
            })
        });
        let tasks: Vec<_> = tasks.collect();
        let mut ticked = Vec::new();
        for task in tasks {
            ticked.extend(task.await.unwrap());
        }
        self.calm.store(true, Ordering::SeqCst);
        ticked
    }

    /// Waits until no phone holds a photo any more: each was filed.
    async fn deliver(&self) {
        let empty = |phone: &Client| phone.list().unwrap().is_empty();
        stream::iter(&self.phones)
            .for_each_concurrent(AT_ONCE, |phone| async move {
                let mut every = interval(Duration::from_millis(quick_or(500, 15_000)));
                every.set_missed_tick_behavior(MissedTickBehavior::Delay);
                while !empty(phone) {
                    every.tick().await;
                    phone.run_queue(true).await.unwrap();
                }
            })
            .await;
    }
}

/// What the gateway held, second by second, in each of its lives.
type Samples = Arc<Mutex<BTreeMap<u32, Vec<u64>>>>;

async fn watch(gateway: &Server, samples: &Samples) {
    let mut every = interval(Duration::from_secs(1));
    loop {
        every.tick().await;
        let Some(id) = gateway.id().await else { continue };
        if let Ok(resident) = Resident::of(id) {
            samples.lock().unwrap_or_else(PoisonError::into_inner).entry(id).or_default().push(resident.now);
        }
    }
}

async fn kill_twice(gateway: &Server, lasts: Duration) {
    for _ in 0..2 {
        // Early, so that the third life is long enough to show whether it grows.
        let mut pause = interval(lasts / 10);
        pause.tick().await;
        pause.tick().await;
        gateway.kill().await.unwrap();
    }
    std::future::pending().await
}

/// The last life holds no more at its end than after its first two thirds.
fn is_flat(life: &[u64]) {
    let median = |part: &[u64]| {
        let mut part = part.to_vec();
        part.sort_unstable();
        part[part.len() / 2]
    };
    let tenth = (life.len() / 10).max(1);
    let (settled, end) = (median(&life[life.len() * 2 / 3..][..tenth]), median(&life[life.len() - tenth..]));
    println!("gateway: {} MiB after two thirds, {} MiB at the end", settled / MIB, end / MIB);
    assert!(end <= settled + settled / 10 + 2 * MIB, "from {settled} to {end} bytes");
    assert!(life.iter().all(|held| *held < 160 * MIB), "{life:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_thousand_phones_with_cuts_and_restarts_get_every_photo_in_once() {
    open_many_files();
    let home = tempfile::Builder::new().prefix("gauze-load-").tempdir().unwrap();
    let ward = Ward::of(quick_or(30, 1000), home.path()).await;
    let lasts = Duration::from_secs(quick_or(6, 600));
    let samples = Samples::default();
    let ticked = tokio::select! {
        ticked = ward.work(lasts) => ticked,
        () = watch(&ward.servers.gateway, &samples) => unreachable!("it never ends"),
        () = kill_twice(&ward.servers.gateway, lasts) => unreachable!("it never ends"),
    };
    let cuts = ward.proxy.cuts();
    println!("{} phones, {} photos in {lasts:?}, {cuts} cuts", ward.phones.len(), ticked.len());
    assert!(cuts > 2, "the network was too good");
    timeout(Duration::from_secs(quick_or(120, 1800)), ward.deliver()).await.expect("all are delivered");

    let mut times = BTreeMap::new();
    for entry in listed(&ward.hospital).await {
        assert_eq!(entry["status"], "filed", "{entry}");
        *times.entry(entry["capture_id"].as_str().unwrap().to_owned()).or_insert(0) += 1;
    }
    assert!(ticked.iter().all(|id| times.get(id) == Some(&1)), "each once");
    assert_eq!(times.len(), ticked.len());
    let samples = samples.lock().unwrap_or_else(PoisonError::into_inner).clone();
    assert_eq!(samples.len(), 3, "two restarts");
    is_flat(samples.values().max_by_key(|life| life.len()).unwrap());
    let Ward { servers, .. } = ward;
    servers.stop().await;
}
