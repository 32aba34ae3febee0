//! A signed request as the gateway proves it, against one bare P-256 verification of the same library.
//!
//! Proving is: the key read from its 65 bytes, the header fields parsed, the body hashed and compared with what was claimed,
//! the base made, the signature verified, tag, key and times judged, the nonce looked up and written to its journal. The
//! device's row is not in it.

use anyhow::ensure;
use gauze_gateway::{ReplayStore, Use};
use gauze_wire::signature::{Request, RequestSignature, SignatureFields, Tag, sign};
use gauze_wire::{Digest, PublicKey, Signer as _, SoftwareKey};
use jiff::Timestamp;

use crate::Arguments;
use crate::row::{Goal, clock, median, print};

const NAME: &str = "signed_request";
const REQUESTS: u32 = 200;
/// As long as a request for a ticket.
const BODY: usize = 1200;

pub fn measure(arguments: &Arguments) -> anyhow::Result<()> {
    if !arguments.wants(NAME) {
        return Ok(());
    }
    let key = SoftwareKey::from_bytes(&[7; 32])?;
    let (public, sec1) = (key.public_key(), key.public_key().to_sec1());
    let now: Timestamp = "2026-11-24T10:00:00Z".parse()?;
    let body = vec![b'x'; BODY];
    let digest = Digest::of(&body);
    let target_uri = "https://gauze.example.org/v1/ward-9/uploads";
    let request = Request { method: "POST", target_uri, body: Some(&digest) };
    let requests: Result<Vec<_>, _> = (1..=REQUESTS)
        .map(|n| sign(&request, &key, Tag::Device, now, &u128::from(n).to_le_bytes()))
        .collect();
    let requests = requests?;
    let prove = |fields: &SignatureFields, nonces: &ReplayStore| -> anyhow::Result<bool> {
        let public = PublicKey::from_sec1(&sec1)?;
        let signature = RequestSignature::parse(&fields.signature_input, &fields.signature)?;
        let digest = Digest::of(&body);
        let claimed = fields.content_digest.as_deref().unwrap_or_default();
        let request = Request { method: "POST", target_uri, body: Some(&digest) };
        signature.verify(&request, &public, Tag::Device, now)?;
        let used = nonces.judge::<std::io::Error>(
            (&public.key_id(), &signature.nonce),
            signature.created,
            now.as_second(),
            || Ok(()),
        )?;
        Ok(Digest::from_content_digest(claimed)? == digest && used == Use::First)
    };
    let signed = key.sign(&body)?;
    let (mut proofs, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..arguments.times(20) {
        let dir = tempfile::tempdir()?;
        let nonces = ReplayStore::open(dir.path(), false, now.as_second())?;
        let (held, took) =
            clock(|| requests.iter().all(|fields| prove(fields, &nonces).is_ok_and(|held| held)));
        ensure!(held, "the request that is measured does not hold");
        proofs.push(took * 1000.0 / f64::from(REQUESTS));
        let (held, took) = clock(|| (0..REQUESTS).all(|_| public.verify(&body, &signed).is_ok()));
        ensure!(held, "the signature that is measured does not hold");
        bare.push(took * 1000.0 / f64::from(REQUESTS));
    }
    print(NAME, (median(proofs), "us"), Some(median(bare)), Some(Goal::AtMost(1.5)));
    Ok(())
}
