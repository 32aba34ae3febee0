//! The chain: whether it leads to a pinned root, by authorities alone, within its time, with nobody on it revoked.
//!
//! Some phones were given a factory certificate that is no authority's (`CA:FALSE`), and it signs the phone's keys all the
//! same. It counts, unless the policy says otherwise, only right above the first certificate, only where no other one of the
//! whole chain holds a key description, only under a factory's names, and below authorities alone: a key that a phone
//! made and that signs below its own certificate brings a second description with it.
//!
//! Always: a key description stands on the first certificate. On the second it is allowed only where the hardware
//! says that the key there can do nothing but attest keys made beside it; every other key that a phone holds could
//! sign a forged certificate below its own, and is no issuer. Above come authorities without one.

use gauze_wire::Digest;
use jiff::{SignedDuration, Timestamp};

use super::description::{KeyDescription, SecurityLevel};
use super::{AndroidAsked, KEY_DESCRIPTION, PROVISIONING_INFO, Provisioning};
use crate::Fault;
use crate::chain::{Anchor, Chain, Root, check_issuers};
use crate::x509::Certificate;

/// 2.5.4.5 serialNumber
const SERIAL_NUMBER: &[u8] = &[0x55, 4, 5];
/// 2.5.4.12 title
const TITLE: &[u8] = &[0x55, 4, 12];
/// How far a phone's clock may be ahead.
const AHEAD: SignedDuration = SignedDuration::from_hours(1);

/// The purpose of a key that attests keys.
const ATTEST_KEY: u64 = 7;
/// The first schema version that has such keys.
const KEYMINT_1: u64 = 100;

/// A chain that leads to a pinned root.
pub(super) struct Anchored<'a> {
    anchor: Anchor<'a>,
    /// Every certificate that was shown.
    shown: &'a [Certificate<'a>],
    /// Those below the root.
    path: &'a [Certificate<'a>],
    /// How the attesting key came into the phone.
    pub provisioning: Provisioning,
}

impl<'a> Anchored<'a> {
    pub fn find(chain: &'a Chain<'a>, roots: &'a [Root]) -> Result<Self, Fault> {
        let anchor = chain.anchor(roots)?;
        let path = chain.below(&anchor);
        Ok(Self { anchor, shown: &chain.certificates, path, provisioning: provisioning(path) })
    }

