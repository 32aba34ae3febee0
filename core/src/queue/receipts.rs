//! What the gateway and the hospital say of photos: believed, kept, and handed to the machine.
//!
//! Always: a receipt that does not hold moves nothing and is shown, and one that holds is on flash before anything follows
//! from it.

use gauze_wire::{
    Binding, CaptureId, CaptureState, FilingRefusal, Jws, Manifest, Refused, StatusAnswer, StatusQuery,
    Stored,
};

use super::claims::Claim;
use super::driver::{Driver, manifest_name};
use super::machine::{Effect, Event, Item, State, step};
use super::trouble::{of_call, of_store, of_vault};
use super::{QueueReport, Stopped};
use crate::store::{Entry, Kind, Progress, Receipted, Trouble, file};

const RESTORED: &str = "the gateway no longer holds a photo that it had stored";
const UNREADABLE: &str = "what this phone signed for a photo that arrived cannot be read";

impl Driver {
    /// What receipts for this photo may be bound to: what was sent last, and for a void also the photo, which may have
    /// arrived just before it was discarded.
    fn bindings(&self, entry: &Entry) -> Result<Vec<Binding>, Trouble> {
        let mut bindings = Vec::new();
        for name in [file::VOID, file::ADOPTION, file::MANIFEST] {
            match self.jws(entry.capture_id, name) {
                Ok(jws) => bindings.extend(jws.map(|jws| self.binding(entry, &jws))),
                Err(Trouble::Damaged) => {}
                Err(trouble) => return Err(trouble),
            }
        }
        Ok(bindings)
    }

    fn binding(&self, entry: &Entry, manifest: &Jws) -> Binding {
        Binding {
            tenant: self.identity.tenant.clone(),
            device_id: manifest.kid().clone(),
            capture_id: entry.capture_id,
            manifest_sha256: manifest.digest(),
            sha256: entry.sha256,
            size: entry.size,
        }
    }

    pub(super) async fn keep_stored(&self, entry: &Entry, state: &CaptureState) -> Result<(), Trouble> {
        let gateway = &self.trust.gateway;
        let keys = std::slice::from_ref(&gateway.key);
        let holds =
            |binding: &Binding| Stored::verify(&state.stored, keys, binding, &gateway.log, None).is_ok();
        if !self.bindings(entry)?.iter().any(holds) {
            let first = self.said_before(entry, state).await?;
            let first = first.filter(|first| holds(&self.binding(entry, first))).ok_or(Trouble::Receipt)?;
            let (id, name) = (entry.capture_id, manifest_name(entry, &self.identity));
            self.on_disk(id, first, move |store, jws| store.write(id, name, jws)).await?;
        }
        self.receive(entry.capture_id, file::STORED, &state.stored).await?;
        self.store.set_progress(entry.capture_id, None);
        Ok(())
    }

    /// The manifest by which the gateway has the photo, where this phone signed for it twice: a first one was lost here, and hardware signs
    /// differently each time. It counts as this phone's word by its signature, and where it is of the same body.
    async fn said_before(&self, entry: &Entry, state: &CaptureState) -> Result<Option<Jws>, Trouble> {
        let Some(first) = state.manifest.clone() else { return Ok(None) };
        let Some(second) = self.jws(entry.capture_id, manifest_name(entry, &self.identity))? else {
            return Ok(None);
        };
        let (vault, tenant) = (self.gateway.vault.clone(), self.identity.tenant.clone());
        let judging = tokio::task::spawn_blocking(move || {
            let key = vault.device_key()?;
            let body = |jws| Some(Manifest::verify(jws, &key, &tenant).ok()?.carried().hash);
            let same =
                first.typ() == second.typ() && body(&first).is_some_and(|one| body(&second) == Some(one));
            Ok(same.then_some(first))
        });
        judging.await.map_err(|_| Trouble::KeyUnavailable)?.map_err(of_vault)
    }

    /// Asks what the hospital says of a batch, and lets the machine act on it.
    pub(super) async fn hear(&self, batch: &[(Claim, Item)], report: &mut QueueReport) {
        let captures = batch.iter().map(|(claim, _)| claim.id()).collect();
        let query = StatusQuery { captures, holding: None };
        let answer = self.reach.asks(self.gateway.post_signed::<StatusAnswer>("status", &query)).await;
        let heard = answer.map(|answer| answer.captures).map_err(|unanswered| of_call(&unanswered.error));
        for (claim, item) in batch {
            let id = claim.id();
            let state = heard.iter().flatten().find(|state| state.capture_id == id);
            let (mut item, outcome) = match state {
                // Nor does a receipt that was kept prove anything then, the hospital's own included.
                _ if heard.is_ok() && self.lost_its_word(id) => {
                    (self.sends_again(*item, id, UNREADABLE), None)
                }
                Some(state) => (self.arrived(*item, id, state).await, state.outcome.as_ref()),
                None if heard.is_ok() && item.state != State::Filed => {
                    (self.sends_again(*item, id, RESTORED), None)
                }
                None => (*item, None),
            };
            match self.outcome(id, item, outcome).await {
                Ok(Some(event)) => item = self.follow(id, item, event),
                Ok(None) if item.state == State::Stored => match heard {
                    Ok(_) => self.store.set_progress(id, None),
                    Err(trouble) => self.shows(id, trouble),
                },
                Ok(None) => {}
                Err(trouble) => {
                    self.shows(id, trouble);
                    report.stopped.push(Stopped { capture_id: id, trouble });
                }
            }
            match item.state {
                State::Gone => report.filed.push(id),
                State::Refused if self.is_answered_void(id) => self.ends_void(id, item),
                State::Refused => report.refused += 1,
                State::Stored | State::Filed => report.stored += 1,
                State::Unsigned | State::Signed | State::Sending | State::Waiting { .. } => {}
            }
        }
    }

