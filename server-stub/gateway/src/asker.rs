//! Who a request turned out to be of, and why it was refused: what the program's log says of it.

use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use gauze_wire::ProblemCode;

/// Who a request turned out to be of: a device's id, or [`RECORDS`]. Clones are of one request.
#[derive(Clone, Default)]
pub struct Asker(Arc<OnceLock<String>>);

/// The records side, as the log names it.
pub const RECORDS: &str = "records";

impl Asker {
    /// It has proven to be this one.
    pub fn is(&self, name: &str) {
        let _ = self.0.set(name.to_owned());
    }

    /// Who has proven to ask, if anybody.
    pub fn known(&self) -> Option<&str> {
        self.0.get().map(String::as_str)
    }
}

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get().cloned().unwrap_or_default())
    }
}

/// Why a request was refused; carried by its answer.
#[derive(Clone)]
pub struct Refused {
    pub code: ProblemCode,
    /// Which part of a phone's evidence did not hold.
    pub reason: Option<String>,
}
