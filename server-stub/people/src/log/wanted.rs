//! An erasure that is asked for while another process writes the log: a file beside it, signed by the audit key, which the
//! writer carries out. Only who has the keys erases, whoever may write the directory.

use std::fs;
use std::path::{Path, PathBuf};

use gauze_wire::{Digest, Jws, Shape, Signed, Tenant};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::access::AccessLog;
use super::erasable::erasable;
use super::failure::LogFailure;
use super::files::Files;
use super::keys::LogKeys;
use crate::context::ReasonCode;
use crate::line::Line;

const PREFIX: &str = "erase-";

/// What is asked for.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    v: u32,
    typ: String,
    tenant: Tenant,
    index: u64,
    /// Of the line of that number, so that no other one goes after a restore.
    leaf: Digest,
    because: ReasonCode,
    at: Timestamp,
}

impl Signed for Asked {
    const TYP: &'static str = "gauze-access-erasure";

    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
}

/// An entry's number, and the line that says that it was erased.
pub type Erased = (u64, Result<Line, LogFailure>);

/// Asks whoever writes the log in `root` to erase an entry by law.
///
/// # Errors
/// [`LogFailure`]: nothing was asked; it is not there, or stays, or was erased before.
pub fn want_erased(
    root: &Path,
    keys: &LogKeys,
    index: u64,
    because: ReasonCode,
    at: Timestamp,
) -> Result<(), LogFailure> {
    let (files, typ) = (Files::new(root), Asked::TYP.to_owned());
    let leaf = erasable(&files, index)?;
    let wanted = Asked { v: 1, typ, tenant: keys.tenant.clone(), index, leaf, because, at };
    let jws = Jws::sign(&wanted, &*keys.audit).map_err(|error| LogFailure::Entry(error.to_string()))?;
    files.replace(&root.join(format!("{PREFIX}{index}.wanted")), jws.as_str().as_bytes())
}

impl AccessLog {
    /// Carries out what [`want_erased`] asked for: of which entries, and the line that says so, or why there is none. It blocks.
    ///
    /// # Errors
    /// [`LogFailure`]: it is not known what is asked for; the rest is tried again at the next call.
    pub fn erase_wanted(&self, now: Timestamp) -> Result<Vec<Erased>, LogFailure> {
        let (root, mut done) = (self.root().to_owned(), Vec::new());
        for path in wanted_files(&root)? {
            let Some(asked) = self.judged(&path) else { continue };
            let erased = self.erase(asked.index, Some(asked.leaf), asked.because, now);
            let final_word = matches!(
                erased,
                Ok(_)
                    | Err(LogFailure::NoEntry(_)
                        | LogFailure::Stays(_)
                        | LogFailure::Erased(_)
                        | LogFailure::Other(_))
            );
            if final_word && let Err(error) = Files::new(&root).remove(&path) {
                tracing::warn!(code = error.code(), %error, "what was asked for is done, and its file stays");
            }
            done.push((asked.index, erased));
        }
        Ok(done)
    }

    /// What a file asks for; nothing where the audit key has not signed it, or it cannot be read.
    fn judged(&self, path: &Path) -> Option<Asked> {
        let bytes = fs::read(path).map_err(LogFailure::disk(path));
        let unread = |error: &LogFailure| tracing::warn!(code = error.code(), %error, "it asks for nothing");
        let text = String::from_utf8(bytes.inspect_err(unread).ok()?).ok()?;
        let keys = self.keys();
        Jws::parse(&text).and_then(|jws| jws.verify(&keys.audit.public_key(), &keys.tenant)).ok()
    }
}

fn wanted_files(root: &Path) -> Result<Vec<PathBuf>, LogFailure> {
    let mut found = Vec::new();
    for entry in fs::read_dir(root).map_err(LogFailure::disk(root))? {
        let entry = entry.map_err(LogFailure::disk(root))?;
        let name = entry.file_name();
        let asks = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(".wanted"));
        found.extend(asks.then(|| entry.path()));
    }
    found.sort();
    Ok(found)
}
