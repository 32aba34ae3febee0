//! The gateway's keys: P-256 for receipts, Ed25519 for checkpoints, in files only their owner reads.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use gauze_wire::log::NoteKey;
use gauze_wire::{Gateway, Signer as _, SoftwareKey, Tenant};
use zeroize::Zeroizing;

const RECEIPTS: &str = "receipts.pem";
const CHECKPOINTS: &str = "checkpoints.key";

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The data directory is not there.
    #[error("there is no directory {}: check --data, or set a gateway up there with `gauze-gateway init`", .0.display())]
    NoDirectory(PathBuf),
    /// No keys have been made.
    #[error(
        "{} holds no gateway's keys: check --data, or set a gateway up there with `gauze-gateway init`", .0.display()
    )]
    Missing(PathBuf),
    /// A key file is damaged.
    #[error("a key file is damaged: restore it from your backup")]
    Damaged,
    /// The address is not `https://host[:port]`.
    #[error("this is no gateway's address: write https://host[:port], without a path")]
    Url,
    /// The files could not be read or written.
    #[error("the key files in the data directory could not be read or written ({}): {}", .0, gauze_listen::disk_step(.0))]
    Io(#[from] io::Error),
}

impl KeysError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoDirectory(_) => "data_missing",
            Self::Missing(_) => "keys_missing",
            Self::Damaged => "keys_damaged",
            Self::Url => "url_invalid",
            Self::Io(_) => "storage_failed",
        }
    }
}

/// Both private keys.
pub struct GatewayKeys {
    receipts: SoftwareKey,
    checkpoints: Zeroizing<[u8; 32]>,
}

impl GatewayKeys {
    /// Reads the keys under `data`.
    pub fn load(data: &Path) -> Result<Self, KeysError> {
        let dir = data.join("keys");
        let missing = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound => match fs::metadata(data) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    KeysError::NoDirectory(data.to_owned())
                }
                Err(error) => KeysError::Io(error),
                Ok(_) => KeysError::Missing(data.to_owned()),
            },
            _ => KeysError::Io(error),
        };
        let pem = Zeroizing::new(fs::read(dir.join(RECEIPTS)).map_err(missing)?);
        let pem = std::str::from_utf8(&pem).map_err(|_| KeysError::Damaged)?;
        let raw = Zeroizing::new(fs::read(dir.join(CHECKPOINTS)).map_err(missing)?);
        let receipts = SoftwareKey::from_pem(pem).map_err(|_| KeysError::Damaged)?;
        let checkpoints: [u8; 32] = raw.as_slice().try_into().map_err(|_| KeysError::Damaged)?;
        Ok(Self { receipts, checkpoints: Zeroizing::new(checkpoints) })
    }

    /// Reads the keys, or makes them where there are none.
    pub fn load_or_make(data: &Path) -> Result<Self, KeysError> {
        match Self::load(data) {
            Err(KeysError::Missing(_) | KeysError::NoDirectory(_)) => {}
            other => return other,
        }
        let dir = data.join("keys");
        crate::private::dir(data)?;
        crate::private::dir(&dir)?;
        if !dir.join(RECEIPTS).exists() {
            let key = loop {
                if let Ok(key) = SoftwareKey::from_bytes(&*random()?) {
                    break key;
                }
            };
            let pem = Zeroizing::new(key.to_pem().map_err(|_| KeysError::Damaged)?);
            write_private(&dir, RECEIPTS, pem.as_bytes())?;
        }
        if !dir.join(CHECKPOINTS).exists() {
            write_private(&dir, CHECKPOINTS, random()?.as_slice())?;
        }
        Self::load(data)
    }

    /// What the trust bundle must say of this gateway at `url` for `tenant`.
    pub fn public(&self, url: &str, tenant: &Tenant) -> Result<Gateway, KeysError> {
        let url = url.trim_end_matches('/');
        let host = url.strip_prefix("https://").ok_or(KeysError::Url)?;
        if host.is_empty() || host.contains(['/', '?', '#', '@', '+']) || host.contains(char::is_whitespace) {
            return Err(KeysError::Url);
        }
        let log = self.note_key(url, tenant)?.log_key();
        Ok(Gateway { url: url.to_owned(), key: self.receipts.public_key(), log })
    }

    /// The key that signs `tenant`'s checkpoints; its name, the log's origin, is `host[:port]/tenant`.
    pub fn note_key(&self, url: &str, tenant: &Tenant) -> Result<NoteKey, KeysError> {
        let host = url.trim_start_matches("https://");
        NoteKey::from_bytes(&format!("{host}/{tenant}"), &self.checkpoints).map_err(|_| KeysError::Url)
    }

    /// The key that signs receipts.
    pub fn receipts(&self) -> &SoftwareKey {
        &self.receipts
    }
}

pub(crate) fn random() -> Result<Zeroizing<[u8; 32]>, io::Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut()).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes)
}

pub(crate) fn write_private(dir: &Path, name: &str, bytes: &[u8]) -> io::Result<()> {
    let fresh = dir.join(format!("{name}.new"));
    let mut file = crate::private::create(&fresh)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&fresh, dir.join(name))?;
    fs::File::open(dir)?.sync_all()
}
