//! Mirrors of the core's data, checked by the compiler.

use gauze_core::ports::{CertificateFault, TransportError};
use gauze_core::queue::machine::State;
use gauze_core::queue::{QueueReport, Stopped, SystemTransfer, TransferEnd, TransferPlan};
use gauze_core::wire::{
    CaptureId, DeviceId, FilingRefusal, Happened, Name, Patient, Platform, ProblemCode, Rendering, ReportId,
    Text, WireError,
};
use gauze_core::{
    Advice, Captured, Kind, OldestPhoto, PhotoView, Progress, Stage, StatusView, Trouble, Vouching,
    WaitingReport, WentWrong, WipeReport,
};
use jiff::Timestamp;
use std::path::PathBuf;

use crate::error::{CaptureError, ClientError};

pub(crate) type Text64 = Text<64>;
pub(crate) type Text128 = Text<128>;
pub(crate) type Text256 = Text<256>;
pub(crate) type Text4096 = Text<4096>;

uniffi::custom_type!(CaptureId, String, { remote, lower: |id| id.to_string(), try_lift: |text| entered(text.parse()) });
uniffi::custom_type!(DeviceId, String, { remote, lower: |id| id.to_string(), try_lift: |text| entered(text.parse()) });
uniffi::custom_type!(ReportId, String, { remote, lower: |id| id.to_string(), try_lift: |text| entered(text.parse()) });
uniffi::custom_type!(Name, String, { remote, lower: |name| name.to_string(), try_lift: |text| entered(text.parse()) });
uniffi::custom_type!(Text64, String, { remote, lower: |text| text.into(), try_lift: |text| typed(text) });
uniffi::custom_type!(Text128, String, { remote, lower: |text| text.into(), try_lift: |text| typed(text) });
uniffi::custom_type!(Text256, String, { remote, lower: |text| text.into(), try_lift: |text| typed(text) });
uniffi::custom_type!(Text4096, String, { remote, lower: |text| text.into(), try_lift: |text| typed(text) });
uniffi::custom_type!(ProblemCode, String, { remote, lower: |code| code.to_string(), try_lift: |text| Ok(text.parse()?) });
uniffi::custom_type!(PathBuf, String, { remote, lower: |path| path.display().to_string(), try_lift: |text| Ok(text.into()) });
uniffi::custom_type!(Timestamp, i64, { remote, lower: |at| at.as_millisecond(), try_lift: |ms| Ok(Timestamp::from_millisecond(ms)?) });

/// What was entered and does not fit is told as the error of whichever method was called: the border has no way to say it
/// before.
pub(crate) fn entered<T>(taken: Result<T, WireError>) -> uniffi::Result<T> {
    taken.map_err(|error| {
        let elsewhere = ClientError::NotPossible {
            code: "record_invalid".to_owned(),
            advice: format!("what was entered is not as expected ({error}): correct it"),
        };
        let at_capture = CaptureError::from(gauze_core::CaptureError::Record(error));
        uniffi::deps::anyhow::Error::from(at_capture).context(elsewhere)
    })
}

/// Text as somebody typed or pasted it.
fn typed<const MOST: usize>(text: String) -> uniffi::Result<Text<MOST>> {
    entered(text.replace("\r\n", "\n").try_into())
}

/// What kind of phone.
#[uniffi::remote(Enum)]
pub enum Platform {
    /// Android.
    Android,
    /// iOS.
    Ios,
    /// A simulated phone or a desktop.
    Desktop,
}

/// A photo that is safe.
#[derive(Clone, Debug, uniffi::Record)]
pub struct CapturedPhoto {
    /// Its name.
    pub capture_id: CaptureId,
    /// Length of the sealed file in bytes.
    pub sealed_bytes: u64,
    /// Names of the metadata that was removed.
    pub removed: Vec<String>,
    /// The picture as the camera made it, without its metadata.
    pub original: Rendering,
    /// The picture as it was sealed, where the policy had it made smaller.
    pub reduced: Option<Rendering>,
}

impl From<Captured> for CapturedPhoto {
    fn from(captured: Captured) -> Self {
        let Captured { capture_id, sealed_bytes, removed, original, reduced, .. } = captured;
        let removed = removed.into_iter().map(str::to_owned).collect();
        Self { capture_id, sealed_bytes, removed, original, reduced }
    }
}

