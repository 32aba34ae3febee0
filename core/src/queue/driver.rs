//! Runs the machine's effects. The only file of the queue that awaits.

use std::collections::VecDeque;
use std::io::Read as _;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use gauze_wire::{
    Adoption, CaptureId, CaptureState, Carried, Jws, ProblemCode, Refused, Signed as _, Signer as _,
    UploadAnswer, UploadRequest, Void,
};
use sha2::Digest as _;

use super::claims::Claim;
use super::machine::{Effect, Event, Item, State, step};
use super::reach::Reach;
use super::trouble::{Hindrance, of_call, of_store, of_vault};
use super::{Claims, Observers, QueueReport, Stopped, SystemTransfer, TransferEnd, TransferPlan};
use crate::auth::{GatewayClient, Identity, PROBLEM, TRANSFERS, VaultSigner, parse};
use crate::policy::Trust;
use crate::ports::{Answer, Transfer, TransportError, VaultError};
use crate::store::{Durable, Entry, Kind, Progress, Stage, Store, StoreError, Trouble, file};

/// Photos on their way at once.
pub const AT_ONCE: usize = 4;
/// How long a photo that the operating system carries is left to it: a new ticket would end what it has sent.
const CARRIED_MS: i64 = 3_600_000;
/// Photos in one question for receipts.
const BATCH: usize = 100;

/// Who sends the bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Carrier {
    /// This process.
    Ours,
    /// The operating system, which reports later.
    System,
}

pub struct Driver {
    pub claims: Claims,
    pub observers: Observers,
    pub store: Arc<Store>,
    pub gateway: Arc<GatewayClient>,
    pub identity: Identity,
    pub trust: Trust,
    pub reach: Arc<Reach>,
}

impl Driver {
    /// Takes up every photo once and goes with each as far as it can.
    pub async fn run(&self, photos: Vec<Durable>, asked: bool) -> QueueReport {
        self.take_up(photos, asked, Carrier::Ours).await.report
    }

    /// Goes with every photo up to its transfer, which the operating system carries.
    pub async fn plan(&self, photos: Vec<Durable>, asked: bool) -> TransferPlan {
        self.take_up(photos, asked, Carrier::System).await
    }

    async fn take_up(&self, photos: Vec<Durable>, asked: bool, carrier: Carrier) -> TransferPlan {
        let mut driven = stream::iter(photos.into_iter().enumerate())
            .map(|(place, durable)| async move {
                let claim = self.claims.take(durable.capture_id())?;
                let now_ms = self.now_ms();
                if self.reach.is_silent() {
                    return self.untried(place, claim);
                }
                let entry = self.take_over(self.store.entry(durable.capture_id())?)?;
                if is_carried(&entry, now_ms) {
                    let item = Item { state: State::Sending, attempts: 0 };
                    return Some((place, Driven { claim, item, carried: None }));
                }
                let item = Item::resume(self.stage(&entry), entry.progress);
                let driven = Driven { claim, item, carried: None };
                Some((place, self.drive(&entry, driven, Event::Taken { now_ms, asked }, carrier).await))
            })
            .buffer_unordered(AT_ONCE)
            .filter_map(std::future::ready)
            .collect::<Vec<_>>()
            .await;
        // Each ends when it ends; what is said of them stands in the order in which they were taken.
        driven.sort_by_key(|(place, _)| *place);
        self.settle(driven.into_iter().map(|(_, driven)| driven).collect()).await
    }

    /// A photo that a run did not come to: no attempt is counted.
    fn untried(&self, place: usize, claim: Claim) -> Option<(usize, Driven)> {
        let entry = self.store.entry(claim.id())?;
        let stage = self.stage(&entry);
        let mut item = Item::resume(stage, entry.progress);
        if stage.is_unsent() && !matches!(item.state, State::Waiting { .. }) {
            let (signed, trouble) = (stage == Stage::Signed, Trouble::Offline);
            item.state = State::Waiting { signed, until_ms: None, trouble };
        }
        Some((place, Driven { claim, item, carried: None }))
    }

