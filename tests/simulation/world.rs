//! One run: a phone, what its user and its network do, and what must hold after each step.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, Mutex};

use gauze_core::ports::{Transfer, TransportError};
use gauze_core::queue::{SystemTransfer, TransferEnd};
use gauze_records::{Coded as _, Kind, Listed, Status};
use gauze_tests::pictures::picture;
use gauze_wire::{CaptureId, Digest};
use jiff::SignedDuration;
use tokio::sync::Notify;

use super::crossing::Crossing;
use super::dice::{Dice, SeededEntropy};
use super::network::{Network, short};
use super::sky::{Sky, Trace};
use crate::fixture::{Packet, Phone, Ward, context};

const STEPS: usize = 28;
const PHOTOS: usize = 6;
/// Rounds of a healed world in which everything must have arrived.
const ROUNDS: usize = 4;
const DISK_FULL: i32 = 28;

/// What the world does next.
#[derive(Clone, Copy, Debug)]
enum Step {
    Capture,
    CaptureAndDie,
    CaptureOnAFullDisk,
    Run { asked: bool },
    RunAndDie,
    RunOnAFullDisk,
    Plan,
    TransferEnds,
    Discard,
    DiscardAndDie,
    Pull,
    PhoneRestarts,
    GatewayRestarts,
    TimePasses,
    WallClockJumps,
    Reboots,
    LateArrives,
    Unlock,
    Lock,
    GatewayCleans,
}

const STEPS_BY_WEIGHT: &[(usize, Step)] = &[
    (10, Step::Capture),
    (2, Step::CaptureAndDie),
    (1, Step::CaptureOnAFullDisk),
    (14, Step::Run { asked: true }),
    (8, Step::Run { asked: false }),
    (5, Step::RunAndDie),
    (2, Step::RunOnAFullDisk),
    (4, Step::Plan),
    (6, Step::TransferEnds),
    (3, Step::Discard),
    (2, Step::DiscardAndDie),
    (12, Step::Pull),
    (2, Step::PhoneRestarts),
    (2, Step::GatewayRestarts),
    (6, Step::TimePasses),
    (3, Step::WallClockJumps),
    (1, Step::Reboots),
    (6, Step::LateArrives),
    (1, Step::Unlock),
    (1, Step::Lock),
    (2, Step::GatewayCleans),
];

/// A photo that must never be lost.
struct Photo {
    sha256: Digest,
    /// Its user wanted it discarded; which of the two arrives is open where it was under way.
    discarded: bool,
}

pub struct World {
    sky: Sky,
    phone: Phone,
    photos: BTreeMap<CaptureId, Photo>,
    /// What the hospital was last seen to have filed.
    filed: BTreeSet<CaptureId>,
    /// What the operating system was asked to carry.
    carried: Vec<SystemTransfer>,
}

/// A promise that did not hold.
pub type Broken = String;

pub fn small(n: usize) -> &'static [u8] {
    static PICTURES: LazyLock<Vec<Vec<u8>>> =
        LazyLock::new(|| (1..5).map(|n| picture(n, 64, 48).unwrap()).collect());
    &PICTURES[n % 4]
}

impl World {
    pub async fn of(seed: u64, trace: Trace) -> Self {
        let mut dice = Dice::new(seed);
        let entropy = Arc::new(SeededEntropy(Mutex::new(dice.fork())));
        // Time passes in days here: a phone that wiped itself for silence would prove nothing of the network.
        let ward = Ward::with(|_| {}, |policy| policy["life"]["offline_wipe_hours"] = 0.into()).await;
        let mut phone = Phone::fed_by(&ward, ward.path("phone"), entropy);
        phone.open().unwrap();
        phone.client().enrol(&ward.managed()).await.unwrap();
        let network = Arc::new(Network::default());
        phone.way = network.clone();
        phone.restart();
        let trouble = dice.weighed(&[(1, 0), (2, 8), (4, 25), (2, 50)]);
        trace.say(format!("seed {seed}: something happens to {trouble} of 100 requests"));
        let sky = Sky { network, ward, dice, trouble, late: Vec::new(), trace };
        Self { sky, phone, photos: BTreeMap::new(), filed: BTreeSet::new(), carried: Vec::new() }
    }

