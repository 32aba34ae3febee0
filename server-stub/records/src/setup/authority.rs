//! The certificate authority of a trial: made, used once for the gateway's key, and not kept.

use gauze_wire::PublicKey;
use jiff::{SignedDuration, Timestamp, tz::Offset};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SignatureAlgorithm,
};

use super::{CA, SetupError};
use crate::disk::{self, DiskError, PUBLIC};
use crate::keys::KeyDir;

/// The gateway's certificate of a trial, kept for a second answer that is the same as the first.
const LEAF: &str = "gateway.pem";
/// How long a trial's certificates last.
const LIFE: SignedDuration = SignedDuration::from_hours(24 * 365);
/// How far the gateway's clock may be behind.
const BEFORE: SignedDuration = SignedDuration::from_hours(24);

/// The gateway's key, as a certificate names it.
struct Certified([u8; 65]);

impl PublicKeyData for Certified {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

/// Leaves the authority's certificate beside the keys; the gateway's own, PEM. The authority's key is forgotten: nobody can have
/// another certificate signed by it.
pub(super) fn certify(
    keys: &KeyDir,
    key: &PublicKey,
    host: &str,
    now: Timestamp,
) -> Result<String, SetupError> {
    let (root, leaf) = made(key, host, now).map_err(|_| SetupError::Certificate(host.to_owned()))?;
    disk::replace(&keys.path(CA), root.as_bytes(), PUBLIC)?;
    disk::replace(&keys.path(LEAF), leaf.as_bytes(), PUBLIC)?;
    Ok(leaf)
}

/// What was made before; none where an earlier version set the trial up, whose gateway has it.
pub(super) fn kept(keys: &KeyDir) -> Result<Option<String>, DiskError> {
    let path = keys.path(LEAF);
    if !path.exists() {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&disk::read(&path)?).into_owned()))
}

fn made(key: &PublicKey, host: &str, now: Timestamp) -> Result<(String, String), rcgen::Error> {
    let mut ca = lasting(CertificateParams::new(Vec::new())?, now);
    ca.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    ca.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    ca.distinguished_name.push(DnType::CommonName, "Gauze trial authority");
    let signer = KeyPair::generate()?;
    let root = ca.self_signed(&signer)?.pem();
    let mut server = lasting(CertificateParams::new(vec![host.to_owned()])?, now);
    server.distinguished_name.push(DnType::CommonName, host);
    server.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    server.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // Every trial's authority has the same name: by it whoever believes two of them tells them apart.
    server.use_authority_key_identifier_extension = true;
    let leaf = server.signed_by(&Certified(key.to_sec1()), &Issuer::new(ca, signer))?;
    Ok((root, leaf.pem()))
}

fn lasting(mut params: CertificateParams, now: Timestamp) -> CertificateParams {
    let day = |at: Timestamp| {
        let date = Offset::UTC.to_datetime(at).date();
        rcgen::date_time_ymd(date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(now.saturating_sub(BEFORE).unwrap_or(now));
    params.not_after = day(now.saturating_add(LIFE).unwrap_or(now));
    params
}

#[cfg(test)]
mod tests {
    use rustls::pki_types::CertificateDer;
    use rustls::pki_types::pem::PemObject as _;

    use super::*;

    /// What follows an extension's identifier (DER).
    fn behind(certificate: &str, identifier: [u8; 5]) -> Vec<u8> {
        let der = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
        let at = der.windows(identifier.len()).position(|bytes| bytes == identifier).unwrap();
        der[at + identifier.len()..].to_vec()
    }

    #[test]
    fn a_certificate_names_the_key_of_the_authority_that_signed_it() {
        let key = PublicKey::from_sec1(KeyPair::generate().unwrap().public_key_raw()).unwrap();
        let (root, leaf) = made(&key, "gateway.example", Timestamp::UNIX_EPOCH).unwrap();
        // Each an octet string that holds the key's name of 20 bytes, the second inside of a sequence.
        let (own, signers) =
            (behind(&root, [6, 3, 0x55, 0x1d, 0x0e]), behind(&leaf, [6, 3, 0x55, 0x1d, 0x23]));
        assert_eq!(own[4..24], signers[6..26]);
    }
}
