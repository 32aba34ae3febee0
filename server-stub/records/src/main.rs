//! `gauze-records`: the inside. Keys, signing, pulling, opening, checking.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to its user")]

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use gauze_records::keys::{KeyDir, RecipientKind, make, sign_bundle, sign_policy, sign_token};
use gauze_records::pull::{self, Puller};
use gauze_records::verify::verify;
use gauze_records::{Clock as _, Coded, HttpsGateway, SystemClock, list, open_file};
use gauze_wire::{Name, Tenant};
use tokio::signal::unix::{SignalKind, signal};

/// The inside of Gauze: pulls sealed photos, opens each once, files it and says so.
#[derive(Parser)]
#[command(name = "gauze-records", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
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
    },
    /// Pull once, until nothing is left.
    Pull {
        #[command(flatten)]
        source: Source,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
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
    List(Look),
    /// Check everything filed again, offline.
    Verify(Look),
}

#[derive(Clone, Copy, ValueEnum)]
enum Recipients {
    /// mlkem768x25519.
    Pq,
    /// X25519.
    Classical,
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

#[derive(Args)]
struct Look {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// One line for standard error.
struct Refused(String);

impl<E: Coded> From<E> for Refused {
    fn from(error: E) -> Self {
        Self(error.line())
    }
}

fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()),
        )
        .with_writer(std::io::stderr)
        .init();
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(Refused(line)) => {
            eprintln!("{line}");
            ExitCode::from(1)
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Refused> {
    let now = SystemClock.now();
    match command {
        Command::Keygen { out, recipients, tenant } => keygen(&out, recipients, &tenant)?,
        Command::SignBundle(Sign { keys, input, out }) => {
            let bundle = sign_bundle(&KeyDir::new(&keys), &input, &out, now)?;
            println!("bundle {} of {} signed: {}", bundle.version, bundle.tenant, out.display());
        }
        Command::SignPolicy(Sign { keys, input, out }) => {
            let policy = sign_policy(&KeyDir::new(&keys), &input, &out, now)?;
            println!("policy {} of {} signed: {}", policy.version, policy.tenant, out.display());
        }
        Command::Token { keys, out, hours, serial } => {
            let token = sign_token(&KeyDir::new(&keys), &out, hours, serial, now)?;
            println!("token {} until {}: {}", token.token_id, token.expires_at, out.display());
        }
        Command::Serve { source, interval_s } => serve(&source, Duration::from_secs(interval_s))?,
        Command::Pull { source, json } => pull_once(&source, json)?,
        Command::Open { file, identity, out } => {
            let opened = open_file(&file, &identity, &out)?;
            println!("{}\n{}", opened.photo.display(), opened.record.display());
        }
        Command::List(look) => show_list(&look)?,
        Command::Verify(look) => return check(&look),
    }
    Ok(ExitCode::SUCCESS)
}

fn keygen(out: &Path, recipients: Recipients, tenant: &Tenant) -> Result<(), Refused> {
    let kind = match recipients {
        Recipients::Pq => RecipientKind::PostQuantum,
        Recipients::Classical => RecipientKind::Classical,
    };
    let made = make(out, tenant, kind, SystemClock.now())?;
    println!(
        "tenant       {}\nroot_sha256  {}\nrecipient    {}",
        made.tenant, made.root_sha256, made.recipient
    );
    println!(
        "Next: put what `gauze-gateway keygen` prints into `gateways` of {0}/bundle.json, then sign-bundle and \
         sign-policy.",
        out.display()
    );
    Ok(())
}

#[tokio::main]
async fn pull_once(source: &Source, json: bool) -> Result<(), Refused> {
    let puller = open(source).await?;
    let report = puller.pass().await?;
    puller.close().await;
    if json {
        println!("{}", serde_json::json!(report));
    } else {
        println!(
            "{} new entries, {} filed, {} voids, {} refused, {} still missing, {} receipts handed in",
            report.entries,
            report.filed,
            report.voids,
            report.refused.len(),
            report.missing,
            report.acknowledged
        );
    }
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
async fn serve(source: &Source, interval: Duration) -> Result<(), Refused> {
    let puller = open(source).await?;
    println!("ready: pulling from {}", source.gateway);
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
async fn show_list(look: &Look) -> Result<(), Refused> {
    let listed = list(&look.data).await?;
    if look.json {
        println!("{}", serde_json::json!(listed));
        return Ok(());
    }
    for photo in listed {
        let cause = photo.cause.map_or("", gauze_wire::Refusal::code);
        println!(
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
        );
    }
    Ok(())
}

#[tokio::main]
async fn check(look: &Look) -> Result<ExitCode, Refused> {
    let report = verify(&look.data).await?;
    if look.json {
        println!("{}", serde_json::json!(report));
    } else {
        println!(
            "{} log entries and {} photos checked; {} gaps, {} problems",
            report.entries,
            report.photos,
            report.gaps.len(),
            report.problems.len()
        );
        for gap in &report.gaps {
            println!("gap before {gap}");
        }
    }
    for problem in &report.problems {
        eprintln!("{problem}");
    }
    Ok(if report.problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
