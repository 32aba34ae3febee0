//! `gauze-demo`: the main job on one machine, what `cargo xtask demo` runs.
//!
//! It makes a hospital in a temporary directory (certificate authority, keys, trust bundle, policy), starts gateway and
//! records side on loopback over TLS, enrols a simulated phone, captures pictures and watches them arrive. Every step is
//! one of the programs' own commands. A program that dies is started again: nothing may be lost by that.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program talks to its user")]

mod journey;
mod output;
mod walk;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use gauze_tests::hospital::Hospital;
use gauze_tests::identity::keycloak::Keycloak;
use gauze_tests::identity::{PEOPLE, Provider};
use gauze_tests::pictures;
use gauze_tests::port::free_port;

/// Where a phone's browser comes back to: the app's own scheme.
const PHONES_AT: &str = "org.gauze.app:/signed-in";

/// Photos from a phone to the hospital's records, on this machine.
#[derive(Parser)]
#[command(name = "cargo xtask demo", version)]
struct Arguments {
    /// Capture the regular files of this directory (not below it) instead of generated samples.
    #[arg(long, value_name = "DIR")]
    photos: Option<PathBuf>,
    /// Put what the records side opened here: NAME.jpg, NAME.record.json, NAME.age, tenant-identity.txt, summary.json.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// What photos are sealed to.
    #[arg(long, value_enum, default_value = "pq")]
    recipients: Recipients,
    /// At which provider people sign in.
    #[arg(long, value_enum, default_value = "own")]
    identity: Identity,
    /// Stop when done instead of staying up; exit 0 if something was opened and nothing failed.
    #[arg(long)]
    once: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Recipients {
    /// mlkem768x25519: stays closed to a quantum computer.
    Pq,
    /// X25519.
    Classical,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Identity {
    /// A small one of the demo's own.
    Own,
    /// A real Keycloak, where Java and Maven are: it is fetched once, and takes a minute to start.
    Keycloak,
}

impl Recipients {
    fn as_str(self) -> &'static str {
        match self {
            Self::Pq => "pq",
            Self::Classical => "classical",
        }
    }
}

fn main() -> ExitCode {
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).without_time().init();
    let arguments = Arguments::parse();
    match run(&arguments) {
        Ok(None) => ExitCode::SUCCESS,
        Ok(Some(trouble)) => {
            eprintln!("demo: {trouble}");
            ExitCode::from(1)
        }
        Err(error) => {
            eprintln!("demo: {error:#}");
            ExitCode::from(1)
        }
    }
}

/// What went wrong, if anything did.
fn run(arguments: &Arguments) -> anyhow::Result<Option<String>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let home = tempfile::Builder::new().prefix("gauze-demo-").tempdir()?;
    let inputs = match &arguments.photos {
        Some(dir) => pictures::read_dir(dir)?,
        None => pictures::samples(&home.path().join("camera"))?,
    };
    let out = arguments.out.as_deref().map(std::path::absolute).transpose()?;
    if let Some(out) = &out {
        output::prepare(out)?;
    }
    let whole = async {
        let mut hospital = gauze_tests::hospital::build(home.path(), arguments.recipients.as_str()).await?;
        hospital.set_policy(|policy| policy["lists"] = journey::lists()).await?;
        let pages = hospital.open_pages()?;
        let provider = provider(&hospital, arguments.identity, &pages).await?;
        provider.believed_by(&hospital, &pages, PHONES_AT).await?;
        let servers = hospital.start().await?;
        println!("gateway   {}", hospital.url());
        println!("          {0}/healthz  {0}/openapi.json", hospital.url());
        println!("records   {}", hospital.records_dir().display());
        println!("phone     {}", hospital.phone_dir().display());
        println!("CA        {}", hospital.ca().display());
        walk::on_the_phone(&hospital).await?;
        let journeys = journey::travel(&hospital, inputs).await?;
        output::table(&journeys);
        let trouble = output::write_all(&hospital, &journeys, out.as_deref()).await?.trouble();
        if trouble.is_none() {
            walk::tell(&pages, &provider);
            walk::through(&hospital, &pages).await?;
        }
        anyhow::Ok((hospital, provider, servers, trouble))
    };
    runtime.block_on(async {
        // Dropped in the middle, what it had started ends with it.
        let (hospital, _provider, servers, trouble) = tokio::select! {
            ended = whole => ended?,
            interrupted = tokio::signal::ctrl_c() => {
                interrupted?;
                anyhow::bail!("stopped before it was done");
            }
        };
        if trouble.is_none() && !arguments.once {
            println!("\nStill up; the files above stay until you press Ctrl-C.");
            println!("Another photo:  {}", hospital.phone_hint());
            tokio::signal::ctrl_c().await?;
        }
        servers.stop().await;
        Ok(trouble)
    })
}

async fn provider(hospital: &Hospital, identity: Identity, pages: &str) -> anyhow::Result<Provider> {
    match identity {
        Identity::Own => Provider::own(free_port()?, &hospital.home().join("tls")),
        Identity::Keycloak => {
            println!("Keycloak starts: about a minute");
            let started = Keycloak::start(hospital.home(), free_port()?, (pages, PHONES_AT), &PEOPLE).await?;
            Ok(Provider::Keycloak(Box::new(started)))
        }
    }
}
