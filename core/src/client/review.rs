//! Review as the client offers it: previews, the photo itself, unlocking, and the end of its hours.

use gauze_seal::PhotoOpener;
use gauze_seal::strip::strip;
use gauze_wire::{CaptureId, Carried, Digest, Patient, Record, SeriesId, Site, WoundId};
use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::views::Shown;
use super::{Client, Session};
use crate::capture::{PreviewError, make_preview};
use crate::ports::Clock;
use crate::review::{
    ReviewError, ReviewKeys, ReviewSession, Sidecar, WoundView, Wounds, known_by, leaving_nothing,
};
use crate::store::{Entry, Stage, StoreError, file};

/// Clocks that are set while the phone runs jump by less.
const LATER: SignedDuration = SignedDuration::from_hours(1);
/// Nobody looks through a longer list of patients: a wristband is scanned sooner.
const MOST_PATIENTS: usize = 50;

impl Client {
    /// Makes the preview of a photo from the bytes it was captured from, after the tick, and answers it where photos may be shown
    /// here now. That needs no unlocked phone: whoever has those bytes has the picture.
    pub fn preview_from(
        &self,
        id: CaptureId,
        jpeg: &[u8],
    ) -> Result<Option<Zeroizing<Vec<u8>>>, PreviewError> {
        leaving_nothing(|| self.preview_of(id, jpeg))
    }

    fn preview_of(&self, id: CaptureId, jpeg: &[u8]) -> Result<Option<Zeroizing<Vec<u8>>>, PreviewError> {
        let entry = self.store.entry(id).filter(|entry| entry.reviewable);
        let (Some(_), Some(keys)) = (entry, self.state().review_keys.clone()) else {
            return Err(PreviewError::NotReviewable);
        };
        let photo = strip(jpeg).map_err(|_| PreviewError::OtherPhoto)?;
        let known = self.state().recent.get(&id).copied();
        let expected = match known {
            Some(digest) => digest,
            None => self.sidecar_digest(id)?,
        };
        let (digest, preview) = std::thread::scope(|scope| {
            let hash = || leaving_nothing(|| photo.sha256());
            // Where the system gives no thread, this one hashes.
            let hashing = std::thread::Builder::new().spawn_scoped(scope, hash).ok();
            let preview = make_preview(jpeg, &photo);
            (hashing.and_then(|hashing| hashing.join().ok()).unwrap_or_else(hash), preview)
        });
        if Digest(digest) != expected {
            return Err(PreviewError::OtherPhoto);
        }
        let preview = preview?;
        self.keep_preview(id, &keys, &preview)?;
        let shown = self.may_review().and_then(|()| self.may_look_here()).is_ok();
        Ok((shown && !self.lacks_a_person(&self.state())).then_some(preview))
    }

    fn sidecar_digest(&self, id: CaptureId) -> Result<Digest, PreviewError> {
        let sealed = self.store.read(id, file::REVIEW)?.ok_or(PreviewError::NotReviewable)?;
        let state = self.state();
        let session = self.unlocked(&state).map_err(|_| PreviewError::Locked)?;
        let sidecar = session.sidecar(&sealed).map_err(|_| PreviewError::NotReviewable)?;
        sidecar.photo().ok_or(PreviewError::NotReviewable)
    }

    fn keep_preview(&self, id: CaptureId, keys: &ReviewKeys, preview: &[u8]) -> Result<(), PreviewError> {
        let sealed = keys.seal(&*self.ports.entropy, preview).map_err(|_| PreviewError::Entropy)?;
        Ok(self.store.write(id, file::PREVIEW, &sealed)?)
    }

    /// The small picture of a photo, made now where it was missed. Needs an unlocked phone.
    pub fn preview(&self, id: CaptureId) -> Result<Zeroizing<Vec<u8>>, ReviewError> {
        self.may_review()?;
        self.may_look_here()?;
        self.expire_reviews()?;
        if let Some(sealed) = self.store.read(id, file::PREVIEW)? {
            drop(self.sidecar(id)?);
            let state = self.state();
            return self.unlocked(&state)?.open(&sealed);
        }
        let photo = self.review(id)?;
        let stripped = strip(&photo).map_err(|_| ReviewError::DidNotOpen)?;
        let preview = make_preview(&photo, &stripped).map_err(|_| ReviewError::DidNotOpen)?;
        if let Some(keys) = self.state().review_keys.clone()
            && self.keep_preview(id, &keys, &preview).is_err()
        {
            tracing::info!("a preview was made but not kept");
        }
        Ok(preview)
    }

    /// The photo itself, for review on the phone that took it. Needs an unlocked phone; wiped on drop.
    pub fn review(&self, id: CaptureId) -> Result<Zeroizing<Vec<u8>>, ReviewError> {
        leaving_nothing(|| self.open_photo(id))
    }

