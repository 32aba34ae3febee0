//! P-256 keys: JWK form (RFC 7517), thumbprints (RFC 7638), ES256 signatures (RFC 7518 section 3.4).
//!
//! Every JWS and every signed request is ES256, because phones keep P-256 keys in hardware; there is no negotiation. ring
//! verifies, and signs where many wait ([`QuickKey`]); `p256` does the rest, and is what the tests compare with (ADR 0071).

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, LineEnding};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, UnparsedPublicKey,
};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{Digest, KeyId, WireError};

/// A P-256 public key; JSON form is a JWK of exactly `crv`, `kty`, `x`, `y`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Jwk", into = "Jwk")]
pub struct PublicKey(VerifyingKey);

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Jwk {
    crv: String,
    kty: String,
    x: String,
    y: String,
}

impl PublicKey {
    /// Reads a SEC1 point, compressed or not.
    pub fn from_sec1(bytes: &[u8]) -> Result<Self, WireError> {
        VerifyingKey::from_sec1_bytes(bytes).map(Self).map_err(|_| WireError::Key)
    }

    /// The uncompressed SEC1 point: 0x04, x, y.
    pub fn to_sec1(&self) -> [u8; 65] {
        let mut out = [0; 65];
        out.copy_from_slice(self.0.to_sec1_point(false).as_bytes());
        out
    }

    /// The RFC 7638 thumbprint as 32 bytes: what managed configuration pins for the tenant root.
    pub fn fingerprint(&self) -> Digest {
        let Jwk { crv, kty, x, y } = Jwk::from(self.clone());
        Digest::of(format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}","y":"{y}"}}"#).as_bytes())
    }

    /// The thumbprint as it stands in `kid`, `keyid` and `device_id`.
    pub fn key_id(&self) -> KeyId {
        let text = BASE64_URL_SAFE_NO_PAD.encode(self.fingerprint().0);
        text.parse().expect("32 bytes are 43 base64url characters")
    }

    /// Checks an ES256 signature: 64 bytes, r then s. Of the two values of s that fit, either counts: hardware gives both
    /// (ADR 0015).
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WireError> {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, self.to_sec1());
        key.verify(message, signature).map_err(|_| WireError::Signature)
    }
}

/// An ECDSA signature as key stores give it (X9.62 DER) in the form that JOSE carries: r then s, 32 bytes each.
pub fn signature_from_der(der: &[u8]) -> Result<[u8; 64], WireError> {
    let signature = Signature::from_der(der).map_err(|_| WireError::Signature)?;
    Ok(signature.to_bytes().into())
}

impl From<PublicKey> for Jwk {
    fn from(key: PublicKey) -> Self {
        let point = key.to_sec1();
        let (x, y) = point[1..].split_at(32);
        Self {
            crv: "P-256".to_owned(),
            kty: "EC".to_owned(),
            x: BASE64_URL_SAFE_NO_PAD.encode(x),
            y: BASE64_URL_SAFE_NO_PAD.encode(y),
        }
    }
}

impl TryFrom<Jwk> for PublicKey {
    type Error = WireError;
    fn try_from(jwk: Jwk) -> Result<Self, WireError> {
        if jwk.crv != "P-256" || jwk.kty != "EC" {
            return Err(WireError::Key);
        }
        let mut point = vec![4];
        for coordinate in [&jwk.x, &jwk.y] {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(coordinate).map_err(|_| WireError::Key)?;
            if bytes.len() != 32 {
                return Err(WireError::Key);
            }
            point.extend(bytes);
        }
        Self::from_sec1(&point)
    }
}

/// Something that signs with a P-256 key it may not be able to show: hardware on a phone, a file on a server.
pub trait Signer {
    /// The public half.
    fn public_key(&self) -> PublicKey;
    /// An ES256 signature over `message`: 64 bytes, r then s.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError>;
}

/// A P-256 key in memory: servers, the offline root's ceremony, and tests. Signs as RFC 6979 says, so that the same words have the
/// same signature each time. Zeroised on drop; not shown by `Debug`.
pub struct SoftwareKey(SigningKey);

impl SoftwareKey {
    /// Makes a key from 32 random bytes; refuses the few that are no scalar.
    pub fn from_bytes(secret: &[u8; 32]) -> Result<Self, WireError> {
        SigningKey::from_slice(secret).map(Self).map_err(|_| WireError::Key)
    }

    /// Reads a PKCS #8 PEM private key.
    pub fn from_pem(pem: &str) -> Result<Self, WireError> {
        SigningKey::from_pkcs8_pem(pem).map(Self).map_err(|_| WireError::Key)
    }

    /// The key as PKCS #8 PEM. The caller zeroises it.
    pub fn to_pem(&self) -> Result<String, WireError> {
        let pem = self.0.to_pkcs8_pem(LineEnding::LF).map_err(|_| WireError::Key)?;
        Ok(pem.as_str().to_owned())
    }

    /// ECDH with an uncompressed peer point: the shared x coordinate. What a hardware key agreement returns.
    pub fn agree(&self, peer: &PublicKey) -> [u8; 32] {
        let secret = p256::ecdh::diffie_hellman(self.0.as_nonzero_scalar(), peer.0.as_affine());
        (*secret.raw_secret_bytes()).into()
    }
}