    /// The whole run.
    pub async fn runs(&mut self) -> Result<(), Broken> {
        for n in 0..STEPS {
            let step = self.sky.dice.weighed(STEPS_BY_WEIGHT);
            self.say(format!("{n} {step:?}"));
            self.takes(step).await?;
            self.keeps_its_promises().await?;
        }
        self.heals().await
    }

    fn say(&self, line: impl Into<String>) {
        self.sky.trace.say(line);
    }

    async fn takes(&mut self, step: Step) -> Result<(), Broken> {
        match step {
            Step::Capture => self.capture(),
            Step::CaptureAndDie => {
                self.phone.disk.dies(self.sky.dice.below(30));
                self.capture();
                self.restart()?;
            }
            Step::CaptureOnAFullDisk => {
                self.phone.disk.fails(self.sky.dice.below(30), DISK_FULL);
                self.capture();
                self.phone.disk.works();
            }
            Step::Run { asked } => self.run(asked).await?,
            Step::RunAndDie => {
                self.phone.disk.dies(self.sky.dice.below(80));
                self.run(true).await?;
                self.restart()?;
            }
            Step::RunOnAFullDisk => {
                self.phone.disk.fails(self.sky.dice.below(60), DISK_FULL);
                self.run(true).await?;
                self.phone.disk.works();
            }
            Step::Plan => self.plan().await?,
            Step::TransferEnds => self.transfer_ends().await?,
            Step::Discard => self.discard(),
            Step::DiscardAndDie => {
                self.phone.disk.dies(self.sky.dice.below(16));
                self.discard();
                self.restart()?;
            }
            Step::Pull => self.pull().await?,
            Step::PhoneRestarts => self.restart()?,
            Step::GatewayRestarts => self.sky.gateway_dies().await,
            Step::TimePasses => self.time_passes(),
            Step::WallClockJumps => self.wall_clock_jumps(),
            Step::Reboots => {
                self.phone.clock.reboots();
                self.restart()?;
            }
            Step::LateArrives => self.sky.late_one_arrives().await,
            Step::Unlock => drop(self.phone.client().unlock()),
            Step::Lock => self.phone.client().lock(),
            Step::GatewayCleans => self.sky.ward.cleans().await,
        }
        Ok(())
    }

    // ---- The phone and its user

    fn capture(&mut self) {
        if self.photos.len() >= PHOTOS {
            return;
        }
        match self.phone.client().capture(small(self.photos.len()), context()) {
            Ok(captured) => {
                let id = captured.capture_id;
                self.say(format!("  ticked {}", short(&id.to_string())));
                self.must_keep(id);
            }
            Err(error) => self.say(format!("  {}", error.code())),
        }
    }

    fn must_keep(&mut self, id: CaptureId) {
        let sealed = std::fs::read(self.phone.file(id, "photo.age")).unwrap();
        self.photos.insert(id, Photo { sha256: Digest::of(&sealed), discarded: false });
    }

    /// Kills the app and starts it. What it finds that was not ticked, it must keep from now on.
    fn restart(&mut self) -> Result<(), Broken> {
        self.phone.close();
        self.phone.disk.works();
        self.phone.open().map_err(|error| format!("the store did not open: {}", error.code()))?;
        for photo in self.phone.client().list().map_err(|error| error.code())? {
            if !self.photos.contains_key(&photo.capture_id) {
                self.say(format!("  found {}", short(&photo.capture_id.to_string())));
                self.must_keep(photo.capture_id);
            }
        }
        Ok(())
    }

    async fn run(&mut self, asked: bool) -> Result<(), Broken> {
        let done = self.sky.carries(&self.phone.disk, self.phone.client().run_queue(asked)).await;
        let Some(report) = done else { return self.restart() };
        let report = report.map_err(|error| error.code())?;
        let troubles: Vec<_> = report.stopped.iter().map(|stopped| stopped.trouble.code()).collect();
        let (stored, filed) = (report.stored, report.filed.len());
        self.say(format!("  stored {stored}, filed {filed}, stopped {troubles:?}"));
        Ok(())
    }

