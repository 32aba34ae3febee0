//! The pictures' way: captured by the phone, uploaded, opened by the records side.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use anyhow::{Context as _, bail};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use gauze_tests::hospital::{Hospital, write};
use gauze_tests::programs::program;

/// How often a phone that dies is started again before the demo gives up.
const RESTARTS: u32 = 20;
/// Pictures given to one `capture` command: short enough for any system's argument limit.
const AT_ONCE: usize = 50;

/// One picture's way.
#[derive(Default)]
pub struct Journey {
    pub input: PathBuf,
    pub name: String,
    pub capture_id: Option<String>,
    /// Why the phone or the hospital refused it.
    pub code: Option<String>,
    pub sealed_bytes: u64,
    pub capture_ms: u64,
    pub removed: Vec<String>,
    sending_at: Option<u64>,
    pub upload_ms: Option<u64>,
    pub stored: bool,
    pub filed: bool,
}

/// Captures and uploads everything.
pub async fn travel(hospital: &Hospital, inputs: Vec<PathBuf>) -> anyhow::Result<Vec<Journey>> {
    let mut journeys = name_all(inputs);
    write(&hospital.home().join("record.json"), &serde_json::to_string_pretty(&record())?)?;
    let bar = ProgressBar::new(journeys.len() as u64 * 3);
    let style = ProgressStyle::with_template("{msg:>9} [{bar:40}] {pos}/{len} {elapsed}")?;
    bar.set_style(style.progress_chars("=> "));
    bar.set_message("capture");
    for batch in journeys.chunks_mut(AT_ONCE) {
        capture(hospital, batch, &bar).await?;
    }
    bar.set_message("upload");
    upload(hospital, &mut journeys, &bar).await?;
    bar.finish_and_clear();
    Ok(journeys)
}

/// What the demo's hospital lets people choose from.
pub fn lists() -> Value {
    json!({
        "teams": [{ "code": "tissue-viability", "words": "Tissue viability" }],
        "sites": [
            { "system": "http://snomed.info/sct", "code": "30021000", "words": "lower leg", "sided": true },
            { "system": "http://snomed.info/sct", "code": "54735007", "words": "sacrum", "sided": false },
        ],
        "consents": [{ "code": "verbal", "words": "given by word of mouth" }],
    })
}

/// A record of nobody: the NHS number is from the test range.
fn record() -> Value {
    json!({
        "patient": {
            "nhs_number": "9990000042",
            "family": "Testpatient",
            "given": "Alex",
            "dob": "1950-01-31",
            "established": { "how": "wristband" },
            "confirmed_by": ["dob", "nhs_number"],
        },
        "team": { "code": "tissue-viability", "words": "Tissue viability" },
        "site": { "system": "http://snomed.info/sct", "code": "30021000", "words": "lower leg", "side": "left" },
        "view": "straight",
        "consent": {
            "scopes": ["care", "teaching"],
            "by": "patient",
            "form": { "code": "verbal", "words": "given by word of mouth" },
            "at": "2026-11-24T10:00:00Z",
        },
    })
}

fn name_all(inputs: Vec<PathBuf>) -> Vec<Journey> {
    let mut used: BTreeMap<String, u32> = BTreeMap::new();
    let named = inputs.into_iter().map(|input| {
        let stem = input.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let mut name = stem.clone();
        while used.contains_key(&name) {
            let count = used.entry(stem.clone()).or_insert(1);
            *count += 1;
            name = format!("{stem}-{count}");
        }
        used.insert(name.clone(), 1);
        Journey { input, name, ..Journey::default() }
    });
    named.collect()
}

/// A phone command whose standard output is one JSON object a line.
async fn phone(
    hospital: &Hospital,
    arguments: &[String],
    mut line: impl FnMut(&Value),
) -> anyhow::Result<Option<i32>> {
    let mut child = Command::new(program("gauze-phone")?)
        .arg("--data")
        .arg(hospital.phone_dir())
        .args(arguments)
        .current_dir(hospital.home())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let stdout = child.stdout.take().context("a piped child has a standard output")?;
    let mut lines = BufReader::new(stdout).lines();
    while let Some(text) = lines.next_line().await? {
        if let Ok(value) = serde_json::from_str(&text) {
            line(&value);
        }
    }
    Ok(child.wait().await?.code())
}

async fn capture(hospital: &Hospital, batch: &mut [Journey], bar: &ProgressBar) -> anyhow::Result<()> {
    for _ in 0..RESTARTS {
        let todo: Vec<_> = batch.iter().filter(|j| j.capture_id.is_none() && j.code.is_none()).collect();
        if todo.is_empty() {
            return Ok(());
        }
        let mut arguments: Vec<String> =
            ["capture", "--json", "--record", "record.json", "--"].map(str::to_owned).to_vec();
        arguments.extend(todo.iter().map(|journey| journey.input.to_string_lossy().into_owned()));
        let code = phone(hospital, &arguments, |line| {
            let journey = batch.iter_mut().find(|j| line["input"].as_str().map(Path::new) == Some(&j.input));
            let Some(journey) = journey else { return };
            journey.capture_id = line["capture_id"].as_str().map(str::to_owned);
            journey.code = line["code"].as_str().map(str::to_owned);
            journey.sealed_bytes = line["sealed_bytes"].as_u64().unwrap_or(0);
            journey.capture_ms = line["capture_ms"].as_u64().unwrap_or(0);
            journey.removed = strings(&line["removed"]);
            bar.inc(if journey.code.is_some() { 3 } else { 1 });
        })
        .await?;
        if code.is_none() {
            bar.println("the phone was killed; starting it again");
        }
    }
    bail!("the phone did not capture everything: see the messages above")
}

async fn upload(hospital: &Hospital, journeys: &mut [Journey], bar: &ProgressBar) -> anyhow::Result<()> {
    let arguments = ["upload", "--json", "--retry", "30", "--wait", "60"].map(str::to_owned);
    for _ in 0..RESTARTS {
        let code = phone(hospital, &arguments, |line| hear(journeys, line, bar)).await?;
        let open = journeys.iter().any(|j| j.capture_id.is_some() && !j.filed && j.code.is_none());
        match code {
            None => bar.println("the phone was killed; starting it again"),
            Some(_) if !open => return Ok(()),
            // Whatever has not arrived by now is reported as failed.
            Some(0) => return Ok(()),
            Some(_) => bar.println("not everything could be sent; trying again"),
        }
    }
    Ok(())
}

fn hear(journeys: &mut [Journey], line: &Value, bar: &ProgressBar) {
    let id = line["capture_id"].as_str();
    let Some(journey) = journeys.iter_mut().find(|j| j.capture_id.as_deref() == id && id.is_some()) else {
        return;
    };
    let at = line["at_ms"].as_u64();
    match line["state"].as_str() {
        Some("sending") => journey.sending_at = at,
        Some("stored") => {
            journey.stored = true;
            journey.upload_ms = at.zip(journey.sending_at).map(|(end, start)| end.saturating_sub(start));
            bar.inc(1);
        }
        Some("filed") => {
            (journey.stored, journey.filed) = (true, true);
            bar.inc(1);
        }
        Some("refused") => journey.code = Some("refused_by_hospital".to_owned()),
        Some(_) | None => {}
    }
}

fn strings(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
}
