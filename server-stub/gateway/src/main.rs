//! `gauze-gateway`: takes sealed photos from proven devices and opens none.
#![forbid(unsafe_code)]

mod admin_cli;
mod attest_cli;
mod init_cli;

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gauze_gateway::admin::AdminError;
use gauze_gateway::{
    ConsoleError, ConsoleOptions, FIRST_REQUEST_WITHIN, GatewayKeys, KeysError, Listening, PeerLimits,
    ServeError, ServeOptions, serve, serve_console, tls_files,
};
use gauze_listen::{listen_address, stopped};
use gauze_wire::Tenant;

/// Gives back what is freed; the system's allocator kept ever more of it, as connections came and went.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// The edge of Gauze: takes sealed photos from proven devices and opens none.
#[derive(Parser)]
#[command(name = "gauze-gateway", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
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
    /// Make this gateway's keys where there are none; print what the trust bundle's `gateways` must say of it.
    Keygen {
        /// Everything is kept under it.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The address phones use: https://host[:port].
        #[arg(long)]
        url: String,
        /// The tenant, as in the bundle.
        #[arg(long)]
        tenant: Tenant,
    },
    /// Set this gateway up: make its keys and the file for the hospital, then take up the file that the hospital answers with.
    Init {
        /// Everything is kept under it.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The address phones use: https://host[:port].
        #[arg(long, required_unless_present = "from")]
        url: Option<String>,
        /// The hospital's short name.
        #[arg(long, required_unless_present = "from")]
        tenant: Option<Tenant>,
        /// What the hospital reads: carry it inside.
        #[arg(long, value_name = "FILE", default_value = "gateway.json")]
        out: PathBuf,
        /// What `gauze-records init` wrote, or a bundle or a policy that was signed later: take it up.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "tenant", "out"])]
        from: Option<PathBuf>,
    },
    /// Listen with TLS until interrupted.
    Serve {
        /// Everything is kept under it.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Where to listen; port 0 takes a free one.
        #[arg(long, value_name = "ADDR", value_parser = listen_address)]
        listen: SocketAddr,
        /// Where to answer /metrics, for instance 127.0.0.1:9464: plain HTTP to whoever can reach it. Not at all without.
        #[arg(long, value_name = "ADDR", value_parser = listen_address)]
        metrics: Option<SocketAddr>,
        /// PEM certificate chain, the server's own first; read again when it is replaced. DIR/tls/cert.pem without.
        #[arg(long, value_name = "FILE", requires = "tls_key")]
        tls_cert: Option<PathBuf>,
        /// PEM private key. DIR/tls/key.pem without.
        #[arg(long, value_name = "FILE", requires = "tls_cert")]
        tls_key: Option<PathBuf>,
        /// A signed trust bundle; repeat it for each tenant. Without one, of each tenant that `init` took up the newest that lies in DIR.
        #[arg(long, value_name = "FILE")]
        bundle: Vec<PathBuf>,
        /// A signed policy; without one, `policy.jws` beside the tenant's bundle, the newest that lies in DIR where no bundle is given
        /// either, or the strictest.
        #[arg(long, value_name = "FILE")]
        policy: Vec<PathBuf>,
        /// Google's status list of attestation certificates, as JSON; read again whenever it changes.
        #[arg(long, value_name = "FILE")]
        status_list: Option<PathBuf>,
        /// Connections at once; each takes a file descriptor.
        #[arg(long, value_name = "N", default_value_t = PeerLimits::default().connections)]
        connections: usize,
        /// Connections at once from one address (IPv6: one /64); behind a proxy that is all of them.
        #[arg(long, value_name = "N", default_value_t = PeerLimits::default().per_address)]
        connections_per_address: usize,
        /// Serve nothing: look at certificate, bundle, policy, clock, disk and ports, and say what to do. Status 1 where it
        /// would not work.
        #[arg(long)]
        check: bool,
    },
    /// Devices, tokens and policies, on the directory of a gateway that may be running.
    #[command(subcommand)]
    Admin(admin_cli::AdminCommand),
    /// The same as pages in a browser on this machine, until interrupted. Nobody signs in: loopback alone.
    Console {
        /// The gateway's directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The tenant.
        #[arg(long)]
        tenant: Tenant,
        /// Where to listen: a loopback address; port 0 takes a free one.
        #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8480", value_parser = listen_address)]
        listen: SocketAddr,
        /// The name that forms are filled in with.
        #[arg(long, value_name = "NAME")]
        operator: Option<String>,
        /// PEM of the authority that issued the gateway's certificate, where it is not a public one: phones are told of it.
        #[arg(long, value_name = "FILE")]
        ca: Option<PathBuf>,
    },
    /// Judge a phone's evidence and say why: JSON on standard output, exit status 0 if it holds and 3 if not.
    #[command(subcommand)]
    Attest(attest_cli::AttestCommand),
}

