//! `gauze-gateway init` and `serve --check`: arguments in, one library call, text out.

use std::path::Path;
use std::process::ExitCode;

use gauze_gateway::{Clock as _, InitError, KeysError, ServeOptions, SystemClock, check as look};
use gauze_listen::{Verdict, port_of, quoted};
use gauze_wire::Tenant;

use crate::say;

pub(crate) fn introduce(data: &Path, of: Option<(&str, &Tenant)>, out: &Path) -> Result<(), InitError> {
    let (url, tenant) = of.ok_or(KeysError::Url)?;
    let told = gauze_gateway::introduce(data, url, tenant, out)?;
    let bundle = gauze_gateway::in_force(data, tenant);
    // Inside it lies where it was carried to.
    let carried = quoted(Path::new(out.file_name().unwrap_or_default()).display());
    let (data, out) = (quoted(data.display()), quoted(out.display()));
    let next = match bundle {
        None => format!(
            "Next: carry {out} inside the hospital and run there\n  gauze-records init --keys keys --gateway {carried}\n\
             then bring back its hospital.json and run here\n  gauze-gateway init --data {data} --from hospital.json"
        ),
        Some(bundle) if bundle.gateways.contains(&told.gateway) => {
            format!("{tenant} is set up here already, for this address: nothing is to be done with {out}")
        }
        Some(bundle) => {
            let ours = bundle.gateways.iter().find(|gateway| gateway.key == told.gateway.key);
            let before = ours.map_or("another gateway", |gateway| &gateway.url);
            format!(
                "{tenant} is set up here already, for {before}, and stays so. For the address above, put `gateway` of {out} into\n\
                 `gateways` of keys/bundle.json inside the hospital, raise its version, sign it and take it up: docs/operating.md, Take up what was signed"
            )
        }
    };
    say(&format!(
        "gateway  {}\ntenant   {}\nkeys     {data}/keys and {data}/tls/key.pem stay here: back them up\n{next}",
        told.gateway.url, told.tenant,
    ));
    Ok(())
}

pub(crate) fn install(data: &Path, from: &Path) -> Result<(), InitError> {
    let taken = gauze_gateway::install(data, from)?;
    let (data, host) = (quoted(data.display()), &taken.host);
    say(&format!("{}: bundle {} and policy {} taken up", taken.tenant, taken.bundle, taken.policy));
    if !taken.certificate {
        say(&format!(
            "Next: have your certificate authority sign a request for {host}, and put the chain at {data}/tls/cert.pem:\n  \
             openssl req -new -key {data}/tls/key.pem -subj /CN={host} -addext subjectAltName={}:{host} -out gateway.csr",
            if host.parse::<std::net::IpAddr>().is_ok() { "IP" } else { "DNS" }
        ));
    }
    let list = if taken.wants_status_list { " --status-list status.json" } else { "" };
    if taken.wants_status_list {
        say(
            "Next: keep Google's list of revoked certificates in status.json, fetched anew each hour: docs/operating.md, Install for patients",
        );
    }
    let port = port_of(&taken.url);
    say(&format!(
        "Next: gauze-gateway serve --data {data} --listen 0.0.0.0:{port}{list} --check, and then without --check; start it again where it runs"
    ));
    Ok(())
}

#[tokio::main]
pub(crate) async fn check(options: &ServeOptions) -> ExitCode {
    let checks = look(options, SystemClock.now()).await;
    checks.iter().for_each(|check| say(&check.to_string()));
    if checks.iter().any(|check| check.verdict == Verdict::Failed) {
        ExitCode::from(1)
    } else {
        ExitCode::SUCCESS
    }
}
