//! What is fuzzed: for each parser that meets hostile bytes, one function that must not panic and whose answers must
//! agree with each other. `cargo fuzz` and `cargo test` run the same functions.
//!
//! A target asserts more than that nothing crashes: what is accepted reads the same in pieces and at once, writes back
//! to what was read, and no changed signed text is believed.

use std::convert::Infallible;

use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD, Engine as _};
use gauze_attest::{
    AndroidAsked, AndroidRoots, AppleAsked, AppleFacts, AppleRoots, AssertionAsked, verify_android,
    verify_apple, verify_assertion,
};
use gauze_seal::age::{Identity, Opener, Unwrap, parse_identity_file};
use gauze_seal::bundle::{Bundle, Unbundler};
use gauze_seal::strip::{Metadata, Stripped, draw_eighth, strip, strip_fully};
use gauze_wire::resume::{Part, announced};
use gauze_wire::{
    Adoption, AndroidApp, AndroidRules, AppleApp, AppleRules, Binding, Body, Carried, Digest, Filed, Jws,
    Manifest, Refused, Signed as _, Stored, Void, accept_bundle,
};
use serde_json::Value;

/// One parser under attack.
pub struct Target {
    /// Its name: that of the fuzz target, and of its directory of seeds.
    pub name: &'static str,
    /// Feeds it.
    pub feed: fn(&[u8]),
    /// Where to begin: bytes that it accepts.
    pub seeds: fn() -> Vec<Vec<u8>>,
}

/// All of them.
pub const TARGETS: &[Target] = &[
    Target { name: "jpeg_intake", feed: jpeg_intake, seeds: jpegs },
    Target { name: "age_header", feed: age_header, seeds: age_files },
    Target { name: "tar", feed: tar, seeds: tars },
    Target { name: "manifest", feed: manifest, seeds: manifests },
    Target { name: "receipt", feed: receipt, seeds: receipts },
    Target { name: "bundle", feed: bundle, seeds: bundles },
    Target { name: "android_attestation", feed: android_attestation, seeds: android_chains },
    Target { name: "apple_attestation", feed: apple_attestation, seeds: apple_objects },
    Target { name: "resumable_upload_headers", feed: resumable_upload_headers, seeds: headers },
];

// ---- Sealed formats

const IDENTITIES: &str = include_str!("../../core/seal/vectors/v2/identities.txt");
const CAMERA: &[u8] = include_bytes!("../../core/seal/vectors/v2/camera.jpg");
const PHOTO: &[u8] = include_bytes!("../../core/seal/vectors/v2/photo.jpg");
const X25519: &[u8] = include_bytes!("../../core/seal/vectors/v2/x25519.age");
const POST_QUANTUM: &[u8] = include_bytes!("../../core/seal/vectors/v2/mlkem768x25519.age");
const RECORD: &[u8] = include_bytes!("../../core/seal/vectors/v2/record.json");

/// A picture that is taken in is taken in again, unchanged, and holds no metadata but an orientation.
pub fn jpeg_intake(data: &[u8]) {
    let Ok(first) = strip(data) else { return };
    let out: Vec<u8> = first.slices().collect::<Vec<_>>().concat();
    assert_eq!(out.len() as u64, first.len());
    let again = strip(&out).expect("what was kept is a picture");
    assert_eq!(again.slices().collect::<Vec<_>>().concat(), out, "kept once, kept for ever");
    let shape = |kept: &Stripped<'_>| (kept.width(), kept.height(), kept.orientation());
    assert_eq!((shape(&first), first.sha256()), (shape(&again), again.sha256()));
    let kept = (first.orientation() != 1).then_some(Metadata::Exif);
    assert!(again.had().iter().eq(kept), "metadata but an orientation");
    counted_fully(data, &first);
    drawn(data, &first);
}

/// What is drawn small is the picture that is kept, and the same picture before and after.
fn drawn(data: &[u8], kept: &Stripped<'_>) {
    let Some(small) = draw_eighth(data, kept) else { return };
    let [width, height] = [kept.width(), kept.height()].map(|side| u32::from(side).div_ceil(8));
    assert_eq!((small.width, small.height), (width, height));
    let channels = if small.coloured { 3 } else { 1 };
    assert_eq!(small.pixels.len(), width as usize * height as usize * channels);
    let again = draw_eighth(&kept.slices().collect::<Vec<_>>().concat(), kept);
    assert_eq!(again.map(|again| again.pixels), Some(small.pixels), "another picture");
}

