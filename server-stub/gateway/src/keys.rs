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
    /// A file could not be read or written.
    #[error("{} could not be read or written ({}): {}", .0.display(), .1, gauze_listen::disk_step(.1))]
    Io(PathBuf, #[source] io::Error),
}

impl KeysError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoDirectory(_) => "data_missing",
            Self::Missing(_) => "keys_missing",
            Self::Damaged => "keys_damaged",
            Self::Url => "url_invalid",
            Self::Io(..) => "storage_failed",
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
        let read = |name: &str| {
            let path = dir.join(name);
            fs::read(&path).map(Zeroizing::new).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => match fs::metadata(data) {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {
                        KeysError::NoDirectory(data.to_owned())
                    }
                    Err(error) => KeysError::Io(data.to_owned(), error),
                    Ok(_) => KeysError::Missing(data.to_owned()),
                },
                _ => KeysError::Io(path, error),
            })
        };
        let pem = read(RECEIPTS)?;
        let pem = std::str::from_utf8(&pem).map_err(|_| KeysError::Damaged)?;
        let raw = read(CHECKPOINTS)?;
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
        private_dir(data)?;
        private_dir(&dir)?;
        if !dir.join(RECEIPTS).exists() {
            let key = loop {
                if let Ok(key) = SoftwareKey::from_bytes(&*secret(&dir)?) {
                    break key;
                }
            };
            let pem = Zeroizing::new(key.to_pem().map_err(|_| KeysError::Damaged)?);
            write_private(&dir, RECEIPTS, pem.as_bytes())?;
        }
        if !dir.join(CHECKPOINTS).exists() {
            write_private(&dir, CHECKPOINTS, secret(&dir)?.as_slice())?;
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

fn failed(path: &Path) -> impl Fn(io::Error) -> KeysError {
    move |error| KeysError::Io(path.to_owned(), error)
}

/// Makes a directory for the gateway's own eyes.
pub(crate) fn private_dir(path: &Path) -> Result<(), KeysError> {
    crate::private::dir(path).map_err(failed(path))
}

pub(crate) fn random() -> Result<Zeroizing<[u8; 32]>, io::Error> {
    let mut bytes = Zeroizing::new([0; 32]);
    getrandom::fill(bytes.as_mut()).map_err(|error| io::Error::other(error.to_string()))?;
    Ok(bytes)
}

/// A secret for a file in `dir`.
pub(crate) fn secret(dir: &Path) -> Result<Zeroizing<[u8; 32]>, KeysError> {
    random().map_err(failed(dir))
}

pub(crate) fn write_private(dir: &Path, name: &str, bytes: &[u8]) -> Result<(), KeysError> {
    let write = || {
        let fresh = dir.join(format!("{name}.new"));
        let mut file = crate::private::create(&fresh)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&fresh, dir.join(name))?;
        fs::File::open(dir)?.sync_all()
    };
    write().map_err(failed(&dir.join(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_that_cannot_be_read_or_made_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("gateway");
        GatewayKeys::load_or_make(&data).unwrap();
        let path = data.join("keys").join(CHECKPOINTS);
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        let told = |failed: KeysError| {
            assert_eq!(failed.code(), "storage_failed");
            failed.to_string()
        };
        assert!(told(GatewayKeys::load(&data).err().unwrap()).starts_with(&path.display().to_string()));
        fs::File::create(dir.path().join("file")).unwrap();
        let below = dir.path().join("file/gateway");
        let failed = told(GatewayKeys::load_or_make(&below).err().unwrap());
        assert!(failed.starts_with(&below.display().to_string()), "{failed}");
    }
}
