//! The trust bundle and the policy as the phone keeps them.

use std::path::Path;

use gauze_seal::age::{Recipient, Recipients};
use gauze_wire::{Bundle, Digest, Gateway, Jws, Policy, Tenant, WireError, accept_bundle, accept_by_way_of};
use serde::{Deserialize, Serialize};

use super::Limits;
use crate::ports::Disk;
use crate::store::{Found, StoreError, Twice};

const NAME: &str = "trust.json";

/// One file, so that a pin is never kept without the bundle it belongs to.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrustFile {
    v: u32,
    root: Digest,
    /// Those that handed over to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    former_roots: Vec<Digest>,
    bundle: Jws,
    policy: Option<Jws>,
    /// What device management asked for beyond the policy.
    #[serde(default, skip_serializing_if = "Limits::is_none")]
    limits: Limits,
}

impl TrustFile {
    fn bundle_of(&self, tenant: &Tenant) -> Result<Bundle, WireError> {
        accept_bundle(&self.bundle, tenant, &self.root, None, 0).map(|(bundle, _)| bundle)
    }

    fn names(&self, root: &Digest) -> Named {
        let next = || self.bundle.peek::<Bundle>().ok().and_then(|bundle| bundle.next_root);
        if self.root == *root || next() == Some(*root) {
            Named::InForce
        } else if self.former_roots.contains(root) {
            Named::Former
        } else {
            Named::Other
        }
    }

    /// The same under the last of `roots`, which came to be pinned one after the other.
    fn pinning(self, roots: Vec<Digest>) -> Self {
        let mut former_roots = self.former_roots;
        former_roots.extend(roots);
        let root = former_roots.pop().unwrap_or(self.root);
        Self { root, former_roots, ..self }
    }
}

/// Why a bundle or policy is not believed.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// The bundle does not hold.
    #[error("the trust bundle is refused ({0}): report this to IT; the one before, if any, stays in force")]
    Bundle(#[source] WireError),
    /// The policy does not hold.
    #[error("the policy is refused ({0}): report this to IT; the one before stays in force")]
    Policy(#[source] WireError),
    /// Managed configuration names another root than the phone has pinned.
    #[error("the configuration names another root of trust than this phone has: report this to IT")]
    RootChanged,
    /// The bundle does not name the configured gateway.
    #[error("the trust bundle does not name this gateway: check the address in the configuration")]
    Gateway,
    /// A recipient in the bundle is of no known kind.
    #[error("the trust bundle names a key of an unknown kind: update the app")]
    Recipient,
    /// The files could not be kept.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TrustError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Bundle(WireError::UnknownKey | WireError::Signature) => "bundle_untrusted",
            Self::Bundle(WireError::Rollback) => "bundle_rollback",
            Self::Bundle(WireError::MixedRecipients) => "mixed_recipients",
            Self::Bundle(_) => "bundle_invalid",
            Self::Policy(_) => "policy_invalid",
            Self::RootChanged => "root_changed",
            Self::Gateway => "gateway_not_in_bundle",
            Self::Recipient => "recipient_unknown",
            Self::Store(error) => error.code(),
        }
    }
}

/// What a gateway serves of trust.
pub struct Offered {
    /// The bundles by which roots handed over, oldest first.
    pub handovers: Vec<Jws>,
    /// The bundle in force.
    pub bundle: Jws,
    /// The policy in force, where one was signed.
    pub policy: Option<Jws>,
}

/// How a root that device management names stands to the one that this phone has pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// It is the pinned one, or the one that this names as the next.
    InForce,
    /// It handed over to the pinned one.
    Former,
    /// It is another.
    Other,
}

/// What the phone believes.
#[derive(Clone)]
pub struct Trust {
    /// The bundle in force.
    pub bundle: Bundle,
    /// The policy in force, made stricter by device management where it asked for it.
    pub policy: Policy,
    /// The pinned root's fingerprint.
    pub root: Digest,
    /// The gateway this phone uses.
    pub gateway: Gateway,
    recipients: Recipients,
    /// The policy as it was signed.
    signed: Policy,
    file: TrustFile,
}

impl Trust {
    /// Believes a first bundle, for a phone whose configuration pins `root`.
    pub fn begin(
        offered: &Offered,
        tenant: &Tenant,
        gateway: &str,
        root: &Digest,
        min_version: u64,
    ) -> Result<Self, TrustError> {
        let jws = &offered.bundle;
        let (believed, roots) = accept_by_way_of(&offered.handovers, jws, tenant, root, None, min_version)
            .map_err(TrustError::Bundle)?;
        let file = TrustFile {
            v: 1,
            root: *root,
            former_roots: Vec::new(),
            bundle: jws.clone(),
            policy: None,
            limits: Limits::default(),
        };
        Self::new(believed, Policy::strictest(tenant), gateway, file.pinning(roots))?
            .under(offered.policy.as_ref())
    }

    fn new(bundle: Bundle, signed: Policy, gateway: &str, file: TrustFile) -> Result<Self, TrustError> {
        let gateway = bundle.gateway(gateway).cloned().ok_or(TrustError::Gateway)?;
        let recipients: Result<Vec<Recipient>, _> = bundle.active_recipients().map(str::parse).collect();
        let recipients = Recipients::new(recipients.map_err(|_| TrustError::Recipient)?)
            .map_err(|_| TrustError::Bundle(WireError::MixedRecipients))?;
        let policy = file.limits.tighten(signed.clone());
        Ok(Self { bundle, policy, root: file.root, gateway, recipients, signed, file })
    }

