//! `gauze-records keygen`, `sign-bundle` and `sign-policy`: arguments in, one library call, text or JSON out.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use gauze_listen::quoted;
use gauze_records::keys::{KeyDir, RecipientKind, make, sign_bundle, sign_policy};
use gauze_records::{Clock as _, SystemClock};
use gauze_wire::Tenant;
use serde_json::json;

use crate::{Refused, show};

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Recipients {
    /// mlkem768x25519.
    Pq,
    /// X25519.
    Classical,
}

#[derive(Args)]
pub(crate) struct Sign {
    /// The keys directory.
    #[arg(long, value_name = "DIR")]
    pub(crate) keys: PathBuf,
    /// The unsigned JSON.
    #[arg(long = "in", value_name = "FILE")]
    pub(crate) input: PathBuf,
    /// Where the signed form goes.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}

#[derive(Subcommand)]
pub(crate) enum RootCommand {
    /// Make the root that is to take over, and say how a bundle names it.
    Next {
        /// The keys directory.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
    },
    /// Put the next root in the place of the one whose newest bundle names it.
    HandOver {
        /// The keys directory.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
    },
}

pub(crate) fn root(json: bool, command: &RootCommand) -> Result<(), Refused> {
    match command {
        RootCommand::Next { keys } => {
            let next_root = KeyDir::new(keys).next_root()?;
            show(json, &json!({ "next_root": next_root }), || {
                format!(
                    "Next: put \"next_root\": \"{next_root}\" into bundle.json, raise its version, sign-bundle, and take it up at \
                     the gateway. Then `gauze-records root hand-over --keys {}`.",
                    quoted(keys.display())
                )
            });
        }
        RootCommand::HandOver { keys } => {
            let made = KeyDir::new(keys).hand_over()?;
            let root = serde_json::to_string(&made.root).unwrap_or_default();
            show(json, &made, || {
                format!(
                    "root_sha256  {}\nformer       {}, up to bundle {}\n\
                     Next: put \"root\": {root} into bundle.json, take next_root out, raise its version, sign-bundle, and take it up \
                     at the gateway.\nThen put the new root_sha256 into device management; phones take either meanwhile.",
                    made.root_sha256, made.former_sha256, made.version
                )
            });
        }
    }
    Ok(())
}

pub(crate) fn keygen(json: bool, out: &Path, recipients: Recipients, tenant: &Tenant) -> Result<(), Refused> {
    let kind = match recipients {
        Recipients::Pq => RecipientKind::PostQuantum,
        Recipients::Classical => RecipientKind::Classical,
    };
    let made = make(out, tenant, kind, SystemClock.now())?;
    show(json, &made, || {
        format!(
            "tenant       {}\nroot_sha256  {}\nrecipient    {}\n\
             Next: put what `gauze-gateway keygen` prints into `gateways` of {dir}/bundle.json, then sign-bundle and \
             sign-policy.\nThen move {dir}/root.pem off this machine, and back up {dir}/tenant-identity.txt: nothing \
             else opens the photos.",
            made.tenant,
            made.root_sha256,
            made.recipient,
            dir = out.display()
        )
    });
    Ok(())
}

pub(crate) fn bundle(json: bool, Sign { keys, input, out }: &Sign) -> Result<(), Refused> {
    let bundle = sign_bundle(&KeyDir::new(keys), input, out, SystemClock.now())?;
    let told = json!({ "tenant": bundle.tenant, "version": bundle.version, "out": out });
    show(json, &told, || format!("bundle {} of {} signed: {}", bundle.version, bundle.tenant, out.display()));
    Ok(())
}

pub(crate) fn policy(json: bool, Sign { keys, input, out }: &Sign) -> Result<(), Refused> {
    let policy = sign_policy(&KeyDir::new(keys), input, out, SystemClock.now())?;
    let told = json!({ "tenant": policy.tenant, "version": policy.version, "out": out });
    show(json, &told, || format!("policy {} of {} signed: {}", policy.version, policy.tenant, out.display()));
    Ok(())
}
