//! What each command does.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gauze_core::queue::machine::State;
use gauze_core::queue::{QueueReport, Stopped};
use gauze_core::{Advice, CaptureContext, Client, Kind, Managed, Stage, WentWrong};
use gauze_listen::{FileError, await_listener, read_at_most, read_file};
use gauze_tests::config::read_managed;
use gauze_wire::ReviewDenied;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::refusal::Refusal;

/// Largest record that is read.
const RECORD_LIMIT: u64 = 1 << 20;
/// One byte more than a picture may have: enough to know that it is too large.
const READ_LIMIT: u64 = 256 * 1024 * 1024 + 1;

#[expect(clippy::disallowed_methods, reason = "a program times its own steps")]
fn now() -> Instant {
    Instant::now()
}

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

pub fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Refusal> {
    let runtime = tokio::runtime::Runtime::new().map_err(|error| {
        Refusal::new("runtime", format!("threads could not be started ({error}): restart the machine"))
    })?;
    Ok(runtime.block_on(work))
}

pub fn enrol(phone: &Client, config: &Path) -> Result<ExitCode, Refusal> {
    let text = read_managed(config)?;
    let managed = Managed::from_json(&text).map_err(Refusal::from).map_err(Refusal::of(config))?;
    await_listener(&managed.gateway, |line| eprintln!("{line}"));
    let device_id = block_on(phone.enrol(&managed))?.map_err(|error| {
        let Refusal { code, message } = error.into();
        // The address came from the configuration, where a slip in it is mended.
        let message = if code == "unreachable" { format!("{}: {message}", managed.gateway) } else { message };
        Refusal { code, message }
    })?;
    say!("enrolled as {device_id}");
    Ok(ExitCode::SUCCESS)
}

/// Tells the core where the phone is.
pub fn locate(phone: &Client, path: &Path) -> Result<(), Refusal> {
    phone.located(read_json(path, |wrong| Refusal::new("position_invalid", format!("{wrong}: correct it")))?);
    Ok(())
}

fn read_record(path: &Path) -> Result<CaptureContext, Refusal> {
    read_json(path, |wrong| Refusal::new("record_invalid", format!("{wrong}: correct it")))
}

fn read_json<T: DeserializeOwned>(path: &Path, refuse: impl FnOnce(String) -> Refusal) -> Result<T, Refusal> {
    parsed(path, &read_file(path, RECORD_LIMIT)?, refuse)
}

fn parsed<T: DeserializeOwned>(
    path: &Path,
    bytes: &[u8],
    refuse: impl FnOnce(String) -> Refusal,
) -> Result<T, Refusal> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_slice(bytes))
        .map_err(|error| refuse(format!("{}: {}: {}", path.display(), error.path(), error.inner())))
}