    /// Takes in how a carried transfer ended. Whether the process lived through it does not matter.
    pub async fn transfer_ended(&self, id: CaptureId, end: TransferEnd) -> TransferPlan {
        self.store.set_carried(id, None);
        // Where a run has it in hand, the next one asks the gateway what it holds.
        let Some(claim) = self.claims.take(id) else { return TransferPlan::default() };
        let Some(entry) = self.store.entry(id) else { return TransferPlan::default() };
        // It may have been stored, voided or taken up by another key in the meantime.
        if self.stage(&entry) != Stage::Signed || entry.kind == Kind::Void {
            return TransferPlan::default();
        }
        let attempts = entry.progress.map_or(0, |progress| progress.attempts);
        let answer = match end {
            TransferEnd::Answered { status, body } => {
                // The system hands over no header; the body says whose it is.
                let content_type = Some(PROBLEM.to_owned());
                Ok(Answer { status, content_type, body, ..Answer::default() })
            }
            TransferEnd::Failed { error } => Err(error),
        };
        let event = self.ended(&entry, answer).await;
        let item = Item { state: State::Sending, attempts };
        let driven = Driven { claim, item, carried: None };
        let driven = self.drive(&entry, driven, event, Carrier::System).await;
        self.settle(vec![driven]).await
    }

    /// Sums up, and asks what the hospital says of those that are stored.
    async fn settle(&self, driven: Vec<Driven>) -> TransferPlan {
        let mut plan = TransferPlan::default();
        plan.report.gateway_silent = self.reach.is_silent();
        let mut asking = Vec::new();
        for Driven { claim, item, carried } in driven {
            if let Some(carried) = carried {
                plan.transfers.push(carried);
                continue;
            }
            match item.state {
                // The system carries it since an earlier plan; how that ended may never have been told.
                State::Sending if !claim.halted.is_cancelled() => asking.push((claim, item)),
                State::Stored | State::Refused | State::Filed => asking.push((claim, item)),
                State::Waiting { until_ms, trouble, .. } => {
                    plan.report.stopped.push(Stopped { capture_id: claim.id(), trouble });
                    plan.report.next_at_ms = earlier(plan.report.next_at_ms, until_ms);
                }
                State::Unsigned | State::Signed | State::Sending | State::Gone => {}
            }
        }
        for batch in asking.chunks(BATCH) {
            self.hear(batch, &mut plan.report).await;
        }
        plan
    }

    /// Drives one photo until it waits for something that is not its own, or is discarded: its void goes with the next run.
    async fn drive(&self, entry: &Entry, mut driven: Driven, event: Event, carrier: Carrier) -> Driven {
        let mut ticket = None;
        let mut effects = VecDeque::new();
        let mut event = Some(event);
        while let Some(happened) = event.take() {
            let (next, more) = step(driven.item, happened);
            if next.state != driven.item.state {
                self.observers.tell(entry.capture_id, next.state);
            }
            driven.item = next;
            effects.extend(more);
            while let (None, Some(effect)) = (&event, effects.pop_front()) {
                if let (Effect::Transfer { .. }, Carrier::System) = (&effect, carrier) {
                    let file = self.store.path(entry.capture_id, file::PHOTO);
                    self.store.set_carried(entry.capture_id, Some(self.now_ms().saturating_add(CARRIED_MS)));
                    driven.carried = ticket.take().map(|url| SystemTransfer {
                        capture_id: entry.capture_id,
                        url,
                        file,
                        size: entry.size,
                    });
                    continue;
                }
                let perform = self.perform(entry, effect, next, &mut ticket);
                event = driven.claim.halted.run_until_cancelled(perform).await.flatten();
            }
        }
        driven
    }

