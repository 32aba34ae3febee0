//! What device management says of a phone that is enrolled.
//!
//! Always: nothing in it loosens anything; the root, the organisation and the gateway stay those that the phone enrolled
//! with; a configuration with an error changes nothing.

use gauze_wire::Text;
use serde_json::{Map, Value};

use super::opening::connect;
use super::{Client, Enrolled};
use crate::policy::{Encoding, Finding, Judged, Managed, Named, Severity};
use crate::store::StoreError;

/// How a configuration was taken.
pub struct Configured {
    /// Whether it is in force now.
    pub accepted: bool,
    /// What is wrong with it, for the management system.
    pub findings: Vec<Finding>,
    /// Whom to ask when IT has to help.
    pub support_contact: Option<Text<200>>,
}

impl Client {
    /// Takes in what device management says now: at every start, and whenever it changes. Before enrolment it is only
    /// judged.
    pub fn configure(
        &self,
        encoding: Encoding,
        values: &Map<String, Value>,
    ) -> Result<Configured, StoreError> {
        let Judged { managed, mut findings } = Managed::judge(encoding, values);
        let Some(managed) = managed else {
            return Ok(Configured { accepted: false, findings, support_contact: None });
        };
        if let Some(enrolled) = self.enrolled() {
            findings.extend(moved(&managed, &enrolled));
            let refused = findings.iter().any(|finding| finding.severity == Severity::Error);
            if !refused && let Err(finding) = self.take_up(enrolled, &managed)? {
                findings.push(finding);
            }
        }
        let accepted = findings.iter().all(|finding| finding.severity == Severity::Warning);
        let support_contact = managed.support_contact.filter(|_| accepted);
        Ok(Configured { accepted, findings, support_contact })
    }

    fn take_up(&self, enrolled: Enrolled, managed: &Managed) -> Result<Result<(), Finding>, StoreError> {
        let (disk, dir) = (&*self.ports.disk, &self.config.dir);
        let Enrolled { mut identity, mut gateway, .. } = enrolled;
        if identity.ca != managed.ca {
            match connect(&self.ports, &identity.gateway, &identity.tenant, managed.ca.as_deref()) {
                Ok(connected) => gateway = connected,
                Err(error) => return Ok(Err(Finding::error("ca", "tls_setup", error.to_string()))),
            }
            identity.ca.clone_from(&managed.ca);
        }
        // Holds while it is asked: what a phone has seen keeps it from going back, not what was once typed.
        identity.min_bundle_version = managed.min_bundle_version;
        {
            // Bundle and policy are those in force now: a run of the queue may have brought newer ones.
            let mut state = self.state();
            let same = |current: &&mut Enrolled| current.identity.device_id == identity.device_id;
            let Some(current) = state.enrolled.as_mut().filter(same) else { return Ok(Ok(())) };
            if identity != current.identity {
                identity.save(disk, dir)?;
            }
            if !current.trust.is_limited(&managed.limits) {
                let limited = current.trust.clone().limited(managed.limits);
                limited.save(disk, dir)?;
                current.trust = limited;
            }
            (current.identity, current.gateway) = (identity, gateway);
        }
        self.expire_reviews()?;
        Ok(Ok(()))
    }
}

/// What would make this another phone.
fn moved(managed: &Managed, enrolled: &Enrolled) -> Vec<Finding> {
    let Enrolled { identity, trust, .. } = enrolled;
    let mut findings = Vec::new();
    match trust.names(&managed.root_sha256) {
        Named::InForce => {}
        Named::Former => {
            let message = "this root has handed over to the one that this phone keeps: put the new one's fingerprint here";
            findings.push(Finding::warning("root_sha256", "root_handed_over", message));
        }
        Named::Other => {
            let message = "this phone keeps the root that it enrolled with: put its fingerprint back, or wipe the phone and enrol it again";
            findings.push(Finding::error("root_sha256", "root_changed", message));
        }
    }
    if managed.tenant != identity.tenant {
        let message = "this phone is enrolled with another organisation: put it back, or wipe the phone and enrol it again";
        findings.push(Finding::error("tenant", "tenant_changed", message));
    }
    if managed.gateway != identity.gateway {
        let message = "this phone is enrolled with another gateway: put its address back, or wipe the phone and enrol it again";
        findings.push(Finding::error("gateway", "gateway_changed", message));
    }
    findings
}
