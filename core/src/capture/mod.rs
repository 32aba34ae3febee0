//! Camera bytes in, durable sealed photo out.
//!
//! Always: the caller's bytes are borrowed and read twice (once hashed, once sealed), never copied whole (but where the
//! policy asks for a smaller rendering) and never written; when [`take`] returns, the photo survives a kill or a power cut; when it fails, no `seq` is used and
//! nothing is left behind.

mod judged;
mod likeness;
mod pipeline;
mod pixels;
mod preview;
mod reduce;
mod small;

use gauze_seal::age::{FileKey, SealedDigest};
use gauze_seal::strip::{StripError, Stripped, strip, strip_fully};
use gauze_seal::{LayOutError, lay_out_photo};
use gauze_wire::{
    Body, CaptureId, Choice, Consent, DeviceId, Digest, Fence, Fitness, Follows, Framing, Name, Patient,
    PickLists, Record, Rendering, SeriesId, Signed as _, Site, Text, Unlisted, WireError, WoundId,
};
use jiff::Timestamp;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::auth::Signed;
use crate::policy::Trust;
use crate::ports::{Clock, Entropy, SealEntropy};
use crate::review::{ReviewKeys, Sidecar};
use crate::store::{Draft, Durable, Store, StoreError, file};

pub use judged::judge;
pub use preview::{PreviewError, make_preview};

/// What the clinician said about the photo, each in the form of the record's field. No `Debug`: it names a patient.
#[derive(Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CaptureContext {
    /// Whom it shows.
    pub patient: Option<Patient>,
    /// The team that takes it: one of the policy's list, where it has one.
    pub team: Option<Choice>,
    /// Where on the body: one of the policy's list, where it has one.
    pub site: Option<Site>,
    /// Which wound, as this phone named it.
    pub wound: Option<WoundId>,
    /// Which visit, as this phone named it.
    pub series: Option<SeriesId>,
    /// How much it shows.
    pub view: Option<Framing>,
    /// Consent, in a form of the policy's list, where it has one.
    pub consent: Option<Consent>,
    /// How fit it is for measuring: judged of its own bytes (`Client::judge`), with the marker that the camera saw.
    pub fitness: Option<Fitness>,
    /// Free text.
    pub notes: Option<Text<4096>>,
    /// Who takes it, where nobody is signed in.
    pub clinician: Option<Text<256>>,
    /// Their session.
    pub session_ref: Option<Name>,
}

impl CaptureContext {
    /// Checks, for a photo taken at `at`, what the types cannot, and that choices stand in `lists`.
    fn check(&self, at: Timestamp, lists: &PickLists) -> Result<(), CaptureError> {
        let Self { patient, site, consent, fitness, .. } = self;
        patient.as_ref().map_or(Ok(()), |patient| patient.check(at)).map_err(CaptureError::Record)?;
        site.as_ref().map_or(Ok(()), Site::check).map_err(CaptureError::Record)?;
        consent.as_ref().map_or(Ok(()), Consent::check).map_err(CaptureError::Record)?;
        fitness.as_ref().map_or(Ok(()), Fitness::check).map_err(CaptureError::Record)?;
        let unlisted = lists.unlisted(self.team.as_ref(), site.as_ref(), consent.as_ref());
        unlisted.first().map_or(Ok(()), |unlisted| Err(CaptureError::Unlisted(*unlisted)))
    }

