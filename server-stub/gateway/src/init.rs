//! Setting a gateway up: what it says of itself goes inside the hospital as one file, and one comes back.
//!
//! Always: private keys stay here; what comes back is judged before anything of it is kept; beginning again makes no new key.

use std::io;
use std::path::{Path, PathBuf};

use gauze_listen::{CertificateError, FileError, ServerCertificate, host_of, read_file};
use gauze_wire::{Bundle, GatewayIntroduction, HospitalAnswer, Jws, Signer as _, SoftwareKey, Tenant};
use zeroize::Zeroizing;

use crate::blobs::write_durably;
use crate::keys::{GatewayKeys, KeysError, random, write_private};
use crate::tenant::{Served, TenantError, TenantFiles, newest_bundle, newest_policy, taken_up};

/// Largest answer that is read.
const LIMIT: u64 = 4 << 20;
const TLS_KEY: &str = "key.pem";

/// Why a gateway was not set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// No keys.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The answer cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// Something could not be written.
    #[error("{} cannot be written ({}): {}", .0.display(), .1, gauze_listen::disk_step(.1))]
    Write(PathBuf, #[source] io::Error),
    /// The answer is not one.
    #[error("{} is not what `gauze-records init` writes ({}): bring its hospital.json again", .0.display(), .1)]
    Malformed(PathBuf, String),
    /// The answer does not hold for this gateway.
    #[error("{}: {}", .0.display(), .1)]
    Tenant(PathBuf, #[source] TenantError),
    /// The answer is about another hospital than its bundle.
    #[error("the file is for tenant {0} and its bundle is not: bring hospital.json again")]
    OtherTenant(Tenant),
    /// The certificate does not go with the key.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

impl InitError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Keys(error) => error.code(),
            Self::File(_) => "unreadable",
            Self::Write(..) => "storage_failed",
            Self::Malformed(..) => "malformed",
            Self::Tenant(_, error) => error.code(),
            Self::OtherTenant(_) => "other_tenant",
            Self::Certificate(_) => "tls_invalid",
        }
    }
}

/// Where a gateway that was set up by `init` keeps its certificate and that one's key.
pub fn tls_files(data: &Path) -> (PathBuf, PathBuf) {
    let tls = data.join("tls");
    (tls.join("cert.pem"), tls.join(TLS_KEY))
}

/// Makes the keys where there are none, and writes `out`, which the hospital reads.
///
/// # Errors
/// [`InitError`]: `url` is no address of a gateway, or the disk does not take it.
pub fn introduce(
    data: &Path,
    url: &str,
    tenant: &Tenant,
    out: &Path,
) -> Result<GatewayIntroduction, InitError> {
    let gateway = GatewayKeys::load_or_make(data)?.public(url, tenant)?;
    let tls_key = tls_key(data)?.public_key();
    let told = GatewayIntroduction { tenant: tenant.clone(), gateway, tls_key };
    let text = serde_json::to_string_pretty(&told).map_err(|_| KeysError::Damaged)? + "\n";
    write(out, text.as_bytes())?;
    Ok(told)
}

/// What was taken up for a tenant, and holds until the hospital signs another.
pub fn in_force(data: &Path, tenant: &Tenant) -> Option<Bundle> {
    let text = std::fs::read_to_string(taken_up(data, tenant, "bundle")).ok()?;
    Jws::parse(text.trim().lines().last()?).ok()?.peek().ok()
}

fn tls_key(data: &Path) -> Result<SoftwareKey, KeysError> {
    let dir = data.join("tls");
    let path = dir.join(TLS_KEY);
    if !path.exists() {
        crate::private::dir(&dir)?;
        let key = loop {
            if let Ok(key) = SoftwareKey::from_bytes(&*random()?) {
                break key;
            }
        };
        let pem = Zeroizing::new(key.to_pem().map_err(|_| KeysError::Damaged)?);
        write_private(&dir, TLS_KEY, pem.as_bytes())?;
    }
    let pem = Zeroizing::new(std::fs::read_to_string(&path)?);
    SoftwareKey::from_pem(&pem).map_err(|_| KeysError::Damaged)
}

/// What was taken up.
pub struct Installed {
    /// Whose.
    pub tenant: Tenant,
    /// The gateway's address.
    pub url: String,
    /// The bundle's version.
    pub bundle: u64,
    /// The policy's version.
    pub policy: u64,
    /// The name that the certificate has to be for.
    pub host: String,
    /// Whether there is a certificate; else the hospital's own authority has to make one.
    pub certificate: bool,
}