    async fn perform(
        &self,
        entry: &Entry,
        effect: Effect,
        item: Item,
        ticket: &mut Option<String>,
    ) -> Option<Event> {
        match effect {
            Effect::Sign => Some(match self.sign(entry).await {
                Ok(()) => Event::Signed,
                Err(trouble) => self.failed(trouble),
            }),
            Effect::AskTicket => Some(match self.ask_in_turn(entry).await {
                Ok(Some((url, offset))) => {
                    *ticket = Some(url);
                    Event::TicketGranted { offset }
                }
                Ok(None) => Event::Stored,
                Err(hindrance) => self.hindered(hindrance),
            }),
            Effect::Transfer { offset } => {
                let url = ticket.take()?;
                Some(self.transfer(entry, url, offset).await)
            }
            Effect::Remember => {
                let (not_before_ms, trouble) = match item.state {
                    State::Waiting { until_ms, trouble, .. } => (until_ms, trouble),
                    // Cut, and gone on with at once: the next end of it may be told to another process.
                    State::Signed => (Some(self.now_ms()), Trouble::Offline),
                    State::Unsigned
                    | State::Sending
                    | State::Stored
                    | State::Filed
                    | State::Refused
                    | State::Gone => return None,
                };
                let progress = Progress { attempts: item.attempts, not_before_ms, trouble };
                self.store.set_progress(entry.capture_id, Some(progress));
                None
            }
            Effect::Report => {
                tracing::error!("a queue event did not fit; this is a bug");
                None
            }
            Effect::Erase(receipted) => Some(match self.store.erase(receipted) {
                Ok(()) => Event::Erased,
                Err(error) => self.failed(of_store(&error)),
            }),
            // Asked in batches, by `hear`.
            Effect::AskOutcome => None,
        }
    }

    /// The stage as this key sees it: a manifest that another key signed counts for nothing.
    fn stage(&self, entry: &Entry) -> Stage {
        match entry.stage {
            Stage::Signed => {
                let name = manifest_name(entry, &self.identity);
                let kept = self.jws(entry.capture_id, name).ok().flatten();
                let ours = kept.is_some_and(|jws| *jws.kid() == self.identity.device_id);
                if ours { Stage::Signed } else { Stage::Unsigned }
            }
            stage => stage,
        }
    }

    /// A photo that the hospital refused for the key that sent it is signed for anew where the phone has another key since.
    fn take_over(&self, entry: Entry) -> Option<Entry> {
        let id = entry.capture_id;
        if entry.stage != Stage::Refused {
            return Some(entry);
        }
        let refused = self.jws(id, file::REFUSED).ok().flatten().and_then(|jws| jws.peek::<Refused>().ok());
        let anew = refused.is_some_and(|refused| {
            refused.cause.is_superseded_by_adoption() && refused.device_id != self.identity.device_id
        });
        // What the disk does not let go now is taken over with the next run.
        if !anew || self.store.unstore(id).is_err() {
            return Some(entry);
        }
        self.store.set_progress(id, None);
        self.store.entry(id)
    }

    async fn sign(&self, entry: &Entry) -> Result<(), Trouble> {
        let id = entry.capture_id;
        let name = manifest_name(entry, &self.identity);
        let source = if entry.kind == Kind::Void { file::VOID_BODY } else { file::BODY };
        let bytes = self.read(id, source)?.ok_or(Trouble::Damaged)?;
        let (typ, payload) = match name {
            file::ADOPTION => (Adoption::TYP, self.adoption(entry, &bytes)?),
            file::VOID => (Void::TYP, self.void(&bytes)?),
            _ => (gauze_wire::Body::TYP, bytes),
        };
        let (vault, device) = (self.gateway.vault.clone(), self.identity.device_id.clone());
        let signing = tokio::task::spawn_blocking(move || {
            let signer = VaultSigner::new(&*vault)?;
            if signer.public_key().key_id() != device {
                return Err(VaultError::Gone);
            }
            Jws::sign_bytes(typ, &payload, &signer).map_err(|_| signer.why())
        });
        let jws = signing.await.map_err(|_| Trouble::KeyUnavailable)?.map_err(of_vault)?;
        self.on_disk(id, jws, move |store, jws| store.write(id, name, jws)).await
    }