/// Counting every block may only shorten what [`strip`] keeps, and once it has, nothing is left to shorten. Where a scan ends
/// before its last block, there may be nothing at all to show for it.
fn counted_fully(data: &[u8], quick: &Stripped<'_>) {
    let Ok(full) = strip_fully(data) else { return };
    assert!(full.len() <= quick.len(), "counting lengthened it");
    assert_eq!(
        (full.width(), full.height(), full.orientation()),
        (quick.width(), quick.height(), quick.orientation())
    );
    let out: Vec<u8> = full.slices().collect::<Vec<_>>().concat();
    let again = strip_fully(&out).expect("what was counted is a picture");
    assert_eq!(again.slices().collect::<Vec<_>>().concat(), out, "counted once, counted for ever");
}

fn jpegs() -> Vec<Vec<u8>> {
    vec![CAMERA.to_vec(), PHOTO.to_vec()]
}

/// The plaintext, if it opens.
fn open(identities: &[&dyn Unwrap], sealed: &[u8], piece: usize) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut sink = |plain: &[u8]| -> Result<(), Infallible> {
        out.extend_from_slice(plain);
        Ok(())
    };
    let mut opener = Opener::new(identities);
    for part in sealed.chunks(piece) {
        opener.push(part, &mut sink).ok()?;
    }
    opener.finish(&mut sink).ok()?;
    Some(out)
}

/// An age file opens in pieces as it does at once, and nothing that was changed opens.
pub fn age_header(data: &[u8]) {
    let identities: Vec<Identity> = parse_identity_file(IDENTITIES).expect("our identities");
    let identities: Vec<&dyn Unwrap> = identities.iter().map(|identity| identity as &dyn Unwrap).collect();
    let whole = open(&identities, data, usize::MAX);
    assert_eq!(whole, open(&identities, data, 61));
    assert!(whole.is_none() || data == X25519 || data == POST_QUANTUM, "a changed file opened");
}

fn age_files() -> Vec<Vec<u8>> {
    vec![X25519.to_vec(), X25519[..600].to_vec(), POST_QUANTUM[..2400].to_vec()]
}

fn unbundle(data: &[u8], piece: usize) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut unbundler = Unbundler::new();
    for part in data.chunks(piece) {
        unbundler.push(part).ok()?;
    }
    let entries = unbundler.finish().ok()?;
    Some((entries.record.to_vec(), entries.photo.to_vec()))
}

/// An archive is taken apart in pieces as it is at once, and every byte of it is accounted for.
pub fn tar(data: &[u8]) {
    let whole = unbundle(data, usize::MAX);
    assert_eq!(whole, unbundle(data, 509));
    if let Some((record, photo)) = whole {
        let round = |length: usize| length.next_multiple_of(512);
        let least = 4 * 512 + round(record.len()) + round(photo.len());
        assert_eq!(data.len(), least.next_multiple_of(64 * 1024), "nothing beside record and photo");
    }
}

fn tars() -> Vec<Vec<u8>> {
    let photo = strip(PHOTO).expect("our photo");
    let mut tar = Vec::new();
    let mut sink = |bytes: &[u8]| -> Result<(), Infallible> {
        tar.extend_from_slice(bytes);
        Ok(())
    };
    let Ok(()) = Bundle::new(&photo, RECORD, 1_700_000_000).expect("a small photo").write(&mut sink);
    vec![tar]
}

// ---- Signed objects

macro_rules! vector {
    ($name:literal) => {
        include_str!(concat!("../../core/wire/vectors/v1/", $name, ".json"))
    };
}

const PHOTO_MANIFEST: &str = vector!("gauze-photo");
const VOID: &str = vector!("gauze-void");
const ADOPTION: &str = vector!("gauze-adoption");
const STORED: &str = vector!("gauze-stored");
const FILED: &str = vector!("gauze-filed");
const REFUSED: &str = vector!("gauze-refused");
const BUNDLE: &str = vector!("gauze-bundle");

fn recorded(vector: &str) -> (Jws, gauze_wire::PublicKey) {
    let vector: Value = serde_json::from_str(vector).expect("a vector");
    let part = |name: &str| vector[name].clone();
    (
        serde_json::from_value(part("jws")).expect("its text"),
        serde_json::from_value(part("key")).expect("its key"),
    )
}

fn texts(vectors: &[&str]) -> Vec<Vec<u8>> {
    let text = |vector: &&str| recorded(vector).0.as_str().as_bytes().to_vec();
    let payload = |vector: &&str| recorded(vector).0.payload_bytes().expect("a payload");
    vectors.iter().map(text).chain(vectors.iter().map(payload)).collect()
}

