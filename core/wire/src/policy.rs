//! The policy: what phones must show and may do. Signed by the policy key; it can name no key.
//!
//! Version 1 knows software keys alone. Version 2 says in `android` and `apple` what a phone of each platform must
//! show; where a section is absent, phones of that platform do not enrol.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AndroidRules, AppleRules, FenceRule, Life, Name, PickLists, Shape, SignInRules, Signed, Tenant, WireError,
};

/// `docs/compression.md` argues both lower ends.
const MAX_MEGAPIXELS: RangeInclusive<u16> = 8..=200;
const QUALITY_FLOOR: RangeInclusive<u8> = 90..=100;

/// When and how a phone makes a picture smaller before it seals it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reduction {
    /// Larger pictures are made smaller, to no more than this, in megapixels (1,000,000 pixels).
    pub max_megapixels: u16,
    /// Lowest JPEG quality, on libjpeg's scale of 1 to 100.
    pub quality_floor: u8,
}

/// A version of the app whose risks the hospital has assessed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// The version, as the app states it.
    pub app_version: Name,
    /// Under which number the assessment (DPIA) is filed.
    pub reference: Name,
    /// Who approved it: a post or a code of the hospital's, not a sentence.
    pub approver: Name,
    /// When (RFC 3339, UTC).
    pub at: Timestamp,
}

/// Most versions that are assessed at a time.
const ASSESSED: usize = 100;

/// The policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Format version: 1, or 2 where a platform's section is present.
    pub v: u32,
    /// `gauze-policy`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// Rises with every policy, from 1.
    pub version: u64,
    /// When it was signed (RFC 3339, UTC).
    pub issued_at: Timestamp,
    /// Oldest program version that may enrol.
    pub min_app_version: Name,
    /// The versions that may enrol because their risks were assessed; without it, any from `min_app_version` on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessed: Option<Vec<Assessment>>,
    /// Development only: a software key may enrol. Never true in production.
    pub allow_software_keys: bool,
    /// The serial number that device management states enrols with an inventory token; absent is false, and the phone's hardware
    /// must attest it. Apple's phones cannot.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stated_serials: bool,
    /// Hours a photo may be reviewed on the phone that took it; 0 is no review.
    pub review_hours: u32,
    /// Largest number of photos a phone keeps unsent before it warns.
    pub max_unsent: u32,
    /// Open tickets per phone.
    pub max_open_tickets: u32,
    /// Sealed bytes per phone that the gateway holds before they are filed.
    pub max_device_bytes: u64,
    /// Sealed bytes of the tenant that the gateway holds before they are filed.
    pub max_tenant_bytes: u64,
    /// Days the gateway keeps ciphertext after *filed*.
    pub keep_days: u32,
    /// Megapixels above which a phone makes a smaller rendering before it seals, 8 to 200; without them none is made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_megapixels: Option<u16>,
    /// Lowest JPEG quality (libjpeg's scale) of a smaller rendering, 90 to 100; 90 where it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality_floor: Option<u8>,
    /// The limits of a device's life; without them nothing ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub life: Option<Life>,
    /// What Android phones must show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub android: Option<AndroidRules>,
    /// What iPhones must show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apple: Option<AppleRules>,
    /// What people choose from on the phone.
    #[serde(default, skip_serializing_if = "none_listed")]
    pub lists: Box<PickLists>,
    /// How clinicians sign in on phones; without it, they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_in: Option<Box<SignInRules>>,
    /// Where photos are to be taken and seen: at most 32; nowhere in particular where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fences: Vec<FenceRule>,
}

