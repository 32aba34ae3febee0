#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod android;
mod apple;
mod cbor;
mod chain;
mod der;
mod enrolment;
mod fault;
mod lineage;
mod outline;
mod pem;
mod serial;
mod status;
mod x509;

pub use android::{
    AndroidAsked, AndroidFacts, AndroidReport, AndroidRoots, ApplicationId, Authorizations, BootState,
    KeyDescription, Package, PatchLevels, Provisioning, RootOfTrust, SecurityLevel, verify_android,
};
pub use apple::{
    AppAttestKey, AppleAsked, AppleFacts, AppleReport, AppleRoots, AssertionAsked, verify_apple,
    verify_assertion,
};
pub use enrolment::{
    AttestedDevice, Basis, EVIDENCE_TYP, EnrolmentDenied, Freshness, Presented, Roots, Shown,
    verify_attestation, verify_enrolment,
};
pub use fault::Fault;
pub use lineage::{Lineage, UnknownLineage};
pub use outline::CertificateOutline;
pub use pem::certificates as certificates_from_pem;
pub use status::{StatusList, StatusListError};

/// SHA-256 over parts, one after another.
fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = ring::digest::Context::new(&ring::digest::SHA256);
    parts.iter().for_each(|part| context.update(part));
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

#[cfg(test)]
mod tests;
