#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod auth;
mod capture;
mod client;
mod policy;
mod review;
mod stack;
mod store;

pub mod adapters;
pub mod ports;
pub mod queue;

/// What the core's own surface needs of `gauze-wire`, for those that depend on the core alone.
pub mod wire {
    pub use gauze_wire::{
        Attestation, BirthDate, BodySide, Bytes, CaptureId, CheckDigit, ChiNumber, Choice, Consent,
        ConsentScope, DeviceId, Digest, Established, Fence, FenceMode, FenceVerdict, FilingRefusal, Fitness,
        FoundMarker, Framing, Happened, HcNumber, Identifier, LocalNumbers, Name, NhsNumber, NoticeChoice,
        Patient, PickLists, Platform, ProblemCode, PublicKey, Rendering, ReportId, SeriesId, ShownNotice,
        SignInMode, Site, SiteChoice, Text, WireError, WoundId, signature_from_der,
    };
}

pub use auth::{CallError, Clinician, EnrolError, SignInError, SignInPage};
pub use capture::{CaptureContext, CaptureError, Captured, PreviewError};
pub use client::{
    Advice, Client, ClientConfig, Connect, DiscardError, OldestPhoto, OpenError, PhotoView, Ports,
    ReportError, RunError, StatusView, Vouching, WentWrong, WipeReport,
};
pub use gauze_seal::strip::StripError;
pub use policy::{Fix, Managed, ManagedError, Outside, Place, TrustError};

/// Managed configuration: what device management may set, how it is judged, and how what is wrong is shown.
pub mod config {
    pub use crate::client::Configured;
    pub use crate::policy::{
        Effect, Encoding, Finding, Judged, KeyedState, Kind, Limits, Need, SCHEMA_VERSION, SETTINGS, Setting,
        Severity, feedback_dictionary, keyed_states,
    };
}

pub use review::{ReviewError, WoundView};
pub use store::{Durable, Kind, Progress, Receipted, Stage, StoreError, Trouble, WaitingReport};
