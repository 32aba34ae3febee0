//! Refusals: RFC 9457 problem details, one list for phone, gateway and records side.
//!
//! `type` is `urn:gauze:problem:CODE`; `code` repeats it for programs; `detail` says what to do next and names no
//! patient.

use std::fmt;
use std::str::FromStr;

use crate::WireError;
use serde::{Deserialize, Serialize};

macro_rules! problems {
    ($($variant:ident = $code:literal, $status:literal, $title:literal, $next:literal;)*) => {
        /// A stable code for each refusal.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ProblemCode {
            $(#[doc = $title] #[serde(rename = $code)] $variant,)*
        }

        impl ProblemCode {
            /// Every code, in the order they are documented.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code as it stands in JSON.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// The HTTP status it travels with.
            pub fn status(self) -> u16 {
                match self { $(Self::$variant => $status,)* }
            }

            /// What is wrong, in a few words.
            pub fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// What to do next.
            pub fn next_step(self) -> &'static str {
                match self { $(Self::$variant => $next,)* }
            }
        }
    };
}

problems! {
    MalformedRequest = "malformed_request", 400, "The request is not as documented", "Update the program that sent it.";
    NotFound = "not_found", 404, "There is nothing here", "Check the address and the tenant.";
    MethodNotAllowed = "method_not_allowed", 405, "This address does not do that", "Check the program that sent it.";
    UnknownTenant = "unknown_tenant", 404, "This gateway does not serve the tenant", "Check the tenant in the managed configuration.";
    SignatureMissing = "signature_missing", 401, "The request is not signed", "Sign it as RFC 9421 with the enrolled key.";
    SignatureInvalid = "signature_invalid", 401, "The request's signature does not hold", "Enrol the phone again if it goes on.";
    SignatureExpired = "signature_expired", 401, "The request's signature is out of its time", "Send it again in a minute; if it goes on, set the clocks of the gateway and of the phone or machine that sent it.";
    Replayed = "replayed", 401, "The request has been seen before", "Sign a new request.";
    UnknownDevice = "unknown_device", 401, "No such device is enrolled", "Enrol the phone.";
    DeviceRefused = "device_refused", 403, "The device may not do this", "Ask the people who enrol phones.";
    TokenInvalid = "token_invalid", 403, "The enrolment token was not signed by the hospital", "Ask for a new token.";
    TokenExpired = "token_expired", 403, "The enrolment token is out of its time", "Ask for a new token; where that is out of its time too, set the clocks of the gateway and of the machine that signs tokens.";
    TokenUsed = "token_used", 409, "The enrolment token was used before", "Ask for a new token, and say so if you did not use it.";
    ChallengeInvalid = "challenge_invalid", 403, "The challenge is unknown, used or too old", "Start the enrolment again.";
    AttestationRefused = "attestation_refused", 403, "The policy does not accept this kind of key", "Use a phone with a hardware key, or a development policy.";
    AppTooOld = "app_too_old", 403, "The program is older than the policy allows", "Update it.";
    ManifestInvalid = "manifest_invalid", 422, "The manifest does not hold", "Keep the photo and report this.";
    WrongType = "wrong_type", 422, "A signed object of one kind was shown as another", "Report this.";
    PhoneReportInvalid = "phone_report_invalid", 422, "What a phone reported does not hold", "Say it by telephone, and have IT enrol the phone anew.";
    WrongDevice = "wrong_device", 403, "It was signed for another device", "Send photos from the phone that took them, and reports from the phone they were written on.";
    Conflict = "conflict", 409, "Another photo or report was sent under this id", "Keep both and report this.";
    ChainConflict = "chain_conflict", 409, "Another photo has this place in the phone's chain", "Keep the photo and report this.";
    DigestMismatch = "digest_mismatch", 422, "The bytes are not those the manifest names", "Send the photo again from the start.";
    SizeMismatch = "size_mismatch", 422, "The length is not the one the manifest names", "Send the photo again from the start.";
    OffsetConflict = "offset_conflict", 409, "The upload stands at another offset", "Ask for the offset and go on from there.";
    TicketUnknown = "ticket_unknown", 404, "The upload address is unknown or was replaced", "Ask for a new one.";
    TicketExpired = "ticket_expired", 410, "The upload address is older than seven days", "Ask for a new one.";
    TransferBusy = "transfer_busy", 409, "The same photo is being received now", "Try again shortly.";
    TooLarge = "too_large", 413, "The message is larger than allowed", "Check the program that sent it.";
    QuotaExceeded = "quota_exceeded", 429, "Too much is waiting from this device or tenant", "Wait until the hospital has pulled what is waiting; where refused photos use it up, IT raises the quota.";
    TooManyRequests = "too_many_requests", 429, "This device, or its hospital, has used up its share of requests or log entries", "Wait as long as Retry-After says, then send again.";
    ReceiptInvalid = "receipt_invalid", 422, "The receipt does not hold", "Check the keys in the trust bundle.";
    CheckpointInvalid = "checkpoint_invalid", 422, "The cosigned checkpoint is not one of this log", "Pull again.";
    LogRolledBack = "log_rolled_back", 409, "The gateway's log is shorter than the one cosigned before", "Stop the gateway and restore it; nothing is filed until then.";
    LogInconsistent = "log_inconsistent", 409, "The gateway's log is not the one cosigned before", "Stop the gateway and find out why; nothing is filed until then.";
    DecisionInvalid = "decision_invalid", 422, "The decision is not about what was proposed, or is not signed by the policy key", "Pull again and decide anew.";
    StorageFull = "storage_full", 507, "The service's disk is full", "Tell the people who run the service to free space on its disk, which is not the phone's; photos wait where they are.";
    StorageFailed = "storage_failed", 503, "The service cannot use its storage", "Tell the people who run it; photos wait where they are.";
    Unavailable = "unavailable", 503, "The service is stopping or overloaded", "Try again shortly.";
    Internal = "internal", 500, "Something failed inside", "Look at the service's log; nothing was lost.";
}

