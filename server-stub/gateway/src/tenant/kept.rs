//! What lies in the data directory of each tenant: what `init` took up, and copies of what was served last.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use gauze_listen::FileError;
use gauze_wire::Tenant;

use super::error::{SignedFile, TenantError};
use super::signed::signed_policy;
use super::{Served, TenantFiles};

/// Where `init` keeps what it took up, a directory for each tenant.
const TAKEN_UP: &str = "hospital";
/// Where copies of what is served lie.
const COPIES: &str = "tenants";

/// Where `init` keeps what it took up.
pub(crate) fn taken_up(data: &Path, tenant: &Tenant, what: SignedFile) -> PathBuf {
    data.join(TAKEN_UP).join(tenant.as_str()).join(format!("{what}.jws"))
}

/// A file about a tenant that is served.
pub(super) fn copy(data: &Path, tenant: &Tenant, name: &str) -> PathBuf {
    data.join(COPIES).join(format!("{tenant}.{name}"))
}

fn copy_of(data: &Path, tenant: &Tenant, what: SignedFile) -> PathBuf {
    copy(data, tenant, &format!("{what}.jws"))
}

/// Of what `init` took up and the copy of what was served last, the one of the higher version. A copy that a damaged disk has spoilt counts
/// only where there is nothing else: what was served last is remembered elsewhere.
pub(crate) fn newest(data: &Path, tenant: &Tenant, what: SignedFile) -> Result<Option<PathBuf>, TenantError> {
    let version = |path: PathBuf| -> Result<Option<(u64, PathBuf)>, TenantError> {
        if !path.exists() {
            return Ok(None);
        }
        let version = what.version(&path).map_err(|error| error.lying_in(data))?;
        Ok(Some((version, path)))
    };
    let given = version(taken_up(data, tenant, what))?;
    let found = match (given, version(copy_of(data, tenant, what))) {
        (Some(given), Ok(Some(copy))) if copy.0 > given.0 => Some(copy),
        (Some(given), _) => Some(given),
        (None, copy) => copy?,
    };
    Ok(found.map(|(_, path)| path))
}

/// What a gateway on `data` serves that is given no bundle: of each tenant that `init` took up or that it served before, the newest
/// that lies here.
///
/// # Errors
/// [`TenantError`]: there is none yet, or it does not read.
pub(crate) fn installed(data: &Path) -> Result<Vec<TenantFiles>, TenantError> {
    let dir = data.join(TAKEN_UP);
    let mut tenants = Served::known(data);
    match std::fs::read_dir(&dir) {
        Ok(entries) => {
            tenants.extend(entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(source) => return Err(FileError { path: dir, source }.into()),
    }
    tenants.sort();
    tenants.dedup();
    let mut found = Vec::new();
    for tenant in tenants {
        let Some(bundle) = newest(data, &tenant, SignedFile::Bundle)? else { continue };
        found.push(TenantFiles { bundle, policy: newest(data, &tenant, SignedFile::Policy)? });
    }
    if found.is_empty() { Err(TenantError::NoBundle(data.to_owned())) } else { Ok(found) }
}

impl Served {
    /// The copies that a gateway on `data` left of what it serves.
    pub fn kept(data: &Path, tenant: &Tenant) -> Option<TenantFiles> {
        let bundle = copy_of(data, tenant, SignedFile::Bundle);
        let policy = Some(copy_of(data, tenant, SignedFile::Policy)).filter(|path| path.is_file());
        bundle.is_file().then_some(TenantFiles { bundle, policy })
    }

    /// The tenants that a gateway on `data` has served.
    pub fn known(data: &Path) -> Vec<Tenant> {
        let entries = std::fs::read_dir(data.join(COPIES)).into_iter().flatten();
        let mut known: Vec<Tenant> = entries
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".bundle.jws")?.parse().ok())
            .collect();
        known.sort();
        known
    }

    /// Takes up what a running gateway on `data` has put in force since.
    pub fn follow(&self, data: &Path) {
        let copy = copy_of(data, &self.bundle.tenant, SignedFile::Policy);
        if let Ok(jws) = signed_policy(&copy) {
            let _ = self.take_up(&jws);
        }
    }

    /// Leaves copies of what is served.
    pub(super) fn keep(&self, data: &Path) -> Result<(), TenantError> {
        let in_force = self.in_force();
        for (what, jws) in
            [(SignedFile::Bundle, Some(&self.bundle_jws)), (SignedFile::Policy, in_force.jws.as_ref())]
        {
            let Some(jws) = jws else { continue };
            let path = copy_of(data, &self.bundle.tenant, what);
            let text = format!("{}\n", jws.as_str());
            if std::fs::read(&path).is_ok_and(|kept| kept == text.as_bytes()) {
                continue;
            }
            let failed = |error| TenantError::Kept(path.clone(), error);
            crate::blobs::write_durably(&path, text.as_bytes()).map_err(failed)?;
        }
        Ok(())
    }
}

impl TenantError {
    /// With what helps where the file is one of the data directory's own.
    pub(super) fn lying_in(self, data: &Path) -> Self {
        match self {
            Self::Refused(what, flaw) if flaw.file.starts_with(data.join(TAKEN_UP)) => {
                Self::TakenUp(what, flaw)
            }
            Self::Refused(what, flaw) if flaw.file.starts_with(data.join(COPIES)) => Self::Copied(what, flaw),
            other => other,
        }
    }
}