impl Policy {
    /// What holds where no policy has been signed yet: nobody enrols, no local review, and a device's life is limited as
    /// recommended.
    pub fn strictest(tenant: &Tenant) -> Self {
        Self {
            v: 1,
            typ: Self::TYP.to_owned(),
            tenant: tenant.clone(),
            version: 0,
            issued_at: Timestamp::UNIX_EPOCH,
            min_app_version: "0".parse().expect("a digit is a name"),
            assessed: None,
            allow_software_keys: false,
            stated_serials: false,
            review_hours: 0,
            max_unsent: 500,
            max_open_tickets: 64,
            max_device_bytes: 20 << 30,
            max_tenant_bytes: 2 << 40,
            keep_days: 7,
            max_megapixels: None,
            quality_floor: None,
            life: Some(Life::RECOMMENDED),
            android: None,
            apple: None,
            lists: Box::default(),
            sign_in: None,
            fences: Vec::new(),
        }
    }

    /// The limits of a device's life.
    pub fn life(&self) -> Life {
        self.life.unwrap_or(Life::UNLIMITED)
    }

    /// When and how a phone makes a picture smaller; `None` where it never does.
    pub fn reduction(&self) -> Option<Reduction> {
        let quality_floor = self.quality_floor.unwrap_or(*QUALITY_FLOOR.start());
        self.max_megapixels.map(|max_megapixels| Reduction { max_megapixels, quality_floor })
    }

    /// Whether a version of the app may enrol as far as its risks go.
    pub fn has_assessed(&self, app_version: &Name) -> bool {
        let named = |all: &Vec<Assessment>| all.iter().any(|one| one.app_version == *app_version);
        self.assessed.as_ref().is_none_or(named)
    }

    fn check_assessed(&self) -> Result<(), WireError> {
        let Some(all) = &self.assessed else { return Ok(()) };
        let versions: BTreeSet<&Name> = all.iter().map(|one| &one.app_version).collect();
        if (1..=ASSESSED).contains(&all.len()) && versions.len() == all.len() {
            return Ok(());
        }
        Err(WireError::Expected { field: "assessed", form: "1 to 100 versions of the app, each once" })
    }

    fn check_reduction(&self) -> Result<(), WireError> {
        let Some(Reduction { max_megapixels, quality_floor }) = self.reduction() else {
            let form = "only where max_megapixels stands too";
            let stray = WireError::Expected { field: "quality_floor", form };
            return if self.quality_floor.is_none() { Ok(()) } else { Err(stray) };
        };
        if !MAX_MEGAPIXELS.contains(&max_megapixels) {
            return Err(WireError::Expected { field: "max_megapixels", form: "8 to 200" });
        }
        if !QUALITY_FLOOR.contains(&quality_floor) {
            return Err(WireError::Expected { field: "quality_floor", form: "90 to 100" });
        }
        Ok(())
    }
}

#[expect(clippy::borrowed_box, reason = "serde hands over the field as it is")]
fn none_listed(lists: &Box<PickLists>) -> bool {
    lists.is_empty()
}

impl Signed for Policy {
    const TYP: &'static str = "gauze-policy";
    const VERSIONS: RangeInclusive<u32> = 1..=2;
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        let sections = self.android.is_some() || self.apple.is_some();
        if self.v == 1 && sections {
            return Err(WireError::Expected { field: "v", form: "2 where android or apple stands" });
        }
        if self.version == 0 {
            return Err(WireError::Expected { field: "version", form: "1 or more" });
        }
        self.android.as_ref().map_or(Ok(()), AndroidRules::check)?;
        self.apple.as_ref().map_or(Ok(()), AppleRules::check)?;
        if self.review_hours > 24 * 14 {
            return Err(WireError::Expected { field: "review_hours", form: "0 to 336 (14 days)" });
        }
        for (field, value) in [("max_open_tickets", self.max_open_tickets), ("max_unsent", self.max_unsent)] {
            if value == 0 {
                return Err(WireError::Expected { field, form: "1 or more" });
            }
        }
        self.check_assessed()?;
        self.check_reduction()?;
        self.lists.check()?;
        crate::fence::check(&self.fences, &self.lists.teams)?;
        self.sign_in.as_ref().map_or(Ok(()), |rules| rules.check())?;
        self.life().check()
    }
}
