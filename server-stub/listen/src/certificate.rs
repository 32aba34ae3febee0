//! A server's certificate and its key, read from two PEM files (RFC 7468).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_attest::CertificateOutline;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{Error, ServerConfig};

use crate::file::{FileError, read_file};

/// Largest file that is read.
const LIMIT: u64 = 1 << 20;

/// Why a server cannot be known by these two files.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// One of them cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// No certificate in it.
    #[error("{} holds no PEM certificate: {}", .0.display(), .1)]
    NoCertificate(PathBuf, &'static str),
    /// No key in it that can be used.
    #[error("{} holds no PEM key that can be used: {}", .0.display(), .1)]
    NoKey(PathBuf, &'static str),
    /// The two do not belong together.
    #[error(
        "the key in {} is not that of the certificate in {}: give the two that were made together", key.display(), certificate.display()
    )]
    Mismatch {
        /// The certificate's file.
        certificate: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// What is in the file is not as it should be.
    #[error("the certificate in {} cannot be used ({}): have it made anew", .0.display(), .1)]
    Unusable(PathBuf, String),
}

/// A certificate chain with its key, ready to serve with.
#[derive(Clone)]
pub struct ServerCertificate {
    pub(crate) path: PathBuf,
    pub(crate) chain: Vec<CertificateDer<'static>>,
    pub(crate) outline: CertificateOutline,
    config: Arc<ServerConfig>,
}

impl ServerCertificate {
    /// Reads the chain, the server's own certificate first, and its key.
    ///
    /// # Errors
    /// [`CertificateError`] names the file that is wrong. Whether the certificate is in its time and for the right name is
    /// [`Self::judge`]'s to say.
    pub fn read(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let chain = read_chain(certificate)?;
        let private = read_key(key)?;
        let outline = chain.first().and_then(|leaf| CertificateOutline::read(leaf));
        let outline = outline.ok_or_else(|| {
            CertificateError::Unusable(certificate.to_owned(), "it is not X.509 version 3".to_owned())
        })?;
        let config = configure(chain.clone(), private).map_err(|error| match error {
            Error::InconsistentKeys(_) => {
                CertificateError::Mismatch { certificate: certificate.to_owned(), key: key.to_owned() }
            }
            Error::General(_) => CertificateError::NoKey(
                key.to_owned(),
                "its kind is not supported: make a P-256, P-384 or RSA key",
            ),
            other => CertificateError::Unusable(certificate.to_owned(), other.to_string()),
        })?;
        Ok(Self { path: certificate.to_owned(), chain, outline, config: Arc::new(config) })
    }

    /// When it begins and ends, and for what names it is.
    pub fn outline(&self) -> &CertificateOutline {
        &self.outline
    }

    /// TLS 1.2 and 1.3 by ring, HTTP/2 and 1.1: the one place that chooses the provider.
    pub fn config(&self) -> Arc<ServerConfig> {
        self.config.clone()
    }
}

fn configure(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<ServerConfig, Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn read_chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let bytes = read_file(path, LIMIT)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    let why = match chain {
        Ok(chain) if !chain.is_empty() => return Ok(chain),
        _ if bytes.first() == Some(&0x30) => {
            "it is DER, convert it: `openssl x509 -inform der -in FILE -out cert.pem`"
        }
        _ if holds(&bytes, "PRIVATE KEY-----") => "it holds a key, are the two files swapped?",
        _ => "give the file that the authority sent, the server's own certificate first",
    };
    Err(CertificateError::NoCertificate(path.to_owned(), why))
}

fn read_key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    let bytes = read_file(path, LIMIT)?;
    let encrypted = holds(&bytes, "BEGIN ENCRYPTED PRIVATE KEY") || holds(&bytes, "Proc-Type: 4,ENCRYPTED");
    let why = match PrivateKeyDer::from_pem_slice(&bytes) {
        _ if encrypted => {
            "it is encrypted, and a server starts without a person: `openssl pkey -in FILE -out key.pem`, mode 0600"
        }
        Ok(key) => return Ok(key),
        Err(_) if bytes.first() == Some(&0x30) => {
            "it is DER, convert it: `openssl pkey -inform der -in FILE -out key.pem`"
        }
        Err(_) if holds(&bytes, "BEGIN CERTIFICATE") => "it holds a certificate, are the two files swapped?",
        Err(_) => "give the key that the certificate was asked for with",
    };
    Err(CertificateError::NoKey(path.to_owned(), why))
}

fn holds(bytes: &[u8], words: &str) -> bool {
    bytes.windows(words.len()).any(|window| window == words.as_bytes())
}

#[cfg(test)]
pub(crate) mod tests {
    use rcgen::{BasicConstraints, Certificate, CertificateParams, IsCa, Issuer, KeyPair};

    use super::*;

    /// A directory with an authority's `ca.pem`, and `cert.pem` and `key.pem` that it issued as `edit` says.
    pub(crate) fn made(edit: impl FnOnce(&mut CertificateParams)) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        renew(dir.path(), edit);
        dir
    }

    pub(crate) fn renew(dir: &Path, edit: impl FnOnce(&mut CertificateParams)) {
        let (ca_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
        let mut ca = CertificateParams::new(Vec::new()).unwrap();
        ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let root = ca.self_signed(&ca_key).unwrap();
        let mut server = CertificateParams::new(vec!["gauze.example.org".to_owned()]).unwrap();
        edit(&mut server);
        let leaf: Certificate = server.signed_by(&key, &Issuer::new(ca, ca_key)).unwrap();
        put(&dir.join("ca.pem"), root.pem().as_bytes());
        put(&dir.join("cert.pem"), leaf.pem().as_bytes());
        put(&dir.join("cert.der"), leaf.der());
        put(&dir.join("key.pem"), key.serialize_pem().as_bytes());
        put(&dir.join("key.der"), key.serialized_der());
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own files need not survive a power cut")]
    pub(crate) fn put(path: &Path, bytes: &[u8]) {
        std::fs::write(path, bytes).unwrap();
    }

    #[test]
    fn the_wrong_one_of_two_files_is_named_with_what_to_do() {
        let (dir, other) = (made(|_| {}), made(|_| {}));
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n-----END ENCRYPTED PRIVATE KEY-----\n";
        put(&dir.path().join("encrypted.pem"), encrypted.as_bytes());
        put(&dir.path().join("other.pem"), &std::fs::read(other.path().join("key.pem")).unwrap());
        let told = |certificate: &str, key: &str| match ServerCertificate::read(
            &dir.path().join(certificate),
            &dir.path().join(key),
        ) {
            Ok(_) => String::new(),
            Err(error) => error.to_string(),
        };
        assert_eq!(told("cert.pem", "key.pem"), "");
        for (certificate, key, named, step) in [
            ("none.pem", "key.pem", "none.pem", "check the path"),
            ("cert.pem", "none.pem", "none.pem", "check the path"),
            ("cert.der", "key.pem", "cert.der", "openssl x509 -inform der"),
            ("cert.pem", "key.der", "key.der", "openssl pkey -inform der"),
            ("key.pem", "cert.pem", "key.pem", "swapped"),
            ("cert.pem", "ca.pem", "ca.pem", "swapped"),
            ("cert.pem", "encrypted.pem", "encrypted.pem", "openssl pkey -in"),
            ("cert.pem", "other.pem", "other.pem", "made together"),
        ] {
            let told = told(certificate, key);
            assert!(told.contains(named) && told.contains(step), "{certificate} {key}: {told}");
        }
    }
}
