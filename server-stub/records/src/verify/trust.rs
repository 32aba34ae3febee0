//! Whose signatures count in an audit: every bundle that was ever in force.

use std::fs;

use gauze_wire::log::{LogKey, WitnessKey};
use gauze_wire::{Bundle, Jws, PublicKey, Tenant, WireError, accept_bundle};

use super::{VerifyError, VerifyReport};
use crate::disk::{self, at};
use crate::keys::KeyDir;
use crate::layout::Layout;

/// The keys named by all bundles together.
pub(super) struct Anchors {
    pub(super) tenant: Tenant,
    pub(super) log: LogKey,
    pub(super) records: Vec<PublicKey>,
    pub(super) witnesses: Vec<WitnessKey>,
    pub(super) policy_keys: Vec<PublicKey>,
    /// Receipt keys of gateways, which sign acts too.
    pub(super) gateways: Vec<PublicKey>,
}

impl Anchors {
    pub(super) fn load(
        layout: &Layout,
        tenant: Tenant,
        log: LogKey,
        keys: Option<&KeyDir>,
        report: &mut VerifyReport,
    ) -> Result<Self, VerifyError> {
        let roots = keys.map(KeyDir::roots).transpose()?;
        let (mut records, mut witnesses, mut policy_keys) = (Vec::new(), Vec::new(), Vec::new());
        let mut gateways = Vec::new();
        let mut log_named = false;
        let dir = layout.bundles();
        for entry in fs::read_dir(&dir).map_err(at(&dir))? {
            let path = entry.map_err(at(&dir))?.path();
            let text = String::from_utf8(disk::read(&path)?).unwrap_or_default();
            let believed = |text: &str| -> Result<Bundle, WireError> {
                let jws = Jws::parse(text)?;
                if let Some(roots) = &roots {
                    return roots.believe(&jws, &tenant);
                }
                // Without a pinned root, at least no byte of the bundle may have changed.
                let root = jws.peek::<Bundle>()?.root.fingerprint();
                accept_bundle(&jws, &tenant, &root, None, 0).map(|(bundle, _)| bundle)
            };
            let Ok(bundle) = believed(text.trim()) else {
                report.find("bundle_untrusted", path.display());
                continue;
            };
            log_named |= bundle.gateways.iter().any(|gateway| gateway.log == log);
            gateways.extend(bundle.gateways.into_iter().map(|gateway| gateway.key));
            records.extend(bundle.records);
            witnesses.extend(bundle.witnesses);
            policy_keys.extend(bundle.policy_keys);
        }
        if !log_named {
            report.find("log_key_unknown", log.name());
        }
        Ok(Self { tenant, log, records, witnesses, policy_keys, gateways })
    }
}
