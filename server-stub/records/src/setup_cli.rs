//! `gauze-records init` and `serve --check`: arguments in, one library call, text or JSON out.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use gauze_listen::{Verdict, quoted};
use gauze_records::keys::RecipientKind;
use gauze_records::setup::{CheckOptions, Setup, check, set_up};
use gauze_records::{Clock as _, SystemClock};
use gauze_wire::{AndroidApp, AppleApp, Digest};

use crate::keys_cli::Recipients;
use crate::{Refused, say, show};

/// Sets a hospital up.
#[derive(Args)]
pub(crate) struct Init {
    /// The keys directory: a new or empty one.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// What `gauze-gateway init` wrote.
    #[arg(long, value_name = "FILE")]
    gateway: PathBuf,
    /// What the gateway gets: carry it there.
    #[arg(long, value_name = "FILE", default_value = "hospital.json")]
    out: PathBuf,
    /// What photos will be sealed to.
    #[arg(long, value_enum, default_value = "pq")]
    recipients: Recipients,
    /// A trial on test data: makes the gateway's certificate, good for a year, and lets simulated phones in. Never with patients.
    #[arg(long, conflicts_with = "ca")]
    trial: bool,
    /// PEM of the hospital's certificate authority, if it is not a public one: kept beside the keys.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// An Android app that may enrol: its package, `=`, and the SHA-256 of the certificate that signed it. May be repeated.
    #[arg(long, value_name = "PACKAGE=SHA256", value_parser = android)]
    android: Vec<AndroidApp>,
    /// An iOS app that may enrol: team identifier, a dot, bundle identifier. May be repeated.
    #[arg(long, value_name = "TEAM.BUNDLE", value_parser = apple)]
    apple: Vec<AppleApp>,
}

fn android(text: &str) -> Result<AndroidApp, String> {
    let form = || {
        "write PACKAGE=SHA256, the SHA-256 in hexadecimal, as `apksigner verify --print-certs` shows it"
            .to_owned()
    };
    let (package, signer) = text.split_once('=').ok_or_else(form)?;
    let signer: Digest = signer.replace(':', "").to_ascii_lowercase().parse().map_err(|_| form())?;
    let package = package.parse().map_err(|_| form())?;
    Ok(AndroidApp { package, signers: vec![signer], min_version: 0 })
}

fn apple(text: &str) -> Result<AppleApp, String> {
    let form = || "write TEAM.BUNDLE, for instance ABCDE12345.org.example.gauze".to_owned();
    let (team, bundle) = text.split_once('.').ok_or_else(form)?;
    if team.len() != 10 || bundle.is_empty() {
        return Err(form());
    }
    Ok(AppleApp { app_id: text.parse().map_err(|_| form())?, min_bundle_version: None })
}

pub(crate) fn init(json: bool, init: &Init) -> Result<(), Refused> {
    let recipients = match init.recipients {
        Recipients::Pq => RecipientKind::PostQuantum,
        Recipients::Classical => RecipientKind::Classical,
    };
    let setup = Setup {
        keys: &init.keys,
        gateway: &init.gateway,
        out: &init.out,
        recipients,
        trial: init.trial,
        ca: init.ca.as_deref(),
        android: init.android.clone(),
        apple: init.apple.clone(),
    };
    let done = set_up(&setup, SystemClock.now())?;
    let (keys, out, host) = (quoted(init.keys.display()), quoted(init.out.display()), &done.host);
    // There it lies where it was carried to.
    let carried = quoted(Path::new(init.out.file_name().unwrap_or_default()).display());
    show(json, &done, || {
        let mut text = format!(
            "tenant       {}\nroot_sha256  {}\ngateway      {}\nkeys         {keys}: back it up, nothing else opens the photos\n",
            done.tenant, done.root_sha256, done.gateway
        );
        if init.trial {
            text.push_str("trial        simulated phones may enrol: never with patients\n");
        }
        if !done.enrols {
            text.push_str(
                "enrolment    no phone yet: the policy names no app (--android and --apple, or docs/formats.md)\n",
            );
        }
        if !done.certificate {
            text.push_str(&format!(
                "bring        a certificate for {host}, made from the request that the gateway's `init` prints\n"
            ));
        }
        if !done.certificate && init.ca.is_none() {
            text.push_str(&format!(
                "bring        {keys}/ca.pem: the certificate of the authority that signs it\n"
            ));
        }
        text.push_str(&format!(
            "Next: carry {out} to the gateway and run there\n  gauze-gateway init --data gateway --from {carried}\nOnce the gateway runs, here\n  \
             gauze-records serve --data records --keys {keys} --check, and then without --check\nMove {keys}/root.pem off line: it is needed once a year."
        ));
        text
    });
    Ok(())
}

#[tokio::main]
pub(crate) async fn look(json: bool, options: &CheckOptions<'_>) -> ExitCode {
    let checks = check(options, Arc::new(SystemClock)).await;
    if json {
        show(true, &checks, String::new);
    } else {
        checks.iter().for_each(|check| say(&check.to_string()));
    }
    let failed = checks.iter().any(|check| check.verdict == Verdict::Failed);
    if failed { ExitCode::from(1) } else { ExitCode::SUCCESS }
}
