//! Every refusal as RFC 9457 problem details.

use axum::extract::rejection::PathRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use gauze_attest::EnrolmentDenied;
use gauze_wire::{Problem, ProblemCode, ReviewDenied};

use crate::asker::Refused;
use crate::budget::UsedUp;

pub(crate) const SQLITE_READONLY: u32 = 8;
pub(crate) const SQLITE_IOERR: u32 = 10;
pub(crate) const SQLITE_FULL: u32 = 13;
pub(crate) const SQLITE_CANTOPEN: u32 = 14;

/// SQLite's plain code: extended ones keep it in the low byte.
pub(crate) fn sqlite_code(error: &sqlx::Error) -> Option<u32> {
    let code = error.as_database_error()?.code()?.parse::<u32>().ok()?;
    Some(code & 0xff)
}

/// A refusal on its way out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RequestRefusal {
    /// With its code.
    Problem(ProblemCode),
    /// An enrolment, with what its evidence lacks.
    Enrolment(EnrolmentDenied),
    /// An enrolment of a phone that is suspended under its id or serial number before.
    Suspended,
    /// A share is used up, and comes back after so many seconds.
    Later(u32),
    /// The upload stands at another offset: this one.
    Offset(u64),
}

impl From<ProblemCode> for RequestRefusal {
    fn from(code: ProblemCode) -> Self {
        Self::Problem(code)
    }
}

impl From<EnrolmentDenied> for RequestRefusal {
    fn from(refusal: EnrolmentDenied) -> Self {
        Self::Enrolment(refusal)
    }
}

impl From<sqlx::Error> for RequestRefusal {
    fn from(error: sqlx::Error) -> Self {
        let code = match sqlite_code(&error) {
            Some(SQLITE_FULL) => return ProblemCode::StorageFull.into(),
            Some(SQLITE_READONLY | SQLITE_IOERR | SQLITE_CANTOPEN) => ProblemCode::StorageFailed,
            Some(_) | None => ProblemCode::Internal,
        };
        tracing::error!(%error, "the database failed");
        code.into()
    }
}

impl From<UsedUp> for RequestRefusal {
    fn from(UsedUp(wait): UsedUp) -> Self {
        Self::Later(u32::try_from(wait.as_secs()).unwrap_or(u32::MAX).saturating_add(1))
    }
}

impl From<PathRejection> for RequestRefusal {
    fn from(_: PathRejection) -> Self {
        ProblemCode::NotFound.into()
    }
}

impl From<std::io::Error> for RequestRefusal {
    fn from(error: std::io::Error) -> Self {
        // EMFILE and ENFILE have no ErrorKind, and pass when connections end.
        if matches!(error.raw_os_error(), Some(23 | 24)) {
            tracing::error!("no more files can be opened");
            return ProblemCode::Unavailable.into();
        }
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => {
                ProblemCode::StorageFull.into()
            }
            kind => {
                tracing::error!(?kind, "the file system failed");
                ProblemCode::StorageFailed.into()
            }
        }
    }
}

impl From<gauze_wire::WireError> for RequestRefusal {
    fn from(error: gauze_wire::WireError) -> Self {
        tracing::error!(%error, "something of our own could not be signed");
        ProblemCode::Internal.into()
    }
}

/// After how many seconds it is worth asking again, where time alone helps.
fn retry_after(code: ProblemCode) -> Option<u32> {
    match code {
        ProblemCode::TransferBusy => Some(1),
        ProblemCode::Unavailable => Some(5),
        ProblemCode::StorageFull | ProblemCode::StorageFailed => Some(60),
        ProblemCode::QuotaExceeded => Some(300),
        _ => None,
    }
}

impl IntoResponse for RequestRefusal {
    fn into_response(self) -> Response {
        let problem = match self {
            Self::Problem(code) => Problem::from(code),
            Self::Enrolment(refusal) => Problem::from(refusal),
            Self::Suspended => Problem {
                detail: "It is suspended, or a phone of its serial number is: ask the people who enrol phones to resume it, then enrol it."
                    .to_owned(),
                reason: Some(ReviewDenied::Suspended.code().to_owned()),
                ..Problem::from(ProblemCode::DeviceRefused)
            },
            Self::Later(_) => Problem::from(ProblemCode::TooManyRequests),
            Self::Offset(_) => Problem::from(ProblemCode::OffsetConflict),
        };
        crate::meters::refused(problem.code);
        let told = Refused { code: problem.code, reason: problem.reason.clone() };
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let mut response = (status, body).into_response();
        response.extensions_mut().insert(told);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let wait = match self {
            Self::Later(seconds) => Some(seconds),
            Self::Problem(_) | Self::Enrolment(_) | Self::Suspended | Self::Offset(_) => {
                retry_after(problem.code)
            }
        };
        if let Some(seconds) = wait {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if let Self::Offset(offset) = self {
            headers.insert("upload-offset", HeaderValue::from(offset));
            headers.insert("upload-complete", HeaderValue::from_static("?0"));
        }
        response
    }
}