    async fn plan(&mut self) -> Result<(), Broken> {
        let done = self.sky.carries(&self.phone.disk, self.phone.client().next_transfers(true)).await;
        let Some(plan) = done else { return self.restart() };
        self.carried.extend(plan.map_err(|error| error.code())?.transfers);
        Ok(())
    }

    /// The operating system has carried a file, and says so or does not.
    async fn transfer_ends(&mut self) -> Result<(), Broken> {
        if self.carried.is_empty() {
            return Ok(());
        }
        let SystemTransfer { capture_id, url, file, size } =
            self.carried.remove(self.sky.dice.below(self.carried.len()));
        let what = format!("the system's PUT {}", short(&capture_id.to_string()));
        let Ok(packet) = Packet::of_transfer(&Transfer { url, file, size, offset: 0 }) else {
            self.say(format!("  {what}: the file is gone"));
            return Ok(());
        };
        let cut = self.sky.dice.chance(self.sky.trouble).then(|| self.sky.dice.below(packet.body.len() + 1));
        let answer = self.sky.deliver(&what, &packet, "", cut).await;
        if self.sky.dice.chance(self.sky.trouble) {
            self.say("  and nobody is told");
            return Ok(());
        }
        let end = match answer {
            Ok(answer) if cut.is_none() => TransferEnd::Answered { status: answer.status, body: answer.body },
            Ok(_) | Err(_) => TransferEnd::Failed { error: TransportError::Cut },
        };
        let work = self.phone.client().transfer_ended(capture_id, end);
        let Some(plan) = self.sky.carries(&self.phone.disk, work).await else { return self.restart() };
        self.carried.extend(plan.map_err(|error| error.code())?.transfers);
        Ok(())
    }

    fn discard(&mut self) {
        let ids: Vec<_> = self.photos.keys().copied().collect();
        if ids.is_empty() {
            return;
        }
        let id = ids[self.sky.dice.below(ids.len())];
        let discarded = self.phone.client().discard(id);
        let end = if discarded.is_ok() { "discarded" } else { "not discarded" };
        self.say(format!("  {} {end}", short(&id.to_string())));
        // One that died in it may have decided.
        if self.phone.file(id, "void.json").exists() {
            self.photos.get_mut(&id).unwrap().discarded = true;
        }
    }

    // ---- Time, and the hospital

    fn time_passes(&mut self) {
        let by = self.sky.dice.weighed(&[(4, 2), (4, 90), (3, 3600), (2, 86_400), (1, 8 * 86_400)]);
        self.say(format!("  by {by} s"));
        self.sky.ward.clock.pass(SignedDuration::from_secs(by));
    }

    fn wall_clock_jumps(&mut self) {
        let by = self.sky.dice.weighed(&[
            (3, 0),
            (2, -40),
            (2, 40),
            (2, -7200),
            (2, 7200),
            (1, -400 * 86_400),
            (1, 40 * 86_400),
        ]);
        self.say(format!("  the phone's is wrong by {by} s"));
        self.phone.is_wrong_by(SignedDuration::from_secs(by));
    }

    async fn pull(&mut self) -> Result<(), Broken> {
        let death = Arc::new(Notify::new());
        let crossing = Crossing {
            port: self.sky.ward.port(),
            dice: Mutex::new(self.sky.dice.fork()),
            trouble: self.sky.trouble / 2,
            trace: self.sky.trace.clone(),
            death: death.clone(),
        };
        let puller = self.sky.ward.puller(crossing).await.one_at_a_time();
        let passed = tokio::select! {
            biased;
            passed = puller.pass() => Some(passed),
            () = death.notified() => None,
        };
        if passed.is_some() {
            puller.close().await;
        }
        match passed {
            Some(Err(error)) if error.code() != "gateway_unreachable" => {
                Err(format!("the pull stopped: {}", error.code()))
            }
            Some(Ok(report)) if !report.refused.is_empty() => Err(format!("refused: {:?}", report.refused)),
            Some(_) | None => Ok(()),
        }
    }

