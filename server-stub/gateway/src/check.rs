//! `serve --check`: everything that a gateway needs, looked at before it serves. Changes nothing.

use std::path::Path;

use gauze_attest::StatusList;
use gauze_listen::Check;
use gauze_wire::Policy;
use jiff::Timestamp;

use crate::admin::QUIET;
use crate::counted::counted;
use crate::db::Db;
use crate::keys::GatewayKeys;
use crate::recheck::status_list;
use crate::serve::{ServeOptions, pair};
use crate::tenant::{Served, TenantError, TenantFiles, Unheld};

const STATUS_LIST: &str = "status list";

/// Looks at everything that `serve` would be given.
pub async fn check(options: &ServeOptions, now: Timestamp) -> Vec<Check> {
    let mut checks = Check::disk(&options.data);
    let mut hosts = Vec::new();
    let list = match options.status_list.as_deref().map(status_list).transpose() {
        Ok(list) => list,
        Err(error) => {
            checks.push(Check::failed(STATUS_LIST, format!("{}: {error}", error.code())));
            None
        }
    };
    match GatewayKeys::load(&options.data) {
        Ok(keys) => {
            checks.push(Check::ok("keys", "they read"));
            hospitals(options, &keys, list.as_ref(), now, &mut hosts, &mut checks).await;
        }
        Err(error) => checks.push(Check::failed("keys", format!("{}: {error}", error.code()))),
    }
    checks.extend(Check::certificate(&options.tls_cert, &options.tls_key, &hosts, now));
    checks.push(Check::port("listen", options.listen));
    checks.extend(options.metrics.map(|address| Check::port("metrics", address)));
    checks
}

async fn hospitals(
    options: &ServeOptions,
    keys: &GatewayKeys,
    list: Option<&StatusList>,
    now: Timestamp,
    hosts: &mut Vec<String>,
    checks: &mut Vec<Check>,
) {
    let refused =
        |error: TenantError| Check::failed(error.about().name(), format!("{}: {error}", error.code()));
    let files = match pair(options) {
        Ok(files) => files,
        Err(error) => return checks.push(refused(error)),
    };
    for files in files {
        match taken_up(&options.data, &files, keys).await {
            Ok((served, unheld)) => {
                let bundle = &served.bundle;
                let told = format!("{} of {} for {}", bundle.version, bundle.tenant, served.gateway.url);
                checks.push(Check::fresh(told, now, bundle.fresh_until));
                checks.push(Check::clock(now, bundle.issued_at));
                let newer = served.newer_here(&options.data);
                checks.extend(
                    newer.iter().map(|error| Check::warning(error.about().name(), error.to_string())),
                );
                let in_force = served.in_force();
                checks.extend(policy(&in_force.policy, in_force.jws.is_some()));
                checks.extend(unheld.map(not_in_force));
                checks.extend(certificates(&in_force.policy, options.status_list.as_deref(), list, now));
                checks.push(records(&options.data, &served, now).await);
                hosts.push(gauze_listen::host_of(&served.gateway.url).to_owned());
            }
            Err(error) => checks.push(refused(error)),
        }
    }
}

/// As a start takes it up: what the hospital signed while the gateway ran is newer than what the operator has on file.
async fn taken_up(
    data: &Path,
    files: &TenantFiles,
    keys: &GatewayKeys,
) -> Result<(Served, Option<Unheld>), TenantError> {
    let served = Served::load(data, files, keys)?;
    let mut unheld = None;
    let path = data.join("gateway.sqlite");
    // One that does not open is told of beside what the records side answered.
    if path.exists()
        && let Ok(db) = Db::glance(&path).await
        && let Ok(signed) = db.signed_policies(&served.bundle.tenant).await
    {
        unheld = served.take_up_signed(&signed);
    }
    served.is_newest(data)?;
    Ok((served, unheld))
}

