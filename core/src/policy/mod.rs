//! Whom the phone trusts and what it may do: managed configuration, trust bundle, policy.
//!
//! Always: recipients, gateways and keys come from a bundle that the pinned root signed and from nowhere else. The
//! root's fingerprint arrives once, by managed configuration, and sticks; only a bundle of the old root can move it.

mod managed;
mod place;
mod trust;

pub use managed::{
    Effect, Encoding, Finding, Judged, KeyedState, Kind, Limits, Managed, ManagedError, Need, SCHEMA_VERSION,
    SETTINGS, Setting, Severity, certificates, feedback_dictionary, keyed_states,
};
pub(crate) use place::Whereabouts;
pub use place::{Fix, Outside, Place};
pub use trust::{Named, Offered, Trust, TrustError};