/// The camera's buffer: the one place that reads a plain picture.
fn read_picture(path: &Path) -> Result<Vec<u8>, Refusal> {
    let unreadable = |source| FileError { path: path.to_owned(), source };
    let kind = std::fs::metadata(path).map_err(unreadable)?.file_type();
    if kind.is_dir() {
        return Err(unreadable(std::io::ErrorKind::IsADirectory.into()).into());
    }
    if !kind.is_file() {
        return Err(Refusal::new(
            "unreadable",
            format!("{} is no regular file: give pictures", path.display()),
        ));
    }
    let file = std::fs::File::open(path).map_err(unreadable)?;
    // A file beyond the limit need not be read to be refused: the core refuses it by its length alone.
    let mut bytes = Vec::new();
    file.take(READ_LIMIT).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

pub fn capture(
    phone: &Client,
    files: &[impl AsRef<Path>],
    record: Option<&Path>,
    as_json: bool,
) -> Result<ExitCode, Refusal> {
    let context = record.map(read_record).transpose()?.unwrap_or_default();
    let mut refused = false;
    for path in files {
        let path = path.as_ref();
        match capture_one(phone, path, &context) {
            Ok(line) if as_json => say!("{line}"),
            Ok(line) => say!("{} {}", line["capture_id"].as_str().unwrap_or_default(), path.display()),
            Err(refusal) => {
                refused = true;
                if as_json {
                    say!("{}", json!({ "input": path, "code": refusal.code, "message": refusal.message }));
                }
                let shown = path.display().to_string();
                let told = if refusal.message.starts_with(&shown) {
                    refusal.message
                } else {
                    format!("{shown}: {}", refusal.message)
                };
                eprintln!("{}", Refusal::new(refusal.code, told));
                if ["not_enrolled", "storage_full", "storage_read_only"].contains(&refusal.code) {
                    break;
                }
            }
        }
    }
    Ok(if refused { ExitCode::from(1) } else { ExitCode::SUCCESS })
}

fn capture_one(phone: &Client, path: &Path, context: &CaptureContext) -> Result<serde_json::Value, Refusal> {
    let picture = read_picture(path)?;
    let started = now();
    let captured = phone.capture(&picture, context.clone())?;
    let capture_ms = millis(started);
    if let Err(error) = phone.preview_from(captured.capture_id, &picture) {
        tracing::info!(%error, "no preview");
    }
    Ok(json!({
        "input": path,
        "capture_id": captured.capture_id,
        "sealed_bytes": captured.sealed_bytes,
        "capture_ms": capture_ms,
        "removed": captured.removed,
        "original": captured.original,
        "reduced": captured.reduced,
    }))
}

pub fn upload(phone: Client, retry: u64, wait: u64, as_json: bool) -> Result<ExitCode, Refusal> {
    let started = now();
    let _events = as_json.then(|| {
        phone.observe(Arc::new(move |id, state| {
            if let Some(word) = word(state) {
                say!("{}", json!({ "capture_id": id, "state": word, "at_ms": millis(started) }));
            }
        }))
    });
    block_on(async {
        loop {
            let report = phone.run_queue(true).await?;
            let elapsed = started.elapsed();
            let unsent = !report.stopped.is_empty() || phone.reports().iter().any(|report| !report.sent);
            let sending = unsent && report.next_at_ms.is_some();
            let waiting = report.stored > 0 || report.reports > 0;
            let go_on = (sending && elapsed < Duration::from_secs(retry))
                || (waiting && elapsed < Duration::from_secs(wait));
            if !go_on {
                return Ok(tell(&phone, &report, as_json));
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
    })?
}

fn word(state: State) -> Option<&'static str> {
    match state {
        State::Sending => Some("sending"),
        State::Stored => Some("stored"),
        State::Gone => Some("filed"),
        State::Refused => Some("refused"),
        State::Waiting { .. } => Some("waiting"),
        State::Unsigned | State::Signed | State::Filed => None,
    }
}

fn tell(phone: &Client, report: &QueueReport, as_json: bool) -> ExitCode {
    let status = phone.status();
    if !as_json {
        say!(
            "{} filed and erased here, {} stored, {} unsent, {} refused by the hospital",
            report.filed.len(),
            status.stored,
            status.unsent,
            status.refused
        );
    }
    if let Some(Advice { code, next_step }) = &status.trust_refused {
        eprintln!("{code}: {next_step}");
    }
    for stopped in &report.stopped {
        let Stopped { capture_id, trouble } = stopped;
        eprintln!("{}: {capture_id}: {}", trouble.code(), trouble.next_step());
    }
    let reports = phone.reports();
    let mut moved = report.stopped.is_empty();
    for waiting in &reports {
        match waiting.trouble {
            Some(trouble) => {
                moved = false;
                eprintln!("{}: {}: {}", trouble.code(), waiting.report_id, waiting.next_step());
            }
            None if !as_json => say!("report {}: {}", waiting.report_id, waiting.next_step()),
            None => {}
        }
    }
    if moved { ExitCode::SUCCESS } else { ExitCode::from(1) }
}

fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Unsigned => "captured",
        Stage::Signed => "signed",
        Stage::Stored => "stored",
        Stage::Filed => "filed",
        Stage::Refused => "refused",
    }
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Photo => "photo",
        Kind::Void => "void",
    }
}