/// The bytes as a signed text; those that are none become the payload of one, so that what is inside is reached too.
fn as_signed(data: &[u8], typ: &str) -> Option<Jws> {
    if let Ok(text) = std::str::from_utf8(data)
        && let Ok(jws) = Jws::parse(text)
    {
        assert_eq!(jws.as_str(), text);
        return Some(jws);
    }
    let (model, _) = recorded(PHOTO_MANIFEST);
    let header = format!(r#"{{"alg":"ES256","kid":"{}","typ":"{typ}"}}"#, model.kid());
    let part = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    Jws::parse(&format!("{}.{}.{}", part(header.as_bytes()), part(data), part(&[1; 64]))).ok()
}

/// A manifest that reads carries exactly the body it names, and only the recorded ones are believed.
pub fn manifest(data: &[u8]) {
    if let Ok(carried) = Carried::from_bytes(data) {
        assert_eq!(carried.hash, Digest::of(data));
    }
    let good = [PHOTO_MANIFEST, VOID, ADOPTION].map(recorded);
    for typ in [Body::TYP, Void::TYP, Adoption::TYP] {
        let Some(jws) = as_signed(data, typ) else { continue };
        let Ok(manifest) = Manifest::peek(&jws) else { continue };
        assert_eq!(manifest.binding(&jws).manifest_sha256, jws.digest());
        let tenant = &manifest.carried().body.tenant;
        let believed = good.iter().any(|(_, key)| Manifest::verify(&jws, key, tenant).is_ok());
        assert!(!believed || good.iter().any(|(good, _)| jws == *good), "a forged manifest");
    }
}

fn manifests() -> Vec<Vec<u8>> {
    texts(&[PHOTO_MANIFEST, VOID, ADOPTION])
}

/// A receipt is believed only as it was recorded, for what it was recorded for.
pub fn receipt(data: &[u8]) {
    let (bundle, root) = recorded(BUNDLE);
    let bundle: gauze_wire::Bundle = bundle.peek().expect("our bundle");
    let (log, witnesses) = (&bundle.gateways[0].log, bundle.witnesses.as_slice());
    let keys = [root, recorded(STORED).1, recorded(FILED).1, recorded(REFUSED).1];
    let good = [STORED, FILED, REFUSED].map(|vector| recorded(vector).0);
    for typ in [Stored::TYP, Filed::TYP, Refused::TYP] {
        let Some(jws) = as_signed(data, typ) else { continue };
        let Some(binding) = binding(&jws) else { continue };
        let believed = match jws.typ() {
            Stored::TYP => Stored::verify(&jws, &keys, &binding, log, None).is_ok(),
            Filed::TYP => Filed::verify(&jws, &keys, &binding, log, Some(witnesses)).is_ok(),
            _ => Refused::verify(&jws, &keys, &binding, log, Some(witnesses)).is_ok(),
        };
        assert!(!believed || good.contains(&jws), "a forged receipt");
    }
}

fn binding(jws: &Jws) -> Option<Binding> {
    let stored = jws.peek::<Stored>().map(|receipt| receipt.binding());
    let filed = jws.peek::<Filed>().map(|receipt| receipt.binding());
    let refused = jws.peek::<Refused>().map(|receipt| receipt.binding());
    stored.or(filed).or(refused).ok()
}

fn receipts() -> Vec<Vec<u8>> {
    texts(&[STORED, FILED, REFUSED])
}

/// A trust bundle is believed only as its root signed it.
pub fn bundle(data: &[u8]) {
    let (good, root) = recorded(BUNDLE);
    let current: gauze_wire::Bundle = good.peek().expect("our bundle");
    let Some(jws) = as_signed(data, gauze_wire::Bundle::TYP) else { return };
    let believed = accept_bundle(&jws, &current.tenant, &root.fingerprint(), Some(&current), 0);
    assert!(believed.is_err() || jws == good, "a forged bundle");
    // One that claims a root of its own is believed for that root alone.
    if let Ok(claimed) = jws.peek::<gauze_wire::Bundle>() {
        let own = accept_bundle(&jws, &claimed.tenant, &claimed.root.fingerprint(), None, 0);
        assert!(own.is_err() || jws == good, "a bundle nobody signed");
    }
}

fn bundles() -> Vec<Vec<u8>> {
    texts(&[BUNDLE])
}

// ---- Attestations

const ANDROID: &str = include_str!("../../server-stub/attest/vectors/v1/android-key.json");
const APPLE: &str = include_str!("../../server-stub/attest/vectors/v1/app-attest.json");

/// A recorded attestation and what it was recorded for.
struct Recorded(Value);

impl Recorded {
    fn of(text: &str) -> Self {
        Self(serde_json::from_str(text).expect("a vector"))
    }

    fn text(&self, name: &str) -> &str {
        self.0[name].as_str().expect("a text")
    }

    fn at(&self) -> jiff::Timestamp {
        self.text("at").parse().expect("a time")
    }

    fn bytes(value: &Value) -> Vec<u8> {
        BASE64_STANDARD.decode(value.as_str().expect("base64")).expect("base64")
    }
}

/// Certificates one after another: each as long as its head says, the last as long as there is.
fn split(mut data: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while !data.is_empty() {
        let length = match data {
            [0x30, 0x82, high, low, ..] => 4 + usize::from(u16::from_be_bytes([*high, *low])),
            _ => data.len(),
        };
        let (part, rest) = data.split_at(length.min(data.len()));
        parts.push(part);
        data = rest;
    }
    parts
}

/// A chain is believed only as it was recorded, with its root or without.
pub fn android_attestation(data: &[u8]) {
    let recorded = Recorded::of(ANDROID);
    let roots = AndroidRoots::from_pem(recorded.text("root_pem")).expect("our root");
    let package = recorded.text("package").parse().expect("a package");
    let rules = AndroidRules::for_apps(vec![AndroidApp { package, signers: Vec::new(), min_version: 0 }]);
    let asked = AndroidAsked {
        challenge: recorded.text("challenge").as_bytes(),
        rules: &rules,
        status: None,
        at: recorded.at(),
        device_key: None,
        serial: None,
        last_seen: None,
    };
    let chain = split(data);
    let report = verify_android(&chain, &roots, &asked);
    assert_eq!(report.facts.certificates, chain.len());
    let good =
        recorded.0["chain"].as_array().expect("a chain").iter().map(Recorded::bytes).collect::<Vec<_>>();
    let as_recorded =
        chain.len() + 1 >= good.len() && good.iter().zip(&chain).all(|(good, shown)| good == shown);
    assert!(report.verdict.is_err() || as_recorded, "a forged chain");
}

fn android_chains() -> Vec<Vec<u8>> {
    let recorded = Recorded::of(ANDROID);
    let chain: Vec<_> =
        recorded.0["chain"].as_array().expect("a chain").iter().map(Recorded::bytes).collect();
    vec![chain.concat(), chain[..3].concat()]
}

/// An object attests, and an assertion uses, nothing but the recorded key for the recorded data.
pub fn apple_attestation(data: &[u8]) {
    let recorded = Recorded::of(APPLE);
    let roots = AppleRoots::from_pem(recorded.text("root_pem")).expect("our root");
    let app_id = recorded.text("app_id").parse().expect("an app id");
    let rules = AppleRules::for_apps(vec![AppleApp { app_id, min_bundle_version: None }]);
    let client_data_hash = Recorded::bytes(&recorded.0["client_data_hash"]);
    let asked =
        AppleAsked { client_data_hash: &client_data_hash, rules: &rules, at: recorded.at(), key_id: None };
    let good = verify_apple(&Recorded::bytes(&recorded.0["object"]), &roots, &asked);
    let (key, _) = good.verdict.expect("the recorded object");
    let shown = verify_apple(data, &roots, &asked);
    if let Ok((attested, _)) = shown.verdict {
        // A receipt is for Apple alone, and nothing that is judged here covers it.
        let facts = AppleFacts { receipt_bytes: good.facts.receipt_bytes, ..shown.facts };
        assert!(attested == key && facts == good.facts, "a forged object");
    }
    let client_data_hash = Digest::of(recorded.text("client_data").as_bytes());
    let asked =
        AssertionAsked { client_data_hash: &client_data_hash.0, key: &key, rules: &rules, at: recorded.at() };
    if let Ok((seen, _)) = verify_assertion(data, &asked) {
        assert_eq!(Some(u64::from(seen.counter)), recorded.0["counter"].as_u64(), "a forged assertion");
    }
}

fn apple_objects() -> Vec<Vec<u8>> {
    let recorded = Recorded::of(APPLE);
    ["object", "assertion"].map(|name| Recorded::bytes(&recorded.0[name])).to_vec()
}

// ---- Header fields of a transfer

/// What the fields of a `PATCH` say is said in one way only, and no number in them can overflow.
pub fn resumable_upload_headers(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n').map(|line| (!line.is_empty()).then_some(line));
    let mut next = || lines.next().flatten();
    let (kind, offset, complete, length) = (next(), next(), next(), next());
    let Ok(length) = announced(length) else { return };
    let Ok(part) = Part::parse(None, kind, offset, complete, length) else { return };
    assert_eq!(part.offset.to_string(), offset.expect("an offset"));
    assert_eq!(part.complete, complete != Some("?0"));
    for size in [0, 1, part.offset, u64::MAX] {
        let fits = part.fits(size);
        let end = length.map(|length| u128::from(part.offset) + u128::from(length));
        assert!(
            !fits || part.offset > size || end.is_none_or(|end| end <= u128::from(size)),
            "too much is let in"
        );
    }
}

fn headers() -> Vec<Vec<u8>> {
    let fields = [
        "application/partial-upload\n65536\n?1\n1234",
        "application/partial-upload\n0\n?0\n",
        "application/partial-upload\n7",
    ];
    fields.map(|fields| fields.as_bytes().to_vec()).to_vec()
}