    /// Where the root is, in the words of the facts.
    pub fn place(&self) -> &'static str {
        if self.anchor.in_chain {
            "in_chain"
        } else {
            "root_not_in_chain_but_last_cert_is_signed_by_google_root"
        }
    }

    /// The attested key's certificate.
    pub fn leaf(&self) -> Result<&'a Certificate<'a>, Fault> {
        self.path.first().ok_or(Fault::DescriptionMissing)
    }

    /// The description of the key that attests the first one, where a phone's own key does.
    pub fn attesting_key(&self) -> Option<KeyDescription> {
        let value = self.path.get(1)?.extension(KEY_DESCRIPTION)?;
        KeyDescription::read(value).ok()
    }

    /// Whether a certificate says that its key is in a StrongBox.
    pub fn names_strong_box(&self) -> bool {
        let says = |certificate: &Certificate<'_>| {
            certificate
                .subject_attributes()
                .is_ok_and(|all| all.iter().any(|(_, value)| *value == b"StrongBox"))
        };
        self.path.iter().any(says)
    }

    /// Everything about the chain but its links.
    pub fn check(&self, asked: &AndroidAsked<'_>) -> Result<(), Fault> {
        self.check_root(asked)?;
        let made_by_phone = self.made_by_phone()?;
        let ends = self.issuer_is_ca() == Some(false) && self.may_end(made_by_phone, asked);
        check_issuers(self.path, made_by_phone + usize::from(ends))?;
        self.check_dates(made_by_phone, asked)?;
        if asked.rules.remote_only && self.provisioning != Provisioning::Remote {
            return Err(Fault::NotRemote);
        }
        self.check_status(asked)
    }

    /// Whether the certificate that issued the phone's own is an authority's.
    pub fn issuer_is_ca(&self) -> Option<bool> {
        let described = |certificate: &&Certificate<'_>| certificate.extension(KEY_DESCRIPTION).is_some();
        let issuer = self.path.iter().find(|certificate| !described(certificate))?;
        Some(!issuer.denies_authority())
    }

    /// Whether the issuer may be no authority.
    fn may_end(&self, made_by_phone: usize, asked: &AndroidAsked<'_>) -> bool {
        made_by_phone == 1 && self.provisioning == Provisioning::Factory && !asked.rules.issuer_must_be_ca
    }

    fn check_root(&self, asked: &AndroidAsked<'_>) -> Result<(), Fault> {
        let root = self.anchor.root;
        if root.not_after.is_some_and(|until| asked.at > until) {
            return Err(Fault::RootOutOfTime);
        }
        if asked.rules.roots.is_empty() {
            return Ok(());
        }
        let fingerprint = Digest(root.fingerprint);
        let dated = asked.rules.roots.iter().find(|dated| dated.spki_sha256 == fingerprint);
        let dated = dated.ok_or(Fault::UntrustedRoot)?;
        let early = dated.from.is_some_and(|from| asked.at < from);
        let late = dated.until.is_some_and(|until| asked.at > until);
        if early || late { Err(Fault::RootOutOfTime) } else { Ok(()) }
    }

    /// How many certificates, from the first on, the phone made itself: one, or two with a key that attests.
    fn made_by_phone(&self) -> Result<usize, Fault> {
        if self.leaf()?.extension(KEY_DESCRIPTION).is_none() {
            return Err(Fault::DescriptionMissing);
        }
        let described = |certificate: &&Certificate<'_>| certificate.extension(KEY_DESCRIPTION).is_some();
        match self.shown.iter().skip(1).filter(described).count() {
            0 => Ok(1),
            1 if self.path.get(1).is_some_and(only_attests) => Ok(2),
            _ => Err(Fault::ChainExtended),
        }
    }

    fn check_dates(&self, made_by_phone: usize, asked: &AndroidAsked<'_>) -> Result<(), Fault> {
        let (own, issued) = self.path.split_at(made_by_phone);
        // What the phone writes there comes from its own clock: its end says nothing, but no key was made tomorrow.
        if own.iter().any(|certificate| certificate.not_before > later(asked.at, AHEAD)) {
            return Err(Fault::NotYetValid);
        }
        for certificate in issued {
            if certificate.not_before > asked.at {
                return Err(Fault::NotYetValid);
            }
            let grace = match (self.provisioning, asked.rules.factory_grace_days) {
                (Provisioning::Factory, None) => continue,
                (Provisioning::Factory, Some(days)) => SignedDuration::from_hours(24 * i64::from(days)),
                (Provisioning::Remote, _) => SignedDuration::ZERO,
            };
            if asked.at > later(certificate.not_after, grace) {
                return Err(Fault::CertificateExpired);
            }
        }
        Ok(())
    }

    fn check_status(&self, asked: &AndroidAsked<'_>) -> Result<(), Fault> {
        let serials = self.shown.iter().map(Certificate::serial_hex);
        match (asked.status, asked.rules.status_list_hours) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(Fault::StatusListMissing),
            (Some(list), Some(hours)) if list.is_stale(hours, asked.at) => Err(Fault::StatusListStale),
            (Some(list), _) => list.judge(serials),
        }
    }
}

/// Whether the hardware says that this key does nothing but attest keys made beside it. Its certificate is no
/// authority's, and its key usage is empty on some phones: it is the hardware's word that counts.
fn only_attests(certificate: &Certificate<'_>) -> bool {
    let Some(value) = certificate.extension(KEY_DESCRIPTION) else { return false };
    let Ok(description) = KeyDescription::read(value) else { return false };
    let hardware = &description.hardware_enforced;
    description.is_strict()
        && description.attestation_security_level != SecurityLevel::Software
        && description.attestation_security_level == description.key_mint_security_level
        && description.attestation_version >= KEYMINT_1
        && description.key_mint_version >= KEYMINT_1
        && hardware.purposes == [ATTEST_KEY]
        && hardware.origin == Some(0)
        && !hardware.all_applications
}

/// Factory keys are known by the names of their certificates: serial number and title, nothing else. Whatever is not
/// known to be from the factory has to keep its dates.
fn provisioning(path: &[Certificate<'_>]) -> Provisioning {
    let authorities = || path.iter().skip(1).filter(|above| above.extension(KEY_DESCRIPTION).is_none());
    let factory_name = |certificate: &Certificate<'_>| {
        certificate.extension(PROVISIONING_INFO).is_none()
            && certificate.subject_attributes().is_ok_and(|all| {
                !all.is_empty() && all.iter().all(|(kind, _)| *kind == SERIAL_NUMBER || *kind == TITLE)
            })
    };
    if authorities().next().is_some() && authorities().all(factory_name) {
        Provisioning::Factory
    } else {
        Provisioning::Remote
    }
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}
