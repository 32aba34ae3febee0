//! `gauze-witness`: arguments in, one library call, text out.
#![forbid(unsafe_code)]

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use gauze_listen::{listen_address, stopped};
use gauze_witness::{Home, ServeOptions, Witness, WitnessError, keygen, serve};

/// Another department's word that an access log was only ever added to.
#[derive(Parser)]
#[command(name = "gauze-witness", version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// How the log on standard error is written: `text`, or `json`, one object a line.
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
    /// Make this witness's key and its witness.json; print its verifier key.
    Keygen {
        /// Everything is kept under it; it is made.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// What stands before its cosignatures, such as witness.example/audit.
        #[arg(long)]
        name: String,
    },
    /// Witness the logs that witness.json names, until interrupted.
    Serve {
        /// Everything is kept under it.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// Where, over TLS.
        #[arg(long, value_name = "ADDR", value_parser = listen_address)]
        listen: SocketAddr,
        /// PEM certificate chain.
        #[arg(long, value_name = "FILE")]
        tls_cert: PathBuf,
        /// PEM private key.
        #[arg(long, value_name = "FILE")]
        tls_key: PathBuf,
    },
    /// What it cosigned last, of each log; with the service stopped.
    List {
        /// Everything is kept under it.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
    },
}

fn say(line: &str) {
    // That nobody reads it is no reason to stop.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

#[tokio::main]
async fn run(command: Command) -> Result<(), WitnessError> {
    match command {
        Command::Keygen { data, name } => say(&keygen(&Home::new(&data), &name)?.to_string()),
        Command::Serve { data, listen, tls_cert, tls_key } => {
            let options = ServeOptions { home: Home::new(&data), listen, tls_cert, tls_key };
            serve(options, |address| say(&format!("ready: witnessing at {address}")), stopped()).await?;
        }
        Command::List { data } => {
            for (origin, kept) in Witness::open(&Home::new(&data))?.kept() {
                say(&match kept {
                    Some(kept) => format!("{origin}  {} lines, {}", kept.checkpoint.size, kept.at),
                    None => format!("{origin}  nothing yet"),
                });
            }
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    let Arguments { command, log } = Arguments::parse();
    gauze_logging::start(log, "info");
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{}: {error}. {}", error.code(), error.next_step());
            ExitCode::FAILURE
        }
    }
}
