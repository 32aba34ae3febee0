//! The phone and the key: whether the description is what the hospital asks for.
//!
//! Always: what decides stands in the hardware-enforced list; the app's identity, which only software vouches for, is
//! read after verified boot has vouched for the software.

use gauze_wire::{AndroidApp, KeyLevel, PublicKey};
use jiff::{Timestamp, civil, tz::TimeZone};

use super::AndroidAsked;
use super::description::{ApplicationId, BootState, KeyDescription, SecurityLevel};
use super::path::Anchored;
use crate::Fault;
use crate::x509::Key;

const SIGN: u64 = 2;
const VERIFY: u64 = 3;
const EC: u64 = 3;
const P256: u64 = 1;
const SHA256: u64 = 4;

/// Version and patch levels as a phone attested them: what it may not fall below again. Absent is not attested.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PatchLevels {
    /// Android version: 130000 is 13.
    pub os_version: Option<u64>,
    /// YYYYMMDD; day 0 where only the month is attested.
    pub system: Option<u64>,
    /// YYYYMMDD; day 0 where only the month is attested.
    pub vendor: Option<u64>,
    /// YYYYMMDD; day 0 where only the month is attested.
    pub boot: Option<u64>,
}

impl PatchLevels {
    /// The levels of a key description.
    pub fn of(description: &KeyDescription) -> Self {
        // 0 is how a system without a level says so.
        let day = |level: Option<u64>| {
            level.filter(|&level| level != 0).map(|level| if level < 1_000_000 { level * 100 } else { level })
        };
        let hardware = &description.hardware_enforced;
        Self {
            os_version: hardware.os_version.filter(|&version| version != 0),
            system: day(hardware.os_patch_level),
            vendor: day(hardware.vendor_patch_level),
            boot: day(hardware.boot_patch_level),
        }
    }

    /// Whether any of them is lower than `before`, or no longer attested.
    pub fn is_below(&self, before: &Self) -> bool {
        let lower = |now: Option<u64>, before: Option<u64>| before.is_some_and(|before| now < Some(before));
        lower(self.os_version, before.os_version)
            || lower(self.system, before.system)
            || lower(self.vendor, before.vendor)
            || lower(self.boot, before.boot)
    }

    /// Days since the oldest of them.
    fn age(&self, at: Timestamp) -> Result<i64, Fault> {
        let system = self.system.ok_or(Fault::PatchMissing)?;
        let today = TimeZone::UTC.to_datetime(at).date();
        let mut oldest = 0;
        for level in [Some(system), self.vendor, self.boot].into_iter().flatten() {
            let days = date(level).and_then(|date| today.since(date).ok()).ok_or(Fault::PatchMissing)?;
            oldest = oldest.max(i64::from(days.get_days()));
        }
        Ok(oldest)
    }
}

