//! Wiping: whatever opens anything on this phone goes at once, the device key last. Of a phone that hears nothing for too
//! long that alone goes, and only once its app runs: nothing wakes it, and photos are still taken and sent.
//!
//! Order: `wipe.json` says why, durably; then review identity, sidecars, previews, sessions, store key, review key; where
//! the order says so, unsent photos, each after its signed-to-be void is durable; then the report stands in `wipe.json`.
//! The device key and the identity go when nothing is left to send. Reports of what went wrong fare as sealed photos do. A wipe that is cut off anywhere is finished by the
//! next opening. Sealed photos stay and can be sent: the phone cannot open them.
//!
//! What silence ended begins anew, with new keys, once the gateway has the report, answers again and denies nothing
//! (docs/adr/0027-silence-ends.md). What was destroyed stays destroyed.

use std::path::Path;

use gauze_wire::{
    CaptureId, Carried, DeviceId, Jws, Photos, ProposalId, Signed as _, Void, VoidReason, WipeCause,
    WipeOrder, Wiped,
};
use serde::{Deserialize, Serialize};

use super::{Client, Enrolled};
use crate::auth::{Contact, Identity, VaultSigner};
use crate::ports::{Disk, VaultError};
use crate::queue::reach::Reach;
use crate::review::ReviewKeys;
use crate::store::{Found, Kind, Stage, StoreError, Twice, file};

const NAME: &str = "wipe.json";

/// What a wipe left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WipeReport {
    /// Sealed photos that stay and can still be sent.
    pub unsent: u64,
    /// Whether the device key is gone too: only once nothing is left to send.
    pub device_key_destroyed: bool,
}

/// A wipe that has begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WipeFile {
    v: u32,
    device_id: DeviceId,
    cause: WipeCause,
    order_id: Option<ProposalId>,
    photos: Photos,
    /// What was done; absent while it is not.
    report: Option<Wiped>,
    /// Whether the gateway has the report.
    reported: bool,
}

impl WipeFile {
    /// Reads it. One that is damaged may have been an order: it ends looking and taking, keeps what is sealed, and an order that
    /// comes again outranks it. One that only cannot be read now is an error: there may be none.
    fn load(disk: &dyn Disk, dir: &Path, enrolled: Option<&DeviceId>) -> Result<Option<Self>, StoreError> {
        let Found { whole, trouble } = Twice { disk, dir, name: NAME }.read_json();
        let lost = || {
            let why = Why { cause: WipeCause::Asked, order_id: None, photos: Photos::Keep };
            Some(Self::begin(enrolled?.clone(), &why))
        };
        match (whole.into_iter().next(), trouble) {
            (Some(wipe), _) => Ok(Some(wipe)),
            (None, None) => Ok(None),
            (None, Some(StoreError::Damaged)) => Ok(lost()),
            (None, Some(unread)) => Err(unread),
        }
    }

    fn begin(device_id: DeviceId, why: &Why) -> Self {
        let Why { cause, order_id, photos } = why;
        let (cause, order_id, photos) = (*cause, order_id.clone(), *photos);
        Self { v: 1, device_id, cause, order_id, photos, report: None, reported: false }
    }

    fn save(&self, disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(self).map_err(|_| StoreError::Damaged)?;
        Twice { disk, dir, name: NAME }.write(&bytes)
    }

    pub(super) fn forget(disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        Twice { disk, dir, name: NAME }.forget()
    }

    /// Whether it also ends taking photos. Silence ends looking alone: the hospital may have been unreachable.
    pub(super) fn ends_capture(&self) -> bool {
        match self.cause {
            WipeCause::Asked | WipeCause::Order => true,
            WipeCause::Offline => false,
        }
    }

    /// Whether the hospital waits for the report.
    fn is_owed(&self) -> bool {
        self.cause == WipeCause::Order && !self.reported
    }
}

/// Why, by whose order, and what becomes of sealed photos.
struct Why {
    cause: WipeCause,
    order_id: Option<ProposalId>,
    photos: Photos,
}

impl Client {
    /// Destroys whatever opens anything on this phone. Sealed photos stay and can be sent; the device key goes once
    /// none is left.
    pub fn wipe(&self) -> Result<WipeReport, StoreError> {
        self.begin_wipe(&Why { cause: WipeCause::Asked, order_id: None, photos: Photos::Keep })?;
        let device_key_destroyed = self.end_wipe()?;
        Ok(WipeReport { unsent: self.store.entries().len() as u64, device_key_destroyed })
    }