    /// The line in a list: family name, given names, side and body site.
    fn label(&self) -> String {
        let patient = self.patient.as_ref();
        let site = self.site.as_ref().map(|site| match site.side {
            Some(side) => Zeroizing::new(format!("{} {}", side.as_str(), site.words.as_str())),
            None => Zeroizing::new(site.words.as_str().to_owned()),
        });
        let parts = [
            patient.map(|patient| patient.family.as_str()),
            patient.map(|patient| patient.given.as_str()),
            site.as_ref().map(|site| site.as_str()),
        ];
        parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Why there is no photo. The shell must not tick.
#[derive(Debug, thiserror::Error)]
pub enum CaptureError {
    /// The bytes are no photo that can be taken in.
    #[error(transparent)]
    Picture(#[from] StripError),
    /// The phone is not enrolled.
    #[error("this phone is not enrolled: enrol it first")]
    NotEnrolled,
    /// The policy wants a clinician who is signed in.
    #[error("nobody is signed in on this phone: sign in and take the photo again")]
    SignInNeeded,
    /// The policy has photos taken elsewhere.
    #[error("photos are taken only at {0}: go there and take this one again")]
    Outside(String),
    /// What was said about the photo is out of its limits.
    #[error("what was entered about the photo is not as expected ({0}): correct it and take the photo again")]
    Record(#[source] WireError),
    /// What was chosen is not in the hospital's list.
    #[error("{}, and take the photo again", .0.next_step())]
    Unlisted(Unlisted),
    /// No random bytes to seal with.
    #[error("the phone gave no random numbers: restart it and take the photo again")]
    Entropy,
    /// The storage did not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl CaptureError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Picture(error) => error.code(),
            Self::NotEnrolled => "not_enrolled",
            Self::SignInNeeded => "sign_in_needed",
            Self::Outside(_) => "outside_fence",
            Self::Record(_) => "record_invalid",
            Self::Unlisted(unlisted) => unlisted.code(),
            Self::Entropy => "no_entropy",
            Self::Store(error) => error.code(),
        }
    }
}

/// A photo that is safe.
#[derive(Debug)]
pub struct Captured {
    /// Its name.
    pub capture_id: CaptureId,
    /// Length of the sealed file in bytes.
    pub sealed_bytes: u64,
    /// Names of the metadata that was removed.
    pub removed: Vec<&'static str>,
    /// The picture as the camera made it, without its metadata.
    pub original: Rendering,
    /// The picture as it was sealed, where the policy had it made smaller.
    pub reduced: Option<Rendering>,
    pub(crate) camera_sha256: Digest,
    pub(crate) durable: Durable,
}

/// What a capture needs besides the bytes.
pub(crate) struct Capturing<'a> {
    pub session: Option<&'a Signed>,
    pub store: &'a Store,
    pub clock: &'a dyn Clock,
    pub entropy: &'a dyn Entropy,
    pub trust: &'a Trust,
    pub device_id: &'a DeviceId,
    pub follows: Option<Follows>,
    pub app_version: &'a Name,
    pub review: Option<&'a ReviewKeys>,
    /// On which side of the policy's fences the phone is.
    pub fence: Option<&'a Fence>,
}

/// Takes one photo.
pub(crate) fn take(
    with: &Capturing<'_>,
    jpeg: &[u8],
    mut context: CaptureContext,
) -> Result<Captured, CaptureError> {
    let camera = strip(jpeg)?;
    let captured_at = with.clock.now();
    context.check(captured_at, &with.trust.policy.lists)?;
    let smaller = smaller(with, &camera, context.fitness.as_ref());
    // What the encoder wrote is held to what every picture is.
    let reduced = smaller.as_ref().and_then(|bytes| strip_fully(bytes).ok());
    if let (Some(small), Some(fitness)) = (&reduced, &mut context.fitness) {
        fitness.marker = fitness.marker.map(|marker| reduce::scaled(marker, camera.width(), small.width()));
    }
    seal(with, &Pictures { camera, reduced }, captured_at, context)
}

/// The rendering that the policy asks for, where one can be made.
fn smaller(
    with: &Capturing<'_>,
    camera: &Stripped<'_>,
    fitness: Option<&Fitness>,
) -> Option<Zeroizing<Vec<u8>>> {
    let marker = fitness.and_then(|fitness| fitness.marker.as_ref());
    reduce::reduce(camera, with.trust.policy.reduction()?, marker)
}

/// What the camera made, and what the phone made of it.
struct Pictures<'a> {
    camera: Stripped<'a>,
    reduced: Option<Stripped<'a>>,
}

impl<'a> Pictures<'a> {
    fn sealed(&self) -> &Stripped<'a> {
        self.reduced.as_ref().unwrap_or(&self.camera)
    }

    /// Known already where the camera's own is sealed.
    fn camera_sha256(&self, sealed: Digest) -> Digest {
        if self.reduced.is_some() { Digest(self.camera.sha256()) } else { sealed }
    }
}

fn rendering(photo: &Stripped<'_>) -> Rendering {
    Rendering { width: photo.width().into(), height: photo.height().into(), bytes: photo.len() }
}

