//! Why a photo is not moving, as the index keeps it and a screen shows it.

use std::borrow::Cow;

use gauze_wire::{FilingRefusal, ProblemCode};
use serde::{Deserialize, Serialize};

use crate::ports::CertificateFault;

/// Why a photo is not moving.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "code", rename_all = "snake_case")]
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

impl Trouble {
    /// A stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Offline => "unreachable",
            Self::Certificate(fault) => fault.code(),
            Self::Between(_) => "answered_in_between",
            Self::KeyUnavailable => "key_unavailable",
            Self::KeyGone => "key_gone",
            Self::StorageFull => "storage_full",
            Self::StorageReadOnly => "storage_read_only",
            Self::StorageDenied => "storage_denied",
            Self::TooManyFiles => "too_many_files",
            Self::Storage => "storage_failed",
            Self::Damaged => "damaged",
            Self::Receipt => "receipt_invalid",
            // The same words as for the phone's own storage would send people to the wrong machine.
            Self::Gateway(ProblemCode::StorageFull) => "gateway_storage_full",
            Self::Gateway(ProblemCode::StorageFailed) => "gateway_storage_failed",
            Self::Gateway(ProblemCode::AppTooOld) => "app_too_old",
            Self::Gateway(code) => code.as_str(),
            Self::Hospital(refusal) => refusal.code(),
        }
    }

    /// Whether it passes by itself, or waits for a person or the next run.
    pub(crate) fn passes(self) -> bool {
        match self {
            // What stands in the gateway's place, a sign-in page or a filter, goes by itself once somebody has seen to it.
            Self::Offline
            | Self::Certificate(_)
            | Self::Between(_)
            | Self::KeyUnavailable
            | Self::StorageFull
            | Self::StorageReadOnly
            | Self::StorageDenied
            | Self::TooManyFiles
            | Self::Storage
            // Nobody has to come for a photo whose app was updated.
            | Self::Gateway(ProblemCode::AppTooOld) => true,
            Self::KeyGone | Self::Damaged | Self::Receipt | Self::Hospital(_) => false,
            Self::Gateway(code) => code.passes(),
        }
    }

    /// What to do next, for the person who holds the phone.
    pub fn next_step(self) -> Cow<'static, str> {
        match self {
            Self::Between(status) => format!(
                "something between this phone and the hospital answered: HTTP {status}; {}",
                self.fixed_step()
            )
            .into(),
            _ => self.fixed_step().into(),
        }
    }

    fn fixed_step(self) -> &'static str {
        match self {
            Self::Between(_) => "check the proxy or sign in to the Wi-Fi; the photo waits here",
            Self::Offline => "the gateway cannot be reached: check the network; the photo waits here",
            Self::Certificate(fault) => fault.next_step(),
            Self::KeyUnavailable => "the device key did not sign: try again",
            Self::KeyGone => "the device key is gone: enrol again with a new token; the photo waits here",
            Self::StorageFull => "the phone's storage is full: free some space; the photo waits here",
            Self::StorageReadOnly => {
                "the phone's storage is read-only: restart the phone; the photo waits here"
            }
            Self::StorageDenied => {
                "access to the app's files was denied: restart the phone, and report this to IT if it goes on; the photo waits here"
            }
            Self::TooManyFiles => "too many files are open: close other apps; the photo waits here",
            Self::Storage => "the phone's storage failed: try again, and report this to IT if it goes on",
            Self::Damaged => "the sealed file was damaged on this phone: it is kept; report this to IT",
            Self::Receipt => "a receipt does not hold: report this to IT; the photo stays",
            Self::Gateway(ProblemCode::StorageFull) => {
                "the gateway's disk is full, not this phone's: tell the people who run the gateway; the photo waits here"
            }
            Self::Gateway(ProblemCode::StorageFailed) => {
                "the gateway cannot use its storage, this phone's is well: tell the people who run the gateway; the photo waits here"
            }
            Self::Gateway(ProblemCode::AppTooOld) => {
                "the gateway refused in words that this app is too old to know: update the app; the photo waits here"
            }
            Self::Gateway(code) => code.next_step(),
            Self::Hospital(refusal) if refusal.is_superseded_by_adoption() => {
                "the hospital did not believe this phone: report this to IT; once it is enrolled anew the photo goes out again"
            }
            Self::Hospital(_) => {
                "the hospital did not file the photo: report this to IT, which can have it judged again; it stays until then, or \
                 until you discard it"
            }
        }
    }
}

/// How far the queue got with a photo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Attempts since it last moved.
    pub attempts: u32,
    /// Not before this wall clock, in milliseconds since 1970; `None` waits for a person.
    pub not_before_ms: Option<i64>,
    /// What stopped it.
    pub trouble: Trouble,
}

impl Progress {
    /// Of a photo that the gateway has: nothing of it is tried again, the next run hears anew.
    pub fn heard(trouble: Trouble) -> Self {
        Self { attempts: 0, not_before_ms: None, trouble }
    }
}