/// One form of a picture: how large it is.
#[uniffi::remote(Record)]
pub struct Rendering {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Length in bytes.
    pub bytes: u64,
}

/// Where a photo stands, read off its files.
#[uniffi::remote(Enum)]
pub enum Stage {
    /// On flash, not yet signed.
    Unsigned,
    /// Signed; the gateway has not said that it holds it.
    Signed,
    /// The gateway holds it.
    Stored,
    /// The hospital has filed it; it is about to be erased.
    Filed,
    /// The hospital refused it; it stays.
    Refused,
}

/// What is to be sent.
#[uniffi::remote(Enum)]
pub enum Kind {
    /// The photo.
    Photo,
    /// The statement that it was discarded.
    Void,
}

/// Why a photo is not moving. [`describe`] gives its code and advice.
#[uniffi::remote(Enum)]
pub enum Trouble {
    /// No connection to the gateway.
    Offline,
    /// What answers in the gateway's place shows a certificate that does not hold.
    Certificate(CertificateFault),
    /// Something between this phone and the hospital answered in the gateway's place, with this HTTP status.
    Between(u16),
    /// The device key did not sign.
    KeyUnavailable,
    /// The device key is gone: enrol again.
    KeyGone,
    /// The phone's storage is full.
    StorageFull,
    /// The phone's storage takes no writes.
    StorageReadOnly,
    /// The system does not let the app at its files.
    StorageDenied,
    /// No more files can be opened.
    TooManyFiles,
    /// The phone's storage failed in another way.
    Storage,
    /// The sealed file no longer matches its manifest.
    Damaged,
    /// A receipt, of the gateway or of the hospital, did not hold.
    Receipt,
    /// The gateway refused, with its code.
    Gateway(ProblemCode),
    /// The hospital refused, with its code. The photo stays.
    Hospital(FilingRefusal),
}

/// What is wrong with the certificate that was shown in the gateway's place.
#[uniffi::remote(Enum)]
pub enum CertificateFault {
    /// It comes from no authority that this phone believes.
    UnknownAuthority,
    /// By the phone's clock its time is over.
    Expired,
    /// By the phone's clock its time has not come.
    NotYetValid,
    /// It is for another name than the gateway's.
    WrongName,
    /// It does not hold in another way.
    Other,
}

/// Why the hospital would not file a photo.
#[uniffi::remote(Enum)]
pub enum FilingRefusal {
    /// The phone's enrolment evidence did not hold.
    EnrolmentInvalid,
    /// The manifest's signature or fields did not hold.
    ManifestInvalid,
    /// The chain names another predecessor, or two photos claim one place.
    ChainBroken,
    /// The bytes are not those the manifest names.
    DigestMismatch,
    /// No key of the tenant opens it.
    DidNotOpen,
    /// Classical and post-quantum recipients together.
    MixedRecipients,
    /// What was inside is not one record and one photo as documented.
    BundleInvalid,
    /// The record's binding fields are not the manifest's.
    RecordMismatch,
    /// The photo is not the one the record names.
    PhotoMismatch,
}

/// How far the queue got with a photo.
#[uniffi::remote(Record)]
pub struct Progress {
    /// Attempts since it last moved.
    pub attempts: u32,
    /// Not before this wall clock, in milliseconds since 1970; nothing waits for a person.
    pub not_before_ms: Option<i64>,
    /// What stopped it.
    pub trouble: Trouble,
}

/// One photo in a list. It names a patient.
#[uniffi::remote(Record)]
pub struct PhotoView {
    /// Its name.
    pub capture_id: CaptureId,
    /// Position in the phone's chain.
    pub seq: u64,
    /// Wall clock at capture, in milliseconds since 1970.
    pub captured_at: Timestamp,
    /// Length of the sealed file in bytes.
    pub size: u64,
    /// Photo, or the statement that it was discarded.
    pub kind: Kind,
    /// Where it stands.
    pub stage: Stage,
    /// What stops it, if anything does.
    pub progress: Option<Progress>,
    /// Whom and what it shows; only while unlocked and reviewable.
    pub label: Option<String>,
    /// Whom it shows, where the label is given and a patient was named.
    pub patient: Option<Patient>,
    /// Whether a preview is kept.
    pub previewed: bool,
}