fn seal(
    with: &Capturing<'_>,
    pictures: &Pictures<'_>,
    captured_at: Timestamp,
    context: CaptureContext,
) -> Result<Captured, CaptureError> {
    let capture_id = make_id(with, captured_at.as_millisecond())?;
    let mut draft = with.store.draft(capture_id, with.device_id, with.follows.clone())?;
    let mut record = record(with, &draft, pictures, captured_at, &context);
    let (sealed, file_key) = seal_into(with, &mut draft, pictures.sealed(), &mut record)?;
    if let Some(keys) = with.review {
        let person = with.session.map(|signed| signed.person);
        let (wound, patient) = (context.wound.as_ref(), context.patient.as_ref());
        let sidecar =
            Sidecar::new(context.label(), record.photo_sha256, person, wound, patient).to_bytes(&file_key);
        let sealed = keys.seal(with.entropy, &sidecar).map_err(|_| CaptureError::Entropy)?;
        draft.put(file::REVIEW, &sealed)?;
    }
    drop(file_key);
    let camera_sha256 = pictures.camera_sha256(record.photo_sha256);
    let session_ref = with.session.map(|signed| signed.session_ref.clone()).or(context.session_ref);
    let body = body(with, &draft, record, &sealed, session_ref)?;
    let bytes =
        serde_json::to_vec(&body).map_err(|_| CaptureError::Record(WireError::Malformed("manifest body")))?;
    let durable = draft.commit(&bytes)?;
    Ok(Captured {
        capture_id,
        sealed_bytes: sealed.size,
        removed: pictures.camera.had().iter().map(|kind| kind.name()).collect(),
        original: rendering(&pictures.camera),
        reduced: pictures.reduced.as_ref().map(rendering),
        camera_sha256,
        durable,
    })
}

/// What is known before the photo has been hashed.
fn record(
    with: &Capturing<'_>,
    draft: &Draft<'_>,
    pictures: &Pictures<'_>,
    captured_at: Timestamp,
    context: &CaptureContext,
) -> Record {
    let context = context.clone();
    let photo = pictures.sealed();
    Record {
        v: Record::VERSION,
        tenant: with.trust.bundle.tenant.clone(),
        device_id: with.device_id.clone(),
        capture_id: draft.capture_id(),
        seq: draft.seq,
        captured_at,
        monotonic_ms: with.clock.monotonic_ms(),
        boot_id: with.clock.boot_id(),
        team: context.team,
        clinician: with.session.map(|signed| signed.name.clone()).or(context.clinician),
        session: with.session.map(|signed| signed.evidence.clone()),
        patient: context.patient,
        site: context.site,
        wound: context.wound,
        series: context.series,
        view: context.view,
        consent: context.consent,
        fence: with.fence.cloned(),
        fitness: context.fitness,
        notes: context.notes,
        original: Some(rendering(&pictures.camera)),
        reduced: pictures.reduced.as_ref().map(rendering),
        orientation: photo.orientation(),
        photo_sha256: Digest([0; 32]),
        photo_size: photo.len(),
    }
}

fn body(
    with: &Capturing<'_>,
    draft: &Draft<'_>,
    record: Record,
    sealed: &SealedDigest,
    session_ref: Option<Name>,
) -> Result<Body, CaptureError> {
    let trust = with.trust;
    let recipients: Result<Vec<Name>, _> =
        trust.recipients().key_ids().into_iter().map(Name::try_from).collect();
    Ok(Body {
        v: 1,
        typ: Body::TYP.to_owned(),
        tenant: record.tenant,
        device_id: record.device_id,
        capture_id: record.capture_id,
        seq: record.seq,
        prev: draft.prev,
        follows: draft.follows.clone(),
        sha256: Digest(sealed.sha256),
        size: sealed.size,
        recipients: recipients.map_err(CaptureError::Record)?,
        captured_at: record.captured_at,
        session_ref,
        root: trust.root,
        bundle_version: trust.bundle.version,
        policy_version: trust.policy.version,
        app_version: with.app_version.clone(),
    })
}

fn make_id(with: &Capturing<'_>, unix_ms: i64) -> Result<CaptureId, CaptureError> {
    let mut random = [0; 10];
    with.entropy.fill(&mut random).map_err(|_| CaptureError::Entropy)?;
    Ok(CaptureId::make(u64::try_from(unix_ms).unwrap_or(0), &random))
}

/// Seals photo and record into the draft. The photo is hashed meanwhile; the record then names its hash.
fn seal_into(
    with: &Capturing<'_>,
    draft: &mut Draft<'_>,
    photo: &Stripped<'_>,
    record: &mut Record,
) -> Result<(SealedDigest, FileKey), CaptureError> {
    let mtime_s = u64::try_from(record.captured_at.as_second()).unwrap_or(0);
    let mut entropy = SealEntropy(with.entropy);
    let laid_out = lay_out_photo(photo, mtime_s, with.trust.recipients(), &mut entropy);
    let pieces = laid_out.map_err(|error| match error {
        LayOutError::Entropy(_) => CaptureError::Entropy,
        LayOutError::TooLarge(_) => CaptureError::Record(WireError::TooLarge),
    })?;
    let file = draft.create(file::PHOTO)?;
    let (digest, file_key, file) = pipeline::write_sealed(photo, pieces, file, |sha256| {
        record.photo_sha256 = Digest(sha256);
        record.to_bytes().map(Zeroizing::new).map_err(CaptureError::Record)
    })?;
    draft.keep(file::PHOTO, file);
    Ok((digest, file_key))
}