    /// Whether these are the limits from device management.
    pub fn is_limited(&self, limits: &Limits) -> bool {
        self.file.limits == *limits
    }

    /// The same, with other limits from device management.
    #[must_use]
    pub fn limited(mut self, limits: Limits) -> Self {
        self.policy = limits.tighten(self.signed.clone());
        self.file.limits = limits;
        self
    }

    /// What photos are sealed to.
    pub fn recipients(&self) -> &Recipients {
        &self.recipients
    }

    /// How `root` stands to what this phone has pinned.
    pub fn names(&self, root: &Digest) -> Named {
        self.file.names(root)
    }

    /// Whether this phone has pinned a root to which `root` is another. One whose files are lost pins what device management names, as at its
    /// first enrolment; files that only cannot be read now keep theirs.
    pub fn pins_other(disk: &dyn Disk, dir: &Path, root: &Digest) -> Result<bool, StoreError> {
        let file = read(disk, dir).or_unread()?;
        Ok(file.is_some_and(|file| file.names(root) == Named::Other))
    }

    /// What this phone has believed of `tenant`, whichever of its gateways it used.
    pub fn kept(disk: &dyn Disk, dir: &Path, tenant: &Tenant) -> Result<Option<Self>, TrustError> {
        // Another organisation's: nothing of it counts here.
        let believed = |file: TrustFile| Some((file.bundle_of(tenant).ok()?, file));
        let found = read(disk, dir);
        let unread = found.trouble.filter(|trouble| !matches!(trouble, StoreError::Damaged));
        let Some((bundle, file)) = found.whole.into_iter().find_map(believed) else {
            return unread.map_or(Ok(None), |unread| Err(unread.into()));
        };
        let gateway = bundle.gateways.first().ok_or(TrustError::Gateway)?.url.clone();
        Self::of(file, bundle, &gateway).map(Some)
    }

    /// Reads what was kept, and believes it anew.
    pub fn load(
        disk: &dyn Disk,
        dir: &Path,
        tenant: &Tenant,
        gateway: &str,
    ) -> Result<Option<Self>, TrustError> {
        let Found { whole, trouble } = read(disk, dir);
        let believe = |file: TrustFile| {
            let bundle = file.bundle_of(tenant).map_err(TrustError::Bundle)?;
            Self::of(file, bundle, gateway)
        };
        let mut refused = trouble.map(TrustError::from);
        for file in whole {
            match believe(file) {
                Ok(trust) => return Ok(Some(trust)),
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        refused.map_or(Ok(None), Err)
    }

    /// A kept policy that a newer bundle's keys no longer cover gives way to the strictest.
    fn of(file: TrustFile, bundle: Bundle, gateway: &str) -> Result<Self, TrustError> {
        let tenant = &bundle.tenant;
        let kept = file.policy.as_ref().and_then(|jws| jws.verify_by(&bundle.policy_keys, tenant).ok());
        let policy = kept.unwrap_or_else(|| Policy::strictest(tenant));
        Self::new(bundle, policy, gateway, file)
    }

    /// Believes a newer bundle and policy. The same ones again change nothing.
    pub fn renew(&self, offered: &Offered, min_version: u64) -> Result<Self, TrustError> {
        self.at(&self.gateway.url, offered, min_version)
    }

    /// Believes a newer policy, where there is one.
    fn under(mut self, policy: Option<&Jws>) -> Result<Self, TrustError> {
        let Some(jws) = policy else { return Ok(self) };
        let keys = &self.bundle.policy_keys;
        let policy: Policy = jws.verify_by(keys, &self.bundle.tenant).map_err(TrustError::Policy)?;
        if policy.version < self.signed.version {
            return Err(TrustError::Policy(WireError::Rollback));
        }
        self.policy = self.file.limits.tighten(policy.clone());
        self.signed = policy;
        self.file.policy = Some(jws.clone());
        Ok(self)
    }

    /// Believes a newer bundle and policy, for a phone that from now on uses `gateway`.
    pub fn at(&self, gateway: &str, offered: &Offered, min_version: u64) -> Result<Self, TrustError> {
        let Offered { handovers, bundle, policy } = offered;
        let (tenant, current) = (&self.bundle.tenant, Some(&self.bundle));
        let (believed, roots) = accept_by_way_of(handovers, bundle, tenant, &self.root, current, min_version)
            .map_err(TrustError::Bundle)?;
        let file = TrustFile { bundle: bundle.clone(), ..self.file.clone().pinning(roots) };
        Self::new(believed, self.signed.clone(), gateway, file)?.under(policy.as_ref())
    }

    /// Keeps what is believed.
    pub fn save(&self, disk: &dyn Disk, dir: &Path) -> Result<(), StoreError> {
        let bytes = serde_json::to_vec(&self.file).map_err(|_| StoreError::Damaged)?;
        Twice { disk, dir, name: NAME }.write(&bytes)
    }
}

fn read(disk: &dyn Disk, dir: &Path) -> Found<TrustFile> {
    Twice { disk, dir, name: NAME }.read_json()
}