/// The oldest of some photos. Names no patient.
#[uniffi::remote(Record)]
pub struct OldestPhoto {
    /// Wall clock at capture, in milliseconds since 1970.
    pub captured_at: Timestamp,
    /// What stops it, if anything does.
    pub trouble: Option<Trouble>,
}

/// The phone at a glance. Names no patient.
#[uniffi::remote(Record)]
pub struct StatusView {
    /// The phone's id, once enrolled.
    pub device_id: Option<DeviceId>,
    /// The gateway.
    pub gateway: Option<String>,
    /// Where it is used, as device management said when it enrolled.
    pub ward: Option<String>,
    /// Version of the trust bundle in force.
    pub bundle_version: u64,
    /// Whether the bundle is past its time; capture goes on.
    pub bundle_stale: bool,
    /// Version of the policy in force.
    pub policy_version: u64,
    /// Why a bundle or policy that the gateway served was refused, since this process began; absent where the last ones
    /// held. Those in force stay.
    pub trust_refused: Option<Advice>,
    /// Last `seq` used.
    pub last_seq: u64,
    /// Photos the gateway does not hold yet.
    pub unsent: u64,
    /// The oldest of them that was not discarded.
    pub oldest_unsent: Option<OldestPhoto>,
    /// That more photos wait here than the policy's `max_unsent`, and what to do; absent where they do not. Capture goes on.
    pub too_many_unsent: Option<Advice>,
    /// Photos the gateway holds and the hospital has not filed.
    pub stored: u64,
    /// Photos the hospital refused.
    pub refused: u64,
    /// The oldest of them that was not discarded.
    pub oldest_refused: Option<OldestPhoto>,
    /// Reports of what went wrong that the hospital does not have yet.
    pub reports: u64,
    /// Damaged ones that were set aside.
    pub quarantined: u64,
    /// Photos that could not be read when the app was opened. They stay, and are read again when it is opened anew.
    pub unreadable: u64,
    /// What of this phone's own files could not be read when the app was opened, and what to do; absent where nothing is
    /// lacking. Photos that are whole still go out where the phone still knows who it is.
    pub storage_trouble: Option<Advice>,
    /// Why photos cannot be shown on this phone, as a code; absent where they can. They are safe, and still go out
    /// but from a phone that was `revoked`.
    pub review_denied: Option<String>,
}

/// Whether it happened.
#[uniffi::remote(Enum)]
pub enum Happened {
    /// It did: somebody saw, changed or lost what they should not have.
    Breach,
    /// It nearly did.
    NearMiss,
}

/// What somebody says that went wrong. It may name a patient.
#[uniffi::remote(Record)]
pub struct WentWrong {
    /// Whether it happened.
    pub kind: Happened,
    /// What: 1 to 2048 bytes of UTF-8.
    pub what: String,
    /// Whose photos or data: one line of at most 200 bytes of UTF-8; empty where that is not known.
    pub whose: String,
    /// The photo that it is about.
    pub photo: Option<CaptureId>,
    /// When somebody noticed, in milliseconds since 1970; now where it is absent.
    pub noticed_at: Option<Timestamp>,
}

/// A report that is on the phone until the hospital has it.
#[uniffi::remote(Record)]
pub struct WaitingReport {
    /// Its name.
    pub report_id: ReportId,
    /// When it was written, in milliseconds since 1970; nothing where its file cannot be read.
    pub written_at: Option<Timestamp>,
    /// Whether the gateway has it, and the hospital has not said so yet. Known in this process alone.
    pub sent: bool,
    /// What stops it, if anything does.
    pub trouble: Option<Trouble>,
}

/// What a wipe left.
#[uniffi::remote(Record)]
pub struct WipeReport {
    /// Sealed photos that stay and can still be sent.
    pub unsent: u64,
    /// Whether the device key is gone too: only once nothing is left to send.
    pub device_key_destroyed: bool,
}

/// What one run of the queue did and left.
#[uniffi::remote(Record)]
pub struct QueueReport {
    /// Photos that now have a *stored* receipt and wait for the hospital.
    pub stored: u64,
    /// Photos that the hospital filed and that were erased in this run.
    pub filed: Vec<CaptureId>,
    /// Photos that the hospital refused; they stay.
    pub refused: u64,
    /// Photos that did not move.
    pub stopped: Vec<Stopped>,
    /// Reports of what went wrong that are still on the phone.
    pub reports: u64,
    /// Nothing answered, twice in a row: what was behind was not tried.
    pub gateway_silent: bool,
    /// When the next of them may be tried by itself: wall clock in milliseconds since 1970.
    pub next_at_ms: Option<i64>,
}

