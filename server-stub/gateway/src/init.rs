//! Setting a gateway up: what it says of itself goes inside the hospital as one file, and one comes back.
//!
//! Always: private keys stay here; what comes back is judged before anything of it is kept; beginning again makes no new key.

use std::io;
use std::path::{Path, PathBuf};

use gauze_listen::{CertificateError, FileError, ServerCertificate, host_of, read_file};
use gauze_wire::{Bundle, GatewayIntroduction, HospitalAnswer, Jws, Signer as _, SoftwareKey, Tenant};
use zeroize::Zeroizing;

use crate::blobs::write_durably;
use crate::keys::{GatewayKeys, KeysError, private_dir, secret, write_private};
use crate::tenant::{Served, SignedFile, TenantError, TenantFiles, newest, taken_up};

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
    #[error(
        "{} is neither what `gauze-records init` writes nor a signed bundle or policy ({}): bring its hospital.json again, or what `sign-bundle` or `sign-policy` wrote", .0.display(), .1
    )]
    Malformed(PathBuf, String),
    /// The answer does not hold for this gateway.
    #[error(transparent)]
    Tenant(#[from] TenantError),
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
            Self::Tenant(error) => error.code(),
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
    let text = std::fs::read_to_string(taken_up(data, tenant, SignedFile::Bundle)).ok()?;
    Jws::parse(text.trim().lines().last()?).ok()?.peek().ok()
}

fn tls_key(data: &Path) -> Result<SoftwareKey, KeysError> {
    let dir = data.join("tls");
    let path = dir.join(TLS_KEY);
    if !path.exists() {
        private_dir(&dir)?;
        let key = loop {
            if let Ok(key) = SoftwareKey::from_bytes(&*secret(&dir)?) {
                break key;
            }
        };
        let pem = Zeroizing::new(key.to_pem().map_err(|_| KeysError::Damaged)?);
        write_private(&dir, TLS_KEY, pem.as_bytes())?;
    }
    let pem = std::fs::read_to_string(&path).map_err(|error| KeysError::Io(path, error))?;
    let pem = Zeroizing::new(pem);
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
    /// Whether the policy asks for Google's list of revoked certificates.
    pub wants_status_list: bool,
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
    if let Some(what) = SignedFile::of(&bytes) {
        return install_signed(data, (what, from), &keys);
    }
    let answer: HospitalAnswer =
        serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(&bytes))
            .map_err(|error| malformed(format!("{}: {}", error.path(), error.inner())))?;
    let HospitalAnswer { tenant, bundle, policy, certificate } = answer;
    let served = Served::believe(from, bundle, policy.clone(), &keys)?;
    if served.bundle.tenant != tenant {
        return Err(InitError::OtherTenant(tenant));
    }
    is_newest(&served, data)?;
    let (path, key) = tls_files(data);
    if let Some(pem) = &certificate {
        // Judged beside the one in use, which a certificate for another key must not replace.
        let aside = path.with_extension("new");
        write(&aside, pem.as_bytes())?;
        let judged = ServerCertificate::read(&aside, &key);
        std::fs::remove_file(&aside).map_err(|error| InitError::Write(aside.clone(), error))?;
        judged?;
    }
    keep(data, (&tenant, SignedFile::Policy), &format!("{}\n", policy.as_str()))?;
    keep_bundle(data, &served)?;
    if let Some(pem) = certificate {
        write(&path, pem.as_bytes())?;
    }
    Ok(Installed::of(&served, data))
}

/// A bundle or a policy that was signed after the first answer, as `sign-bundle` and `sign-policy` write it.
fn install_signed(
    data: &Path,
    (what, from): (SignedFile, &Path),
    keys: &GatewayKeys,
) -> Result<Installed, InitError> {
    let tenant = what.tenant(from)?;
    let given = from.to_owned();
    let files = match what {
        SignedFile::Bundle => {
            TenantFiles { bundle: given, policy: newest(data, &tenant, SignedFile::Policy)? }
        }
        SignedFile::Policy => {
            let bundle = newest(data, &tenant, SignedFile::Bundle)?;
            let bundle = bundle.ok_or_else(|| TenantError::NoBundle(data.to_owned()))?;
            TenantFiles { bundle, policy: Some(given) }
        }
    };
    let served = Served::load(data, &files, keys)?;
    is_newest(&served, data)?;
    match &served.in_force().jws {
        Some(policy) if what == SignedFile::Policy => {
            keep(data, (&tenant, what), &format!("{}\n", policy.as_str()))?;
        }
        _ => keep_bundle(data, &served)?,
    }
    Ok(Installed::of(&served, data))
}

/// Refuses what is older than what was served, and than what lies here to be served.
fn is_newest(served: &Served, data: &Path) -> Result<(), TenantError> {
    served.is_newest(data)?;
    served.newer_here(data).into_iter().next().map_or(Ok(()), Err)
}

fn keep_bundle(data: &Path, served: &Served) -> Result<(), InitError> {
    let tenant = &served.bundle.tenant;
    // One that does not read is mended by this.
    let before = newest(data, tenant, SignedFile::Bundle).ok().flatten();
    keep(data, (tenant, SignedFile::Bundle), &served.following(before.as_deref()))
}

impl Installed {
    fn of(served: &Served, data: &Path) -> Self {
        let policy = &served.in_force().policy;
        let android = policy.android.as_ref();
        Self {
            tenant: served.bundle.tenant.clone(),
            url: served.gateway.url.clone(),
            bundle: served.bundle.version,
            policy: policy.version,
            host: host_of(&served.gateway.url).to_owned(),
            wants_status_list: android.is_some_and(|android| android.status_list_hours.is_some()),
            certificate: tls_files(data).0.is_file(),
        }
    }
}

fn keep(data: &Path, (tenant, what): (&Tenant, SignedFile), text: &str) -> Result<(), InitError> {
    let path = taken_up(data, tenant, what);
    let dir = path.parent().unwrap_or(data);
    crate::private::dir(dir).map_err(|error| InitError::Write(dir.to_owned(), error))?;
    write(&path, text.as_bytes())
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), InitError> {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    write_durably(&absolute, bytes).map_err(|error| InitError::Write(path.to_owned(), error))
}
