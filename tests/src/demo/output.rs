//! What the demo shows and leaves.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::journey::Journey;
use gauze_tests::hospital::{Hospital, write};
use gauze_tests::programs::run;

/// Makes the output directory; it must be empty, so that nothing of yours is overwritten.
pub fn prepare(out: &Path) -> anyhow::Result<()> {
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    let empty = std::fs::read_dir(out)?.next().is_none();
    anyhow::ensure!(empty, "{} is not empty: name an empty or new directory", out.display());
    Ok(())
}

/// Prints one line a picture.
pub fn table(journeys: &[Journey]) {
    let width = journeys.iter().map(|j| j.name.chars().count()).max().unwrap_or(5).clamp(5, 40);
    println!(
        "{:<width$} {:>12} {:>10} {:>9} {:>6} {:>5}  metadata removed",
        "photo", "sealed bytes", "capture ms", "upload ms", "stored", "filed"
    );
    for journey in journeys {
        let name: String = journey.name.chars().take(width).collect();
        if journey.capture_id.is_none() {
            println!("{name:<width$} refused: {}", journey.code.as_deref().unwrap_or("unknown"));
            continue;
        }
        let yes = |value: bool| if value { "yes" } else { "no" };
        println!(
            "{name:<width$} {:>12} {:>10} {:>9} {:>6} {:>5}  {}",
            journey.sealed_bytes,
            journey.capture_ms,
            journey.upload_ms.map_or("-".to_owned(), |ms| ms.to_string()),
            yes(journey.stored),
            yes(journey.filed),
            journey.removed.join(", ")
        );
    }
}

/// What became of the pictures.
#[derive(Default)]
pub struct Outcome {
    opened: usize,
    failed: usize,
    /// How many pictures ended by each code.
    causes: BTreeMap<String, usize>,
}

impl Outcome {
    fn of(summary: &[Value]) -> Self {
        let mut outcome = Self::default();
        for line in summary {
            match line["status"].as_str() {
                Some("opened") => outcome.opened += 1,
                Some("failed") => outcome.failed += 1,
                Some(_) | None => {}
            }
            if let Some(code) = line["code"].as_str() {
                *outcome.causes.entry(code.to_owned()).or_default() += 1;
            }
        }
        outcome
    }

    /// Why the demo did not go well: nothing when a photo arrived and none failed.
    pub fn trouble(&self) -> Option<String> {
        let causes: Vec<String> =
            self.causes.iter().map(|(code, count)| format!("{count} × {code}")).collect();
        let causes = causes.join(", ");
        match (self.opened, self.failed) {
            (0, 0) => Some(format!(
                "every picture was refused ({causes}): Gauze takes JPEG files as cameras write them; name a directory of such with --photos"
            )),
            (_, 0) => None,
            (_, failed) => Some(format!(
                "{failed} of the photos did not arrive ({causes}); the lines above say where they stopped"
            )),
        }
    }
}

/// Opens every filed photo as the records side does, puts it into `out`, and says what became of the pictures.
pub async fn write_all(
    hospital: &Hospital,
    journeys: &[Journey],
    out: Option<&Path>,
) -> anyhow::Result<Outcome> {
    let scratch = hospital.home().join("opened");
    let target = out.unwrap_or(&scratch);
    std::fs::create_dir_all(target)?;
    let listed = run("gauze-records", &["list", "--data", "records", "--json"], hospital.home()).await?;
    let listed: Vec<Value> = serde_json::from_str(&listed)?;
    let mut summary = Vec::new();
    for journey in journeys {
        summary.push(one(hospital, journey, &listed, target).await?);
    }
    let outcome = Outcome::of(&summary);
    let (opened, failed) = (outcome.opened, outcome.failed);
    println!(
        "\n{opened} opened by the records side, {} refused, {failed} failed",
        summary.len() - opened - failed
    );
    if out.is_some() {
        std::fs::copy(hospital.identity(), target.join("tenant-identity.txt"))?;
        write(&target.join("summary.json"), &serde_json::to_string_pretty(&summary)?)?;
        if opened > 0 {
            println!(
                "{}",
                repeat(target, !hospital.recipient()?.starts_with("age1pq1"), age_version().as_deref())
            );
        }
    }
    Ok(outcome)
}