/// When the records side answered last, by the newest checkpoint that it cosigned; and whether anything has waited for it since.
async fn records(data: &Path, served: &Served, now: Timestamp) -> Check {
    let path = data.join("gateway.sqlite");
    if !path.exists() {
        let told = "it has not answered yet: nothing was kept here so far";
        return Check::ok("records", told);
    }
    let looked = async {
        let db = Db::glance(&path).await?;
        let tenant = &served.bundle.tenant;
        Ok::<_, sqlx::Error>((
            db.cosigned_last(tenant).await?,
            db.watched(tenant, now.as_millisecond()).await?,
        ))
    };
    let (note, watched) = match looked.await {
        Ok(looked) => looked,
        Err(error) => {
            let told = format!(
                "what it answered cannot be looked at ({error}): run this as the user who owns the data directory, with the program that served it"
            );
            return Check::warning("records", told);
        }
    };
    let waiting = format!(
        "{} and {} of the log wait for it",
        counted(watched.waiting, "photo", "photos"),
        counted(watched.unwitnessed, "entry", "entries")
    );
    let oldest = [watched.unwitnessed_ms, watched.oldest_ms].into_iter().flatten().min();
    let oldest = oldest.and_then(|at| Timestamp::from_millisecond(at).ok());
    let nothing_waits = watched.waiting == 0 && watched.unwitnessed == 0;
    let Some(last) = served.cosigned_at(note.as_deref()) else {
        return if nothing_waits {
            Check::ok("records", "it has not answered yet, and nothing waits for it")
        } else {
            Check::warning(
                "records",
                format!(
                    "it has not answered yet, and {waiting}: start `gauze-records serve` inside the hospital"
                ),
            )
        };
    };
    let told = format!("it answered last on {}", last.strftime("%Y-%m-%d %H:%M UTC"));
    if nothing_waits {
        Check::ok("records", format!("{told}, and nothing waits for it"))
    } else if let Some(ahead) = watched.ahead(now) {
        let dated = ahead.strftime("%Y-%m-%d %H:%M UTC");
        Check::warning(
            "records",
            format!(
                "{told}, and {waiting}, dated {dated}, which is yet to come: set the clock; where it is right by now, it was ahead: look \
                 whether `gauze-records serve` runs"
            ),
        )
    } else if now.duration_since(oldest.unwrap_or(last)) < QUIET {
        Check::ok("records", format!("{told}; {waiting}"))
    } else {
        Check::warning(
            "records",
            format!(
                "{told}, and {waiting}: look whether `gauze-records serve` runs and reaches this gateway"
            ),
        )
    }
}

/// Who can enrol under a policy.
fn policy(policy: &Policy, signed: bool) -> Vec<Check> {
    if !signed {
        let told = "none was signed, so the strictest holds and no phone can enrol: sign one with `gauze-records sign-policy` and take it up (docs/operating.md, Take up what was signed)";
        return vec![Check::warning("policy", told)];
    }
    let mut checks = Vec::new();
    if policy.allow_software_keys {
        let told = "it lets simulated phones in (allow_software_keys): for a trial, never with patients";
        checks.push(Check::warning("policy", told));
    } else if policy.android.is_none() && policy.apple.is_none() {
        let told = "it names no app, so no phone can enrol: add `android` or `apple` (docs/formats.md), raise version, sign it and take it up";
        checks.push(Check::warning("policy", told));
    }
    if checks.is_empty() {
        let signed = policy.issued_at.strftime("%Y-%m-%d");
        checks.push(Check::ok("policy", format!("version {}, signed on {signed}", policy.version)));
    }
    checks
}

/// What the hospital signed at the gateway and a start does not take up.
fn not_in_force(Unheld { version, why, step }: Unheld) -> Check {
    let told = format!(
        "version {version}, which the hospital signed, does not hold ({why}), and is not in force: {step}"
    );
    Check::warning("policy", told)
}

/// Whether Android phones can enrol by the list that is given; one that does not read is told of before.
fn certificates(
    policy: &Policy,
    path: Option<&Path>,
    list: Option<&StatusList>,
    now: Timestamp,
) -> Option<Check> {
    let hours = policy.android.as_ref().and_then(|android| android.status_list_hours);
    let (Some(path), Some(list)) = (path, list) else {
        let told = "the policy asks for one, without which no Android phone enrols: fetch https://android.googleapis.com/attestation/status and give it with --status-list";
        return (hours.is_some() && path.is_none()).then(|| Check::failed(STATUS_LIST, told));
    };
    let of = format!("{} of {}", path.display(), list.fetched_at().strftime("%Y-%m-%d %H:%M UTC"));
    Some(match hours {
        Some(hours) if list.is_stale(hours, now) => {
            let told = format!(
                "{of} is older than the {hours} hours of the policy, and no Android phone enrols by it: fetch it again"
            );
            Check::failed(STATUS_LIST, told)
        }
        _ => Check::ok(STATUS_LIST, of),
    })
}