    /// Takes in a receipt that holds.
    pub(super) async fn receive(&self, id: CaptureId, name: &'static str, jws: &Jws) -> Result<(), Trouble> {
        self.on_disk(id, jws.clone(), move |store, jws| store.receive(id, name, jws)).await
    }

    /// Writes something of a photo on another thread: whoever waits for the disk keeps no other photo waiting. Until it is
    /// written the photo stays in hand, even where the run ends before.
    pub(super) async fn on_disk(
        &self,
        id: CaptureId,
        jws: Jws,
        write: impl FnOnce(&Store, &[u8]) -> Result<(), StoreError> + Send + 'static,
    ) -> Result<(), Trouble> {
        let (store, in_hand) = (self.store.clone(), self.claims.hold(id));
        let writing = tokio::task::spawn_blocking(move || {
            let written = write(&store, jws.as_str().as_bytes());
            drop(in_hand);
            written
        });
        writing.await.map_err(|_| Trouble::Storage)?.map_err(|error| of_store(&error))
    }

    fn adoption(&self, entry: &Entry, body: &[u8]) -> Result<Vec<u8>, Trouble> {
        let adoption = Adoption {
            v: 1,
            typ: Adoption::TYP.to_owned(),
            tenant: self.identity.tenant.clone(),
            device_id: self.identity.device_id.clone(),
            capture_id: entry.capture_id,
            body: Carried::write(body),
            adopted_at: self.gateway.clock.now(),
        };
        serde_json::to_vec(&adoption).map_err(|_| Trouble::Damaged)
    }

    /// The statement as decided; whoever is enrolled now makes it.
    fn void(&self, decided: &[u8]) -> Result<Vec<u8>, Trouble> {
        let mut void: Void = serde_json::from_slice(decided).map_err(|_| Trouble::Damaged)?;
        void.device_id = self.identity.device_id.clone();
        serde_json::to_vec(&void).map_err(|_| Trouble::Damaged)
    }

    async fn ask_in_turn(&self, entry: &Entry) -> Result<Option<(String, u64)>, Hindrance> {
        let _leave = self.reach.ask().await.ok_or(Trouble::Offline)?;
        let asked = self.ask_ticket(entry).await;
        self.reach.hears(asked.as_ref().err().map(|hindrance| hindrance.trouble));
        asked
    }

    /// A ticket, or nothing where the gateway has the photo already.
    async fn ask_ticket(&self, entry: &Entry) -> Result<Option<(String, u64)>, Hindrance> {
        let name = manifest_name(entry, &self.identity);
        let manifest = self.jws(entry.capture_id, name)?.ok_or(Trouble::Damaged)?;
        let request = UploadRequest {
            manifest,
            highest_seq: self.store.head(&self.identity.device_id).map_or(0, |head| head.seq),
            unsent: self.store.unsent(),
        };
        match self.gateway.post_signed("uploads", &request).await? {
            UploadAnswer::Ticket { upload_url, offset, .. } => {
                // The gateway chooses the path, never the host: bytes go nowhere else.
                if !upload_url.starts_with(&format!("{}/", self.identity.gateway)) {
                    return Err(Trouble::Gateway(ProblemCode::MalformedRequest).into());
                }
                Ok(Some((upload_url, offset)))
            }
            UploadAnswer::Held(state) => Ok(self.keep_stored(entry, &state).await.map(|()| None)?),
        }
    }

    async fn transfer(&self, entry: &Entry, url: String, offset: u64) -> Event {
        let file = self.store.path(entry.capture_id, file::PHOTO);
        let offset = if offset <= entry.size { offset } else { 0 };
        let transfer = Transfer { url, file, size: entry.size, offset };
        let answer = self.gateway.transport.transfer(transfer).await;
        self.ended(entry, answer).await
    }

