//! `gauze-records`: the inside. Keys, signing, pulling, opening, checking.
#![forbid(unsafe_code)]

mod case_cli;
mod keys_cli;
mod log_cli;
mod mark_cli;
mod proposals_cli;
mod pull_cli;
mod rejudge_cli;
mod restored_cli;
mod retention_cli;
mod roles_cli;
mod setup_cli;
mod show_cli;
mod token_cli;
mod web_cli;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use gauze_people::person::PersonId;
use gauze_records::{Coded, open_file};
use gauze_wire::Tenant;
use serde::Serialize;

use crate::keys_cli::{Recipients, Sign};
use crate::pull_cli::{Pulling, Source, Unasked};

/// The inside of Gauze: pulls sealed photos, opens each once, files it and says so.
#[derive(Parser)]
#[command(name = "gauze-records", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    /// How the log on standard error is written: `text`, or `json`, one object a line. RUST_LOG says which events.
    #[arg(
        long,
        global = true,
        value_name = "FORM",
        default_value = "text",
        help_heading = "Its log",
        hide_possible_values = true
    )]
    log: gauze_logging::Form,
}

#[derive(Subcommand)]
enum Command {
    /// Set a hospital up: keys, bundle and policy, from the file that its gateway's `init` wrote; writes the file that it gets.
    Init(setup_cli::Init),
    /// Make a tenant's keys, and templates of its bundle and policy.
    Keygen {
        /// A new or empty directory.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// What photos will be sealed to.
        #[arg(long, value_enum, default_value = "pq")]
        recipients: Recipients,
        /// The tenant.
        #[arg(long, default_value = "hospital")]
        tenant: Tenant,
    },
    /// Sign a trust bundle with the tenant root.
    SignBundle(Sign),
    /// Sign a policy with the policy key.
    SignPolicy(Sign),
    /// Let another root take over from the tenant root.
    #[command(subcommand)]
    Root(keys_cli::RootCommand),
    /// Sign an enrolment token: for one phone, once, or for the phones of a list, each once.
    Token(token_cli::TokenArguments),
    /// Pull for as long as it runs.
    Serve {
        #[command(flatten)]
        source: Source,
        /// Seconds between pulls.
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
        interval_s: u64,
        #[command(flatten)]
        unasked: Unasked,
        #[command(flatten)]
        pages: Box<web_cli::Pages>,
        /// Serve nothing: look at keys, bundle, policy, clock, disk, ports and what the gateway answers, and say what to do.
        /// Status 1 where it would not work.
        #[arg(long)]
        check: bool,
    },
    /// What the gateway's operators ask this side to sign.
    #[command(subcommand)]
    Proposals(proposals_cli::ProposalsCommand),
    /// Who looked at what.
    #[command(subcommand)]
    Log(log_cli::LogCommand),
    /// Whose view a picture was that got out.
    #[command(subcommand)]
    Mark(mark_cli::MarkCommand),
    /// Who may do what, and why.
    #[command(subcommand)]
    Roles(roles_cli::RolesCommand),
    /// What is done for the hospital's people without a page.
    #[command(subcommand)]
    People(web_cli::PeopleCommand),
    /// Pull once, until nothing is left.
    Pull(Source),
    /// Open one sealed file.
    Open {
        /// The sealed file.
        file: PathBuf,
        /// An age identity file, such as tenant-identity.txt.
        #[arg(long, value_name = "FILE")]
        identity: PathBuf,
        /// NAME.jpg and NAME.record.json go here.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// List what came.
    List {
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The believed phones and what each may do, in place of photos.
        #[arg(long, conflicts_with_all = ["acts", "reports"])]
        devices: bool,
        /// What the gateway's operators decided, in place of photos.
        #[arg(long, conflicts_with = "reports")]
        acts: bool,
        /// What phones reported as gone wrong, in place of photos; what they say stays sealed.
        #[arg(long)]
        reports: bool,
    },
    /// Have the next pull judge refused photos again, after mending what they were refused for.
    Rejudge(rejudge_cli::Rejudge),
    /// After the gateway was restored from a copy and its log pulled anew: put aside what only the log before knows, repeat the
    /// hospital's decisions, and say which commands repeat the operators' at the gateway.
    Restored(restored_cli::Restore),
    /// Photos whose time is over: list them, and erase those that a person names.
    #[command(subcommand)]
    Retention(retention_cli::RetentionCommand),
    /// What went wrong.
    #[command(subcommand)]
    Case(case_cli::CaseCommand),
    /// Check everything filed again, offline; fails where something is not as it was signed.
    Verify {
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The keys directory, to check against the root pinned there.
        #[arg(long, value_name = "DIR")]
        keys: Option<PathBuf>,
    },
}

/// One line for standard error.
struct Refused(String);

impl<E: Coded> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.line())
    }
}