/// How to open a photo again with `age` alone, which reads post-quantum recipients from 1.3 on.
fn repeat(target: &Path, classical: bool, age: Option<&str>) -> String {
    let target = target.display();
    let minor = age.and_then(|version| {
        let mut parts = version.trim().trim_start_matches('v').split('.');
        Some((parts.next()?.parse::<u32>().ok()?, parts.next()?.parse::<u32>().ok()?))
    });
    let opens = format!("cd {target} && age -d -i tenant-identity.txt NAME.age | tar x");
    match minor {
        _ if classical => format!("repeat it:  {opens}"),
        Some(found) if found >= (1, 3) => format!("repeat it:  {opens}"),
        Some((major, minor)) => format!(
            "repeat it:  cd {target} && gauze-records open NAME.age --identity tenant-identity.txt --out again\n            \
             (age {major}.{minor} here cannot: it reads these photos from 1.3 on, and any version with --recipients classical)"
        ),
        None => format!(
            "repeat it:  {opens}\n            with age 1.3 or newer, unless the demo ran with --recipients classical"
        ),
    }
}

/// What `age --version` says, where it is installed.
fn age_version() -> Option<String> {
    let said = std::process::Command::new("age").arg("--version").output().ok()?;
    String::from_utf8(said.stdout).ok()
}

async fn one(hospital: &Hospital, journey: &Journey, listed: &[Value], out: &Path) -> anyhow::Result<Value> {
    let mut line = json!({ "input": journey.input, "name": journey.name, "capture_id": journey.capture_id });
    let Some(id) = &journey.capture_id else {
        line["status"] = json!("refused");
        line["code"] = json!(journey.code);
        return Ok(line);
    };
    let found = listed.iter().find(|entry| entry["capture_id"].as_str() == Some(id));
    let filed = found.filter(|entry| entry["status"].as_str() == Some("filed"));
    let Some(sealed) = filed.and_then(|entry| entry["path"].as_str()) else {
        let cause = found.and_then(|entry| entry["cause"].as_str()).or(journey.code.as_deref());
        line["status"] = json!("failed");
        line["code"] = json!(cause.unwrap_or("not_filed"));
        return Ok(line);
    };
    let sealed = hospital.records_dir().join(sealed);
    let copy = out.join(format!("{}.age", journey.name));
    std::fs::copy(&sealed, &copy).with_context(|| sealed.display().to_string())?;
    let identity = hospital.identity();
    let arguments = ["open", text(&copy)?, "--identity", text(&identity)?, "--out", text(out)?];
    match run("gauze-records", &arguments, hospital.home()).await {
        Ok(_) => {
            line["status"] = json!("opened");
            line["sha256"] = json!(sha256(&out.join(format!("{}.jpg", journey.name)))?);
        }
        Err(error) => {
            line["status"] = json!("failed");
            line["code"] = json!(format!("{error:#}"));
        }
    }
    Ok(line)
}

fn text(path: &Path) -> anyhow::Result<&str> {
    path.to_str().context("paths must be UTF-8")
}

fn sha256(path: &PathBuf) -> anyhow::Result<String> {
    let digest = Sha256::digest(std::fs::read(path)?);
    Ok(digest.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_works_with_the_age_that_is_there() {
        let out = Path::new("out");
        let age = "cd out && age -d -i tenant-identity.txt NAME.age | tar x";
        for (classical, version) in
            [(true, Some("1.1.1")), (true, None), (false, Some("v1.3.0\n")), (false, Some("1.4.2"))]
        {
            assert_eq!(repeat(out, classical, version), format!("repeat it:  {age}"), "{version:?}");
        }
        let old = repeat(out, false, Some("1.1.1\n"));
        assert!(
            old.contains("gauze-records open")
                && old.contains("age 1.1 here cannot")
                && !old.contains("age -d"),
            "{old}"
        );
        assert!(repeat(out, false, Some("(devel)")).contains("1.3 or newer"));
    }
}
