//! `gauze-records token`: arguments in, one library call, text or JSON out.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use gauze_listen::quoted;
use gauze_records::keys::{
    Imported, KeyDir, Paste, SignedInventory, WithToken, import, managed, sign_inventory, sign_token,
};
use gauze_records::setup::{kept_authority, write_managed};
use gauze_records::{Clock as _, SystemClock};
use gauze_wire::{ManagedConfiguration, Name, System};
use serde_json::json;

use crate::{Refused, complain, show};

#[derive(Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    arg_required_else_help = true
)]
pub(crate) struct TokenArguments {
    #[command(flatten)]
    one: Option<One>,
    #[command(subcommand)]
    command: Option<TokenCommand>,
}

/// A token for one phone.
#[derive(Args)]
struct One {
    /// The keys directory.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// Where the token goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// How long it lives, at most 24.
    #[arg(long, default_value_t = 24)]
    hours: u32,
    /// The one phone it is for.
    #[arg(long)]
    serial: Option<Name>,
    /// Write the whole managed configuration of that phone too.
    #[arg(long, value_name = "FILE")]
    managed: Option<PathBuf>,
}

#[derive(Subcommand)]
enum TokenCommand {
    /// Sign the list of phones that may enrol, and with --out one token for all of them. A list that changed counts from the next
    /// pull on, also for tokens signed before: whoever is not on it any more does not enrol.
    Inventory {
        /// The keys directory.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
        /// The phones, as the management system exports them: CSV with a column of serial numbers. Repeat it for several tables.
        #[arg(long, value_name = "FILE", required = true)]
        csv: Vec<PathBuf>,
        /// The heading of the serial numbers, where it is an unusual one.
        #[arg(long, value_name = "HEADING")]
        column: Option<String>,
        /// Where the token goes; without it, the list alone is replaced.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Days the token lives, at most 30.
        #[arg(long, default_value_t = 30)]
        days: u32,
        /// Say what would be signed, and sign nothing.
        #[arg(long)]
        dry_run: bool,
    },
    /// What to paste into device management for a signed token.
    Show {
        /// The token's file.
        token: PathBuf,
        /// The keys directory.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
        /// The gateway's address; needed where the bundle names several.
        #[arg(long, value_name = "URL")]
        gateway: Option<String>,
        /// PEM of the authority that issued the gateway's certificate, where it is not a public one.
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
        /// The device management it is pasted into; without it, the bare values as JSON.
        #[arg(
            long = "for",
            value_name = "SYSTEM",
            value_parser = PossibleValuesParser::new(System::ALL.map(System::as_str)).try_map(|name| name.parse::<System>())
        )]
        system: Option<System>,
    },
}

pub(crate) fn run(json: bool, TokenArguments { one, command }: TokenArguments) -> Result<(), Refused> {
    match (one, command) {
        (_, Some(TokenCommand::Inventory { keys, csv, column, out, days, dry_run })) => {
            let read = import(&csv, column.as_deref())?;
            let Imported { serials, left_out } = read;
            if !json {
                left_out.iter().for_each(|line| complain(&line.line()));
            }
            if dry_run {
                let told = json!({ "count": serials.len(), "left_out": left_out });
                show(json, &told, || format!("{} phones; nothing was signed", serials.len()));
                return Ok(());
            }
            let token = out.as_deref().map(|out| WithToken { out, days });
            let signed = sign_inventory(&KeyDir::new(&keys), serials, token, SystemClock.now())?;
            let told = json!({ "inventory": signed, "left_out": left_out });
            let pasted = out.map(|out| {
                format!(
                    "gauze-records token show {} --keys {}",
                    quoted(out.display()),
                    quoted(keys.display())
                )
            });
            show(json, &told, || inventory_text(&signed, left_out.len(), pasted.as_deref()));
        }
        (_, Some(TokenCommand::Show { token, keys, gateway, ca, system })) => {
            let keys = KeyDir::new(&keys);
            let ca = ca.or_else(|| kept_authority(&keys));
            let asked = Paste { token: &token, gateway: gateway.as_deref(), ca: ca.as_deref() };
            let managed = managed(&keys, &asked)?;
            show(json, &managed, || match system {
                Some(system) => format!("{}\n{}", system.place(), managed.to_paste(system)),
                None => serde_json::to_string_pretty(&managed).unwrap_or_default(),
            });
            tell_bundle(&managed);
            if let Some(told) = system.and_then(|system| managed.lacks_serial(system)) {
                complain(told);
            }
            if managed.ca.is_none() {
                complain(
                    "If the gateway's certificate is from an authority of your own, add that with --ca FILE: no phone connects without.",
                );
            }
        }
        (Some(One { keys, out, hours, serial, managed: file }), None) => {
            let keys = KeyDir::new(&keys);
            let token = sign_token(&keys, &out, hours, serial, SystemClock.now())?;
            if let Some(file) = file {
                let ca = kept_authority(&keys);
                let asked = Paste { token: &out, gateway: None, ca: ca.as_deref() };
                let managed = managed(&keys, &asked)?;
                write_managed(&managed, &file)?;
                tell_bundle(&managed);
            }
            let told = || {
                let end = token.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ");
                format!("token {} until {end}: {}", token.token_id, out.display())
            };
            show(json, &token, told);
        }
        (None, None) => {
            return Err(Refused("usage: say --keys and --out, or a command: see --help".to_owned()));
        }
    }
    Ok(())
}

/// The newest bundle that was signed need not be the one that the gateway serves.
fn tell_bundle(managed: &ManagedConfiguration) {
    if managed.min_bundle_version > 1 {
        complain(&format!(
            "Phones enrol with it only once the gateway serves trust bundle {}, the newest that was signed.",
            managed.min_bundle_version
        ));
    }
}

/// `pasted` is the command that prints what to paste, where there is a token.
fn inventory_text(signed: &SignedInventory, left_out: usize, pasted: Option<&str>) -> String {
    let SignedInventory { version, count, added, retired, .. } = signed;
    let mut text = match signed.changed {
        true => format!(
            "inventory {version}: {count} phones, {added} new, {retired} retired, {left_out} lines left out"
        ),
        false => format!("inventory {version}: {count} phones, as before; {left_out} lines left out"),
    };
    if let (Some(token), Some(end)) = (&signed.token_id, signed.expires_at) {
        let end = end.strftime("%Y-%m-%dT%H:%M:%SZ");
        text.push_str(&format!("\ntoken {token} until {end}: each of the {count} may enrol once"));
    }
    text.push_str("\nNext: `gauze-records serve` gives the list to the gateway at its next pull");
    text + &pasted.map_or_else(|| ".".to_owned(), |pasted| format!("; `{pasted}` prints what to paste."))
}
