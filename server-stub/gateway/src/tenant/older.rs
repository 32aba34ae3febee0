//! Nothing older is served than was served before, and nothing newer is passed over in silence.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::Served;
use super::error::{SignedFile, TenantError};
use super::kept::{copy, newest};

impl Served {
    /// Refuses what is older than `data` remembers of this tenant, remembers what is newer, and leaves copies.
    pub fn never_older(&self, data: &Path) -> Result<(), TenantError> {
        let path = self.is_newest(data)?;
        let failed = |error| TenantError::Kept(path.clone(), error);
        let text = format!("{} {}\n", self.bundle.version, self.in_force().policy.version);
        crate::blobs::write_durably(&path, text.as_bytes()).map_err(failed)?;
        self.keep(data)
    }

    /// Refuses what is older than `data` remembers of this tenant; where that stands.
    pub fn is_newest(&self, data: &Path) -> Result<PathBuf, TenantError> {
        let path = copy(data, &self.bundle.tenant, "versions");
        let failed = |error| TenantError::Kept(path.clone(), error);
        let (bundle, policy) = match std::fs::read(&path) {
            Ok(bytes) => versions(&bytes).ok_or_else(|| TenantError::Versions(path.clone()))?,
            Err(error) if error.kind() == ErrorKind::NotFound => (0, 0),
            Err(error) => return Err(failed(error)),
        };
        for (what, last) in [(SignedFile::Bundle, bundle), (SignedFile::Policy, policy)] {
            if self.version(what) < last {
                let given = self.given(what);
                return Err(match lying(data, self, what).filter(|(lies, _)| *lies >= last) {
                    Some((last, newest)) => TenantError::Rollback { what, given, last, newest },
                    None => TenantError::Older { what, given, last },
                });
            }
        }
        Ok(path)
    }

    /// What lies in `data` and is newer than this: each as whoever gave the older one is told of it.
    pub fn newer_here(&self, data: &Path) -> Vec<TenantError> {
        let newer = |what| {
            let (last, newest) = lying(data, self, what).filter(|(last, _)| *last > self.version(what))?;
            Some(TenantError::Rollback { what, given: self.given(what), last, newest })
        };
        [SignedFile::Bundle, SignedFile::Policy].into_iter().filter_map(newer).collect()
    }

    fn version(&self, what: SignedFile) -> u64 {
        match what {
            SignedFile::Bundle => self.bundle.version,
            SignedFile::Policy => self.in_force().policy.version,
        }
    }

    fn given(&self, what: SignedFile) -> String {
        let from = match what {
            SignedFile::Bundle => Some(&self.files.bundle),
            SignedFile::Policy => self.files.policy.as_ref(),
        };
        match (self.version(what), from) {
            (0, None) => format!("none is given, and the {what} that holds without"),
            (version, None) => format!("{what} {version}"),
            (version, Some(path)) => format!("{what} {version} of {}", path.display()),
        }
    }
}

/// The newest that lies in `data`, with its version. What does not read is told of where it is needed.
fn lying(data: &Path, served: &Served, what: SignedFile) -> Option<(u64, PathBuf)> {
    let path = newest(data, &served.bundle.tenant, what).ok().flatten()?;
    Some((what.version(&path).ok()?, path))
}

/// Of the bundle and of the policy.
fn versions(bytes: &[u8]) -> Option<(u64, u64)> {
    let (bundle, policy) = std::str::from_utf8(bytes).ok()?.strip_suffix('\n')?.split_once(' ')?;
    Some((bundle.parse().ok()?, policy.parse().ok()?))
}
