use std::path::PathBuf;
use std::sync::Arc;

use gauze_core::adapters::{HttpTransport, SystemEntropy, forbid_core_dumps};
use gauze_core::config::Encoding;
use gauze_core::ports::Transport;
use gauze_core::wire::{
    CaptureId, Choice, Fitness, Name, Patient, PickLists, Platform, SeriesId, ShownNotice, Site, WoundId,
};
use gauze_core::{
    CaptureContext, ClientConfig, Fix, PhotoView, Place, Ports, StatusView, Vouching, WaitingReport,
    WentWrong, WipeReport,
};

#[cfg(feature = "faults")]
use crate::faults as ground;
#[cfg(not(feature = "faults"))]
use crate::ground;
use crate::managed::object;
use crate::platform::{Air, Attest, Secrets, Vault, check};
use crate::{
    Attestor, CaptureError, CapturedPhoto, ClientError, ConfigurationReport, Enrolment, KeyVault,
    Reachability, Review, SecretStore, SignIn, Storage, UploadQueue,
};

/// What the shell implements.
#[derive(uniffi::Record)]
pub struct ClientPorts {
    /// Hardware keys.
    pub vault: Arc<dyn KeyVault>,
    /// Evidence for the device key.
    pub attestor: Arc<dyn Attestor>,
    /// The store key.
    pub secrets: Arc<dyn SecretStore>,
    /// Whether there is a network.
    pub reachability: Arc<dyn Reachability>,
    /// How the system protects files.
    pub storage: Arc<dyn Storage>,
}

/// Everything the phone decides. One per process; methods may be called from any thread. It owns the store: once it is
/// closed (or gone), what it led to answers `NotPossible` with the code `closed`, and another client can be opened.
#[derive(uniffi::Object)]
pub struct Client(Arc<gauze_core::Client>);

#[uniffi::export]
impl Client {
    /// Opens the store in `dir` and finishes what a dead process left. Needs no network and no user. Blocks.
    #[uniffi::constructor]
    pub fn open(
        dir: String,
        platform: Platform,
        model: Name,
        app_version: Name,
        ports: ClientPorts,
    ) -> Result<Arc<Self>, ClientError> {
        check(&*ports.storage, &dir)?;
        let config = ClientConfig { dir: PathBuf::from(dir), app_version, platform, model };
        Self::over(config, core_ports(ports))
    }

    /// Judges how fit a photo is for measuring, of its own bytes, before `capture` seals it with that. Nothing where nothing can be
    /// drawn of them. Fails with a panic alone: then the photo is captured without. Blocks for as long as a small picture of it takes.
    pub fn judge(&self, jpeg: &[u8]) -> Result<Option<Fitness>, ClientError> {
        Ok(self.0.judge(jpeg))
    }

    /// Takes one photo from borrowed memory. Blocks until it is durable; only then may the shutter tick. Wipe the
    /// caller's memory afterwards.
    pub fn capture(&self, jpeg: &[u8], context: CaptureContext) -> Result<CapturedPhoto, CaptureError> {
        Ok(self.0.capture(jpeg, context)?.into())
    }

    /// Makes the preview of a photo from the bytes it was captured from, after the tick. Where photos may be shown here now it is
    /// the answer (JPEG), for whoever just took it; wipe it afterwards. Needs no unlocked phone. Blocks.
    pub fn preview_from(&self, id: CaptureId, jpeg: &[u8]) -> Result<Option<Vec<u8>>, ClientError> {
        Ok(self.0.preview_from(id, jpeg)?.map(|mut preview| std::mem::take(&mut *preview)))
    }

    /// Every photo on the phone, oldest first.
    pub fn list(&self) -> Result<Vec<PhotoView>, ClientError> {
        Ok(self.0.list()?)
    }

    /// The newest photos, newest first: a screenful, without reading the rest.
    pub fn list_recent(&self, most: u32) -> Result<Vec<PhotoView>, ClientError> {
        Ok(self.0.list_recent(most.try_into().unwrap_or(usize::MAX))?)
    }

    /// What people choose from, as the policy in force has it: empty lists ask for nothing.
    pub fn choices(&self) -> PickLists {
        self.0.choices()
    }

    /// Whether the policy in force has fences that a phone judges: only then ask the system for positions.
    pub fn wants_position(&self) -> bool {
        self.0.wants_position()
    }

    /// Takes in where the phone is. It is held in memory until a newer one comes, and is written nowhere.
    pub fn located(&self, fix: Fix) {
        self.0.located(fix);
    }