    /// Carries out an order that the hospital signed for this phone. One that does not hold changes nothing.
    pub(super) fn obey_order(&self, enrolled: &Enrolled, jws: &Jws) -> Result<(), StoreError> {
        let (bundle, identity) = (&enrolled.trust.bundle, &enrolled.identity);
        let order = jws.verify_by::<WipeOrder>(&bundle.policy_keys, &identity.tenant);
        let Some(order) = order.ok().filter(|order| order.device_id == identity.device_id) else {
            tracing::warn!("a wipe order did not hold; nothing was wiped");
            return Ok(());
        };
        self.begin_wipe(&Why {
            cause: WipeCause::Order,
            order_id: Some(order.order_id),
            photos: order.photos,
        })
    }

    /// Ends looking where nothing was heard for longer than policy allows.
    pub(super) fn wipe_if_silent(&self) -> Result<(), StoreError> {
        let hours = self.enrolled().map_or(0, |enrolled| enrolled.trust.policy.life().offline_wipe_hours);
        let silent = self.state().contact.as_ref().map(|contact| contact.silence(&*self.ports.clock));
        if hours == 0 || silent.is_none_or(|silent| silent.as_hours() < i64::from(hours)) {
            return Ok(());
        }
        tracing::warn!("nothing was heard from the hospital for too long: photos are no longer shown");
        self.begin_wipe(&Why { cause: WipeCause::Offline, order_id: None, photos: Photos::Keep })?;
        self.end_wipe().map(drop)
    }

    /// The hospital is heard again and denies nothing: what is taken from here on may be looked at. Only silence ends like this, and only
    /// once the gateway knows of it.
    pub(super) fn end_silence(&self) -> Result<(), StoreError> {
        let over = |wipe: &WipeFile| !wipe.ends_capture() && wipe.reported;
        // In one with what was seen: what begins meanwhile is not forgotten.
        let mut state = self.state();
        if state.wipe.as_ref().is_some_and(over) {
            WipeFile::forget(&*self.ports.disk, &self.config.dir)?;
            state.wipe = None;
        }
        Ok(())
    }

    /// Keeps how far a wipe has come, where no other began meanwhile.
    fn advance_wipe(&self, from: &WipeFile, to: WipeFile) -> Result<(), StoreError> {
        let mut state = self.state();
        if state.wipe.as_ref() == Some(from) {
            to.save(&*self.ports.disk, &self.config.dir)?;
            state.wipe = Some(to);
        }
        Ok(())
    }

    fn begin_wipe(&self, why: &Why) -> Result<(), StoreError> {
        let Some(enrolled) = self.enrolled() else { return self.destroy_openers() };
        {
            // In one with what was seen: of two that begin at once the lesser gives way.
            let mut state = self.state();
            let news = match &state.wipe {
                None => true,
                // An order outranks a wish, and a wish what silence did; the same again is finished, not begun anew.
                Some(before) => match why.cause {
                    WipeCause::Order => before.order_id != why.order_id,
                    WipeCause::Asked => !before.ends_capture(),
                    WipeCause::Offline => false,
                },
            };
            if news {
                // Nothing is shown from here on, even where the disk does not take it: what follows says so again.
                let wipe = state.wipe.insert(WipeFile::begin(enrolled.identity.device_id, why));
                wipe.save(&*self.ports.disk, &self.config.dir)?;
            }
        }
        self.carry_out_wipe()
    }

