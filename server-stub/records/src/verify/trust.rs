//! Whose signatures count in an audit: every bundle that was ever in force.

use std::fs;
use std::path::PathBuf;

use gauze_wire::log::{LogKey, WitnessKey};
use gauze_wire::{Bundle, Digest, Jws, PublicKey, Tenant, WireError, accept_bundle};

use super::{VerifyError, VerifyReport};
use crate::disk::{self, at};
use crate::keys::{KeyDir, Roots};
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
        let texts = bundles(layout)?;
        // Where each of them is whole under one root, and that is none of those pinned, it is another hospital's directory, or
        // everything in it was replaced: the rest is checked under that root, and the report says which it is.
        let other = |roots: &Roots| only_root(&texts, &tenant).filter(|root| !roots.knows(root));
        report.other_root = roots.as_ref().and_then(other);
        let (mut records, mut witnesses, mut policy_keys) = (Vec::new(), Vec::new(), Vec::new());
        let mut gateways = Vec::new();
        let mut log_named = false;
        for (path, text) in texts {
            let believed = |text: &str| -> Result<Bundle, WireError> {
                let jws = Jws::parse(text)?;
                if let (Some(roots), None) = (&roots, report.other_root) {
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

/// The kept bundles, as text.
fn bundles(layout: &Layout) -> Result<Vec<(PathBuf, String)>, VerifyError> {
    let (dir, mut texts) = (layout.bundles(), Vec::new());
    for entry in fs::read_dir(&dir).map_err(at(&dir))? {
        let path = entry.map_err(at(&dir))?.path();
        // What a writer that was cut off left beside them is no bundle.
        if path.extension().is_none_or(|extension| extension != "jws") {
            continue;
        }
        let text = String::from_utf8(disk::read(&path)?).unwrap_or_default();
        texts.push((path, text));
    }
    Ok(texts)
}

/// The root that every bundle names and is signed by, where that is one.
fn only_root(texts: &[(PathBuf, String)], tenant: &Tenant) -> Option<Digest> {
    let mut roots = texts.iter().map(|(_, text)| {
        let jws = Jws::parse(text.trim()).ok()?;
        let root = jws.peek::<Bundle>().ok()?.root.fingerprint();
        accept_bundle(&jws, tenant, &root, None, 0).ok().map(|_| root)
    });
    let first = roots.next()??;
    roots.all(|root| root == Some(first)).then_some(first)
}