    /// Whether it is the statement that a photo will not come: that it was said is all there was to it.
    fn is_answered_void(&self, id: CaptureId) -> bool {
        if self.store.entry(id).is_none_or(|entry| entry.kind != Kind::Void) {
            return false;
        }
        let kept = |name| self.jws(id, name).ok().flatten();
        let (Some(void), Some(refused)) = (kept(file::VOID), kept(file::REFUSED)) else { return false };
        // A refusal of the photo that it speaks of is no answer to it.
        refused.peek::<Refused>().is_ok_and(|refused| refused.manifest_sha256 == void.digest())
    }

    fn ends_void(&self, id: CaptureId, item: Item) {
        if let Err(error) = self.store.end_void(id) {
            self.shows(id, of_store(&error));
            return;
        }
        self.observers.tell(id, step(item, Event::Erased).0.state);
    }

    /// What follows from an outcome, up to the erasure.
    fn follow(&self, id: CaptureId, mut item: Item, mut event: Event) -> Item {
        loop {
            let (next, effects) = step(item, event);
            if next.state != item.state {
                self.observers.tell(id, next.state);
            }
            item = next;
            let Some(Effect::Erase(receipted)) = effects.into_iter().next() else { return item };
            event = match self.store.erase(receipted) {
                Ok(()) => Event::Erased,
                Err(error) => {
                    let trouble = of_store(&error);
                    self.shows(id, trouble);
                    self.failed(trouble)
                }
            };
        }
    }

    fn shows(&self, id: CaptureId, trouble: Trouble) {
        self.store.set_progress(id, Some(Progress::heard(trouble)));
    }

    /// A photo that the system carried, where the gateway says that it has it.
    async fn arrived(&self, item: Item, id: CaptureId, state: &CaptureState) -> Item {
        let (State::Sending, Some(entry)) = (item.state, self.store.entry(id)) else { return item };
        if self.keep_stored(&entry, state).await.is_err() {
            return item;
        }
        let (item, _) = step(item, Event::Stored);
        self.observers.tell(id, item.state);
        item
    }

    /// Whether what this phone signed for the photo cannot be read any more: no receipt can be bound to it.
    fn lost_its_word(&self, id: CaptureId) -> bool {
        let Some(entry) = self.store.entry(id) else { return false };
        match self.jws(id, manifest_name(&entry, &self.identity)) {
            Err(trouble) => trouble == Trouble::Damaged,
            // Under an earlier key it was signed for as another kind.
            Ok(None) => self.bindings(&entry).is_ok_and(|bindings| bindings.is_empty()),
            Ok(Some(_)) => false,
        }
    }

    /// Takes back that a photo arrived. It goes with the next run; where the gateway has it, no byte is sent twice.
    fn sends_again(&self, item: Item, id: CaptureId, why: &str) -> Item {
        if !matches!(item.state, State::Stored | State::Refused | State::Filed) {
            return item;
        }
        tracing::warn!("{why}: it is sent again");
        if self.store.unstore(id).is_err() {
            return item;
        }
        self.store.set_progress(id, None);
        let (item, _) = step(item, Event::Forgotten);
        self.observers.tell(id, item.state);
        item
    }

    /// Believes an outcome, keeps it, and says what happened.
    async fn outcome(
        &self,
        id: CaptureId,
        item: Item,
        heard: Option<&Jws>,
    ) -> Result<Option<Event>, Trouble> {
        let Some(entry) = self.store.entry(id) else { return Ok(None) };
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
        // One that was kept and does not hold, because its file was changed, must not hide the one that is heard.
        let said: Vec<&Jws> = kept.iter().chain(heard).collect();
        if said.is_empty() {
            return Ok(None);
        }
        let bindings = self.bindings(&entry)?;
        let Some((jws, judged)) = self.judged(&said, &bindings) else {
            tracing::warn!("a receipt from the hospital did not hold; the photo stays");
            return Err(Trouble::Receipt);
        };
        match judged {
            Judged::Filed(receipted) => {
                self.receive(id, file::FILED, jws).await?;
                Ok(Some(Event::Filed(receipted)))
            }
            Judged::Refused(cause) => {
                self.receive(id, file::REFUSED, jws).await?;
                self.shows(id, Trouble::Hospital(cause));
                Ok(Some(Event::Refused))
            }
        }
    }

    /// The first of those that holds.
    fn judged<'a>(&self, said: &[&'a Jws], bindings: &[Binding]) -> Option<(&'a Jws, Judged)> {
        let (bundle, log) = (&self.trust.bundle, &self.trust.gateway.log);
        let witnesses = bundle.witnesses.as_slice();
        let judge = |jws: &Jws, binding: &Binding| {
            if let Ok(receipted) = Receipted::verify(jws, binding, &bundle.records, log, &bundle.witnesses) {
                return Some(Judged::Filed(receipted));
            }
            let refused = Refused::verify(jws, &bundle.records, binding, log, Some(witnesses)).ok()?;
            Some(Judged::Refused(refused.cause))
        };
        said.iter().find_map(|jws| Some((*jws, bindings.iter().find_map(|binding| judge(jws, binding))?)))
    }
}

/// What the hospital said, and it holds.
enum Judged {
    Filed(Receipted),
    Refused(FilingRefusal),
}