    fn open_photo(&self, id: CaptureId) -> Result<Zeroizing<Vec<u8>>, ReviewError> {
        use std::io::Read as _;
        self.may_review()?;
        self.may_look_here()?;
        self.expire_reviews()?;
        self.store.entry(id).filter(|entry| entry.reviewable).ok_or(ReviewError::Off)?;
        let (key, named) = {
            let sidecar = self.sidecar(id)?;
            (sidecar.file_key()?, sidecar.photo())
        };
        let body = self.store.read(id, file::BODY)?.ok_or(ReviewError::DidNotOpen)?;
        let body = Carried::from_bytes(&body).map_err(|_| ReviewError::DidNotOpen)?.body;
        let mut file = self.store.open_photo(id)?;
        let mut opener = PhotoOpener::with_file_key(key);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match file.read(&mut buffer).map_err(StoreError::from)? {
                0 => break,
                n => opener.push(&buffer[..n]).map_err(|_| ReviewError::DidNotOpen)?,
            }
        }
        let opened = opener.finish().map_err(|_| ReviewError::DidNotOpen)?;
        let record = Record::from_bytes(&opened.record).map_err(|_| ReviewError::DidNotOpen)?;
        if !record.agrees_with(&body) || named != Some(record.photo_sha256) {
            return Err(ReviewError::DidNotOpen);
        }
        let picture = opened.into_picture(&record.photo_sha256.0, record.photo_size);
        picture.map_err(|_| ReviewError::DidNotOpen)
    }

    /// Opens local review. Blocks while the user authenticates.
    pub fn unlock(&self) -> Result<(), ReviewError> {
        self.mind_silence()?;
        self.may_review()?;
        self.end_shift();
        let ports = &self.ports;
        let opened = leaving_nothing(|| ReviewKeys::unlock(&*ports.disk, &self.config.dir, &*ports.vault));
        if matches!(opened, Err(ReviewError::KeyGone)) {
            // Nobody can open any of it again; the next run makes new keys, unless the hospital denies them. Where one makes them
            // already, the old ones are gone.
            if let Ok(_alone) = self.reviewing.try_lock() {
                self.destroy_review()?;
            }
        }
        let session = opened?;
        {
            // Whoever unlocked took their time: what was denied or wiped meanwhile stays shut.
            let mut state = self.state();
            self.may_show(&state)?;
            state.unlocked = Some(session);
        }
        self.expire_reviews()?;
        Ok(())
    }

    /// Ends local review until the next unlock, and wipes its key from memory.
    pub fn lock(&self) {
        leaving_nothing(|| self.state().unlocked = None);
        if let Err(error) = self.mind_silence().and_then(|()| self.expire_reviews()) {
            tracing::warn!(code = error.code(), "ended reviews could not be removed");
        }
    }

    /// The wounds of a patient that this phone remembers, newest first, each with its newest photo that may be shown. Needs an unlocked
    /// phone.
    pub fn wounds(&self, patient: &Patient) -> Result<Vec<WoundView>, ReviewError> {
        self.may_review()?;
        self.expire_reviews()?;
        let now = self.time();
        let keys = self.state().review_keys.clone().ok_or(ReviewError::Off)?;
        let open = |sealed: &[u8]| self.unlocked(&self.state())?.open(sealed);
        // Also where there is none to open.
        self.unlocked(&self.state()).map(drop)?;
        leaving_nothing(|| {
            let mut wounds = self.wounds_in(&keys).of(&open, patient, now)?;
            self.find_newest(&mut wounds)?;
            Ok(wounds)
        })
    }

    /// Which photo shows which wound stands in the photos' own sidecars, sealed, and nowhere else.
    fn find_newest(&self, wounds: &mut [WoundView]) -> Result<(), ReviewError> {
        let mut shown = self.shown();
        while wounds.iter().any(|wound| wound.newest.is_none())
            && let Some(photo) = shown.next()
        {
            let (id, sidecar) = photo?;
            let of = wounds.iter_mut().find(|wound| wound.newest.is_none() && sidecar.shows(&wound.wound));
            if let Some(wound) = of {
                wound.newest = Some(id);
            }
        }
        Ok(())
    }

    /// The patients of the photos that may be shown here, newest first, each once: the next photo's is chosen from them, and
    /// confirmed as every other. Needs an unlocked phone.
    pub fn patients(&self) -> Result<Vec<Patient>, ReviewError> {
        self.may_review()?;
        self.may_look_here()?;
        self.expire_reviews()?;
        // Also where there is none to open.
        self.unlocked(&self.state()).map(drop)?;
        leaving_nothing(|| {
            let (mut patients, mut known) = (Vec::new(), Vec::new());
            for photo in self.shown() {
                let Some(patient) = photo?.1.patient() else { continue };
                let known_by = known_by(&patient);
                let met = known_by.iter().any(|text| known.contains(text));
                known.extend(known_by);
                if !met {
                    patients.push(patient);
                }
                if patients.len() == MOST_PATIENTS {
                    break;
                }
            }
            Ok(patients)
        })
    }

    /// The photos that may be shown here, newest first, with what is sealed of them. What cannot be read now is one photo's trouble.
    fn shown(&self) -> impl Iterator<Item = Result<(CaptureId, Sidecar), ReviewError>> {
        let mut entries = self.store.those(|entry| entry.reviewable);
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.captured_at));
        entries.into_iter().filter_map(|entry| match self.sidecar(entry.capture_id) {
            Ok(sidecar) => Some(Ok((entry.capture_id, sidecar))),
            Err(
                ReviewError::DidNotOpen | ReviewError::Off | ReviewError::OtherPerson | ReviewError::Store(_),
            ) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// Names a new wound of a patient, and remembers it for [`Client::wounds`] where this phone may review. Needs no
    /// unlocked phone: what is kept is sealed to the review identity.
    pub fn new_wound(&self, patient: &Patient, site: Option<&Site>) -> Result<WoundId, ReviewError> {
        let mut random = [0; 16];
        self.ports.entropy.fill(&mut random).map_err(|_| ReviewError::Entropy)?;
        let wound = WoundId::make(&random);
        let hours = self.enrolled().map_or(0, |enrolled| enrolled.trust.policy.review_hours);
        let keys = self.state().review_keys.clone().filter(|_| hours > 0);
        if let Some(keys) = keys.filter(|_| self.may_review().is_ok()) {
            let now = self.time();
            leaving_nothing(|| self.wounds_in(&keys).keep(&wound, patient, site, now))?;
        }
        Ok(wound)
    }

    /// Names a new visit.
    pub fn new_series(&self) -> Result<SeriesId, ReviewError> {
        let mut random = [0; 16];
        self.ports.entropy.fill(&mut random).map_err(|_| ReviewError::Entropy)?;
        Ok(SeriesId::make(&random))
    }

    fn wounds_in<'a>(&'a self, keys: &'a ReviewKeys) -> Wounds<'a> {
        let (disk, entropy) = (&*self.ports.disk, &*self.ports.entropy);
        Wounds { disk, entropy, dir: &self.config.dir, keys }
    }

    /// Whether the hospital allows photos to be shown on this phone now.
    fn may_review(&self) -> Result<(), ReviewError> {
        self.may_show(&self.state())
    }

    /// The private half of the review identity, where whoever has the phone in hand may use it.
    fn unlocked<'a>(&self, state: &'a Session) -> Result<&'a ReviewSession, ReviewError> {
        state.unlocked.as_ref().filter(|_| !self.lacks_a_person(state)).ok_or(ReviewError::Locked)
    }

    /// Removes sidecars whose hours are over, or that policy no longer allows. A phone that does not know who it is knows no policy:
    /// it shows nothing, and removes nothing.
    pub(super) fn expire_reviews(&self) -> Result<(), StoreError> {
        self.end_shift();
        let Some(enrolled) = self.enrolled() else { return Ok(()) };
        let hours = enrolled.trust.policy.review_hours;
        let hours = SignedDuration::from_hours(i64::from(hours));
        let now = self.time();
        let (disk, dir) = (&*self.ports.disk, &self.config.dir);
        if hours.is_zero() {
            Wounds::forget_all(disk, dir)?
        } else {
            Wounds::expire(disk, dir, now)?
        }
        let ends = |entry: &Entry| {
            let age = now.duration_since(entry.captured_at);
            // One from a time that has not come was taken by a wrong clock: nobody knows when its hours end.
            let over = age > hours || age < -LATER;
            over || entry.stage == Stage::Filed || !entry.reviewable
        };
        for entry in self.store.those(|entry| (entry.reviewable || entry.previewed) && ends(entry)) {
            self.store.end_review(entry.capture_id)?;
        }
        Ok(())
    }

    /// The time that a clock which was set back does not stretch.
    pub(super) fn time(&self) -> Timestamp {
        Self::time_in(&self.state(), &*self.ports.clock)
    }

    pub(super) fn time_in(state: &Session, clock: &dyn Clock) -> Timestamp {
        state.contact.as_ref().map_or_else(|| clock.now(), |contact| contact.time(clock))
    }

    /// Whom and what a photo shows, where that may be shown now.
    pub(super) fn shows(&self, state: &Session, entry: &Entry) -> Option<Shown> {
        let unlocked = self.unlocked(state).ok()?;
        if !entry.reviewable || self.may_show(state).is_err() {
            return None;
        }
        let sealed = self.store.read(entry.capture_id, file::REVIEW).ok()??;
        let sidecar = unlocked.sidecar(&sealed).ok()?;
        let shown = || Shown { label: Some(sidecar.label.clone()), patient: sidecar.patient() };
        self.may_see(state, sidecar.person()).then(shown)
    }

    /// Opens a photo's sidecar, where it may be shown now to whoever is signed in.
    fn sidecar(&self, id: CaptureId) -> Result<Sidecar, ReviewError> {
        let sealed = self.store.read(id, file::REVIEW)?.ok_or(ReviewError::Off)?;
        let state = self.state();
        let sidecar = self.unlocked(&state)?.sidecar(&sealed)?;
        if self.may_see(&state, sidecar.person()) { Ok(sidecar) } else { Err(ReviewError::OtherPerson) }
    }
}
