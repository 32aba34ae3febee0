//! The key description: extension 1.3.6.1.4.1.11129.2.1.17 of every schema version, Keymaster 1 to KeyMint 5.
//!
//! Always: strict DER and the schema's types, or no description. One thing is read although it is wrong, because
//! phones in the field have it: a BOOLEAN that is neither 00 nor FF counts as true for whoever asks what the phone
//! said, and [`KeyDescription::is_strict`] then says no.

use der::Tag;
use serde::Serialize;

use crate::der::{Element, NotDer, Reader};

/// Most entries of one authorization list, packages or digests: more are no phone's.
const ENTRIES: usize = 256;

/// Where a key, or its attestation, is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SecurityLevel {
    /// In the operating system.
    Software,
    /// In the trusted execution environment.
    TrustedEnvironment,
    /// In a separate secure element.
    StrongBox,
}

impl SecurityLevel {
    /// Its name in registers and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Software => "software",
            Self::TrustedEnvironment => "trusted_environment",
            Self::StrongBox => "strong_box",
        }
    }
}

/// What verified boot said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum BootState {
    /// The maker's system.
    Verified,
    /// A system that the owner signed.
    SelfSigned,
    /// Nothing was verified.
    Unverified,
    /// Verification failed.
    Failed,
}

impl BootState {
    /// Its name in registers and on screens.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::SelfSigned => "self_signed",
            Self::Unverified => "unverified",
            Self::Failed => "failed",
        }
    }
}

/// What the phone booted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RootOfTrust {
    /// The key that verified the system.
    #[serde(rename = "verifiedBootKeyHex", serialize_with = "super::hex")]
    pub boot_key: Vec<u8>,
    /// Whether the bootloader is locked.
    #[serde(rename = "deviceLocked")]
    pub locked: bool,
    /// What verified boot said.
    #[serde(rename = "verifiedBootState")]
    pub state: BootState,
    /// Digest over what was verified; from schema version 3 on.
    #[serde(
        rename = "verifiedBootHashHex",
        serialize_with = "super::hex_or_nothing",
        skip_serializing_if = "Option::is_none"
    )]
    pub boot_hash: Option<Vec<u8>>,
}

/// One package of an app's user id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Package {
    /// Its name.
    pub name: String,
    /// Its version code.
    pub version: u64,
}

/// Which app asked for the key, as the operating system says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApplicationId {
    /// The packages that share the app's user id.
    pub packages: Vec<Package>,
    /// SHA-256 of the certificates that signed them.
    #[serde(rename = "signatureDigestsHex", serialize_with = "super::hex_list")]
    pub signers: Vec<Vec<u8>>,
}

/// What holds for the key, by hardware or by software. What a phone does not say is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorizations {
    /// What was booted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub root_of_trust: Option<RootOfTrust>,
    /// Android version: 130000 is 13.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_version: Option<u64>,
    /// YYYYMM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_patch_level: Option<u64>,
    /// YYYYMMDD, or YYYYMM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vendor_patch_level: Option<u64>,
    /// YYYYMMDD, or YYYYMM.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boot_patch_level: Option<u64>,
    /// 1 RSA, 3 EC, 4 ML-DSA.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub algorithm: Option<u64>,
    /// In bits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_size: Option<u64>,
    /// 0 is generated inside.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<u64>,
    /// Usable without its user.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub no_auth_required: bool,
    /// Milliseconds since 1970, by the phone's clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creation_date_time: Option<u64>,
    /// Which app asked.
    #[serde(rename = "attestationApplicationId", skip_serializing_if = "Option::is_none")]
    pub application: Option<ApplicationId>,
    /// Every tag, in the order they stand.
    pub tags: Vec<u32>,
    /// 2 is signing, 3 verifying, 7 attesting other keys.
    #[serde(skip)]
    pub purposes: Vec<u64>,
    /// 4 is SHA-256.
    #[serde(skip)]
    pub digests: Vec<u64>,
    /// 1 is P-256.
    #[serde(skip)]
    pub curve: Option<u64>,
    /// Usable by every app.
    #[serde(skip)]
    pub all_applications: bool,
    /// The phone's serial number.
    #[serde(skip)]
    pub serial: Option<Vec<u8>>,
}

/// A key description.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KeyDescription {
    /// Schema version.
    pub attestation_version: u64,
    /// Where the attestation was made.
    pub attestation_security_level: SecurityLevel,
    /// Version of Keymaster or KeyMint.
    pub key_mint_version: u64,
    /// Where the key is.
    pub key_mint_security_level: SecurityLevel,
    /// What the attestation was made for.
    #[serde(rename = "attestationChallengeHex", serialize_with = "super::hex")]
    pub challenge: Vec<u8>,
    /// For privileged apps.
    #[serde(rename = "uniqueIdHex", serialize_with = "super::hex")]
    pub unique_id: Vec<u8>,
    /// By the secure hardware.
    pub hardware_enforced: Authorizations,
    /// By the operating system.
    pub software_enforced: Authorizations,
    #[serde(skip)]
    strict: bool,
}

impl KeyDescription {
    /// Reads the extension's value.
    pub(crate) fn read(der: &[u8]) -> Result<Self, NotDer> {
        let mut strict = true;
        let mut outer = Reader(der);
        let mut fields = outer.sequence()?;
        outer.end()?;
        let description = Self {
            attestation_version: fields.integer()?,
            attestation_security_level: level(fields.enumerated()?)?,
            key_mint_version: fields.integer()?,
            key_mint_security_level: level(fields.enumerated()?)?,
            challenge: fields.octets()?.to_vec(),
            unique_id: fields.octets()?.to_vec(),
            software_enforced: Authorizations::read(fields.sequence()?, &mut strict)?,
            hardware_enforced: Authorizations::read(fields.sequence()?, &mut strict)?,
            strict: true,
        };
        fields.end()?;
        Ok(Self { strict, ..description })
    }

