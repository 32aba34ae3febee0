//! `gauze-records`: the inside. Keys, signing, pulling, opening, checking.
#![forbid(unsafe_code)]

mod proposals_cli;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gauze_records::keys::{KeyDir, RecipientKind, make, sign_bundle, sign_policy, sign_token};
use gauze_records::pull::{self, Approve, Puller};
use gauze_records::verify::{VerifyReport, verify};
use gauze_records::{Clock as _, Coded, HttpsGateway, SystemClock, list, list_acts, list_devices, open_file};
use gauze_wire::{Name, Tenant};
use serde::Serialize;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

/// The inside of Gauze: pulls sealed photos, opens each once, files it and says so.
#[derive(Parser)]
#[command(name = "gauze-records", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Subcommand)]
enum Command {
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
    /// Sign an enrolment token: one phone, once.
    Token {
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
    },
    /// Pull for as long as it runs.
    Serve {
        #[command(flatten)]
        source: Source,
        /// Seconds between pulls.
        #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u64).range(1..))]
        interval_s: u64,
        /// What is signed without asking anybody; policies and wipe orders never are.
        #[arg(long, value_enum)]
        approve: Option<Approving>,
    },
    /// What the gateway's operators ask this side to sign.
    #[command(subcommand)]
    Proposals(proposals_cli::ProposalsCommand),
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
        #[arg(long, conflicts_with = "acts")]
        devices: bool,
        /// What the gateway's operators decided, in place of photos.
        #[arg(long)]
        acts: bool,
    },
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

#[derive(Clone, Copy, ValueEnum)]
enum Recipients {
    /// mlkem768x25519.
    Pq,
    /// X25519.
    Classical,
}

#[derive(Clone, Copy, ValueEnum)]
enum Approving {
    /// Enrolment tokens.
    Tokens,
}

#[derive(Args)]
struct Sign {
    /// The keys directory.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// The unsigned JSON.
    #[arg(long = "in", value_name = "FILE")]
    input: PathBuf,
    /// Where the signed form goes.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

#[derive(Args)]
struct Source {
    /// Sealed files and index.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The gateway's URL, as the bundle names it.
    #[arg(long, value_name = "URL")]
    gateway: String,
    /// PEM of the authority that signed the gateway's certificate.
    #[arg(long, value_name = "FILE")]
    ca: PathBuf,
    /// The keys directory.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
    /// A signed bundle in place of the newest in the keys directory.
    #[arg(long, value_name = "FILE")]
    bundle: Option<PathBuf>,
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

/// As JSON where asked for, else as text.
fn show(json: bool, value: &impl Serialize, text: impl FnOnce() -> String) {
    match serde_json::to_string(value) {
        Ok(line) if json => say(&line),
        Ok(_) | Err(_) => say(&text()),
    }
}

fn main() -> ExitCode {
    let Arguments { command, json } = Arguments::parse();
    // Pulling reports its progress; the other commands have one answer.
    let level = match &command {
        Command::Serve { .. } | Command::Pull(_) => "info,sqlx=warn",
        Command::Keygen { .. }
        | Command::SignBundle(_)
        | Command::SignPolicy(_)
        | Command::Token { .. }
        | Command::Open { .. }
        | Command::List { .. }
        | Command::Proposals(_)
        | Command::Verify { .. } => "warn",
    };
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| level.into());
    tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false).with_writer(std::io::stderr).init();
    match run(command, json) {
        Ok(code) => code,
        Err(Refused(line)) => {
            complain(&line);
            ExitCode::from(1)
        }
    }
}

fn run(command: Command, json: bool) -> Result<ExitCode, Refused> {
    let now = SystemClock.now();
    match command {
        Command::Keygen { out, recipients, tenant } => keygen(json, &out, recipients, &tenant)?,
        Command::SignBundle(Sign { keys, input, out }) => {
            let bundle = sign_bundle(&KeyDir::new(&keys), &input, &out, now)?;
            let told = json!({ "tenant": bundle.tenant, "version": bundle.version, "out": out });
            show(json, &told, || {
                format!("bundle {} of {} signed: {}", bundle.version, bundle.tenant, out.display())
            });
        }
        Command::SignPolicy(Sign { keys, input, out }) => {
            let policy = sign_policy(&KeyDir::new(&keys), &input, &out, now)?;
            let told = json!({ "tenant": policy.tenant, "version": policy.version, "out": out });
            show(json, &told, || {
                format!("policy {} of {} signed: {}", policy.version, policy.tenant, out.display())
            });
        }
        Command::Token { keys, out, hours, serial } => {
            let token = sign_token(&KeyDir::new(&keys), &out, hours, serial, now)?;
            show(json, &token, || {
                format!("token {} until {}: {}", token.token_id, token.expires_at, out.display())
            });
        }
        Command::Serve { source, interval_s, approve } => {
            serve(json, &source, Duration::from_secs(interval_s), approve)?;
        }
        Command::Proposals(command) => proposals(json, command)?,
        Command::Pull(source) => pull_once(json, &source)?,
        Command::Open { file, identity, out } => {
            let opened = open_file(&file, &identity, &out)?;
            show(json, &opened, || format!("{}\n{}", opened.photo.display(), opened.record.display()));
        }
        Command::List { data, devices: true, .. } => show_devices(json, &data)?,
        Command::List { data, acts: true, .. } => show_acts(json, &data)?,
        Command::List { data, .. } => show_list(json, &data)?,
        Command::Verify { data, keys } => return check(json, &data, keys.as_deref()),
    }
    Ok(ExitCode::SUCCESS)
}