/// Prints a line. That nobody reads it any more is no reason to fail.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Who a command names.
fn person(id: &str) -> Result<PersonId, Refused> {
    let unknown = "person_id: this is no person's id. Enter all 26 letters and digits.";
    PersonId::typed(id).ok_or_else(|| Refused(unknown.to_owned()))
}

/// As JSON where asked for, else as text.
fn show(json: bool, value: &impl Serialize, text: impl FnOnce() -> String) {
    match serde_json::to_string(value) {
        Ok(line) if json => say(&line),
        Ok(_) | Err(_) => say(&text()),
    }
}

fn main() -> ExitCode {
    let Arguments { command, json, log } = Arguments::parse();
    // Pulling reports its progress; the other commands have one answer.
    let level = match &command {
        Command::Serve { .. } | Command::Pull(_) => "info,sqlx=warn",
        Command::Keygen { .. }
        | Command::Init(_)
        | Command::SignBundle(_)
        | Command::SignPolicy(_)
        | Command::Root(_)
        | Command::Token(_)
        | Command::Open { .. }
        | Command::List { .. }
        | Command::Log(_)
        | Command::Mark(_)
        | Command::People(_)
        | Command::Proposals(_)
        | Command::Rejudge(_)
        | Command::Restored(_)
        | Command::Retention(_)
        | Command::Roles(_)
        | Command::Case(_)
        | Command::Verify { .. } => "warn",
    };
    gauze_logging::start(log, level);
    match run(command, json) {
        Ok(code) => code,
        Err(Refused(line)) => {
            complain(&line);
            ExitCode::from(1)
        }
    }
}

fn run(command: Command, json: bool) -> Result<ExitCode, Refused> {
    match command {
        Command::Keygen { out, recipients, tenant } => keys_cli::keygen(json, &out, recipients, &tenant)?,
        Command::SignBundle(sign) => keys_cli::bundle(json, &sign)?,
        Command::SignPolicy(sign) => keys_cli::policy(json, &sign)?,
        Command::Root(command) => keys_cli::root(json, &command)?,
        Command::Init(init) => setup_cli::init(json, &init)?,
        Command::Token(arguments) => token_cli::run(json, arguments)?,
        Command::Serve { source, pages, check: true, .. } => return pull_cli::look(json, &source, &pages),
        Command::Serve { source, interval_s, unasked, pages, check: false } => {
            pull_cli::serve(
                json,
                &source,
                Pulling { interval: Duration::from_secs(interval_s), unasked, pages: *pages },
            )?;
        }
        Command::Log(command) => return log_cli::run(json, &command),
        Command::Mark(command) => return mark_cli::run(json, &command),
        Command::Roles(command) => return roles_cli::run(json, &command),
        Command::Proposals(command) => proposals(json, command)?,
        Command::People(command) => web_cli::people(json, command)?,
        Command::Pull(source) => pull_cli::pull_once(json, &source)?,
        Command::Open { file, identity, out } => {
            let opened = open_file(&file, &identity, &out)?;
            show(json, &opened, || {
                let (photo, record) = (opened.photo.display(), opened.record.display());
                let gist = opened.gist.line();
                let cleaned = "cleaned: what stood behind the picture's last block was left out, so its SHA-256 is not the record's";
                let lines = [
                    format!("{photo}\n{record}"),
                    gist,
                    if opened.cleaned { cleaned } else { "" }.to_owned(),
                ];
                lines.iter().filter(|line| !line.is_empty()).cloned().collect::<Vec<_>>().join("\n")
            });
        }
        Command::List { data, devices: true, .. } => show_cli::show_devices(json, &data)?,
        Command::List { data, acts: true, .. } => show_cli::show_acts(json, &data)?,
        Command::List { data, reports: true, .. } => show_cli::show_reports(json, &data)?,
        Command::List { data, .. } => show_cli::show_list(json, &data)?,
        Command::Rejudge(asked) => rejudge_cli::run(json, &asked)?,
        Command::Retention(command) => retention_cli::run(json, command)?,
        Command::Case(command) => case_cli::run(json, &command)?,
        Command::Restored(asked) => restored_cli::run(json, &asked)?,
        Command::Verify { data, keys } => return show_cli::check(json, &data, keys.as_deref()),
    }
    Ok(ExitCode::SUCCESS)
}

#[tokio::main]
async fn proposals(json: bool, command: proposals_cli::ProposalsCommand) -> Result<(), Refused> {
    Ok(proposals_cli::run(json, command).await?)
}
