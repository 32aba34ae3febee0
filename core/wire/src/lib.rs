#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod act;
mod bundle;
mod bytes;
mod choices;
mod decision;
mod digest;
mod enrol;
mod fence;
mod id;
mod incident;
mod inventory;
mod jws;
mod key;
mod life;
mod managed;
mod manifest;
mod notice_read;
mod policy;
mod problem;
mod pull;
mod reattest;
mod receipt;
mod record;
mod report;
mod rules;
mod setup;
mod standing;
mod succession;
mod text;
mod token;
mod upload;
mod wipe;

pub mod dpop;
pub mod integrity;
pub mod log;
pub mod resume;
mod sign_in;
pub mod signature;

pub use act::{Act, Deed, Operator, Reason, Wanted};
pub use bundle::{
    Bundle, Gateway, Handovers, RecipientEntry, RecipientState, accept_bundle, accept_by_way_of,
};
pub use bytes::Bytes;
pub use choices::{CheckDigit, LocalNumbers, NoticeChoice, PickLists, SiteChoice, Unlisted};
pub use decision::{Decision, Decisions};
pub use digest::Digest;
pub use enrol::{Attestation, ChallengeAnswer, Enrolled, Enrolment, Notice, Platform};
pub use fence::{Area, Day, FenceMode, FenceRule, Hours, IpBlock, Position};
pub use id::{
    CaptureId, DeviceId, KeyId, Name, ProposalId, ReportId, SeriesId, Tenant, TokenId, Ward, WoundId, hides,
};
pub use incident::{Happened, Incident, SEALED_REPORT, clock_says, noticed};
pub use inventory::{Inventory, InventoryGiven, SERIALS, Serial};
pub use jws::{JWS_LIMIT, Jws, Shape, Signed};
pub use key::{PublicKey, QuickKey, Signer, SoftwareKey, signature_from_der};
pub use life::{Life, OnRevokedCertificate};
pub use managed::{ManagedConfiguration, System};
pub use manifest::{Adoption, Body, Carried, Follows, Manifest, SEQ_LIMIT, Void, VoidReason};
pub use notice_read::NoticeRead;
pub use policy::{Assessment, Policy, Reduction};
pub use problem::{Problem, ProblemCode};
pub use pull::{Acknowledgement, EntryKind, LogEntry, LogPage};
pub use reattest::Reattestation;
pub use receipt::{Binding, Filed, FilingRefusal, Notes, Proof, Refused, Stored};
pub use record::{
    BirthDate, BodySide, ChiNumber, Choice, Consent, ConsentScope, Established, Fence, FenceVerdict, Fitness,
    FoundMarker, Framing, HcNumber, Identifier, NhsNumber, Patient, RECORD_LIMIT, Record, Rendering,
    SessionEvidence, ShownNotice, Site,
};
pub use report::{Report, ReportAnswer, ReportRequest, Reported, SEALED_TESTIMONY, Testimony};
pub use rules::{
    AndroidApp, AndroidRules, AppleApp, AppleEnvironment, AppleRules, DatedRoot, Grade, KeyLevel,
};
pub use setup::{GatewayIntroduction, HospitalAnswer};
pub use sign_in::{SignInMode, SignInRules, session_nonce};
pub use standing::{DeviceStatus, ReviewDenied, Standing};
pub use succession::Succession;
pub use text::{Text, TextFault};
pub use token::Token;
pub use upload::{CaptureState, Holding, StatusAnswer, StatusQuery, UploadAnswer, UploadRequest};
pub use wipe::{Photos, WipeCause, WipeOrder, Wiped};

/// Why something from the wire, or from a file that came over it, is not believed.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum WireError {
    /// An id has other characters or another length than its kind allows.
    #[error("not a {0}")]
    Id(&'static str),
    /// Text or JSON of another shape than documented.
    #[error("malformed {0}")]
    Malformed(&'static str),
    /// A header field is missing or malformed.
    #[error("malformed or missing header field {0}")]
    Header(&'static str),
    /// Larger than this kind of message may be.
    #[error("too large")]
    TooLarge,
    /// A field breaks its documented limit.
    #[error("field {0} is out of its limits")]
    Field(&'static str),
    /// A field is not of its documented form, which the message says.
    #[error("{field}: {form}")]
    Expected {
        /// The field.
        field: &'static str,
        /// What is expected there, for people.
        form: &'static str,
    },
    /// Another algorithm than ES256 (JWS) or Ed25519 (notes).
    #[error("unsupported algorithm")]
    Algorithm,
    /// Not a usable key.
    #[error("not a usable key")]
    Key,
    /// The signature does not verify.
    #[error("signature does not verify")]
    Signature,
    /// Signed by a key that is not trusted for this.
    #[error("signed by an unknown key")]
    UnknownKey,
    /// An object of one kind shown as another.
    #[error("expected {expected}, found {found}")]
    WrongType {
        /// The kind asked for.
        expected: &'static str,
        /// The kind found.
        found: String,
    },
    /// Signed for another tenant.
    #[error("signed for another tenant")]
    WrongTenant,
    /// Older than what was accepted before.
    #[error("version went back")]
    Rollback,
    /// Classical and post-quantum recipients together.
    #[error("classical and post-quantum recipients mixed")]
    MixedRecipients,
    /// Outside its time.
    #[error("expired or not yet valid")]
    Expired,
    /// A Merkle proof does not lead to the root.
    #[error("proof does not lead to the root")]
    Inclusion,
    /// Two trees of one log do not agree.
    #[error("log is inconsistent")]
    Inconsistent,
}
