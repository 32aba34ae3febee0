//! `gauze-phone`: a simulated phone on the real core, for the demo, load tests and hospital IT.
//!
//! Its keys are files and its attestation says so: only a development policy lets it in.
#![forbid(unsafe_code)]
#![expect(clippy::print_stderr, reason = "a program talks to its user")]

#[macro_use]
mod out;

mod commands;
mod configuration;
mod phone;
mod refusal;
mod sign_in;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::refusal::Refusal;

/// A simulated phone: captures photos into a sealed store and sends them to a gateway.
#[derive(Parser)]
#[command(name = "gauze-phone", version)]
struct Arguments {
    /// The phone's directory.
    #[arg(long, global = true, value_name = "DIR", default_value = "phone", help_heading = "Which phone")]
    data: PathBuf,
    /// Where the store key is kept: `file` beside the data, `memory` of this process, or the desktop's `keyring`.
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "file",
        help_heading = "Which phone",
        hide_possible_values = true
    )]
    secrets: phone::Secrets,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Enrol with the gateway that a managed configuration names.
    Enrol {
        /// managed.json: {gateway, tenant, root_sha256, min_bundle_version, token, ca?}; `ca` is PEM or a file's path.
        #[arg(long, value_name = "FILE")]
        config: PathBuf,
    },
    /// Sign a clinician in: prints the provider's page, and reads the address that the browser came back to from standard input.
    SignIn,
    /// Sign the clinician out. Photos that were taken go out all the same.
    SignOut,
    /// Seal pictures; print `CAPTURE_ID PATH` for each one kept, go on past refused ones.
    Capture {
        /// JPEG pictures.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// record.json: {patient?: {nhs_number?, chi_number?, hc_number?, local_number?, family, given, dob, established:
        /// {how: wristband|worklist|typed, reason?}, confirmed_by: [two of name, dob, nhs_number, chi_number, hc_number,
        /// local_number]}, team?: {code, words}, site?: {system?, code?, words, side?}, wound?, series?, view?:
        /// context|straight|close, consent?: {scopes, by, form: {code, words}, notice?, at, withdrawn?}, fitness?,
        /// notes?, clinician?}, as docs/formats.md has each.
        #[arg(long, value_name = "FILE")]
        record: Option<PathBuf>,
        /// position.json, for the policy's fences: {latitude, longitude, accuracy_m, age_ms?, mock?, utc_offset_minutes?}, in
        /// degrees (WGS 84) and metres. The record says on which side of a fence it is, never where.
        #[arg(long, value_name = "FILE")]
        position: Option<PathBuf>,
        /// Print one JSON object a line, refused pictures too.
        #[arg(long)]
        json: bool,
    },
    /// Send what waits and hear what the hospital says of what was sent.
    Upload {
        /// Seconds to go on trying while something waits to be sent.
        #[arg(long, value_name = "SECONDS", default_value_t = 30)]
        retry: u64,
        /// Seconds to wait for the hospital to file what was sent.
        #[arg(long, value_name = "SECONDS", default_value_t = 0)]
        wait: u64,
        /// Print one JSON object a line for each photo that moves.
        #[arg(long)]
        json: bool,
    },
    /// List the photos on the phone.
    List {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Show the phone at a glance.
    Status {
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print what people choose from, as the hospital's policy has it: JSON.
    Choices,
    /// Discard an unsent photo; a signed statement is sent in its place.
    Discard {
        /// The photo, as `list` names it.
        id: String,
    },
    /// Report that something went wrong: sealed at once, sent with the next upload, kept here until the hospital has it.
    Report {
        /// report.json: {kind: breach|near_miss, what, whose?, photo?, noticed_at?}; `-` is standard input. A shell keeps what is typed: a
        /// command that took the words would leave them there.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Count a captured screen, as a phone's system tells of one; the hospital hears of it with the next upload.
    ScreenCaptured,
    /// Destroy what opens anything on this phone. Sealed photos stay and can be sent.
    Wipe,
    /// Managed configuration: check files and values for device management, and print those that consoles import.
    #[command(subcommand)]
    Config(configuration::Command),
}

/// No phone is opened for `config`: which one, and where its key is kept, is not told there.
fn command() -> clap::Command {
    let whole = Arguments::command();
    let hidden: Vec<_> = whole
        .get_arguments()
        .filter(|argument| argument.is_global_set())
        .map(|argument| argument.clone().hide(true))
        .collect();
    whole.mut_subcommand("config", |config| config.args(hidden))
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "error".into()),
        )
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .init();
    let matches = command().get_matches();
    let arguments = Arguments::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    gauze_core::adapters::forbid_core_dumps();
    match run(arguments) {
        Ok(code) => code,
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::from(1)
        }
    }
}

fn run(arguments: Arguments) -> Result<ExitCode, Refusal> {
    let Arguments { data, secrets, command } = arguments;
    if let Command::Config(command) = &command {
        return configuration::run(command);
    }
    if let Command::Enrol { config } = &command {
        return commands::enrol(&phone::open(&data, secrets)?, config);
    }
    let phone = phone::open_kept(&data, secrets)?;
    match command {
        Command::Config(_) | Command::Enrol { .. } => unreachable!("answered above"),
        Command::SignIn => sign_in::sign_in(&phone),
        Command::SignOut => sign_in::sign_out(&phone),
        Command::Capture { files, record, position, json } => {
            if let Some(position) = position {
                commands::locate(&phone, &position)?;
            }
            commands::capture(&phone, &files, record.as_deref(), json)
        }
        Command::Upload { retry, wait, json } => commands::upload(phone, retry, wait, json),
        Command::List { json } => commands::list(&phone, json),
        Command::Status { json } => commands::status(&phone, json),
        Command::Choices => commands::choices(&phone),
        Command::Discard { id } => commands::discard(&phone, &id),
        Command::Report { file, json } => commands::report(&phone, &file, json),
        Command::ScreenCaptured => commands::screen_captured(&phone),
        Command::Wipe => commands::wipe(&phone),
    }
}