    // ---- What must hold

    /// Never lost, never twice, never erased early.
    async fn keeps_its_promises(&mut self) -> Result<(), Broken> {
        let status = self.phone.client().status();
        if status.refused + status.quarantined > 0 {
            return Err(format!("{} refused, {} damaged", status.refused, status.quarantined));
        }
        let mut missing = Vec::new();
        for (id, photo) in &self.photos {
            if !self.filed.contains(id) && !self.is_on_the_phone(*id, photo)? {
                missing.push(*id);
            }
        }
        if missing.is_empty() {
            return Ok(());
        }
        self.listed().await?;
        match missing.iter().find(|id| !self.filed.contains(id)) {
            Some(id) => Err(format!("{} is neither on the phone nor filed", short(&id.to_string()))),
            None => Ok(()),
        }
    }

    fn is_on_the_phone(&self, id: CaptureId, photo: &Photo) -> Result<bool, Broken> {
        let name = short(&id.to_string()).to_owned();
        if self.phone.file(id, "void.json").exists() {
            return if photo.discarded { Ok(true) } else { Err(format!("nobody discarded {name}")) };
        }
        match std::fs::read(self.phone.file(id, "photo.age")) {
            Ok(bytes) if Digest::of(&bytes) == photo.sha256 => Ok(true),
            Ok(_) => Err(format!("{name} has changed")),
            Err(_) => Ok(false),
        }
    }

    /// What the hospital has, each once.
    async fn listed(&mut self) -> Result<Vec<Listed>, Broken> {
        let listed = self.sky.ward.listed().await;
        let mut seen = BTreeSet::new();
        for row in &listed {
            let name = short(&row.capture_id.to_string()).to_owned();
            if !seen.insert(row.capture_id) {
                return Err(format!("{name} is there twice"));
            }
            let Some(photo) = self.photos.get(&row.capture_id) else {
                return Err(format!("nobody took {name}"));
            };
            if row.sha256 != photo.sha256 || (row.kind == Kind::Void && !photo.discarded) {
                return Err(format!("{name} is not what was taken"));
            }
            if row.status == Status::Filed {
                self.filed.insert(row.capture_id);
            }
        }
        Ok(listed)
    }

    /// Nothing goes wrong any more: everything arrives, and everything adds up.
    async fn heals(&mut self) -> Result<(), Broken> {
        self.say("healed");
        self.sky.trouble = 0;
        while !self.sky.late.is_empty() {
            self.sky.late_one_arrives().await;
        }
        self.keeps_its_promises().await?;
        for _ in 0..ROUNDS {
            self.sky.ward.clock.pass(SignedDuration::from_mins(40));
            self.run(true).await?;
            self.pull().await?;
            self.keeps_its_promises().await?;
        }
        // Only the network, the power and the space failed here: nothing damaged what the queue had tried.
        if self.phone.dir.join("gauze/index.damaged").exists() {
            return Err("the index was taken for damaged".to_owned());
        }
        let left = self.phone.outbox();
        if !left.is_empty() {
            return Err(format!("still on the phone: {left:?}"));
        }
        let listed = self.listed().await?;
        if self.filed.len() != self.photos.len() {
            return Err(format!("{} taken, {} filed", self.photos.len(), self.filed.len()));
        }
        let mut places: Vec<_> = listed.iter().map(|row| row.seq).collect();
        places.sort_unstable();
        if places != (1..=self.photos.len() as u64).collect::<Vec<_>>() {
            return Err(format!("places in the chain: {places:?}"));
        }
        let verified = self.sky.ward.verified().await;
        // The enrolment, every photo, and evidence that the phone showed again.
        let leaves = 1 + self.photos.len() as u64 + verified.words;
        if !verified.ok || !verified.gaps.is_empty() || verified.log_size != leaves || verified.evidence > 0 {
            return Err(format!("{leaves} leaves expected: {verified:?}"));
        }
        Ok(())
    }
}