impl ProblemCode {
    /// Whether it passes by itself: the same photo may be taken later, with nobody having done anything.
    pub fn passes(self) -> bool {
        match self {
            Self::Unavailable
            | Self::Internal
            | Self::StorageFull
            | Self::StorageFailed
            | Self::QuotaExceeded
            | Self::TooManyRequests
            | Self::TransferBusy
            | Self::Replayed
            | Self::SignatureExpired
            | Self::OffsetConflict
            | Self::TicketUnknown
            | Self::TicketExpired
            | Self::DigestMismatch
            | Self::SizeMismatch => true,
            Self::MalformedRequest
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::UnknownTenant
            | Self::SignatureMissing
            | Self::SignatureInvalid
            | Self::UnknownDevice
            | Self::DeviceRefused
            | Self::TokenInvalid
            | Self::TokenExpired
            | Self::TokenUsed
            | Self::ChallengeInvalid
            | Self::AttestationRefused
            | Self::AppTooOld
            | Self::ManifestInvalid
            | Self::PhoneReportInvalid
            | Self::WrongType
            | Self::WrongDevice
            | Self::Conflict
            | Self::ChainConflict
            | Self::TooLarge
            | Self::ReceiptInvalid
            | Self::CheckpointInvalid
            | Self::DecisionInvalid
            | Self::LogRolledBack
            | Self::LogInconsistent => false,
        }
    }
}

impl FromStr for ProblemCode {
    type Err = WireError;
    fn from_str(text: &str) -> Result<Self, WireError> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text).ok_or(WireError::Field("code"))
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An RFC 9457 problem details object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// `urn:gauze:problem:CODE`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What is wrong.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What to do next.
    pub detail: String,
    /// The stable code.
    pub code: ProblemCode,
    /// What about the phone did not hold, where `code` is `attestation_refused` or, for its serial number,
    /// `token_invalid`; `suspended` where a phone that enrols is `device_refused` for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The short code of `reason`, which the phone's user reads to the help desk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self {
            kind: format!("urn:gauze:problem:{code}"),
            title: code.title().to_owned(),
            status: code.status(),
            detail: code.next_step().to_owned(),
            code,
            reason: None,
            help: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.code, self.title, self.detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_unique_and_reads_back() {
        let mut seen = std::collections::HashSet::new();
        for &code in ProblemCode::ALL {
            assert!(seen.insert(code.as_str()));
            assert!((400..600).contains(&code.status()));
            let text = serde_json::to_string(&Problem::from(code)).unwrap();
            assert_eq!(serde_json::from_str::<Problem>(&text).unwrap().code, code);
        }
    }
}
