//! `gauze-specimen`: a phone's process that stays and does what it is told, for tests that look into its memory.
//!
//! As on a phone: freed memory is zeroed, core dumps are forbidden, keys are in another process, and the camera's
//! buffer is wiped by whoever owns it. One command a line on standard input, one word a line in answer.
#![forbid(unsafe_code)]
#![expect(clippy::print_stdout, reason = "a program talks to its user")]

use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use gauze_core::{CaptureContext, Client, Managed};
use gauze_tests::config::read_managed;
use gauze_tests::remote_vault::RemoteVault;
use gauze_tests::simulated::{file_secrets, open_with};
use zeroize::Zeroizing;

#[global_allocator]
static ALLOCATOR: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

/// A phone's process that stays: a test looks into its memory.
#[derive(Parser)]
struct Arguments {
    /// The phone's directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The socket of its vault.
    #[arg(long, value_name = "FILE")]
    vault: PathBuf,
}

type Done<T = String> = Result<T, Box<dyn std::error::Error>>;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    gauze_core::adapters::forbid_core_dumps();
    let vault = Arc::new(RemoteVault(arguments.vault));
    let phone = match open_with(&arguments.data, vault, file_secrets(&arguments.data)) {
        Ok(phone) => phone,
        Err(error) => {
            println!("{}", error.code());
            return ExitCode::FAILURE;
        }
    };
    println!("open");
    let mut held = None;
    for line in std::io::stdin().lines().map_while(Result::ok) {
        let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
        let done = match word {
            "hold" => read(Path::new(rest)).map(|picture| {
                held = Some(picture);
                "held".to_owned()
            }),
            "let-go" => {
                held = None;
                Ok("gone".to_owned())
            }
            _ => obey(&phone, word, rest),
        };
        println!("{}", done.unwrap_or_else(|error| format!("failed: {error}")));
    }
    drop(held);
    ExitCode::SUCCESS
}

fn obey(phone: &Client, word: &str, rest: &str) -> Done {
    match word {
        "enrol" => enrol(phone, Path::new(rest)),
        "capture" => capture(phone, rest),
        "take" => take(phone, rest).map(|(id, _)| id),
        "report" => report(phone, Path::new(rest)),
        "look" => look(phone),
        "unlock" => Ok(phone.unlock().map(|()| "unlocked".to_owned())?),
        "lock" => {
            phone.lock();
            Ok("locked".to_owned())
        }
        "send" => {
            let report = tokio::runtime::Runtime::new()?.block_on(phone.run_queue(true))?;
            Ok(format!("{} stored", report.stored))
        }
        "wipe" => Ok(format!("wiped, {} left", phone.wipe()?.unsent)),
        other => Err(format!("there is no {other}").into()),
    }
}

fn enrol(phone: &Client, config: &Path) -> Done {
    let managed = Managed::from_json(&read_managed(config)?)?;
    Ok(tokio::runtime::Runtime::new()?.block_on(phone.enrol(&managed))?.to_string())
}

/// `RECORD PICTURE`: with its preview, as a shell does after the tick.
fn capture(phone: &Client, files: &str) -> Done {
    let (id, picture) = take(phone, files)?;
    phone.preview_from(id.parse()?, &picture)?;
    Ok(id)
}

/// The capture alone.
fn take(phone: &Client, files: &str) -> Done<(String, Zeroizing<Vec<u8>>)> {
    let (record, picture) = files.split_once(' ').ok_or("capture RECORD PICTURE")?;
    let context: CaptureContext = serde_json::from_slice(&read(Path::new(record))?)?;
    let picture = read(Path::new(picture))?;
    let captured = phone.capture(&picture, context)?;
    Ok((captured.capture_id.to_string(), picture))
}

fn report(phone: &Client, said: &Path) -> Done {
    Ok(phone.report(&serde_json::from_slice(&read(said)?)?)?.report_id.to_string())
}

/// Everything that review shows, looked at and let go.
fn look(phone: &Client) -> Done {
    let mut seen = 0;
    for photo in phone.list()? {
        let label = Zeroizing::new(photo.label.unwrap_or_default());
        let (photo, preview) = (phone.review(photo.capture_id)?, phone.preview(photo.capture_id)?);
        seen += usize::from(!label.is_empty() && !photo.is_empty() && !preview.is_empty());
    }
    match &*phone.patients()? {
        [] if seen > 0 => Err("photos were seen, and no patient is in the list".into()),
        _ => Ok(format!("{seen} seen")),
    }
}

/// Into one buffer that wipes itself and never grew.
fn read(path: &Path) -> Result<Zeroizing<Vec<u8>>, Box<dyn std::error::Error>> {
    let mut file = std::fs::File::open(path)?;
    let length = usize::try_from(file.metadata()?.len())?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 64));
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}
