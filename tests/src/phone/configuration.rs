//! Managed configuration for the people who enrol phones: no phone is opened for it.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Subcommand, ValueEnum};
use gauze_core::Managed;
use gauze_core::config::{Encoding, Finding, Judged, Severity, feedback_dictionary, keyed_states};
use gauze_listen::read_file;
use gauze_tests::config::{FILES, SchemaKind, check_schema, generate, read_values, take_up_certificate};
use serde_json::json;

use crate::refusal::Refusal;

/// One byte more than such a file may have: enough to know that it is too large.
const LIMIT: u64 = (1 << 20) + 1;

/// What can be asked.
#[derive(Subcommand)]
pub enum Command {
    /// Check a schema as consoles read it: `app_restrictions.xml` or `specfile.xml`, ours or another app's.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Judge values as a phone would: a property list or a JSON object.
    Values {
        /// The file.
        file: PathBuf,
        /// Which system hands them over.
        #[arg(long, value_enum, default_value = "managed-app")]
        encoding: System,
        /// Print what Android's and Apple's consoles would be told, as JSON.
        #[arg(long)]
        json: bool,
    },
    /// Print a file that consoles import, or the manual page.
    Show {
        /// Which.
        #[arg(value_parser = FILES.iter().map(|file| file.name).collect::<Vec<_>>())]
        name: String,
    },
    /// Write all of those files at their places in the repository.
    Generate {
        /// The repository's root.
        #[arg(long, value_name = "DIR")]
        into: PathBuf,
    },
}

/// A management system's habits.
#[derive(Clone, Copy, ValueEnum)]
pub enum System {
    /// Android managed configurations.
    Android,
    /// AppConfig on Apple devices.
    Appconfig,
    /// Apple's ManagedApp framework, and `managed.json`.
    ManagedApp,
}

pub fn run(command: &Command) -> Result<ExitCode, Refusal> {
    match command {
        Command::Check { file } => check(file),
        Command::Values { file, encoding, json } => values(file, *encoding, *json),
        Command::Show { name } => {
            FILES
                .iter()
                .filter(|file| file.name == name)
                .for_each(|file| say!("{}", generate(file).trim_end_matches('\n')));
            Ok(ExitCode::SUCCESS)
        }
        Command::Generate { into } => write_all(into),
    }
}

fn check(file: &Path) -> Result<ExitCode, Refusal> {
    let text = String::from_utf8_lossy(&read_file(file, LIMIT)?).into_owned();
    let (kind, count) = check_schema(&text).map_err(Refusal::from).map_err(Refusal::of(file))?;
    let name = match kind {
        SchemaKind::Android => "Android managed configurations",
        SchemaKind::AppConfig => "AppConfig",
    };
    say!("in order: {name}, {count} settings");
    Ok(ExitCode::SUCCESS)
}

fn values(file: &Path, system: System, json: bool) -> Result<ExitCode, Refusal> {
    let bytes = read_file(file, LIMIT)?;
    let encoding = match system {
        System::Android => Encoding::Android,
        System::Appconfig => Encoding::AppConfig,
        System::ManagedApp => Encoding::ManagedApp,
    };
    let mut values = read_values(&bytes).map_err(Refusal::from).map_err(Refusal::of(file))?;
    // As `enrol` reads it, which a script wrote for.
    let scripts = encoding == Encoding::ManagedApp;
    let named = scripts.then(|| take_up_certificate(file, &mut values).ok().flatten()).flatten();
    let Judged { managed, findings } = Managed::judge(encoding, &values);
    if json {
        say!("{}", told(&findings));
    } else {
        if let Some(named) = named {
            say!(
                "ca is read from {named}: `gauze-phone enrol` does so too, a console wants the certificate itself"
            );
        }
        findings.iter().for_each(|finding| say!("{}", line(finding)));
    }
    if managed.is_none() {
        return Err(Refusal::new("config_invalid", "a phone would not use these values: correct them"));
    }
    if !json {
        say!("a phone would use these values");
        if scripts && !findings.is_empty() {
            say!("`gauze-phone enrol` refuses this file until nothing is warned of");
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn line(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    format!("{severity}: {}: {} ({})", finding.key, finding.message, finding.code)
}

/// What each system's console would be told.
fn told(findings: &[Finding]) -> serde_json::Value {
    let states: Vec<_> = keyed_states(findings)
        .into_iter()
        .map(|state| {
            let severity = if state.error { "SEVERITY_ERROR" } else { "SEVERITY_INFO" };
            json!({ "key": state.key, "severity": severity, "message": state.message, "data": state.data })
        })
        .collect();
    json!({ "android": states, "apple": feedback_dictionary(findings) })
}

fn write_all(root: &Path) -> Result<ExitCode, Refusal> {
    for file in FILES {
        let path = root.join(file.path);
        let written = std::fs::create_dir_all(path.parent().unwrap_or(root))
            .and_then(|()| std::fs::File::create(&path))
            .and_then(|mut out| std::io::Write::write_all(&mut out, generate(file).as_bytes()));
        written.map_err(|error| {
            Refusal::new(
                "unwritable",
                format!("{} cannot be written ({error}): check the path", path.display()),
            )
        })?;
        say!("wrote {}", path.display());
    }
    Ok(ExitCode::SUCCESS)
}