    /// Finishes what was begun, in this process or an earlier one.
    pub(super) fn carry_out_wipe(&self) -> Result<(), StoreError> {
        let Some(wipe) = self.state().wipe.clone() else { return Ok(()) };
        self.destroy_openers()?;
        if wipe.report.is_some() {
            return Ok(());
        }
        let destroyed = match wipe.photos {
            Photos::Keep => Vec::new(),
            // Photos first: reports that cannot be read now keep none of them here.
            Photos::Destroy => {
                let photos = self.destroy_unsent()?;
                self.destroy_reports()?;
                photos
            }
        };
        let head = self.store.head(&wipe.device_id);
        let report = Some(Wiped {
            v: 1,
            typ: Wiped::TYP.to_owned(),
            tenant: self.enrolled().ok_or(StoreError::Unknown)?.identity.tenant,
            device_id: wipe.device_id.clone(),
            cause: wipe.cause,
            order_id: wipe.order_id.clone(),
            at: self.ports.clock.now(),
            highest_seq: head.map_or(0, |head| head.seq),
            head: head.map(|head| head.head),
            unsent: self.store.unsent(),
            destroyed: Wiped::named(destroyed),
        });
        let carried_out = WipeFile { report, ..wipe.clone() };
        self.advance_wipe(&wipe, carried_out)
    }

    /// Review identity, sidecars, previews, sessions, store key, review key.
    fn destroy_openers(&self) -> Result<(), StoreError> {
        {
            let mut state = self.state();
            (state.signing_in, state.signed) = (None, None);
            state.recent.clear();
        }
        let looking = self.destroy_review();
        self.store.forget_progress();
        let forgotten = self.ports.secrets.destroy().map_err(|_| StoreError::KeyStore);
        looking.and(forgotten)
    }

    /// Review identity, sidecars, previews, review key.
    pub(super) fn destroy_review(&self) -> Result<(), StoreError> {
        {
            let mut state = self.state();
            (state.unlocked, state.review_keys) = (None, None);
        }
        ReviewKeys::destroy(&*self.ports.disk, &self.config.dir)?;
        for entry in self.store.those(|entry| entry.reviewable || entry.previewed) {
            self.store.end_review(entry.capture_id)?;
        }
        self.destroy_keys(false)
    }

    /// A key that is gone already is destroyed.
    fn destroy_keys(&self, device_too: bool) -> Result<(), StoreError> {
        match self.ports.vault.destroy(device_too) {
            Ok(()) | Err(VaultError::Gone) => Ok(()),
            Err(VaultError::NeedsUser | VaultError::Unavailable) => Err(StoreError::KeyStore),
        }
    }

    /// Puts a void in the place of every photo that the gateway does not hold. A void says so before the photo goes.
    fn destroy_unsent(&self) -> Result<Vec<CaptureId>, StoreError> {
        let mut destroyed = Vec::new();
        for entry in self.store.entries() {
            match (entry.stage, entry.kind) {
                (Stage::Unsigned | Stage::Signed, Kind::Photo) => {
                    self.void(entry.capture_id, VoidReason::Wiped)?;
                    destroyed.push(entry.capture_id);
                }
                (Stage::Unsigned | Stage::Signed, Kind::Void) => {
                    // Its statement was durable when the process died; the photo may not have gone yet.
                    self.store.finish_void(entry.capture_id)?;
                    if self.was_wiped(entry.capture_id)? {
                        destroyed.push(entry.capture_id);
                    }
                }
                (Stage::Stored | Stage::Filed | Stage::Refused, Kind::Photo | Kind::Void) => {}
            }
        }
        Ok(destroyed)
    }

    fn was_wiped(&self, id: CaptureId) -> Result<bool, StoreError> {
        let statement = self.store.read(id, file::VOID_BODY)?.unwrap_or_default();
        let void = serde_json::from_slice::<Void>(&statement);
        Ok(void.is_ok_and(|void| void.reason == VoidReason::Wiped))
    }

    /// Discards a photo that may still be discarded: a signed statement goes in its place.
    pub(super) fn void(&self, id: CaptureId, reason: VoidReason) -> Result<(), StoreError> {
        let entry = self.store.entry(id).ok_or(StoreError::Unknown)?;
        let body = self.store.read(id, file::BODY)?.ok_or(StoreError::Damaged)?;
        let carried = Carried::from_bytes(&body).map_err(|_| StoreError::Damaged)?;
        let void = Void {
            v: 1,
            typ: Void::TYP.to_owned(),
            tenant: carried.body.tenant,
            device_id: entry.device_id,
            capture_id: id,
            body: Carried::write(&body),
            reason,
            voided_at: self.ports.clock.now(),
            session_ref: carried.body.session_ref,
        };
        let statement = serde_json::to_vec(&void).map_err(|_| StoreError::Damaged)?;
        self.store.void(id, &statement)?;
        self.claims.halt(id);
        Ok(())
    }

