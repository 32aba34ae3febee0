//! `gauze-records case …`: arguments in, one library call, text or JSON out. Decides nothing.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use gauze_records::access::public_keys_in;
use gauze_records::evidence::{EvidenceError, LARGEST, public_key, verify};

use crate::{Refused, show};

/// What went wrong.
#[derive(Subcommand)]
pub(crate) enum CaseCommand {
    /// Judge the archive that proves a case, offline.
    Verify {
        /// The archive.
        bundle: PathBuf,
        /// The public keys of the access log, as somebody else kept them; else those in the archive.
        #[arg(long, value_name = "FILE")]
        public_keys: Option<PathBuf>,
        /// The hospital's public key (PEM), as it came another way; else the one in the archive.
        #[arg(long, value_name = "FILE")]
        hospital: Option<PathBuf>,
    },
}

fn read(path: &Path) -> Result<Vec<u8>, Refused> {
    std::fs::read(path).map_err(|error| Refused(format!("{}: {error}", path.display())))
}

pub(crate) fn run(json: bool, command: &CaseCommand) -> Result<(), Refused> {
    let CaseCommand::Verify { bundle, public_keys, hospital } = command;
    let keys = public_keys.as_deref().map(public_keys_in).transpose()?;
    let key = |path: &PathBuf| {
        let pem = String::from_utf8(read(path)?).map_err(|error| Refused(error.to_string()))?;
        public_key(&pem).map_err(Refused::from)
    };
    let hospital = hospital.as_ref().map(key).transpose()?;
    let size =
        std::fs::metadata(bundle).map_err(|error| Refused(format!("{}: {error}", bundle.display())))?.len();
    if usize::try_from(size).map_or(true, |size| size > LARGEST) {
        return Err(EvidenceError::TooLarge.into());
    }
    let found = verify(&read(bundle)?, hospital.as_ref(), keys.as_ref())?;
    show(json, &found, || {
        let mut text = format!(
            "case {} of {}: whole and as it was packed at {} under line {}; {} lines are proven",
            found.case, found.tenant, found.at, found.line, found.lines
        );
        if !found.witnesses.is_empty() {
            text.push_str(&format!("; cosigned by {}", found.witnesses.join(", ")));
        }
        if !found.phones.is_empty() {
            let (phones, acts) = (found.phones.len(), found.phones.values().sum::<usize>());
            text.push_str(&format!("; phones: {phones}, acts about them: {acts}"));
        }
        let left_out: usize = found.acts_left_out.values().map(|left| left.beyond + left.unproven).sum();
        if left_out > 0 {
            text.push_str(&format!("; acts about them that are not in it: {left_out}"));
        }
        if !found.then.is_empty() {
            let (files, noted) = (found.then.len(), found.then.values().flatten().count());
            text.push_str(&format!("; files of what was in force then: {files}, of them in a line: {noted}"));
        }
        match found.act {
            Some(true) => text.push_str("; the gateway signed that it carried the report"),
            Some(false) => text.push_str(
                "\nThe act by which the gateway carried the report is not in it: its log had it no more.",
            ),
            None => {}
        }
        match found.report {
            Some(true) => text.push_str("; a phone signed the report"),
            Some(false) => {
                text.push_str(
                    "\nThe report as a phone signed it is not in it: the gateway's log had it no more.",
                );
            }
            None => {}
        }
        if !found.keys_given {
            text.push_str("\nThe keys are the archive's own: compare them with what the hospital tells you by another way.");
        }
        text
    });
    Ok(())
}