fn date(level: u64) -> Option<civil::Date> {
    let (year, month, day) = (level / 10_000, level / 100 % 100, (level % 100).max(1));
    civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Judges a chain that has passed; answers what policy lets pass with a flag.
pub(super) fn judge(
    description: &KeyDescription,
    anchored: &Anchored<'_>,
    asked: &AndroidAsked<'_>,
) -> Result<Vec<Fault>, Fault> {
    if !description.is_strict() {
        return Err(Fault::DescriptionMalformed);
    }
    let key = anchored.leaf()?.key;
    if key == Key::Other {
        return Err(Fault::KeyUnsupported);
    }
    check_level(description, anchored, asked.rules.level)?;
    if description.challenge != asked.challenge {
        return Err(Fault::ChallengeMismatch);
    }
    check_boot(description, anchored, asked)?;
    check_key(description, key, asked.device_key)?;
    let flags = check_patches(description, asked)?;
    check_app(description.software_enforced.application.as_ref(), &asked.rules.apps)?;
    check_serial(description, asked)?;
    Ok(flags)
}

fn check_level(description: &KeyDescription, anchored: &Anchored<'_>, asked: KeyLevel) -> Result<(), Fault> {
    let level = description.attestation_security_level;
    if level == SecurityLevel::Software || description.key_mint_security_level != level {
        return Err(Fault::SoftwareLevel);
    }
    let above = anchored.attesting_key();
    if above.is_some_and(|above| above.attestation_security_level != level) {
        return Err(Fault::ChainExtended);
    }
    let strong = level == SecurityLevel::StrongBox && anchored.names_strong_box();
    if asked == KeyLevel::StrongBox && !strong { Err(Fault::LevelTooLow) } else { Ok(()) }
}

fn check_boot(
    description: &KeyDescription,
    anchored: &Anchored<'_>,
    asked: &AndroidAsked<'_>,
) -> Result<(), Fault> {
    let root = description.hardware_enforced.root_of_trust.as_ref().ok_or(Fault::RootOfTrustMissing)?;
    if !root.locked {
        return Err(Fault::BootloaderUnlocked);
    }
    match root.state {
        BootState::Verified => {}
        BootState::SelfSigned if asked.rules.boot_keys.iter().any(|key| key.0[..] == root.boot_key) => {}
        BootState::SelfSigned => return Err(Fault::BootKeyNotAllowed),
        BootState::Unverified | BootState::Failed => return Err(Fault::BootNotVerified),
    }
    // A key that attests was made in the same phone, under the same system.
    let above = anchored.attesting_key();
    if above.is_some_and(|above| above.hardware_enforced.root_of_trust.as_ref() != Some(root)) {
        return Err(Fault::ChainExtended);
    }
    Ok(())
}

fn check_key(description: &KeyDescription, key: Key<'_>, device: Option<&PublicKey>) -> Result<(), Fault> {
    let (hardware, software) = (&description.hardware_enforced, &description.software_enforced);
    if hardware.origin != Some(0) {
        return Err(Fault::KeyImported);
    }
    let signs = hardware.purposes.contains(&SIGN);
    let only = hardware.purposes.iter().all(|&purpose| purpose == SIGN || purpose == VERIFY);
    if !signs || !only || hardware.all_applications || software.all_applications {
        return Err(Fault::KeyPurpose);
    }
    // The curve has its own tag since schema version 1; the oldest phones name the size alone.
    let p256 = hardware.curve.unwrap_or(P256) == P256 && hardware.key_size.unwrap_or(256) == 256;
    let Key::P256(point) = key else { return Err(Fault::KeyUnsupported) };
    if hardware.algorithm != Some(EC) || !p256 || !hardware.digests.contains(&SHA256) {
        return Err(Fault::KeyUnsupported);
    }
    if device.is_some_and(|device| device.to_sec1() != point) { Err(Fault::KeyMismatch) } else { Ok(()) }
}

fn check_patches(description: &KeyDescription, asked: &AndroidAsked<'_>) -> Result<Vec<Fault>, Fault> {
    let levels = PatchLevels::of(description);
    if levels.os_version.unwrap_or(0) < u64::from(asked.rules.min_os_version) {
        return Err(Fault::OsTooOld);
    }
    if asked.last_seen.is_some_and(|before| levels.is_below(&before)) {
        return Err(Fault::RolledBack);
    }
    let Some(most) = asked.rules.max_patch_days else { return Ok(Vec::new()) };
    let age = levels.age(asked.at)?;
    let most = i64::from(most);
    if age <= most {
        return Ok(Vec::new());
    }
    if age <= most + i64::from(asked.rules.patch_grace_days) {
        Ok(vec![Fault::PatchTooOld])
    } else {
        Err(Fault::PatchTooOld)
    }
}

fn check_app(shown: Option<&ApplicationId>, apps: &[AndroidApp]) -> Result<(), Fault> {
    let shown = shown.ok_or(Fault::AppUnknown)?;
    let mut worst = Fault::AppUnknown;
    for app in apps {
        let package = shown.packages.iter().find(|package| package.name == app.package.as_str());
        let Some(package) = package else { continue };
        let named = |signer: &Vec<u8>| app.signers.iter().any(|asked| asked.0[..] == signer[..]);
        if !app.signers.is_empty() && (shown.signers.is_empty() || !shown.signers.iter().all(named)) {
            worst = Fault::AppSigner;
        } else if package.version < app.min_version {
            worst = Fault::AppVersion;
        } else {
            return Ok(());
        }
    }
    Err(worst)
}

fn check_serial(description: &KeyDescription, asked: &AndroidAsked<'_>) -> Result<(), Fault> {
    match (&description.hardware_enforced.serial, asked.serial) {
        (Some(attested), Some(serial)) if attested != serial.as_bytes() => Err(Fault::SerialMismatch),
        (Some(_), _) => Ok(()),
        (None, _) if asked.rules.attested_serial => Err(Fault::SerialNotAttested),
        (None, _) => Ok(()),
    }
}