    /// Whether it is DER to the last bit.
    pub fn is_strict(&self) -> bool {
        self.strict
    }
}

impl Authorizations {
    fn read(mut list: Reader<'_>, strict: &mut bool) -> Result<Self, NotDer> {
        let mut read = Self::default();
        while !list.is_empty() {
            let entry = list.next()?;
            let Tag::ContextSpecific { constructed: true, number } = entry.tag else { return Err(NotDer) };
            if read.tags.contains(&number.0) || read.tags.len() == ENTRIES {
                return Err(NotDer);
            }
            read.tags.push(number.0);
            let mut inside = entry.inside();
            let value = inside.next()?;
            inside.end()?;
            read.take(number.0, value, strict)?;
        }
        Ok(read)
    }

    fn take(&mut self, tag: u32, value: Element<'_>, strict: &mut bool) -> Result<(), NotDer> {
        match tag {
            1 => self.purposes = numbers(value)?,
            2 => self.algorithm = Some(number(value)?),
            3 => self.key_size = Some(number(value)?),
            5 => self.digests = numbers(value)?,
            4 | 6 | 203 => drop(numbers(value)?),
            10 => self.curve = Some(number(value)?),
            11 | 200 | 400..=402 | 405 | 504 | 505 => drop(number(value)?),
            303 | 305 | 506..=509 | 703 | 720 => null(value)?,
            503 => {
                null(value)?;
                self.no_auth_required = true;
            }
            600 => {
                null(value)?;
                self.all_applications = true;
            }
            601 | 710..=712 | 714..=717 | 723 | 724 => drop(octets(value)?),
            701 => self.creation_date_time = Some(number(value)?),
            702 => self.origin = Some(number(value)?),
            704 => self.root_of_trust = Some(RootOfTrust::read(value, strict)?),
            705 => self.os_version = Some(number(value)?),
            706 => self.os_patch_level = Some(number(value)?),
            709 => self.application = Some(ApplicationId::read(octets(value)?)?),
            713 => self.serial = Some(octets(value)?.to_vec()),
            718 => self.vendor_patch_level = Some(number(value)?),
            719 => self.boot_patch_level = Some(number(value)?),
            // A newer schema's: it is listed, and says nothing that is asked for here.
            _ => {}
        }
        Ok(())
    }
}

impl RootOfTrust {
    fn read(value: Element<'_>, strict: &mut bool) -> Result<Self, NotDer> {
        if value.tag != Tag::Sequence {
            return Err(NotDer);
        }
        let mut fields = value.inside();
        let boot_key = fields.octets()?.to_vec();
        let locked = match fields.expect(Tag::Boolean)?.content {
            [0] => false,
            [flag] => {
                *strict &= *flag == 0xff;
                true
            }
            _ => return Err(NotDer),
        };
        let state = match fields.enumerated()? {
            0 => BootState::Verified,
            1 => BootState::SelfSigned,
            2 => BootState::Unverified,
            3 => BootState::Failed,
            _ => return Err(NotDer),
        };
        let boot_hash = fields.optional(Tag::OctetString)?.map(|hash| hash.content.to_vec());
        fields.end()?;
        Ok(Self { boot_key, locked, state, boot_hash })
    }
}

impl ApplicationId {
    fn read(der: &[u8]) -> Result<Self, NotDer> {
        let mut outer = Reader(der);
        let mut fields = outer.sequence()?;
        outer.end()?;
        let mut packages = Vec::new();
        let mut set = fields.expect(Tag::Set)?.inside();
        while !set.is_empty() {
            let mut package = set.sequence()?;
            let name = std::str::from_utf8(package.octets()?).map_err(|_| NotDer)?.to_owned();
            packages.push(Package { name, version: package.integer()? });
            package.end()?;
        }
        let mut signers = Vec::new();
        let mut set = fields.expect(Tag::Set)?.inside();
        while !set.is_empty() {
            signers.push(set.octets()?.to_vec());
        }
        fields.end()?;
        if packages.len() > ENTRIES || signers.len() > ENTRIES {
            return Err(NotDer);
        }
        Ok(Self { packages, signers })
    }
}

fn level(number: u64) -> Result<SecurityLevel, NotDer> {
    Ok(match number {
        0 => SecurityLevel::Software,
        1 => SecurityLevel::TrustedEnvironment,
        2 => SecurityLevel::StrongBox,
        _ => return Err(NotDer),
    })
}

fn number(value: Element<'_>) -> Result<u64, NotDer> {
    if value.tag == Tag::Integer { value.number() } else { Err(NotDer) }
}

fn numbers(value: Element<'_>) -> Result<Vec<u64>, NotDer> {
    if value.tag != Tag::Set {
        return Err(NotDer);
    }
    let mut set = value.inside();
    let mut numbers = Vec::new();
    while !set.is_empty() {
        numbers.push(set.integer()?);
    }
    Ok(numbers)
}

fn octets(value: Element<'_>) -> Result<&[u8], NotDer> {
    if value.tag == Tag::OctetString { Ok(value.content) } else { Err(NotDer) }
}

fn null(value: Element<'_>) -> Result<(), NotDer> {
    if value.tag == Tag::Null && value.content.is_empty() { Ok(()) } else { Err(NotDer) }
}
