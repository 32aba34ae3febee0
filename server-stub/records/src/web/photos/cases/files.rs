//! What is packed of a case, before it is packed.

use crate::web::refusal::Refusal;

/// Names in the archive, and the bytes of each.
pub(super) type Files = Vec<(String, Vec<u8>)>;

pub(super) fn failed(error: &impl std::fmt::Display) -> Refusal {
    tracing::error!(%error, "the evidence of a case could not be packed");
    Refusal::Broken("evidence")
}

pub(super) fn pretty(value: &impl serde::Serialize) -> Result<Vec<u8>, Refusal> {
    serde_json::to_vec_pretty(value).map_err(|error| failed(&error))
}