    /// What the end of a transfer means.
    async fn ended(&self, entry: &Entry, answer: Result<Answer, TransportError>) -> Event {
        let answer = match answer {
            Ok(answer) => answer,
            Err(TransportError::Cut) => {
                return Event::Cut { now_ms: self.now_ms(), jitter: self.jitter() };
            }
            Err(error) => return self.failed(of_call(&error.into())),
        };
        let least_ms = self.gateway.wait_ms(&answer);
        match self.received(entry, answer).await {
            Ok(()) => Event::Stored,
            Err(Trouble::Gateway(ProblemCode::DigestMismatch | ProblemCode::SizeMismatch))
                if !self.file_holds(entry) =>
            {
                self.failed(Trouble::Damaged)
            }
            Err(trouble) => self.hindered(Hindrance { trouble, least_ms }),
        }
    }

    async fn received(&self, entry: &Entry, answer: Answer) -> Result<(), Trouble> {
        let state: CaptureState = parse(answer, TRANSFERS).map_err(|error| of_call(&error))?;
        self.keep_stored(entry, &state).await
    }

    /// Whether the sealed file is still the one its body names.
    fn file_holds(&self, entry: &Entry) -> bool {
        let Ok(mut photo) = self.store.open_photo(entry.capture_id) else { return false };
        let (mut hash, mut buffer) = (sha2::Sha256::new(), vec![0; 64 * 1024]);
        loop {
            match photo.read(&mut buffer) {
                Ok(0) => return hash.finalize().as_slice() == entry.sha256.0,
                Ok(n) => hash.update(&buffer[..n]),
                Err(_) => return false,
            }
        }
    }

    fn read(&self, id: CaptureId, name: &str) -> Result<Option<Vec<u8>>, Trouble> {
        self.store.read(id, name).map_err(|error| of_store(&error))
    }

    pub(super) fn jws(&self, id: CaptureId, name: &str) -> Result<Option<Jws>, Trouble> {
        let Some(bytes) = self.read(id, name)? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| Trouble::Damaged)?;
        Jws::parse(&text).map(Some).map_err(|_| Trouble::Damaged)
    }

    pub(super) fn failed(&self, trouble: Trouble) -> Event {
        self.hindered(trouble.into())
    }

    fn hindered(&self, Hindrance { trouble, least_ms }: Hindrance) -> Event {
        Event::Failed { trouble, now_ms: self.now_ms(), jitter: self.jitter(), least_ms }
    }

    fn now_ms(&self) -> i64 {
        self.gateway.clock.now().as_millisecond()
    }

    fn jitter(&self) -> u8 {
        let mut byte = [0];
        // Without randomness phones wait in step: slower, not wrong.
        let _ = self.gateway.entropy.fill(&mut byte);
        byte[0]
    }
}

/// A photo that is driven: in hand until what became of it was taken in.
struct Driven {
    claim: Claim,
    item: Item,
    carried: Option<SystemTransfer>,
}

/// Which signed text is sent for a photo by the phone that is enrolled now.
pub(super) fn manifest_name(entry: &Entry, identity: &Identity) -> &'static str {
    match entry.kind {
        Kind::Void => file::VOID,
        Kind::Photo if entry.device_id == identity.device_id => file::MANIFEST,
        Kind::Photo => file::ADOPTION,
    }
}

/// Whether the operating system has the photo's file. A discarded photo has none.
fn is_carried(entry: &Entry, now_ms: i64) -> bool {
    let under_way = entry.stage == Stage::Signed && entry.kind == Kind::Photo;
    under_way && entry.carried_until_ms.is_some_and(|until| (0..=CARRIED_MS).contains(&(until - now_ms)))
}

fn earlier(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}