pub fn list(phone: &Client, as_json: bool) -> Result<ExitCode, Refusal> {
    let photos = phone.list()?;
    if as_json {
        let rows: Vec<_> = photos
            .iter()
            .map(|photo| {
                json!({
                    "capture_id": photo.capture_id,
                    "seq": photo.seq,
                    "captured_at": photo.captured_at,
                    "size": photo.size,
                    "kind": kind(photo.kind),
                    "state": stage(photo.stage),
                    "attempts": photo.progress.map_or(0, |progress| progress.attempts),
                    "cause": photo.progress.map(|progress| progress.trouble.code()),
                    "next_step": photo.progress.map(|progress| progress.trouble.next_step()),
                })
            })
            .collect();
        say!("{}", serde_json::Value::from(rows));
        return Ok(ExitCode::SUCCESS);
    }
    if photos.is_empty() {
        say!("No photo is on the phone: what the hospital has filed is erased here.");
        return Ok(ExitCode::SUCCESS);
    }
    say!("{:<36} {:>6} {:<20} {:>9} {:<5} {:<8} CAUSE", "PHOTO", "SEQ", "TAKEN", "BYTES", "KIND", "STATE");
    for photo in photos {
        let cause = photo.progress.map_or("", |progress| progress.trouble.code());
        say!(
            "{} {:>6} {} {:>9} {:<5} {:<8} {cause}",
            photo.capture_id,
            photo.seq,
            photo.captured_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            photo.size,
            kind(photo.kind),
            stage(photo.stage),
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub fn status(phone: &Client, as_json: bool) -> Result<ExitCode, Refusal> {
    let status = phone.status();
    if as_json {
        say!("{}", json!(status));
        return Ok(ExitCode::SUCCESS);
    }
    match (&status.device_id, &status.gateway) {
        (Some(device), Some(gateway)) => say!("device   {device}\ngateway  {gateway}"),
        (None, _) | (_, None) => say!("device   not enrolled"),
    }
    let stale = if status.bundle_stale {
        " (past its time: the hospital has to sign a newer one; photos are taken and sent all the same)"
    } else {
        ""
    };
    say!("bundle   {}{stale}\npolicy   {}", status.bundle_version, status.policy_version);
    // Whatever this phone numbered and no longer holds has ended at the hospital.
    let held = status.unsent + status.stored + status.refused + status.quarantined;
    let ended = status.last_seq.saturating_sub(held);
    say!(
        "photos   {} unsent, {} stored, {} refused, {} set aside as damaged, {ended} filed or discarded and gone from here; last seq {}",
        status.unsent,
        status.stored,
        status.refused,
        status.quarantined,
        status.last_seq
    );
    if status.reports > 0 {
        say!("reports  {} of what went wrong wait until the hospital has them", status.reports);
    }
    if let Some(advice) = &status.too_many_unsent {
        say!("warning  {}: {}", advice.code, advice.next_step);
    }
    if let Some(denied) = &status.review_denied {
        let step = serde_json::from_value(json!(denied))
            .map_or("Ask the people who enrol phones.", ReviewDenied::next_step);
        say!("standing {denied}: it shows no photos. {step}");
    }
    Ok(ExitCode::SUCCESS)
}

pub fn choices(phone: &Client) -> Result<ExitCode, Refusal> {
    say!("{}", json!(phone.choices()));
    Ok(ExitCode::SUCCESS)
}

pub fn discard(phone: &Client, id: &str) -> Result<ExitCode, Refusal> {
    let id = id.parse().map_err(|_| {
        Refusal::new("unknown_photo", format!("{id} is not a photo's name: copy it from `list`"))
    })?;
    phone.discard(id)?;
    say!("{id} discarded; the statement goes out with the next upload");
    Ok(ExitCode::SUCCESS)
}

pub fn report(phone: &Client, file: &Path, as_json: bool) -> Result<ExitCode, Refusal> {
    let refuse = |wrong| Refusal::new("report_invalid", format!("{wrong}: correct it"));
    let said: WentWrong = if file == Path::new("-") {
        let input = Path::new("standard input");
        parsed(input, &read_at_most(std::io::stdin(), input, RECORD_LIMIT)?, refuse)?
    } else {
        read_json(file, refuse)?
    };
    let kept = phone.report(&said)?;
    if as_json {
        say!("{}", json!({ "report_id": kept.report_id, "written_at": kept.written_at }));
    } else {
        say!(
            "{} kept; it goes out with the next upload, and stays here until the hospital has it",
            kept.report_id
        );
    }
    Ok(ExitCode::SUCCESS)
}

pub fn screen_captured(phone: &Client) -> Result<ExitCode, Refusal> {
    phone.screen_captured()?;
    Ok(ExitCode::SUCCESS)
}

pub fn wipe(phone: &Client) -> Result<ExitCode, Refusal> {
    let report = phone.wipe()?;
    let reports = phone.reports().len();
    if report.device_key_destroyed {
        say!("wiped; nothing was left to send");
    } else if reports > 0 {
        say!(
            "wiped; {} sealed photos and {reports} reports of what went wrong stay and can be sent; wipe again afterwards to destroy the device key",
            report.unsent
        );
    } else {
        say!(
            "wiped; {} sealed photos stay and can be sent; wipe again afterwards to destroy the device key",
            report.unsent
        );
    }
    Ok(ExitCode::SUCCESS)
}
