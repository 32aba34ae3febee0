//! Request signatures: RFC 9421 with `ecdsa-p256-sha256` and RFC 9530 `Content-Digest`.
//!
//! A request with a body covers `("@method" "@target-uri" "content-digest")`, one without covers the first two.
//! Parameters: `created`, `expires` (at most five minutes later), `nonce` (16 random bytes, base64url), `keyid` (the
//! key's thumbprint), `tag`. One signature, labelled `gauze`. Whoever verifies keeps nonces until they expire.
//! [`Labelled`] reads any signature of RFC 9421, whoever made it.

mod base;
mod component;
mod message;
mod query;
mod structured;

pub use base::Labelled;
pub use component::ComponentError;
pub use message::{FieldLine, Head, Message};
pub use structured::FieldKind;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jiff::Timestamp;

use crate::{Digest, KeyId, PublicKey, Signer, WireError};

/// The label of our one signature.
pub const LABEL: &str = "gauze";
/// How long a signature lives, in seconds.
pub const LIFE_S: i64 = 300;
/// How far clocks may differ, in seconds.
pub const SKEW_S: i64 = 60;

/// Who signs: `tag` keeps a phone's signature from counting as the records side's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tag {
    /// A phone's device key.
    Device,
    /// The records side's key.
    Records,
}

impl Tag {
    /// The `tag` parameter.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Device => "gauze-device",
            Self::Records => "gauze-records",
        }
    }
}

/// What is signed of a request.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Upper-case method.
    pub method: &'a str,
    /// The absolute URL, as the client wrote it.
    pub target_uri: &'a str,
    /// The digest of the body; absent where there is none.
    pub body: Option<&'a Digest>,
}

/// Header fields to add to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignatureFields {
    /// `Signature-Input`.
    pub signature_input: String,
    /// `Signature`.
    pub signature: String,
    /// `Content-Digest`, where there is a body.
    pub content_digest: Option<String>,
}

fn base_text(request: &Request<'_>, params: &str) -> String {
    let mut text = format!("\"@method\": {}\n\"@target-uri\": {}\n", request.method, request.target_uri);
    if let Some(body) = request.body {
        text.push_str(&format!("\"content-digest\": {}\n", body.content_digest()));
    }
    text.push_str(&format!("\"@signature-params\": {params}"));
    text
}

/// Signs a request.
pub fn sign(
    request: &Request<'_>,
    key: &dyn Signer,
    tag: Tag,
    now: Timestamp,
    nonce: &[u8; 16],
) -> Result<SignatureFields, WireError> {
    let components = match request.body {
        Some(_) => r#"("@method" "@target-uri" "content-digest")"#,
        None => r#"("@method" "@target-uri")"#,
    };
    let created = now.as_second();
    let params = format!(
        r#"{components};created={created};expires={};nonce="{}";keyid="{}";tag="{}""#,
        created + LIFE_S,
        BASE64_URL_SAFE_NO_PAD.encode(nonce),
        key.public_key().key_id(),
        tag.as_str(),
    );
    let signature = key.sign(base_text(request, &params).as_bytes())?;
    let signature = sfv::BareItem::ByteSequence(signature.to_vec());
    let signature = sfv::ItemSerializer::new().bare_item(&signature).finish();
    Ok(SignatureFields {
        signature_input: format!("{LABEL}={params}"),
        signature: format!("{LABEL}={signature}"),
        content_digest: request.body.map(Digest::content_digest),
    })
}

/// A request's signature, read but not judged: find the key that `key_id` names, then [`RequestSignature::verify`].
#[derive(Clone, Debug)]
pub struct RequestSignature {
    /// The key it claims.
    pub key_id: KeyId,
    /// Its nonce; the caller keeps it until `expires`.
    pub nonce: String,
    /// When it was made, in seconds since 1970.
    pub created: i64,
    /// When it ends, in seconds since 1970.
    pub expires: i64,
    tag: String,
    covers_body: bool,
    params: String,
    signature: Vec<u8>,
}

impl RequestSignature {
    /// Reads the two fields.
    pub fn parse(signature_input: &str, signature: &str) -> Result<Self, WireError> {
        let bad = || WireError::Header("signature-input");
        let input: sfv::Dictionary = sfv::Parser::new(signature_input).parse().map_err(|_| bad())?;
        let Some(sfv::ListEntry::InnerList(list)) = input.get(LABEL) else { return Err(bad()) };
        let mut names = Vec::new();
        for item in &list.items {
            if !item.params.is_empty() {
                return Err(bad());
            }
            names.push(item.bare_item.as_string().ok_or_else(bad)?.as_str());
        }
        let covers_body = match names.as_slice() {
            ["@method", "@target-uri", "content-digest"] => true,
            ["@method", "@target-uri"] => false,
            _ => return Err(bad()),
        };
        let text = |name: &str| {
            list.params.get(name).and_then(|v| v.as_string()).map(|s| s.as_str().to_owned()).ok_or_else(bad)
        };
        let seconds = |name: &str| {
            list.params.get(name).and_then(sfv::BareItem::as_integer).map(i64::from).ok_or_else(bad)
        };
        if list
            .params
            .get("alg")
            .is_some_and(|alg| alg.as_string().is_none_or(|alg| alg.as_str() != "ecdsa-p256-sha256"))
        {
            return Err(WireError::Algorithm);
        }
        let nonce = text("nonce")?;
        if !(16..=64).contains(&nonce.len()) {
            return Err(bad());
        }
        let mut serializer = sfv::ListSerializer::new();
        serializer.members([&sfv::ListEntry::InnerList(list.clone())]);
        let params = serializer.finish().ok_or_else(bad)?;
        let fields: sfv::Dictionary =
            sfv::Parser::new(signature).parse().map_err(|_| WireError::Header("signature"))?;
        let Some(sfv::ListEntry::Item(item)) = fields.get(LABEL) else {
            return Err(WireError::Header("signature"));
        };
        let signature = item.bare_item.as_byte_sequence().ok_or(WireError::Header("signature"))?.to_vec();
        Ok(Self {
            key_id: text("keyid")?.parse()?,
            nonce,
            created: seconds("created")?,
            expires: seconds("expires")?,
            tag: text("tag")?,
            covers_body,
            params,
            signature,
        })
    }

    /// Judges signature, tag, coverage and time.
    pub fn verify(
        &self,
        request: &Request<'_>,
        key: &PublicKey,
        tag: Tag,
        now: Timestamp,
    ) -> Result<(), WireError> {
        if self.tag != tag.as_str()
            || self.key_id != key.key_id()
            || self.covers_body != request.body.is_some()
        {
            return Err(WireError::Signature);
        }
        key.verify(base_text(request, &self.params).as_bytes(), &self.signature)?;
        let now = now.as_second();
        let life = self.expires.saturating_sub(self.created);
        let in_time =
            self.created <= now.saturating_add(SKEW_S) && now <= self.expires.saturating_add(SKEW_S);
        if in_time && (0..=LIFE_S).contains(&life) { Ok(()) } else { Err(WireError::Expired) }
    }
}