/// Prints a line. That nobody reads it any more is no reason to fail.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// The exit status of evidence that does not hold.
const REFUSED: u8 = 3;

fn main() -> ExitCode {
    let Arguments { command, log } = Arguments::parse();
    gauze_logging::start(log, "info");
    let done = match command {
        Command::Keygen { data, url, tenant } => {
            keygen(&data, &url, &tenant).map_err(|error| (error.code(), error.to_string()))
        }
        Command::Init { from: Some(from), data, .. } => {
            init_cli::install(&data, &from).map_err(|error| (error.code(), error.to_string()))
        }
        Command::Init { data, url, tenant, out, .. } => {
            init_cli::introduce(&data, url.as_deref().zip(tenant.as_ref()), &out)
                .map_err(|error| (error.code(), error.to_string()))
        }
        Command::Serve {
            data,
            listen,
            metrics,
            tls_cert,
            tls_key,
            bundle,
            policy,
            status_list,
            connections,
            connections_per_address: per_address,
            check,
        } => {
            let (cert, key) = tls_files(&data);
            let options = ServeOptions {
                data,
                listen,
                metrics,
                tls_cert: tls_cert.unwrap_or(cert),
                tls_key: tls_key.unwrap_or(key),
                bundles: bundle,
                policies: policy,
                status_list,
                peers: PeerLimits { connections, per_address, ..PeerLimits::default() },
                first_request_within: FIRST_REQUEST_WITHIN,
            };
            if check {
                return init_cli::check(&options);
            }
            run(options).map_err(|error| (error.code(), error.to_string()))
        }
        Command::Admin(command) => administer(command).map_err(|error| (error.code(), error.to_string())),
        Command::Console { data, tenant, listen, operator, ca } => {
            console(ConsoleOptions { data, tenant, listen, operator, ca })
                .map_err(|error| (error.code(), error.to_string()))
        }
        Command::Attest(command) => match attest_cli::run(&command) {
            Ok((holds, answer)) => {
                say(&format!("{answer:#}"));
                return if holds { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) };
            }
            Err(error) => Err((error.code(), error.to_string())),
        },
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err((code, message)) => refused(code, &message),
    }
}

fn refused(code: &str, message: &str) -> ExitCode {
    let _ = writeln!(std::io::stderr().lock(), "{code}: {}", message.replace('\n', " "));
    ExitCode::from(1)
}

fn keygen(data: &std::path::Path, url: &str, tenant: &Tenant) -> Result<(), KeysError> {
    let gateway = GatewayKeys::load_or_make(data)?.public(url, tenant)?;
    say(&serde_json::to_string_pretty(&gateway).map_err(|_| KeysError::Damaged)?);
    Ok(())
}

#[tokio::main]
async fn run(options: ServeOptions) -> Result<(), ServeError> {
    let ready = |listening: Listening| {
        say(&format!("listening on https://{}", listening.address));
        if let Some(metrics) = listening.metrics {
            say(&format!("counters on http://{metrics}/metrics"));
        }
    };
    serve(options, ready, stopped()).await
}

#[tokio::main]
async fn administer(command: admin_cli::AdminCommand) -> Result<(), AdminError> {
    admin_cli::run(command).await
}

#[tokio::main]
async fn console(options: ConsoleOptions) -> Result<(), ConsoleError> {
    let ready = |address| say(&format!("open http://{address} in a browser on this machine"));
    serve_console(options, ready, stopped()).await
}
