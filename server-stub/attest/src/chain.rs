//! Chains of certificates, end first, under pinned roots: the links, and where they are anchored.
//!
//! Always: a root counts by its key and name alone; whether it stands in the chain, and in which of its reissues,
//! makes no difference, but one that stands there must be signed by itself.

use der::Tag;
use jiff::Timestamp;

use crate::der::Reader;
use crate::pem;
use crate::x509::{Certificate, Key};
use crate::{Fault, sha256};

/// Most certificates in a chain.
const LIMIT: usize = 10;

/// A pinned root.
#[derive(Clone, Debug)]
pub(crate) struct Root {
    subject: Vec<u8>,
    spki: Vec<u8>,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub fingerprint: [u8; 32],
    /// The last moment of its validity.
    pub not_after: Option<Timestamp>,
}

impl Root {
    /// Takes name, key and validity from a certificate.
    pub fn read(der: &[u8]) -> Result<Self, Fault> {
        let certificate = Certificate::read(der).map_err(|_| Fault::CertificateMalformed)?;
        Ok(Self {
            subject: certificate.subject.to_vec(),
            spki: certificate.spki.to_vec(),
            fingerprint: sha256(&[certificate.spki]),
            not_after: Some(certificate.not_after),
        })
    }

    /// Every certificate of a PEM file as a root.
    pub fn read_all(pem: &str) -> Result<Vec<Self>, Fault> {
        pem::certificates(pem)?.iter().map(|der| Self::read(der)).collect()
    }

    fn key(&self) -> Key<'_> {
        let spki = Reader(&self.spki).expect(Tag::Sequence);
        spki.and_then(Key::read).unwrap_or(Key::Other)
    }

    fn is(&self, certificate: &Certificate<'_>) -> bool {
        self.spki == certificate.spki && self.subject == certificate.subject
    }

    fn issued(&self, certificate: &Certificate<'_>) -> bool {
        certificate.is_signed_by(&self.subject, self.key()).is_ok()
    }
}

/// Where a chain is anchored.
#[derive(Clone, Copy)]
pub(crate) struct Anchor<'r> {
    /// The root.
    pub root: &'r Root,
    /// Whether the chain's last certificate is the root itself.
    pub in_chain: bool,
}

/// A chain as far as it could be read, with its links tried.
pub(crate) struct Chain<'a> {
    /// The certificates that could be read, end first.
    pub certificates: Vec<Certificate<'a>>,
    /// For each but the last, whether the next one issued it.
    pub links: Vec<Result<(), Fault>>,
    /// What kept the chain from being read whole.
    pub unread: Option<Fault>,
}

impl<'a> Chain<'a> {
    /// Reads certificates and tries their links.
    pub fn read<D: AsRef<[u8]>>(ders: &'a [D]) -> Self {
        if ders.is_empty() || ders.len() > LIMIT {
            return Self { certificates: Vec::new(), links: Vec::new(), unread: Some(Fault::ChainMalformed) };
        }
        let mut certificates = Vec::with_capacity(ders.len());
        let mut unread = None;
        for der in ders {
            match Certificate::read(der.as_ref()) {
                Ok(certificate) => certificates.push(certificate),
                Err(_) => unread = Some(Fault::CertificateMalformed),
            }
        }
        // Links between certificates that do not follow one another say nothing.
        let links = match unread {
            Some(_) => Vec::new(),
            None => certificates.windows(2).map(|pair| pair[0].is_issued_by(&pair[1])).collect(),
        };
        Self { certificates, links, unread }
    }

    /// The pinned root that the chain leads to, if every link holds.
    pub fn anchor<'r>(&self, roots: &'r [Root]) -> Result<Anchor<'r>, Fault> {
        if let Some(fault) = self.unread {
            return Err(fault);
        }
        for link in &self.links {
            (*link)?;
        }
        let last = self.certificates.last().ok_or(Fault::ChainMalformed)?;
        if let Some(root) = roots.iter().find(|root| root.is(last)) {
            last.is_issued_by(last)?;
            return Ok(Anchor { root, in_chain: true });
        }
        let root = roots.iter().find(|root| root.issued(last)).ok_or(Fault::UntrustedRoot)?;
        Ok(Anchor { root, in_chain: false })
    }

    /// The certificates between the end and the root.
    pub fn below(&self, anchor: &Anchor<'_>) -> &[Certificate<'a>] {
        &self.certificates[..self.certificates.len() - usize::from(anchor.in_chain)]
    }
}

/// Whether every issuer of `path`, from `first` on, may be one, every key is strong enough, and every critical
/// extension is understood.
pub(crate) fn check_issuers(path: &[Certificate<'_>], first: usize) -> Result<(), Fault> {
    if !path.iter().all(Certificate::is_understood) {
        return Err(Fault::CriticalExtension);
    }
    if !path.iter().all(Certificate::is_strong) {
        return Err(Fault::AlgorithmUnsupported);
    }
    let issuers = path.iter().skip(first).enumerate();
    for (below, issuer) in issuers {
        if !issuer.may_issue(below) {
            return Err(Fault::IssuerNotCa);
        }
    }
    Ok(())
}
