//! The gateway under a ward of real phones, with a network that cuts and a process that is killed.
//!
//! `cargo xtask soak load`: a thousand phones for ten minutes. Phones take turns without a pause, so the machine is always
//! as busy as it gets.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use gauze_core::queue::Subscription;
use gauze_core::queue::machine::State;
use gauze_core::{CaptureContext, Client};
use gauze_tests::handset::enrolled;
use gauze_tests::hospital::{Hospital, Servers, build};
use gauze_tests::memory::Resident;
use gauze_tests::pictures::picture;
use gauze_tests::port::free_port;
use gauze_tests::programs::Server;
use gauze_tests::proxy::{Proxy, Seeded};
use gauze_tests::size::quick_or;
use gauze_wire::CaptureId;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::fixture::listed;

/// Phones that are on the network at the same time.
const AT_ONCE: usize = 64;
/// A connection is cut after less than so many bytes.
const CUT_BELOW: u64 = 2 << 20;
/// Fewer cuts show nothing.
const CUTS: u64 = 2;
/// The gateway is killed twice.
const LIVES: usize = 3;
const MIB: u64 = 1 << 20;
/// What the gateway may take more late in its last life than early. A thousand connections are not all warm early: in a debug build
/// on a busy machine it took 9 MiB.
const GROWTH: u64 = 12 * MIB;

struct Ward {
    hospital: Hospital,
    servers: Servers,
    proxy: Proxy,
    phones: Vec<Arc<Client>>,
    heard: Arc<Mutex<Heard>>,
    _subscriptions: Vec<Subscription>,
    /// Whether connections live as long as they like.
    calm: Arc<AtomicBool>,
}

/// What all phones said of their photos.
#[derive(Default)]
struct Heard {
    stored: BTreeSet<CaptureId>,
    gone: BTreeSet<CaptureId>,
    /// These went out again although the gateway had given a receipt for them.
    again: BTreeSet<CaptureId>,
}

impl Heard {
    fn note(&mut self, id: CaptureId, state: State) {
        match state {
            State::Stored => drop(self.stored.insert(id)),
            State::Gone => drop(self.gone.insert(id)),
            State::Unsigned | State::Signed | State::Sending | State::Waiting { .. } => {
                if self.stored.contains(&id) {
                    self.again.insert(id);
                }
            }
            State::Filed | State::Refused => {}
        }
    }
}

