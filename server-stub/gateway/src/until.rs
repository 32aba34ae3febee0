//! When the certificate ends that the gateway serves with, left beside its data: the operator's commands do not know its file.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::blobs::write_durably;

fn file(data: &Path) -> PathBuf {
    data.join("certificate.until")
}

/// Leaves it. That it cannot be left is no reason not to serve.
pub fn leave(data: &Path, at: Timestamp) {
    if left(data) != Some(at)
        && let Err(error) = write_durably(&file(data), format!("{at}\n").as_bytes())
    {
        tracing::warn!(%error, "the console will not know when the certificate ends: the data directory cannot be written");
    }
}

/// What was left; nothing where no gateway has served here yet.
pub fn left(data: &Path) -> Option<Timestamp> {
    std::fs::read_to_string(file(data)).ok()?.trim().parse().ok()
}