    /// On which side of the policy's fences the phone is now, for a photo of `team`.
    pub fn place(&self, team: Option<Choice>) -> Place {
        self.0.place(team.as_ref())
    }

    /// Who vouches for `host`, to which the operating system speaks for this phone: what it carries is believed as what the core
    /// sends.
    pub fn vouching(&self, host: String) -> Vouching {
        self.0.vouching(&host)
    }

    /// Names a new visit.
    pub fn new_series(&self) -> Result<SeriesId, ClientError> {
        Ok(self.0.new_series()?)
    }

    /// Names a new wound of a patient, and remembers it for `Review.wounds` where this phone may review. Needs no unlocked
    /// phone. Blocks.
    pub fn new_wound(&self, patient: Patient, site: Option<Site>) -> Result<WoundId, ClientError> {
        Ok(self.0.new_wound(&patient, site.as_ref())?)
    }

    /// Counts, versions, and what IT needs to see.
    pub fn status(&self) -> StatusView {
        self.0.status()
    }

    /// Discards a photo that is unsent, or that the hospital refused: a signed statement goes in its place.
    pub fn discard(&self, id: CaptureId) -> Result<(), ClientError> {
        Ok(self.0.discard(id)?)
    }

    /// Keeps what went wrong, sealed to the hospital: it goes with the next run of the queue. Needs no network and nobody signed in. Blocks
    /// until it is durable.
    pub fn report(&self, said: WentWrong) -> Result<WaitingReport, ClientError> {
        Ok(self.0.report(&said)?)
    }

    /// What was reported here and the hospital does not have yet, oldest first.
    pub fn reports(&self) -> Vec<WaitingReport> {
        self.0.reports()
    }

    /// Whether whoever has the phone in hand has read this version of a notice to staff on it.
    pub fn has_read(&self, notice: ShownNotice) -> bool {
        self.0.has_read(&notice)
    }

    /// Takes in that whoever has the phone in hand has read it. Where somebody is signed in the hospital hears of it when the queue
    /// next sends reports. What cannot be kept counts until the phone changes hands, and is asked for again. Blocks.
    pub fn read_notice(&self, notice: ShownNotice) {
        self.0.read_notice(&notice);
    }

    /// The system said that the screen was captured while the app was on it: a screenshot, or a recording that began. The hospital
    /// hears how often, and nothing of what was seen. Blocks.
    pub fn screen_captured(&self) -> Result<(), ClientError> {
        Ok(self.0.screen_captured()?)
    }

    /// Destroys whatever opens anything on this phone. Sealed photos stay and can be sent.
    pub fn wipe(&self) -> Result<WipeReport, ClientError> {
        Ok(self.0.wipe()?)
    }

    /// Takes in what device management says: at every start, and whenever it changes. `values` is a JSON object. Before
    /// enrolment it is only judged. Whatever the report says of settings goes back to the management system. Blocks.
    pub fn configure(&self, encoding: Encoding, values: String) -> Result<ConfigurationReport, ClientError> {
        Ok(self.0.configure(encoding, &object(&values)?)?.into())
    }

    /// Enrolling this phone.
    pub fn enrolment(&self) -> Arc<Enrolment> {
        Arc::new(Enrolment(Arc::downgrade(&self.0)))
    }

    /// Sending photos.
    pub fn queue(&self) -> Arc<UploadQueue> {
        Arc::new(UploadQueue(Arc::downgrade(&self.0)))
    }

    /// Who has this phone in hand.
    pub fn sign_in(&self) -> Arc<SignIn> {
        Arc::new(SignIn(Arc::downgrade(&self.0)))
    }

    /// Looking at photos on this phone.
    pub fn review(&self) -> Arc<Review> {
        Arc::new(Review(Arc::downgrade(&self.0)))
    }
}

impl Client {
    pub(crate) fn over(config: ClientConfig, ports: Ports) -> Result<Arc<Self>, ClientError> {
        forbid_core_dumps();
        Ok(Arc::new(Self(Arc::new(gauze_core::Client::open(config, ports)?))))
    }
}

fn core_ports(ports: ClientPorts) -> Ports {
    Ports {
        disk: ground::disk(),
        clock: ground::clock(),
        entropy: Arc::new(SystemEntropy),
        vault: Arc::new(Vault(ports.vault)),
        attestor: Arc::new(Attest(ports.attestor)),
        secrets: Arc::new(Secrets(ports.secrets)),
        reachability: Arc::new(Air(ports.reachability)),
        connect: Arc::new(|ca| Ok(Arc::new(HttpTransport::new(ca)?) as Arc<dyn Transport>)),
    }
}
