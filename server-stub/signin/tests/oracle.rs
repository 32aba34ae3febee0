//! What `openidconnect` signs, we verify; what we refuse, it refuses too. The keys beside this file are published and used nowhere.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_signin::jwt::{JwtError, Keys};
use gauze_wire::{Signer as _, SoftwareKey};
use openidconnect::core::{
    CoreEdDsaPrivateSigningKey, CoreJsonWebKey, CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey,
};
use openidconnect::{JsonWebKey as _, JsonWebKeyId, PrivateSigningKey};
use serde_json::{Value, json};

fn b64(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

fn signed(alg: &str) -> String {
    let header = json!({ "alg": alg, "kid": "k", "typ": "JWT" });
    format!("{}.{}", b64(header.to_string()), b64(json!({ "sub": "ann" }).to_string()))
}

/// A token by the oracle, and the key set that it gives for it.
fn by_oracle<K>(key: &K, alg: &CoreJwsSigningAlgorithm, name: &str) -> (String, Value)
where
    K: PrivateSigningKey<VerificationKey = CoreJsonWebKey>,
{
    let signed = signed(name);
    let signature = key.sign(alg, signed.as_bytes()).unwrap();
    let set = json!({ "keys": [serde_json::to_value(key.as_verification_key()).unwrap()] });
    (format!("{signed}.{}", b64(signature)), set)
}

fn rsa() -> CoreRsaPrivateSigningKey {
    CoreRsaPrivateSigningKey::from_pem(include_str!("keys/rsa.pem"), Some(JsonWebKeyId::new("k".into())))
        .unwrap()
}

fn ed25519() -> CoreEdDsaPrivateSigningKey {
    let kid = Some(JsonWebKeyId::new("k".into()));
    CoreEdDsaPrivateSigningKey::from_ed25519_pem(include_str!("keys/ed25519.pem"), kid).unwrap()
}

fn keys(set: &Value) -> Keys {
    Keys::parse(set.to_string().as_bytes()).unwrap()
}

/// The same token with one bit of its signature turned.
fn turned(token: &str) -> String {
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let mut signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    signature[7] ^= 1;
    format!("{signed}.{}", b64(signature))
}

#[test]
fn what_the_oracle_signs_is_verified_and_what_was_changed_is_not() {
    use CoreJwsSigningAlgorithm as Alg;
    let (rsa, ed25519) = (rsa(), ed25519());
    let tokens = [
        by_oracle(&rsa, &Alg::RsaSsaPkcs1V15Sha256, "RS256"),
        by_oracle(&rsa, &Alg::RsaSsaPkcs1V15Sha384, "RS384"),
        by_oracle(&rsa, &Alg::RsaSsaPkcs1V15Sha512, "RS512"),
        by_oracle(&rsa, &Alg::RsaSsaPssSha256, "PS256"),
        by_oracle(&ed25519, &Alg::EdDsa, "EdDSA"),
    ];
    for (token, set) in &tokens {
        assert_eq!(keys(set).verify(token).unwrap().claims["sub"], "ann", "{token}");
        assert_eq!(keys(set).verify(&turned(token)).unwrap_err(), JwtError::Signature, "{token}");
    }
    // One kind of key never counts for another's algorithm, whatever the header says.
    assert_eq!(keys(&tokens[0].1).verify(&tokens[4].0).unwrap_err(), JwtError::UnknownKey);
    assert_eq!(keys(&tokens[4].1).verify(&tokens[0].0).unwrap_err(), JwtError::UnknownKey);
}

#[test]
fn both_agree_on_p256() {
    let key = SoftwareKey::from_bytes(&[9; 32]).unwrap();
    let point = key.public_key().to_sec1();
    let jwk = json!({ "kty": "EC", "crv": "P-256", "kid": "k", "use": "sig", "x": b64(&point[1..33]), "y": b64(&point[33..]) });
    let oracle: CoreJsonWebKey = serde_json::from_value(jwk.clone()).unwrap();
    let set = keys(&json!({ "keys": [jwk] }));
    let signed = signed("ES256");
    let signature = key.sign(signed.as_bytes()).unwrap();
    let token = format!("{signed}.{}", b64(signature));
    for (token, right) in [(token.clone(), true), (turned(&token), false)] {
        let signature = BASE64_URL_SAFE_NO_PAD.decode(token.rsplit_once('.').unwrap().1).unwrap();
        let judged =
            oracle.verify_signature(&CoreJwsSigningAlgorithm::EcdsaP256Sha256, signed.as_bytes(), &signature);
        assert_eq!(judged.is_ok(), right);
        assert_eq!(set.verify(&token).is_ok(), right);
    }
}

#[test]
fn keys_for_other_uses_and_of_other_kinds_do_not_count() {
    let (token, set) = by_oracle(&rsa(), &CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, "RS256");
    let with = |name: &str, value: Value| {
        let mut set = set.clone();
        set["keys"][0][name] = value;
        keys(&set).verify(&token).map(drop)
    };
    assert_eq!(with("use", json!("enc")), Err(JwtError::UnknownKey));
    assert_eq!(with("alg", json!("PS256")), Err(JwtError::UnknownKey));
    assert_eq!(with("kid", json!("other")), Err(JwtError::UnknownKey));
    assert_eq!(with("kty", json!("oct")), Err(JwtError::UnknownKey));
    assert_eq!(with("use", json!("sig")), Ok(()));
    for malformed in ["", ".", "..", "a.b.c", &token.replace('.', "!"), &"x".repeat(70_000)] {
        assert_eq!(keys(&set).verify(malformed).unwrap_err(), JwtError::Malformed);
    }
    assert!(Keys::parse(b"{}").is_err() && Keys::parse(b"[]").is_err());
}