/// Takes up what the hospital answered in `from`: all of it, or a bundle or a policy that it signed later.
///
/// # Errors
/// [`InitError`], before anything was kept, or the disk's.
pub fn install(data: &Path, from: &Path) -> Result<Installed, InitError> {
    let keys = GatewayKeys::load(data)?;
    let malformed = |why: String| InitError::Malformed(from.to_owned(), why);
    let bytes = read_file(from, LIMIT)?;
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return install_signed(data, from, &keys);
    }
    let answer: HospitalAnswer =
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(&bytes))
            .map_err(|error| malformed(format!("{}: {}", error.path(), error.inner())))?;
    let HospitalAnswer { tenant, bundle, policy, certificate } = answer;
    let refused = |error| InitError::Tenant(from.to_owned(), error);
    let served = Served::believe(bundle.clone(), Some(policy.clone()), &keys).map_err(refused)?;
    if served.bundle.tenant != tenant {
        return Err(InitError::OtherTenant(tenant));
    }
    served.is_newest(data).map_err(refused)?;
    let (path, key) = tls_files(data);
    if let Some(pem) = &certificate {
        // Judged beside the one in use, which a certificate for another key must not replace.
        let aside = path.with_extension("new");
        write(&aside, pem.as_bytes())?;
        let judged = ServerCertificate::read(&aside, &key);
        std::fs::remove_file(&aside).map_err(|error| InitError::Write(aside.clone(), error))?;
        judged?;
    }
    // One that does not read is mended by this.
    let before = newest_bundle(data, &tenant).ok().flatten();
    keep(data, (&tenant, "policy"), &format!("{}\n", policy.as_str()))?;
    keep(data, (&tenant, "bundle"), &served.following(before.as_deref()))?;
    if let Some(pem) = certificate {
        write(&path, pem.as_bytes())?;
    }
    Ok(Installed::of(&served, data))
}

/// A bundle or a policy that was signed after the first answer, as `sign-bundle` and `sign-policy` write it.
fn install_signed(data: &Path, from: &Path, keys: &GatewayKeys) -> Result<Installed, InitError> {
    let refused = |error| InitError::Tenant(from.to_owned(), error);
    let of_policy = Served::policy_tenant(from).ok();
    let is_policy = of_policy.is_some();
    let tenant = of_policy.map_or_else(|| Served::bundle_tenant(from), Ok).map_err(refused)?;
    let given = from.to_owned();
    let files = if is_policy {
        let bundle = newest_bundle(data, &tenant).map_err(refused)?;
        let bundle = bundle.ok_or_else(|| refused(TenantError::NoBundle(data.to_owned())))?;
        TenantFiles { bundle, policy: Some(given) }
    } else {
        TenantFiles { bundle: given, policy: newest_policy(data, &tenant).map_err(refused)? }
    };
    let served = Served::load(&files, keys).map_err(refused)?;
    served.is_newest(data).map_err(refused)?;
    if let Some(policy) = served.in_force().jws.as_ref().filter(|_| is_policy) {
        keep(data, (&tenant, "policy"), &format!("{}\n", policy.as_str()))?;
    } else {
        // One that does not read is mended by this.
        let before = newest_bundle(data, &tenant).ok().flatten();
        keep(data, (&tenant, "bundle"), &served.following(before.as_deref()))?;
    }
    Ok(Installed::of(&served, data))
}

impl Installed {
    fn of(served: &Served, data: &Path) -> Self {
        Self {
            tenant: served.bundle.tenant.clone(),
            url: served.gateway.url.clone(),
            bundle: served.bundle.version,
            policy: served.in_force().policy.version,
            host: host_of(&served.gateway.url).to_owned(),
            certificate: tls_files(data).0.is_file(),
        }
    }
}

fn keep(data: &Path, (tenant, name): (&Tenant, &str), text: &str) -> Result<(), InitError> {
    let path = taken_up(data, tenant, name);
    let dir = path.parent().unwrap_or(data);
    crate::private::dir(dir).map_err(|error| InitError::Write(dir.to_owned(), error))?;
    write(&path, text.as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), InitError> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    write_durably(&absolute, bytes).map_err(|error| InitError::Write(path.to_owned(), error))
}

/// What a gateway on `data` serves that is given no bundle: of each tenant that `init` took up, the newest that lies here.
///
/// # Errors
/// [`TenantError`]: none was taken up yet, or it does not read.
pub(crate) fn installed(data: &Path) -> Result<Vec<TenantFiles>, TenantError> {
    let dir = data.join("hospital");
    let entries = match std::fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err(TenantError::NoBundle(data.to_owned()));
        }
        Err(source) => return Err(FileError { path: dir, source }.into()),
    };
    let mut tenants: Vec<Tenant> =
        entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
    tenants.sort();
    let mut found = Vec::new();
    for tenant in tenants {
        found.extend(Served::newest(data, &tenant)?);
    }
    if found.is_empty() { Err(TenantError::NoBundle(data.to_owned())) } else { Ok(found) }
}
