//! The trust bundle: the only place a phone takes tenant keys from. Signed rarely, by the offline tenant root.
//!
//! Always: versions only rise; recipients are all post-quantum or all classical; a new root is believed only when the
//! old root's bundle named it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::log::{LogKey, WitnessKey};
use crate::{Digest, Jws, PublicKey, Shape, Signed, Tenant, WireError};

/// Whether photos are sealed to a recipient now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecipientState {
    /// Photos are sealed to it.
    Active,
    /// Kept to open old photos; nothing new is sealed to it.
    Retired,
}

/// One tenant recipient.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipientEntry {
    /// An age recipient: `age1pq1…` (mlkem768x25519) or `age1…` (X25519).
    pub recipient: String,
    /// Its state.
    pub state: RecipientState,
    /// Since when (RFC 3339, UTC).
    pub since: Timestamp,
}

/// One gateway the tenant uses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gateway {
    /// Base URL, `https://host[:port]`, no path.
    pub url: String,
    /// Signs stored receipts.
    pub key: PublicKey,
    /// Signs checkpoints: a C2SP verifier key whose name is the log's origin.
    pub log: LogKey,
}

/// The trust bundle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bundle {
    /// Format version: 1.
    pub v: u32,
    /// `gauze-bundle`.
    pub typ: String,
    /// Whose.
    pub tenant: Tenant,
    /// Rises with every bundle, from 1.
    pub version: u64,
    /// When it was signed (RFC 3339, UTC).
    pub issued_at: Timestamp,
    /// Past this, capture goes on and is flagged (RFC 3339, UTC).
    pub fresh_until: Timestamp,
    /// The root that signed it.
    pub root: PublicKey,
    /// Fingerprint of the root that may sign the next bundle in its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_root: Option<Digest>,
    /// What photos are sealed to.
    pub recipients: Vec<RecipientEntry>,
    /// Where they may go.
    pub gateways: Vec<Gateway>,
    /// Sign pull requests, filed and refused receipts.
    pub records: Vec<PublicKey>,
    /// Cosign checkpoints.
    pub witnesses: Vec<WitnessKey>,
    /// Sign policies and enrolment tokens.
    pub policy_keys: Vec<PublicKey>,
}

impl Bundle {
    /// The recipients that photos are sealed to.
    pub fn active_recipients(&self) -> impl Iterator<Item = &str> {
        self.recipients
            .iter()
            .filter(|entry| entry.state == RecipientState::Active)
            .map(|entry| entry.recipient.as_str())
    }

    /// The gateway with this base URL.
    pub fn gateway(&self, url: &str) -> Option<&Gateway> {
        self.gateways.iter().find(|gateway| gateway.url == url.trim_end_matches('/'))
    }
}

fn is_post_quantum(recipient: &str) -> bool {
    recipient.starts_with("age1pq1")
}

impl Signed for Bundle {
    const TYP: &'static str = "gauze-bundle";
    fn shape(&self) -> Shape<'_> {
        Shape { v: self.v, typ: &self.typ, tenant: &self.tenant }
    }
    fn check(&self) -> Result<(), WireError> {
        if self.version == 0 {
            return Err(WireError::Expected { field: "version", form: "1 or more" });
        }
        let lists = [
            ("recipients", self.recipients.len()),
            ("gateways", self.gateways.len()),
            ("records", self.records.len()),
            ("witnesses", self.witnesses.len()),
            ("policy_keys", self.policy_keys.len()),
        ];
        if let Some(&(field, _)) = lists.iter().find(|(_, n)| !(1..=16).contains(n)) {
            return Err(WireError::Expected { field, form: "a list of 1 to 16" });
        }
        let known = |r: &str| r.starts_with("age1") && r.len() < 4096 && r.is_ascii();
        if !self.recipients.iter().all(|entry| known(&entry.recipient)) {
            return Err(WireError::Field("recipients"));
        }
        if self.active_recipients().next().is_none() {
            return Err(WireError::Field("recipients"));
        }
        let post_quantum = self.active_recipients().filter(|r| is_post_quantum(r)).count();
        if post_quantum != 0 && post_quantum != self.active_recipients().count() {
            return Err(WireError::MixedRecipients);
        }
        if !self.gateways.iter().all(|g| g.url.starts_with("https://") && !g.url.ends_with('/')) {
            let form = "each url begins with https:// and ends without /";
            return Err(WireError::Expected { field: "gateways", form });
        }
        if self.fresh_until <= self.issued_at {
            return Err(WireError::Expected { field: "fresh_until", form: "a time after issued_at" });
        }
        Ok(())
    }
}

/// Believes a bundle: signed by the root with fingerprint `pinned`, or by the next root that `current` names; for
/// `tenant`; no older than `min_version` and than `current`, and of `current`'s version only with its very content. Returns it with the fingerprint to pin from now on.
pub fn accept_bundle(
    jws: &Jws,
    tenant: &Tenant,
    pinned: &Digest,
    current: Option<&Bundle>,
    min_version: u64,
) -> Result<(Bundle, Digest), WireError> {
    let claimed: Bundle = jws.peek()?;
    let fingerprint = claimed.root.fingerprint();
    let next = current.and_then(|bundle| bundle.next_root);
    if fingerprint != *pinned && Some(fingerprint) != next {
        return Err(WireError::UnknownKey);
    }
    let bundle: Bundle = jws.verify(&claimed.root, tenant)?;
    if bundle.version < min_version.max(current.map_or(0, |bundle| bundle.version)) {
        return Err(WireError::Rollback);
    }
    // A version names one content: a root that signed two has been misused, or its keeper has erred.
    if current.is_some_and(|current| current.version == bundle.version && *current != bundle) {
        return Err(WireError::Rollback);
    }
    Ok((bundle, fingerprint))
}

/// The bundles by which roots handed over, oldest first, as `GET /v1/{tenant}/handovers` answers them: what a phone that
/// missed one needs to believe the bundle in force.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handovers {
    /// Each names its successor in `next_root`.
    pub bundles: Vec<Jws>,
}

/// Believes `bundle` as [`accept_bundle`] does, by way of `handovers`, oldest first. One of those that does not hold, or that is older than `current`,
/// is passed by: whether `bundle` is believed is for [`accept_bundle`] to say. Returns it with the fingerprints that were pinned on
/// the way, `pinned` first and the one to pin from now on last.
pub fn accept_by_way_of(
    handovers: &[Jws],
    bundle: &Jws,
    tenant: &Tenant,
    pinned: &Digest,
    current: Option<&Bundle>,
    min_version: u64,
) -> Result<(Bundle, Vec<Digest>), WireError> {
    let (mut roots, mut root) = (vec![*pinned], *pinned);
    let mut held = current.cloned();
    let mut step = |jws: &Jws, least: u64| -> Result<Bundle, WireError> {
        let (bundle, signed_by) = accept_bundle(jws, tenant, &root, held.as_ref(), least)?;
        if signed_by != root {
            roots.push(signed_by);
            root = signed_by;
        }
        held = Some(bundle.clone());
        Ok(bundle)
    };
    for jws in handovers {
        // Not this phone's to follow: the bundle in force decides.
        let _ = step(jws, 0);
    }
    let believed = step(bundle, min_version)?;
    Ok((believed, roots))
}
