//! Runs the machine's effects. The only file of the queue that awaits.

use std::collections::VecDeque;
use std::io::Read as _;
use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use gauze_wire::{
    Adoption, Binding, CaptureId, CaptureState, Carried, Jws, Problem, ProblemCode, Refused, Signed as _,
    Signer as _, StatusAnswer, StatusQuery, Stored, UploadAnswer, UploadRequest, Void,
};
use sha2::Digest as _;

use super::machine::{Effect, Event, Item, State, step};
use super::{Observers, QueueReport, Stopped, SystemTransfer, TransferEnd, TransferPlan};
use crate::auth::{CallError, GatewayClient, Identity, VaultSigner};
use crate::policy::Trust;
use crate::ports::{Answer, Transfer, TransportError, VaultError};
use crate::store::{Durable, Entry, Kind, Progress, Receipted, Stage, Store, StoreError, Trouble, file};

/// Photos on their way at once.
const AT_ONCE: usize = 4;
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
    pub observers: Observers,
    pub store: Arc<Store>,
    pub gateway: Arc<GatewayClient>,
    pub identity: Identity,
    pub trust: Trust,
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
        let driven = stream::iter(photos)
            .map(|durable| async move {
                let now_ms = self.now_ms();
                let entry = self.store.entry(durable.capture_id())?;
                let item = Item::resume(self.stage(&entry), entry.progress);
                Some(self.drive(&entry, item, Event::Taken { now_ms, asked }, carrier).await)
            })
            .buffered(AT_ONCE)
            .collect::<Vec<_>>()
            .await;
        self.settle(driven.into_iter().flatten().collect()).await
    }

    /// Takes in how a carried transfer ended. Whether the process lived through it does not matter.
    pub async fn transfer_ended(&self, id: CaptureId, end: TransferEnd) -> TransferPlan {
        let Some(entry) = self.store.entry(id) else { return TransferPlan::default() };
        // It may have been stored, voided or taken up by another key in the meantime.
        if self.stage(&entry) != Stage::Signed || entry.kind == Kind::Void {
            return TransferPlan::default();
        }
        let attempts = entry.progress.map_or(0, |progress| progress.attempts);
        let answer = match end {
            TransferEnd::Answered { status, body } => {
                Ok(Answer { status, date: None, upload_offset: None, body })
            }
            TransferEnd::Failed { error } => Err(error),
        };
        let event = self.ended(&entry, answer);
        let item = Item { state: State::Sending, attempts };
        let driven = self.drive(&entry, item, event, Carrier::System).await;
        self.settle(vec![driven]).await
    }

    /// Sums up, and asks what the hospital says of those that are stored.
    async fn settle(&self, driven: Vec<Driven>) -> TransferPlan {
        let mut plan = TransferPlan::default();
        let mut asking = Vec::new();
        for Driven { capture_id, item, carried } in driven {
            plan.transfers.extend(carried);
            match item.state {
                State::Stored | State::Refused | State::Filed => asking.push((capture_id, item)),
                State::Waiting { until_ms, trouble, .. } => {
                    plan.report.stopped.push(Stopped { capture_id, trouble });
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

    /// Drives one photo until it waits for something that is not its own.
    async fn drive(&self, entry: &Entry, item: Item, event: Event, carrier: Carrier) -> Driven {
        let mut driven = Driven { capture_id: entry.capture_id, item, carried: None };
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
                    driven.carried = ticket.take().map(|url| SystemTransfer {
                        capture_id: entry.capture_id,
                        url,
                        file,
                        size: entry.size,
                    });
                    continue;
                }
                event = self.perform(entry, effect, next, &mut ticket).await;
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
            Effect::AskTicket => Some(match self.ask_ticket(entry).await {
                Ok(Some((url, offset))) => {
                    *ticket = Some(url);
                    Event::TicketGranted { offset }
                }
                Ok(None) => Event::Stored,
                Err(trouble) => self.failed(trouble),
            }),
            Effect::Transfer { offset } => {
                let url = ticket.take()?;
                Some(self.transfer(entry, url, offset).await)
            }
            Effect::Remember => {
                if let State::Waiting { until_ms, trouble, .. } = item.state {
                    let progress = Progress { attempts: item.attempts, not_before_ms: until_ms, trouble };
                    self.store.set_progress(entry.capture_id, progress);
                }
                None
            }
            Effect::Report => {
                tracing::error!("a queue event did not fit; this is a bug");
                None
            }
            Effect::Erase(receipted) => Some(match self.store.erase(receipted) {
                Ok(()) => Event::Erased,
                Err(error) => self.failed(trouble_of(&error)),
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
        let jws = signing.await.map_err(|_| Trouble::KeyUnavailable)?.map_err(vault_trouble)?;
        self.store.write(id, name, jws.as_str().as_bytes()).map_err(|error| trouble_of(&error))
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

    /// A ticket, or nothing where the gateway has the photo already.
    async fn ask_ticket(&self, entry: &Entry) -> Result<Option<(String, u64)>, Trouble> {
        let name = manifest_name(entry, &self.identity);
        let manifest = self.jws(entry.capture_id, name)?.ok_or(Trouble::Damaged)?;
        let entries = self.store.entries();
        let unsent = entries.iter().filter(|e| matches!(e.stage, Stage::Unsigned | Stage::Signed)).count();
        let request = UploadRequest {
            manifest,
            highest_seq: self.store.head(&self.identity.device_id).map_or(0, |head| head.seq),
            unsent: u64::try_from(unsent).unwrap_or(u64::MAX),
        };
        match self.gateway.post_signed("uploads", &request).await.map_err(|e| call_trouble(&e))? {
            UploadAnswer::Ticket { upload_url, offset, .. } => {
                // The gateway chooses the path, never the host: bytes go nowhere else.
                if !upload_url.starts_with(&format!("{}/", self.identity.gateway)) {
                    return Err(Trouble::Gateway(ProblemCode::MalformedRequest));
                }
                Ok(Some((upload_url, offset)))
            }
            UploadAnswer::Held(state) => self.keep_stored(entry, &state).map(|()| None),
        }
    }

    async fn transfer(&self, entry: &Entry, url: String, offset: u64) -> Event {
        let file = self.store.path(entry.capture_id, file::PHOTO);
        let offset = if offset <= entry.size { offset } else { 0 };
        let transfer = Transfer { url, file, size: entry.size, offset };
        let answer = self.gateway.transport.transfer(transfer).await;
        self.ended(entry, answer)
    }

    /// What the end of a transfer means.
    fn ended(&self, entry: &Entry, answer: Result<Answer, TransportError>) -> Event {
        let answer = match answer {
            Ok(answer) => answer,
            Err(TransportError::Cut) => {
                return Event::Cut { now_ms: self.now_ms(), jitter: self.jitter() };
            }
            Err(error) => return self.failed(call_trouble(&error.into())),
        };
        match self.received(entry, answer) {
            Ok(()) => Event::Stored,
            Err(Trouble::Gateway(ProblemCode::DigestMismatch | ProblemCode::SizeMismatch))
                if !self.file_holds(entry) =>
            {
                self.failed(Trouble::Damaged)
            }
            Err(trouble) => self.failed(trouble),
        }
    }

    fn received(&self, entry: &Entry, answer: Answer) -> Result<(), Trouble> {
        let body = crate::auth::accept(answer).map_err(|error| call_trouble(&error))?;
        let state: CaptureState = serde_json::from_slice(&body).map_err(|_| Trouble::Receipt)?;
        self.keep_stored(entry, &state)
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

    /// What receipts for this photo may be bound to: what was sent last, and for a void also the photo, which may have
    /// arrived just before it was discarded.
    fn bindings(&self, entry: &Entry) -> Result<Vec<Binding>, Trouble> {
        let mut bindings = Vec::new();
        for name in [file::VOID, file::ADOPTION, file::MANIFEST] {
            if let Some(jws) = self.jws(entry.capture_id, name)? {
                bindings.push(Binding {
                    tenant: self.identity.tenant.clone(),
                    device_id: jws.kid().clone(),
                    capture_id: entry.capture_id,
                    manifest_sha256: jws.digest(),
                    sha256: entry.sha256,
                    size: entry.size,
                });
            }
        }
        Ok(bindings)
    }

    fn keep_stored(&self, entry: &Entry, state: &CaptureState) -> Result<(), Trouble> {
        let gateway = &self.trust.gateway;
        let keys = std::slice::from_ref(&gateway.key);
        let holds = self
            .bindings(entry)?
            .iter()
            .any(|binding| Stored::verify(&state.stored, keys, binding, &gateway.log, None).is_ok());
        if !holds {
            return Err(Trouble::Receipt);
        }
        let bytes = state.stored.as_str().as_bytes();
        self.store.write(entry.capture_id, file::STORED, bytes).map_err(|error| trouble_of(&error))
    }

    /// Asks what the hospital says of a batch, and lets the machine act on it.
    async fn hear(&self, batch: &[(CaptureId, Item)], report: &mut QueueReport) {
        let captures = batch.iter().map(|(id, _)| *id).collect();
        let answer: Result<StatusAnswer, _> =
            self.gateway.post_signed("status", &StatusQuery { captures, holding: None }).await;
        let heard = answer.unwrap_or_else(|error| {
            tracing::info!(code = error.code(), "no receipts heard");
            StatusAnswer { captures: Vec::new(), standing: None }
        });
        for &(id, item) in batch {
            let outcome = heard.captures.iter().find(|state| state.capture_id == id);
            let outcome = outcome.and_then(|state| state.outcome.as_ref());
            let mut item = item;
            if let Some(mut event) = self.outcome(id, item, outcome) {
                loop {
                    let (next, effects) = step(item, event);
                    if next.state != item.state {
                        self.observers.tell(id, next.state);
                    }
                    item = next;
                    let Some(Effect::Erase(receipted)) = effects.into_iter().next() else { break };
                    event = match self.store.erase(receipted) {
                        Ok(()) => Event::Erased,
                        Err(error) => self.failed(trouble_of(&error)),
                    };
                }
            }
            match item.state {
                State::Gone => report.filed.push(id),
                State::Refused => report.refused += 1,
                State::Stored | State::Filed => report.stored += 1,
                State::Unsigned | State::Signed | State::Sending | State::Waiting { .. } => {}
            }
        }
    }

    /// Believes an outcome, keeps it, and says what happened. A receipt that does not hold changes nothing.
    fn outcome(&self, id: CaptureId, item: Item, heard: Option<&Jws>) -> Option<Event> {
        let entry = self.store.entry(id)?;
        let bindings = self.bindings(&entry).ok()?;
        let kept = match item.state {
            State::Filed => self.jws(id, file::FILED).ok().flatten(),
            State::Unsigned
            | State::Signed
            | State::Sending
            | State::Stored
            | State::Refused
            | State::Waiting { .. }
            | State::Gone => None,
        };
        let jws = kept.as_ref().or(heard)?;
        let (bundle, log) = (&self.trust.bundle, &self.trust.gateway.log);
        for binding in &bindings {
            if let Ok(receipted) = Receipted::verify(jws, binding, &bundle.records, log, &bundle.witnesses) {
                let kept = self.store.write(id, file::FILED, jws.as_str().as_bytes());
                return kept.is_ok().then_some(Event::Filed(receipted));
            }
            let witnesses = Some(bundle.witnesses.as_slice());
            if Refused::verify(jws, &bundle.records, binding, log, witnesses).is_ok() {
                let kept = self.store.write(id, file::REFUSED, jws.as_str().as_bytes());
                return kept.is_ok().then_some(Event::Refused);
            }
        }
        tracing::warn!("a receipt from the hospital did not hold; the photo stays");
        None
    }

    fn read(&self, id: CaptureId, name: &str) -> Result<Option<Vec<u8>>, Trouble> {
        self.store.read(id, name).map_err(|error| trouble_of(&error))
    }

    fn jws(&self, id: CaptureId, name: &str) -> Result<Option<Jws>, Trouble> {
        let Some(bytes) = self.read(id, name)? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| Trouble::Damaged)?;
        Jws::parse(&text).map(Some).map_err(|_| Trouble::Damaged)
    }

    fn failed(&self, trouble: Trouble) -> Event {
        Event::Failed { trouble, now_ms: self.now_ms(), jitter: self.jitter() }
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

/// A photo that was driven.
struct Driven {
    capture_id: CaptureId,
    item: Item,
    carried: Option<SystemTransfer>,
}

/// Which signed text is sent for a photo by the phone that is enrolled now.
fn manifest_name(entry: &Entry, identity: &Identity) -> &'static str {
    match entry.kind {
        Kind::Void => file::VOID,
        Kind::Photo if entry.device_id == identity.device_id => file::MANIFEST,
        Kind::Photo => file::ADOPTION,
    }
}

fn earlier(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (one, None) | (None, one) => one,
    }
}

fn vault_trouble(error: VaultError) -> Trouble {
    match error {
        VaultError::Gone => Trouble::KeyGone,
        VaultError::NeedsUser | VaultError::Unavailable => Trouble::KeyUnavailable,
    }
}

fn trouble_of(error: &StoreError) -> Trouble {
    match error {
        StoreError::Damaged => Trouble::Damaged,
        StoreError::Full
        | StoreError::ReadOnly
        | StoreError::Denied
        | StoreError::TooManyFiles
        | StoreError::Busy
        | StoreError::Protection
        | StoreError::NotYetUnlocked
        | StoreError::Unknown
        | StoreError::AlreadySent
        | StoreError::Io(_) => Trouble::Storage,
    }
}

fn call_trouble(error: &CallError) -> Trouble {
    match error {
        CallError::Transport(TransportError::Certificate) => Trouble::Certificate,
        CallError::Transport(TransportError::Unreachable | TransportError::Cut) => Trouble::Offline,
        CallError::Transport(TransportError::File) => Trouble::Storage,
        CallError::Refused(Problem { code, .. }) => Trouble::Gateway(*code),
        CallError::Answer => Trouble::Gateway(ProblemCode::MalformedRequest),
        CallError::Vault(error) => vault_trouble(*error),
        CallError::Entropy => Trouble::KeyUnavailable,
    }
}