    /// Tells the gateway that this phone was wiped, by the key that goes last.
    pub(super) async fn report_wipe(&self, enrolled: &Enrolled, reach: &Reach) {
        let owed = self.state().wipe.clone().filter(|wipe| !wipe.reported && !reach.is_silent());
        let Some(wipe) = owed else { return };
        let Some(report) = wipe.report.clone() else { return };
        let vault = self.ports.vault.clone();
        let signing = tokio::task::spawn_blocking(move || {
            let signer = VaultSigner::new(&*vault)?;
            Jws::sign(&report, &signer).map_err(|_| signer.why())
        });
        let word = match signing.await {
            Ok(Ok(word)) => word,
            Ok(Err(VaultError::Gone | VaultError::NeedsUser | VaultError::Unavailable)) | Err(_) => return,
        };
        let telling = enrolled.gateway.tell("wiped", "application/jose", word.as_str().as_bytes().to_vec());
        match reach.asks(telling).await {
            Ok(()) => {
                let told = WipeFile { reported: true, ..wipe.clone() };
                if let Err(error) = self.advance_wipe(&wipe, told) {
                    tracing::warn!(code = error.code(), "that the wipe was reported could not be kept");
                }
            }
            Err(unanswered) => {
                tracing::info!(code = unanswered.error.code(), "the wipe could not be reported yet");
            }
        }
    }

    /// Destroys the device key and forgets who this phone was, once nothing is left to send and the hospital knows.
    pub(super) fn end_wipe(&self) -> Result<bool, StoreError> {
        // The vault's device key may be the next phone's already.
        let Ok(_alone) = self.enrolling.try_lock() else { return Ok(false) };
        let wipe = self.state().wipe.clone();
        let waits = match (&wipe, self.enrolled()) {
            (Some(wipe), Some(_)) => !wipe.ends_capture() || wipe.is_owed() || wipe.report.is_none(),
            (None, Some(_)) => true,
            (_, None) => false,
        };
        // What the hospital refused is not sent by this key any more; a phone that enrols again takes it up.
        let left = self.store.entries().iter().any(|entry| entry.stage != Stage::Refused);
        if waits || left || self.owes_reports() || !self.store.unreadable().is_empty() {
            return Ok(false);
        }
        let (disk, dir) = (&*self.ports.disk, &self.config.dir);
        self.destroy_keys(true)?;
        Identity::forget(disk, dir)?;
        Contact::forget(disk, dir)?;
        WipeFile::forget(disk, dir)?;
        let mut state = self.state();
        state.enrolled = None;
        state.contact = None;
        state.wipe = None;
        Ok(true)
    }

    /// Takes up what was left: a wipe of the phone that is enrolled now is finished, one of an earlier key is over.
    pub(super) fn resume_wipe(&self) -> Result<(), StoreError> {
        let (disk, dir) = (&*self.ports.disk, &self.config.dir);
        let enrolled = self.enrolled();
        let device_id = enrolled.as_ref().map(|enrolled| &enrolled.identity.device_id);
        let wipe = match WipeFile::load(disk, dir, device_id) {
            Ok(Some(wipe)) => wipe,
            Ok(None) => return Ok(()),
            Err(unread) => {
                self.state().withheld = Some(unread.again());
                return Err(unread);
            }
        };
        if enrolled.as_ref().is_some_and(|enrolled| enrolled.identity.device_id != wipe.device_id) {
            return WipeFile::forget(disk, dir);
        }
        self.state().wipe = Some(wipe);
        self.go_on_wiping(enrolled.is_some());
        Ok(())
    }

    /// Whether a wipe was begun and not carried out.
    pub(super) fn owes_wiping(&self) -> bool {
        self.state().wipe.as_ref().is_some_and(|wipe| wipe.report.is_none())
    }

    /// What cannot be destroyed yet, because disk or key store fail, must not keep sealed photos from going out: from the
    /// wipe's first moment nothing is shown any more.
    pub(super) fn go_on_wiping(&self, enrolled: bool) {
        let carried_out = if enrolled { self.carry_out_wipe() } else { Ok(()) };
        if let Err(error) = carried_out.and_then(|()| self.end_wipe().map(drop)) {
            tracing::warn!(code = error.code(), "the wipe is not finished");
        }
    }
}