/// A photo that did not move, and why.
#[uniffi::remote(Record)]
pub struct Stopped {
    /// The photo.
    pub capture_id: CaptureId,
    /// What stopped it.
    pub trouble: Trouble,
}

/// A file for the operating system to carry: `PUT` of the whole file.
#[uniffi::remote(Record)]
pub struct SystemTransfer {
    /// The photo.
    pub capture_id: CaptureId,
    /// The upload URL. A secret: never logged.
    pub url: String,
    /// The file.
    pub file: PathBuf,
    /// Its length in bytes.
    pub size: u64,
}

/// What the operating system is to carry now, and what became of the other photos.
#[uniffi::remote(Record)]
pub struct TransferPlan {
    /// Files to carry. Each ends in one call of `transfer_ended`.
    pub transfers: Vec<SystemTransfer>,
    /// The rest of the queue.
    pub report: QueueReport,
}

/// Who vouches for a host.
#[uniffi::remote(Enum)]
pub enum Vouching {
    /// The authorities that the system knows.
    System,
    /// These certificates (DER), and no others.
    Only(Vec<Vec<u8>>),
    /// Nobody: this phone does not speak to it.
    Nobody,
}

/// Why nothing came back.
#[uniffi::remote(Enum)]
pub enum TransportError {
    /// No connection to the gateway.
    Unreachable,
    /// The connection is not to the gateway: its certificate does not hold.
    Certificate(CertificateFault),
    /// The connection ended before an answer.
    Cut,
    /// The file to send could not be read.
    File,
    /// No more files or connections can be opened.
    TooManyFiles,
}

/// How a carried transfer ended.
#[uniffi::remote(Enum)]
pub enum TransferEnd {
    /// The gateway answered: HTTP status and body.
    Answered {
        /// HTTP status.
        status: u16,
        /// The body, at most 1 MiB of it.
        body: Vec<u8>,
    },
    /// Nothing came back.
    Failed {
        /// Why.
        error: TransportError,
    },
}

/// Where a photo stands while the process lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum QueueState {
    /// On flash.
    Captured,
    /// Signed, about to be sent.
    Signed,
    /// Its bytes are on their way.
    Sending,
    /// The gateway holds it.
    Stored,
    /// The hospital has filed it.
    Filed,
    /// The hospital refused it; it stays.
    Refused,
    /// It waits.
    Waiting {
        /// What for.
        trouble: Trouble,
    },
    /// Erased.
    Gone,
}

impl From<State> for QueueState {
    fn from(state: State) -> Self {
        match state {
            State::Unsigned => Self::Captured,
            State::Signed => Self::Signed,
            State::Sending => Self::Sending,
            State::Stored => Self::Stored,
            State::Filed => Self::Filed,
            State::Refused => Self::Refused,
            State::Waiting { trouble, .. } => Self::Waiting { trouble },
            State::Gone => Self::Gone,
        }
    }
}

/// A refusal, and what to do next.
#[uniffi::remote(Record)]
pub struct Advice {
    /// A stable slug.
    pub code: String,
    /// For the user.
    pub next_step: String,
}

/// What to say of a trouble.
#[uniffi::export]
pub fn describe(trouble: Trouble) -> Advice {
    Advice { code: trouble.code().to_owned(), next_step: trouble.next_step().into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_entered_wrong_is_an_error_of_whichever_method_was_called() {
        let refused = || entered("31.1.1950".parse::<gauze_core::wire::BirthDate>()).map(drop).err().unwrap();
        let at_capture = refused().downcast::<CaptureError>().unwrap();
        assert!(
            matches!(&at_capture, CaptureError::TakeAgain { advice, .. } if advice.contains("YYYY-MM-DD"))
        );
        let elsewhere = refused().downcast::<ClientError>().unwrap();
        assert!(
            matches!(&elsewhere, ClientError::NotPossible { advice, .. } if advice.contains("YYYY-MM-DD"))
        );
    }
}
