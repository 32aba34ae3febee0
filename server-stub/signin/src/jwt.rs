//! Signed tokens of a provider (RFC 7515, 7517, 7518, 8037), verified by ring.
//!
//! Always: a key's own type decides which algorithms count for it; no algorithm with a shared secret is known here, so that a
//! public key is never one; a header that demands what we do not know (`crit`) is refused.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RSA_PKCS1_2048_8192_SHA256,
    RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Longest token that is read, in bytes: groups make them long.
pub const LONGEST: usize = 64 << 10;
/// Most keys of one provider.
const KEYS: usize = 64;

/// Why a token does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// It is no token, or too long a one.
    #[error("it is not a signed token")]
    Malformed,
    /// Its algorithm does not count here.
    #[error("its algorithm does not count here")]
    Algorithm,
    /// No key of the provider fits.
    #[error("no key of the provider fits")]
    UnknownKey,
    /// The signature is not the key's.
    #[error("its signature is wrong")]
    Signature,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    crit: Option<Value>,
}

#[derive(Deserialize)]
struct Jwks {
    keys: Vec<Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    r#use: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Material {
    Rsa { n: Vec<u8>, e: Vec<u8> },
    P256(Vec<u8>),
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Key {
    kid: Option<String>,
    alg: Option<String>,
    material: Material,
}

/// A provider's keys, as its `jwks_uri` gives them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys(Vec<Key>);

/// A token whose signature is the provider's. Nothing else of it was judged.
#[derive(Clone, Debug)]
pub struct Verified {
    /// `typ` of its header.
    pub typ: Option<String>,
    /// What it says.
    pub claims: Map<String, Value>,
}

fn decode(text: &str) -> Result<Vec<u8>, JwtError> {
    BASE64_URL_SAFE_NO_PAD.decode(text).map_err(|_| JwtError::Malformed)
}

impl Keys {
    /// Reads a JWK set. Keys of kinds that we do not know, and keys for other uses, are passed over.
    ///
    /// # Errors
    /// [`JwtError::Malformed`] where it is no set.
    pub fn parse(bytes: &[u8]) -> Result<Self, JwtError> {
        let set: Jwks = serde_json::from_slice(bytes).map_err(|_| JwtError::Malformed)?;
        if set.keys.len() > KEYS {
            return Err(JwtError::Malformed);
        }
        let known = set.keys.into_iter().filter_map(|key| read(serde_json::from_value(key).ok()?));
        Ok(Self(known.collect()))
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Verifies a compact token.
    ///
    /// # Errors
    /// [`JwtError`]; [`JwtError::UnknownKey`] where the provider may have changed its keys.
    pub fn verify(&self, token: &str) -> Result<Verified, JwtError> {
        if token.len() > LONGEST {
            return Err(JwtError::Malformed);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        let header: Header = serde_json::from_slice(&decode(header)?).map_err(|_| JwtError::Malformed)?;
        let claims = serde_json::from_slice(&decode(payload)?).map_err(|_| JwtError::Malformed)?;
        let signature = decode(signature)?;
        if header.crit.is_some() || !is_known(&header.alg) {
            return Err(JwtError::Algorithm);
        }
        let fitting: Vec<&Key> = self.0.iter().filter(|key| key.fits(&header)).collect();
        if fitting.is_empty() {
            return Err(JwtError::UnknownKey);
        }
        let right = |key: &&Key| key.material.verifies(&header.alg, signed.as_bytes(), &signature);
        if !fitting.iter().any(right) {
            return Err(JwtError::Signature);
        }
        Ok(Verified { typ: header.typ, claims })
    }
}

fn is_known(alg: &str) -> bool {
    matches!(alg, "RS256" | "RS384" | "RS512" | "PS256" | "ES256" | "ES384" | "EdDSA" | "Ed25519")
}

fn read(jwk: Jwk) -> Option<Key> {
    if jwk.r#use.is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    let part = |text: Option<String>| decode(&text?).ok();
    let point = |x: Option<String>, y: Option<String>, width: usize| {
        let (x, y) = (part(x)?, part(y)?);
        (x.len() == width && y.len() == width).then(|| [vec![4], x, y].concat())
    };
    let material = match (jwk.kty.as_str(), jwk.crv.as_deref()) {
        ("RSA", _) => Material::Rsa { n: part(jwk.n)?, e: part(jwk.e)? },
        ("EC", Some("P-256")) => Material::P256(point(jwk.x, jwk.y, 32)?),
        ("EC", Some("P-384")) => Material::P384(point(jwk.x, jwk.y, 48)?),
        ("OKP", Some("Ed25519")) => Material::Ed25519(part(jwk.x)?),
        _ => return None,
    };
    Some(Key { kid: jwk.kid, alg: jwk.alg, material })
}

impl Key {
    fn fits(&self, header: &Header) -> bool {
        let named = match (&header.kid, &self.kid) {
            (Some(wanted), Some(own)) => wanted == own,
            (Some(_), None) => false,
            (None, _) => true,
        };
        named && self.alg.as_ref().is_none_or(|alg| *alg == header.alg) && self.material.takes(&header.alg)
    }
}

impl Material {
    fn takes(&self, alg: &str) -> bool {
        match self {
            Self::Rsa { .. } => matches!(alg, "RS256" | "RS384" | "RS512" | "PS256"),
            Self::P256(_) => alg == "ES256",
            Self::P384(_) => alg == "ES384",
            Self::Ed25519(_) => matches!(alg, "EdDSA" | "Ed25519"),
        }
    }

    fn verifies(&self, alg: &str, message: &[u8], signature: &[u8]) -> bool {
        let by = |algorithm: &'static dyn VerificationAlgorithm, key: &Vec<u8>| {
            UnparsedPublicKey::new(algorithm, key).verify(message, signature).is_ok()
        };
        match self {
            Self::Rsa { n, e } => rsa(alg).is_some_and(|parameters| {
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature).is_ok()
            }),
            Self::P256(key) => by(&ECDSA_P256_SHA256_FIXED, key),
            Self::P384(key) => by(&ECDSA_P384_SHA384_FIXED, key),
            Self::Ed25519(key) => by(&ED25519, key),
        }
    }
}

fn rsa(alg: &str) -> Option<&'static RsaParameters> {
    match alg {
        "RS256" => Some(&RSA_PKCS1_2048_8192_SHA256),
        "RS384" => Some(&RSA_PKCS1_2048_8192_SHA384),
        "RS512" => Some(&RSA_PKCS1_2048_8192_SHA512),
        "PS256" => Some(&RSA_PSS_2048_8192_SHA256),
        _ => None,
    }
}
