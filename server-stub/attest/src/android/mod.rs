//! Android Key Attestation: what a chain says, and whether it is enough.
//!
//! Always: facts come from bytes alone and are there for every chain, as far as it can be read; the verdict comes
//! from the facts, what was asked for, and nothing else. The steps stand in the order in which they are tried: the
//! chain (`path`), then the phone and the key (`judge`).

mod description;
mod judge;
mod path;

use gauze_wire::{AndroidRules, PublicKey};
use jiff::Timestamp;
use serde::{Serialize, Serializer};

pub use description::{
    ApplicationId, Authorizations, BootState, KeyDescription, Package, RootOfTrust, SecurityLevel,
};
pub use judge::PatchLevels;
use path::Anchored;

use crate::cbor;
use crate::chain::{Chain, Root};
use crate::x509::Certificate;
use crate::{Fault, StatusList};

/// 1.3.6.1.4.1.11129.2.1.17
const KEY_DESCRIPTION: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 1, 17];
/// 1.3.6.1.4.1.11129.2.1.30
const PROVISIONING_INFO: &[u8] = &[0x2b, 6, 1, 4, 1, 0xd6, 0x79, 2, 1, 30];

const GOOGLE_RSA: &str = include_str!("../../roots/google-rsa-2022.pem");
const GOOGLE_EC: &str = include_str!("../../roots/google-ec-2025.pem");

/// The roots that Android chains must lead to.
#[derive(Clone, Debug)]
pub struct AndroidRoots(Vec<Root>);

impl AndroidRoots {
    /// Google's two roots: RSA, and EC since 2025.
    pub fn google() -> Self {
        let roots = [GOOGLE_RSA, GOOGLE_EC].iter().filter_map(|pem| Root::read_all(pem).ok());
        Self(roots.flatten().collect())
    }

    /// Other roots instead: every certificate of a PEM file, for as long as the operator says.
    pub fn from_pem(pem: &str) -> Result<Self, Fault> {
        let mut roots = Root::read_all(pem)?;
        roots.iter_mut().for_each(|root| root.not_after = None);
        Ok(Self(roots))
    }
}

/// What a chain is asked to show.
#[derive(Clone, Copy, Debug)]
pub struct AndroidAsked<'a> {
    /// What the key was to be made for.
    pub challenge: &'a [u8],
    /// The policy's section.
    pub rules: &'a AndroidRules,
    /// The status list, where there is one.
    pub status: Option<&'a StatusList>,
    /// When the chain was shown.
    pub at: Timestamp,
    /// The key that enrols, where it is known.
    pub device_key: Option<&'a PublicKey>,
    /// The serial number that enrols, where it is known.
    pub serial: Option<&'a str>,
    /// The patch levels that this phone showed before.
    pub last_seen: Option<PatchLevels>,
}

/// How the key that signs attestations came into the phone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Provisioning {
    /// In the factory, for the phone's life.
    Factory,
    /// By Google, for some weeks. Also what nothing is known of.
    Remote,
}

/// What a chain says, as far as it can be read. Names are those of its JSON form.
#[derive(Clone, Debug, Serialize)]
pub struct AndroidFacts {
    /// Number of certificates shown.
    pub certificates: usize,
    /// Whether all could be read and each was issued by the next.
    pub links_verify: bool,
    /// For each but the last.
    pub link_results: Vec<bool>,
    /// Where the pinned root is, if the last link leads to one.
    pub google_root: Option<&'static str>,
    /// Serial numbers as the status list spells them.
    pub serials_hex: Vec<String>,
    /// The latest begin of a validity.
    pub all_valid_from: Option<String>,
    /// The earliest end of a validity.
    pub all_valid_until: Option<String>,
    /// How the attesting key came into the phone.
    pub provisioning: Option<Provisioning>,
    /// Whether the certificate that issued the phone's own is an authority's; some from the factory are not.
    pub issuer_is_ca: Option<bool>,
    /// How many certificates Google issued to this phone lately, where it says so.
    pub certificates_issued: Option<u64>,
    /// What the attested key is for; 2 is signing.
    pub purposes: Vec<u64>,
    /// The digests it may sign; 4 is SHA-256.
    pub digests: Vec<u64>,
    /// Its curve; 1 is P-256.
    pub ec_curve: Option<u64>,
    /// The attested serial number.
    pub attested_serial: Option<String>,
    /// The key description of the first certificate.
    pub key_description: Option<KeyDescription>,
}