fn keygen(json: bool, out: &Path, recipients: Recipients, tenant: &Tenant) -> Result<(), Refused> {
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

#[tokio::main]
async fn pull_once(json: bool, source: &Source) -> Result<(), Refused> {
    let puller = open(source).await?;
    let report = puller.pass().await?;
    puller.close().await;
    show(json, &report, || {
        let mut text = format!(
            "{} new entries, {} filed, {} voids, {} refused, {} still missing, {} receipts handed in",
            report.entries,
            report.filed,
            report.voids,
            report.refused.len(),
            report.missing,
            report.acknowledged
        );
        for photo in &report.refused {
            text.push_str(&format!("\nrefused {} {}", photo.capture_id, photo.cause.code()));
        }
        text
    });
    Ok(())
}

async fn open(source: &Source) -> Result<Puller<HttpsGateway>, Refused> {
    let config = pull::Config {
        data: source.data.clone(),
        keys: source.keys.clone(),
        gateway: source.gateway.clone(),
        bundle: source.bundle.clone(),
    };
    Ok(Puller::new(config, &source.ca, Arc::new(SystemClock)).await?)
}

#[tokio::main]
async fn serve(
    json: bool,
    source: &Source,
    interval: Duration,
    approve: Option<Approving>,
) -> Result<(), Refused> {
    let approve = match approve {
        Some(Approving::Tokens) => Approve::Tokens,
        None => Approve::Nothing,
    };
    let puller = open(source).await?.approving(approve);
    let told = json!({ "ready": true, "gateway": source.gateway });
    show(json, &told, || format!("ready: pulling from {}", source.gateway));
    pull::serve(&puller, interval, stopped(), |_| {}).await;
    puller.close().await;
    Ok(())
}

async fn stopped() {
    let listen = |kind| signal(kind).expect("a process may listen for its own signals");
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt()), listen(SignalKind::terminate()));
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

#[tokio::main]
async fn show_list(json: bool, data: &Path) -> Result<(), Refused> {
    let listed = list(data).await?;
    if json {
        show(json, &listed, String::new);
        return Ok(());
    }
    for photo in listed {
        let cause = photo.cause.map_or("", gauze_wire::Refusal::code);
        say(&format!(
            "{} {} {:>6} {} {:<8} {:<7} {:<7} {:>9} {} {cause}",
            photo.capture_id,
            photo.device_id,
            photo.seq,
            photo.captured_at,
            photo.kind.as_str(),
            photo.status.as_str(),
            photo.chain.as_str(),
            photo.size,
            photo.sha256,
        ));
    }
    Ok(())
}

#[tokio::main]
async fn proposals(json: bool, command: proposals_cli::ProposalsCommand) -> Result<(), Refused> {
    Ok(proposals_cli::run(json, command).await?)
}

#[tokio::main]
async fn show_devices(json: bool, data: &Path) -> Result<(), Refused> {
    let listed = list_devices(data).await?;
    if json {
        show(json, &listed, String::new);
        return Ok(());
    }
    for device in listed {
        say(&format!("{} {:<9} {}", device.device_id, device.status.as_str(), device.log_index));
    }
    Ok(())
}

#[tokio::main]
async fn show_acts(json: bool, data: &Path) -> Result<(), Refused> {
    let listed = list_acts(data).await?;
    if json {
        show(json, &listed, String::new);
        return Ok(());
    }
    for act in listed {
        let deed = serde_json::to_string(&act.deed).unwrap_or_default();
        say(&format!("{:>6} {} {deed} by {}: {}", act.log_index, act.at, act.operator, act.reason));
    }
    Ok(())
}

#[tokio::main]
async fn check(json: bool, data: &Path, keys: Option<&Path>) -> Result<ExitCode, Refused> {
    let report = verify(data, keys.map(KeyDir::new).as_ref()).await?;
    show(json, &report, || checked(&report));
    if report.ok {
        return Ok(ExitCode::SUCCESS);
    }
    complain(&format!(
        "verify_failed: {} things are not as they were signed. Stop the puller, keep the directory as it is and find \
         out who changed it.",
        report.findings.len()
    ));
    Ok(ExitCode::from(1))
}

fn checked(report: &VerifyReport) -> String {
    let mut text = format!(
        "{} log entries, {} manifests, {} files and {} receipts checked{}; {} gaps, {} findings",
        report.log_size,
        report.manifests,
        report.files,
        report.receipts,
        if report.pinned { "" } else { " (root not pinned: give --keys)" },
        report.gaps.len(),
        report.findings.len()
    );
    for gap in &report.gaps {
        text.push_str(&format!("\ngap {} {}-{}", gap.device_id, gap.first, gap.last));
    }
    for finding in &report.findings {
        text.push_str(&format!("\n{} {}", finding.code, finding.at));
    }
    text
}