/// As many open files as the system allows: a thousand phones in one process have many.
fn open_many_files() {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Ward {
    async fn of(count: usize, home: &std::path::Path) -> Self {
        let hospital = build(home, "pq").await.unwrap();
        let inner = free_port().unwrap();
        let gateway = hospital.start_gateway_behind(inner).await.unwrap();
        let calm = Arc::new(AtomicBool::new(true));
        let (mut random, is_calm) = (Seeded::new(7), calm.clone());
        let fate = move || (!is_calm.load(Ordering::SeqCst)).then(|| random.below(CUT_BELOW));
        let proxy = Proxy::start(hospital.port(), inner, Box::new(fate)).await.unwrap();
        let servers = Servers { gateway, records: hospital.start_records().await.unwrap() };
        let heard = Arc::<Mutex<Heard>>::default();
        let (mut phones, mut subscriptions) = (Vec::new(), Vec::new());
        for n in 0..count {
            let phone = enrolled(&hospital, &format!("phone-{n}")).await.unwrap();
            let heard = heard.clone();
            subscriptions.push(phone.observe(Arc::new(move |id, state| locked(&heard).note(id, state))));
            phones.push(Arc::new(phone));
        }
        Self { hospital, servers, proxy, phones, heard, _subscriptions: subscriptions, calm }
    }

    /// Lets all phones take and send photos until the time is over and the network and the gateway have been bad to them: on a
    /// busy machine that takes longer. What was ticked.
    async fn work(&self, lasts: Duration, samples: &Samples) -> Vec<CaptureId> {
        let jpeg: Arc<[u8]> = picture(1, 320, 240).unwrap().into();
        let turns = Arc::new(Semaphore::new(AT_ONCE));
        self.calm.store(false, Ordering::SeqCst);
        self.proxy.cut_after(CUT_BELOW);
        let until = Instant::now() + lasts;
        let over = Arc::new(AtomicBool::new(false));
        let tasks = self.phones.iter().map(|phone| {
            let (phone, jpeg, turns, over) = (phone.clone(), jpeg.clone(), turns.clone(), over.clone());
            tokio::spawn(async move {
                let mut ticked = Vec::new();
                while !over.load(Ordering::SeqCst) {
                    let _turn = turns.acquire().await.unwrap();
                    let (camera, jpeg) = (phone.clone(), jpeg.clone());
                    let taken = move || camera.capture(&jpeg, CaptureContext::default()).unwrap();
                    let captured = tokio::task::spawn_blocking(taken).await.unwrap();
                    ticked.push(captured.capture_id);
                    phone.run_queue(true).await.unwrap();
                }
                ticked
            })
        });
        let tasks: Vec<_> = tasks.collect();
        let bad_enough = || self.proxy.cuts() > CUTS && locked(samples).len() == LIVES;
        while Instant::now() < until || !bad_enough() {
            sleep(Duration::from_millis(100)).await;
        }
        over.store(true, Ordering::SeqCst);
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

    /// That each of these was stored once and filed once, that no other was, and that the log tells of each once.
    async fn has_each_once(&self, ticked: &[CaptureId]) {
        let all: BTreeSet<_> = ticked.iter().copied().collect();
        let listed = listed(&self.hospital).await;
        for entry in &listed {
            assert_eq!(entry["status"], "filed", "{entry}");
        }
        let named = |entry: &Value| entry["capture_id"].as_str().unwrap().parse().unwrap();
        assert_eq!(listed.iter().map(named).collect::<BTreeSet<CaptureId>>(), all, "each, and nothing else");
        assert_eq!(listed.len(), all.len(), "each once");
        let entries = (self.phones.len() + ticked.len()) as u64;
        assert_eq!(self.hospital.verified_log().await.unwrap(), entries, "one for each phone and each photo");
        let heard = locked(&self.heard);
        assert_eq!(heard.again, BTreeSet::new(), "a photo that had a receipt went out again");
        assert!(heard.stored == all && heard.gone == all, "of each the phone had a receipt, and let it go");
    }
}

/// What the gateway held, moment by moment, in each of its lives.
type Samples = Arc<Mutex<BTreeMap<u32, Vec<u64>>>>;

async fn watch(gateway: &Server, samples: &Samples) {
    let mut every = interval(Duration::from_millis(quick_or(100, 1000)));
    loop {
        every.tick().await;
        let Some(id) = gateway.id().await else { continue };
        if let Ok(resident) = Resident::of(id) {
            locked(samples).entry(id).or_default().push(resident.now);
        }
    }
}

/// Kills lives of which something was read.
async fn kill_twice(gateway: &Server, samples: &Samples, lasts: Duration) {
    for _ in 1..LIVES {
        // Early, so that the third life is long enough to show whether it grows.
        let mut pause = interval(lasts / 10);
        pause.tick().await;
        pause.tick().await;
        while !gateway.id().await.is_some_and(|id| locked(samples).contains_key(&id)) {
            sleep(Duration::from_millis(10)).await;
        }
        gateway.kill().await.unwrap();
    }
    std::future::pending().await
}

/// The last life, without its first fifth, holds in its last third what it held in its first. From the middle of the one to that of
/// the other a leak adds half of what it adds in the life.
fn is_flat(life: &[u64]) {
    let median = |part: &[u64]| {
        let mut part = part.to_vec();
        part.sort_unstable();
        part[part.len() / 2]
    };
    let warm = &life[life.len() / 5..];
    let third = warm.len().div_ceil(3);
    let (early, late) = (median(&warm[..third]), median(&warm[warm.len() - third..]));
    println!("gateway: {} KiB early on, {} KiB at the end", early / 1024, late / 1024);
    assert!(late <= early + GROWTH, "from {early} to {late} bytes");
    assert!(life.iter().all(|held| *held < 160 * MIB), "{life:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn a_thousand_phones_with_cuts_and_restarts_get_every_photo_in_once() {
    open_many_files();
    let home = tempfile::Builder::new().prefix("gauze-load-").tempdir().unwrap();
    let ward = Ward::of(quick_or(30, 1000), home.path()).await;
    let lasts = Duration::from_secs(quick_or(6, 600));
    let (samples, begun) = (Samples::default(), Instant::now());
    let ticked = tokio::select! {
        ticked = timeout(lasts * 20, ward.work(lasts, &samples)) => ticked.expect("cuts, and two restarts"),
        () = watch(&ward.servers.gateway, &samples) => unreachable!("it never ends"),
        () = kill_twice(&ward.servers.gateway, &samples, lasts) => unreachable!("it never ends"),
    };
    let cuts = ward.proxy.cuts();
    let took = begun.elapsed().as_secs();
    println!("{} phones, {} photos in {took} s, {cuts} cuts", ward.phones.len(), ticked.len());
    let samples = locked(&samples).clone();
    assert_eq!(samples.len(), LIVES, "two restarts, and no other");
    is_flat(samples.values().max_by_key(|life| life.len()).unwrap());
    timeout(Duration::from_secs(quick_or(120, 1800)), ward.deliver()).await.expect("all are delivered");
    ward.has_each_once(&ticked).await;
    let Ward { servers, .. } = ward;
    servers.stop().await;
}