impl Signer for SoftwareKey {
    fn public_key(&self) -> PublicKey {
        PublicKey(*self.0.verifying_key())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError> {
        let signature: Signature = self.0.try_sign(message).map_err(|_| WireError::Signature)?;
        Ok(signature.to_bytes().into())
    }
}

/// The same key where thousands of signatures a second are asked for. Another signature each time; lives as long as its program, since
/// ring wipes nothing.
pub struct QuickKey {
    pair: EcdsaKeyPair,
    public: PublicKey,
}

impl TryFrom<&SoftwareKey> for QuickKey {
    type Error = WireError;
    fn try_from(key: &SoftwareKey) -> Result<Self, WireError> {
        let (secret, public) = (Zeroizing::new(key.0.to_bytes()), key.public_key());
        let kind = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let random = SystemRandom::new();
        let pair = EcdsaKeyPair::from_private_key_and_public_key(kind, &secret, &public.to_sec1(), &random);
        Ok(Self { pair: pair.map_err(|_| WireError::Key)?, public })
    }
}

impl Signer for QuickKey {
    fn public_key(&self) -> PublicKey {
        self.public.clone()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], WireError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| WireError::Signature)?;
        signature.as_ref().try_into().map_err(|_| WireError::Signature)
    }
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::signature::Verifier as _;

    use super::*;

    /// What the other implementation says.
    fn oracle(key: &PublicKey, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| key.0.verify(message, &signature).is_ok())
    }

    #[test]
    fn both_implementations_judge_each_signature_alike() {
        for n in 1..=8 {
            let key = SoftwareKey::from_bytes(&[n; 32]).unwrap();
            let (public, message) = (key.public_key(), vec![n; usize::from(n) * 7]);
            let quick = QuickKey::try_from(&key).unwrap();
            assert_eq!(quick.public_key(), public);
            for signature in [key.sign(&message).unwrap(), quick.sign(&message).unwrap()] {
                assert!(public.verify(&message, &signature).is_ok() && oracle(&public, &message, &signature));
                for at in 0..64 {
                    let mut changed = signature;
                    changed[at] ^= n;
                    assert!(
                        public.verify(&message, &changed).is_err() && !oracle(&public, &message, &changed)
                    );
                }
            }
        }
    }

    #[test]
    fn what_is_no_signature_is_refused_by_both() {
        let key = SoftwareKey::from_bytes(&[9; 32]).unwrap();
        let (public, signature) = (key.public_key(), key.sign(b"x").unwrap());
        let order = p256::elliptic_curve::bigint::U256::from_be_hex(
            "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        );
        let (r, s) = signature.split_at(32);
        let (order, none) = (order.to_be_bytes().to_vec(), vec![0; 32]);
        let der = Signature::from_slice(&signature).unwrap().to_der();
        let wrong = [
            [r, &none].concat(),
            [&none, s].concat(),
            [r, &order].concat(),
            [&order, s].concat(),
            [&none[..], &none].concat(),
            [&[0xff; 32][..], s].concat(),
            signature[..63].to_vec(),
            [&signature[..], &[0]].concat(),
            der.as_bytes().to_vec(),
            Vec::new(),
        ];
        for wrong in wrong {
            assert!(public.verify(b"x", &wrong).is_err() && !oracle(&public, b"x", &wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_key_survives_its_text_forms() {
        let key = SoftwareKey::from_bytes(&[9; 32]).unwrap();
        let json = serde_json::to_string(&key.public_key()).unwrap();
        assert_eq!(serde_json::from_str::<PublicKey>(&json).unwrap(), key.public_key());
        let again = SoftwareKey::from_pem(&key.to_pem().unwrap()).unwrap();
        let signature = again.sign(b"x").unwrap();
        assert!(key.public_key().verify(b"x", &signature).is_ok());
        assert!(key.public_key().verify(b"y", &signature).is_err());
    }

    #[test]
    fn the_thumbprint_of_rfc_7638_shape_is_stable() {
        let key = SoftwareKey::from_bytes(&[9; 32]).unwrap().public_key();
        let text = serde_json::to_string(&key).unwrap();
        assert!(text.starts_with(r#"{"crv":"P-256","kty":"EC","x":""#), "{text}");
        assert_eq!(key.fingerprint(), Digest::of(text.as_bytes()));
    }

    #[test]
    fn a_signature_counts_in_both_its_forms() {
        let key = SoftwareKey::from_bytes(&[9; 32]).unwrap();
        let signature = key.sign(b"x").unwrap();
        let (r, s) = Signature::from_slice(&signature).unwrap().split_scalars();
        let twin: [u8; 64] = Signature::from_scalars(*r, -*s).unwrap().to_bytes().into();
        assert_ne!(twin, signature);
        assert!(key.public_key().verify(b"x", &twin).is_ok());
        assert!(key.public_key().verify(b"y", &twin).is_err());
    }

    #[test]
    fn both_sides_agree_on_a_secret() {
        let (a, b) = (SoftwareKey::from_bytes(&[1; 32]).unwrap(), SoftwareKey::from_bytes(&[2; 32]).unwrap());
        assert_eq!(a.agree(&b.public_key()), b.agree(&a.public_key()));
    }
}
