//! What lies between phone and gateway: decides what becomes of each request, one at a time.
//!
//! Deterministic, because the phone moves only in turns: the runtime has one thread and one blocking thread, which works
//! in order. It is held while the phone moves, and then does all that the phone gave it to do, before the phone moves
//! again. A decision is made when the phone can do nothing more by itself. Requests that are in flight together are
//! delivered in an order that the dice choose.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, mpsc};
use std::task::Poll;

use gauze_core::ports::{Answer, TransportError};

use super::dice::Dice;
use super::network::{Network, Waiting};
use crate::fixture::{FaultDisk, Packet, Ward};

/// Turns without a request after which there will be none: a phone signs a manifest, then a request; and to spare.
const QUIET: usize = 4;

/// What happened, for people. Kept outside, so that it outlives a panic.
#[derive(Clone, Default)]
pub struct Trace(Arc<Mutex<Vec<String>>>);

impl Trace {
    pub fn say(&self, line: impl Into<String>) {
        self.0.lock().unwrap().push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// What becomes of a request.
#[derive(Clone, Copy)]
enum Fate {
    Delivered,
    /// It never arrives.
    Lost,
    /// It arrives; the answer does not.
    AnswerLost,
    /// It arrives twice; the second answer comes back.
    Twice,
    /// The phone gives it up; it arrives later all the same.
    Late,
    /// It arrives, and once more later.
    Echoed,
    /// It is cut somewhere.
    Cut,
    /// The phone's process dies with the request unsent, or with the answer unread.
    PhoneDies {
        delivered: bool,
    },
    /// The gateway is killed before it takes it, or before it answers.
    GatewayDies {
        delivered: bool,
    },
}

pub struct Sky {
    pub network: Arc<Network>,
    pub ward: Ward,
    pub dice: Dice,
    /// How many of a hundred requests something happens to.
    pub trouble: usize,
    /// Requests that were given up, and still arrive one day.
    pub late: Vec<(String, Packet)>,
    pub trace: Trace,
}

impl Sky {
    /// Carries the requests of `work` until it is done; `None` where the phone died in it.
    pub async fn carries<T>(&mut self, disk: &FaultDisk, work: impl Future<Output = T>) -> Option<T> {
        let network = self.network.clone();
        let mut work = pin!(work);
        let (mut quiet, mut idle) = (0, 0);
        loop {
            let before = network.arrived();
            let moved = one_turn(work.as_mut()).await;
            if disk.died() {
                self.forsake();
                return None;
            }
            if let Poll::Ready(done) = moved {
                return Some(done);
            }
            quiet = if network.arrived() == before { quiet + 1 } else { 0 };
            if quiet < QUIET {
                continue;
            }
            match network.take(|waiting| self.dice.below(waiting)) {
                Some(waiting) => {
                    (quiet, idle) = (0, 0);
                    if !self.decides(waiting).await {
                        self.forsake();
                        return None;
                    }
                }
                None => idle += 1,
            }
            assert!(idle < 10_000, "the phone waits for nothing");
        }
    }

    /// What the dead phone had asked: some of it is under way.
    fn forsake(&mut self) {
        while let Some(waiting) = self.network.take(|_| 0) {
            if self.dice.chance(50) {
                self.late.push((waiting.what, waiting.packet));
            }
        }
    }

    fn fate(&mut self) -> Fate {
        if !self.dice.chance(self.trouble) {
            return Fate::Delivered;
        }
        self.dice.weighed(&[
            (4, Fate::Lost),
            (5, Fate::AnswerLost),
            (3, Fate::Twice),
            (4, Fate::Late),
            (3, Fate::Echoed),
            (4, Fate::Cut),
            (1, Fate::PhoneDies { delivered: false }),
            (2, Fate::PhoneDies { delivered: true }),
            (1, Fate::GatewayDies { delivered: false }),
            (1, Fate::GatewayDies { delivered: true }),
        ])
    }

    /// Whether the phone lived through it.
    async fn decides(&mut self, waiting: Waiting) -> bool {
        let Waiting { what, packet, answer } = waiting;
        let lost = Err(TransportError::Cut);
        let answered = match self.fate() {
            Fate::Delivered => self.deliver(&what, &packet, "", None).await,
            Fate::Lost => {
                self.trace.say(format!("  {what}: lost"));
                lost
            }
            Fate::AnswerLost => self.deliver(&what, &packet, ", answer lost", None).await.and(lost),
            Fate::Twice => {
                let _first = self.deliver(&what, &packet, ", once", None).await;
                self.deliver(&what, &packet, ", twice", None).await
            }
            Fate::Late => {
                self.trace.say(format!("  {what}: given up, still under way"));
                self.late.push((what, packet));
                lost
            }
            Fate::Echoed => {
                self.late.push((what.clone(), packet.clone()));
                self.deliver(&what, &packet, ", and once more later", None).await
            }
            Fate::Cut => {
                let at = self.dice.below(packet.body.len() + 1);
                self.deliver(&what, &packet, ", cut", Some(at)).await.and(lost)
            }
            Fate::PhoneDies { delivered } => {
                if delivered {
                    let _unread = self.deliver(&what, &packet, ", unread", None).await;
                }
                self.trace.say(format!("  {what}: the phone dies"));
                return false;
            }
            Fate::GatewayDies { delivered: false } => {
                self.gateway_dies().await;
                self.deliver(&what, &packet, "", None).await
            }
            Fate::GatewayDies { delivered: true } => {
                let _unsaid = self.deliver(&what, &packet, ", unanswered", None).await;
                self.gateway_dies().await;
                lost
            }
        };
        // A phone that stopped asking has dropped its end.
        let _ = answer.send(answered);
        true
    }

    pub async fn gateway_dies(&mut self) {
        self.trace.say("  the gateway is killed and started");
        self.ward.restart().await;
    }

    /// One of the requests that were given up arrives.
    pub async fn late_one_arrives(&mut self) {
        if self.late.is_empty() {
            return;
        }
        let (what, packet) = self.late.remove(self.dice.below(self.late.len()));
        let cut = self.dice.chance(20).then(|| self.dice.below(packet.body.len() + 1));
        let _nobody = self.deliver(&what, &packet, ", late", cut).await;
    }

    pub async fn deliver(
        &self,
        what: &str,
        packet: &Packet,
        how: &str,
        cut: Option<usize>,
    ) -> Result<Answer, TransportError> {
        let answer = packet.deliver(self.ward.router.clone(), cut).await;
        let cut = cut.map(|at| format!(" at {at}")).unwrap_or_default();
        match &answer {
            Ok(answer) => self.trace.say(format!("  {what}: {}{how}{cut}", answer.status)),
            Err(error) => self.trace.say(format!("  {what}: {error}{how}{cut}")),
        }
        answer
    }
}

/// Lets `work` move as far as it can, and then lets all that it has begun in the background come to its end.
async fn one_turn<T>(mut work: Pin<&mut impl Future<Output = T>>) -> Poll<T> {
    let (release, held) = mpsc::channel::<()>();
    let holding = tokio::task::spawn_blocking(move || held.recv().is_err());
    let moved = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
    drop(release);
    holding.await.unwrap();
    tokio::task::spawn_blocking(|| {}).await.unwrap();
    moved
}
