//! `serve --check`: everything that the records side needs, looked at before it serves. Changes nothing.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gauze_listen::Check;

use crate::clock::Clock;
use crate::coded::Coded;
use crate::disk;
use crate::gateway::GatewayPort as _;
use crate::https::HttpsGateway;
use crate::keys::KeyDir;
use crate::trust::Trust;

/// What `serve` would be given.
pub struct CheckOptions<'a> {
    /// The data directory.
    pub data: &'a Path,
    /// The keys directory.
    pub keys: &'a Path,
    /// The gateway's address.
    pub gateway: &'a str,
    /// The authority's PEM.
    pub ca: &'a Path,
    /// A bundle in place of the newest signed.
    pub bundle: Option<&'a Path>,
    /// What pages would be served.
    pub pages: Vec<Pages>,
}

/// Pages that would be served at an address.
pub struct Pages {
    /// What the check calls them.
    pub what: &'static str,
    /// Where.
    pub listen: SocketAddr,
    /// Their certificate.
    pub certificate: PathBuf,
    /// Its key.
    pub key: PathBuf,
    /// The name that people know them by.
    pub host: String,
}

/// Looks at everything, and asks the gateway.
pub async fn check(options: &CheckOptions<'_>, clock: Arc<dyn Clock>) -> Vec<Check> {
    let now = clock.now();
    let data = if options.data.exists() { options.data } else { disk::parent(options.data) };
    let mut checks = Check::disk(data);
    let keys = KeyDir::new(options.keys);
    match Trust::load(&keys, options.bundle, options.gateway, None) {
        Ok(trust) => {
            let bundle = &trust.now.bundle;
            checks.push(Check::ok("keys", format!("those of {}, and the bundle names them", trust.tenant)));
            let told = format!("{} of {}", bundle.version, bundle.tenant);
            checks.push(Check::fresh(told, now, bundle.fresh_until));
            checks.push(Check::clock(now, bundle.issued_at));
            checks.push(match trust.now.policy_version() {
                0 => Check::warning(
                    "policy",
                    "none was signed, so no phone can enrol: sign one with sign-policy",
                ),
                version => Check::ok("policy", format!("version {version}")),
            });
            checks.push(answer(options, trust, clock).await);
        }
        Err(error) => checks.push(Check::failed("keys", error.line())),
    }
    for Pages { what, listen, certificate, key, host } in &options.pages {
        checks.extend(Check::certificate(certificate, key, std::slice::from_ref(host), now));
        checks.push(Check::port(what, *listen));
    }
    checks
}

/// What the gateway says to a request that asks for nothing new.
async fn answer(options: &CheckOptions<'_>, trust: Trust, clock: Arc<dyn Clock>) -> Check {
    let ca = match disk::read(options.ca) {
        Ok(ca) => ca,
        Err(error) => {
            let told = format!(
                "the authority's {error}: {} It is what signed the gateway's certificate.",
                error.next_step()
            );
            return Check::failed("gateway", told);
        }
    };
    let Trust { tenant, records, .. } = trust;
    let gateway = match HttpsGateway::new(options.gateway, &tenant, &ca, records, clock) {
        Ok(gateway) => gateway,
        Err(error) => return Check::failed("gateway", format!("{}: {}", options.ca.display(), error.line())),
    };
    match (gateway.page(0, 1).await, gateway.offset_s()) {
        (Err(error), _) => Check::failed("gateway", format!("{}: {}", options.gateway, error.line())),
        (Ok(_), 0) => Check::ok("gateway", format!("{} answers and knows this side", options.gateway)),
        (Ok(_), offset) => {
            let (seconds, side) = (offset.unsigned_abs(), if offset < 0 { "behind" } else { "ahead of" });
            let told = format!(
                "{} answers, and its clock is {seconds} s {side} this one: set both by NTP",
                options.gateway
            );
            Check::warning("gateway", told)
        }
    }
}