/// Facts and verdict.
#[derive(Clone, Debug)]
pub struct AndroidReport {
    /// What the chain says.
    pub facts: AndroidFacts,
    /// Whether it is enough: what policy lets pass with a flag, or what is missing.
    pub verdict: Result<Vec<Fault>, Fault>,
}

/// Reads a chain, the attested key's certificate first, and judges it.
pub fn verify_android<D: AsRef<[u8]>>(
    ders: &[D],
    roots: &AndroidRoots,
    asked: &AndroidAsked<'_>,
) -> AndroidReport {
    let chain = Chain::read(ders);
    let anchored = Anchored::find(&chain, &roots.0);
    let description = describe(chain.certificates.first());
    let verdict = anchored.as_ref().map_err(|fault| *fault).and_then(|anchored| {
        anchored.check(asked)?;
        judge::judge(description.as_ref().map_err(|fault| *fault)?, anchored, asked)
    });
    let facts = facts(&chain, ders.len(), anchored.ok().as_ref(), description.ok());
    AndroidReport { facts, verdict }
}

fn describe(certificate: Option<&Certificate<'_>>) -> Result<KeyDescription, Fault> {
    let value = certificate.and_then(|certificate| certificate.extension(KEY_DESCRIPTION));
    KeyDescription::read(value.ok_or(Fault::DescriptionMissing)?).map_err(|_| Fault::DescriptionMalformed)
}

fn facts(
    chain: &Chain<'_>,
    shown: usize,
    anchored: Option<&Anchored<'_>>,
    key_description: Option<KeyDescription>,
) -> AndroidFacts {
    let all = &chain.certificates;
    let hardware = key_description.as_ref().map(|description| &description.hardware_enforced);
    let serial = hardware.and_then(|hardware| hardware.serial.as_ref());
    AndroidFacts {
        certificates: shown,
        links_verify: chain.unread.is_none() && chain.links.iter().all(Result::is_ok),
        link_results: chain.links.iter().map(Result::is_ok).collect(),
        google_root: anchored.map(Anchored::place),
        serials_hex: all.iter().map(Certificate::serial_hex).collect(),
        all_valid_from: all.iter().map(|certificate| certificate.not_before).max().map(second),
        all_valid_until: all.iter().map(|certificate| certificate.not_after).min().map(second),
        provisioning: anchored.map(|anchored| anchored.provisioning),
        issuer_is_ca: anchored.and_then(Anchored::issuer_is_ca),
        certificates_issued: all.iter().find_map(certificates_issued),
        purposes: hardware.map(|hardware| hardware.purposes.clone()).unwrap_or_default(),
        digests: hardware.map(|hardware| hardware.digests.clone()).unwrap_or_default(),
        ec_curve: hardware.and_then(|hardware| hardware.curve),
        attested_serial: serial.map(|serial| String::from_utf8_lossy(serial).into_owned()),
        key_description,
    }
}

/// The number under key 1 of the provisioning information.
fn certificates_issued(certificate: &Certificate<'_>) -> Option<u64> {
    let mut info = cbor::Reader(certificate.extension(PROVISIONING_INFO)?);
    for _ in 0..info.map().ok()? {
        match (info.next().ok()?, info) {
            (cbor::Item::Unsigned(1), mut value) => {
                let cbor::Item::Unsigned(issued) = value.next().ok()? else { return None };
                return Some(issued);
            }
            _ => info.skip().ok()?,
        }
    }
    None
}

/// To the second, with the offset written out.
pub(crate) fn second(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

pub(crate) fn hex_text(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex_text(bytes))
}

#[expect(clippy::ref_option, reason = "serde passes fields by reference")]
fn hex_or_nothing<S: Serializer>(bytes: &Option<Vec<u8>>, serializer: S) -> Result<S::Ok, S::Error> {
    bytes.as_deref().map(hex_text).serialize(serializer)
}

fn hex_list<S: Serializer>(list: &[Vec<u8>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(list.iter().map(|bytes| hex_text(bytes)))
}
