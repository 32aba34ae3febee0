//! `gauze-records log …`: arguments in, one library call, text or JSON out. Decides nothing.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use gauze_people::context::ReasonCode;
use gauze_people::fhir::audit_event;
use gauze_people::log::{
    Entry, Kept, LogFailure, Outside, Wanted, check_proof, prove, read_entries, verify, want_erased,
};
use gauze_records::access::{AccessError, log_dir, open_log, public_keys, public_keys_in};
use gauze_records::keys::KeyDir;
use gauze_records::{Clock as _, DiskError, SystemClock};
use gauze_wire::log::WitnessKey;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{Refused, say, show};

/// Who looked at what: the log that has a line before anything is shown.
#[derive(Subcommand)]
pub(crate) enum LogCommand {
    /// Entries, oldest first.
    List(List),
    /// Check the whole log, offline; fails where something is not as it was written.
    Verify {
        #[command(flatten)]
        place: Place,
        /// Each entry's own signature too.
        #[arg(long)]
        signatures: bool,
        /// A checkpoint that somebody else kept: the log must begin with its tree.
        #[arg(long, value_name = "FILE")]
        held: Option<PathBuf>,
        /// The verifier key of the outside witness, as its own people gave it: its cosignature must be there.
        #[arg(long, value_name = "VKEY")]
        witness_key: Option<WitnessKey>,
    },
    /// A proof of one entry (C2SP tlog-proof), for somebody who has the public keys and nothing else.
    Prove {
        /// The entry's number.
        index: u64,
        #[command(flatten)]
        place: Place,
        /// Where the proof goes.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Judge such a proof.
    Check {
        /// The proof.
        proof: PathBuf,
        /// The public keys.
        #[arg(long, value_name = "FILE")]
        public_keys: PathBuf,
    },
    /// Entries as FHIR R4 AuditEvents (IHE BALP), one JSON object on each line.
    Export {
        #[command(flatten)]
        filter: List,
        /// Where they go.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Erase one entry by law. The log says that it was erased, and still proves that it was there.
    Erase {
        /// The entry's number.
        index: u64,
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The keys directory.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
        /// Why.
        #[arg(long, value_enum)]
        because: Because,
    },
}

#[derive(Args)]
pub(crate) struct Place {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The public keys, as somebody else kept them; else those beside the log.
    #[arg(long, value_name = "FILE")]
    public_keys: Option<PathBuf>,
}

#[derive(Args)]
pub(crate) struct List {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Of this person.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    who: Option<String>,
    /// About this patient.
    #[arg(long, value_name = "BLIND_ID", allow_hyphen_values = true)]
    patient: Option<String>,
    /// About this photo, person or break-glass.
    #[arg(long, value_name = "ID", allow_hyphen_values = true)]
    about: Option<String>,
    /// Not before this time.
    #[arg(long, value_name = "TIME")]
    since: Option<Timestamp>,
    /// Refusals and failures only.
    #[arg(long)]
    refused: bool,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Because {
    /// A court or an authority ordered it.
    Legal,
    /// The person it is about asked, and the law gives them that.
    Request,
}

impl List {
    fn takes(&self, entry: &Entry) -> bool {
        let about = entry.about.as_ref();
        let same = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| found == Some(wanted))
        };
        same(&self.who, entry.who.as_ref().map(|who| who.0.as_str()))
            && same(&self.patient, about.and_then(|about| Some(about.patient.as_ref()?.0.as_str())))
            && same(&self.about, about.and_then(|about| about.id.as_deref()))
            && self.since.is_none_or(|since| since <= entry.at)
            && (!self.refused || entry.outcome == gauze_people::log::Outcome::Refused)
    }

    fn all(&self) -> bool {
        self.who.is_none()
            && self.patient.is_none()
            && self.about.is_none()
            && self.since.is_none()
            && !self.refused
    }
}

fn keys_of(place: &Place) -> Result<gauze_people::log::PublicKeys, AccessError> {
    match &place.public_keys {
        Some(file) => public_keys_in(file),
        None => public_keys(&place.data),
    }
}

/// The one word that a value is in JSON.
pub(crate) fn word(value: impl serde::Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(Value::String(word)) => word,
        Ok(_) | Err(_) => "?".to_owned(),
    }
}

pub(crate) fn line(kept: &Kept) -> String {
    let Some(entry) = &kept.entry else { return format!("{:>8}  erased", kept.index) };
    let who = entry.who.as_ref().map_or("nobody", |who| who.0.as_str());
    let mut text =
        format!("{:>8}  {}  {}  {}  {who}", kept.index, entry.at, word(entry.what), word(entry.outcome));
    if let Some(about) = &entry.about {
        text.push_str(&format!("  {}", about.id.as_deref().unwrap_or(&word(about.kind))));
        about.patient.iter().for_each(|patient| text.push_str(&format!("  patient {}", patient.0)));
    }
    if !entry.policies.is_empty() {
        text.push_str(&format!("  by {}", entry.policies.join(", ")));
    }
    entry.note.iter().for_each(|note| text.push_str(&format!("  ({note})")));
    text
}

fn list(json: bool, filter: &List) -> Result<(), AccessError> {
    read_entries(&log_dir(&filter.data), |kept| {
        let wanted = kept.entry.as_ref().map_or(filter.all(), |entry| filter.takes(entry));
        if wanted {
            show(json, &json!({ "index": kept.index, "entry": kept.entry }), || line(&kept));
        }
    })?;
    Ok(())
}

fn check(
    json: bool,
    place: &Place,
    signatures: bool,
    (held, outside): (Option<&Path>, Option<&WitnessKey>),
) -> Result<ExitCode, Refused> {
    let held = held.map(read_text).transpose()?;
    let wanted = Wanted { signatures, held: held.as_deref(), outside, beside: false };
    let found = verify(&log_dir(&place.data), &keys_of(place)?, wanted).map_err(AccessError::from)?;
    show(json, &found, || {
        let mut text = format!(
            "{} entries, {} of them erased by law; {} under the newest checkpoint; root {}",
            found.entries, found.erased, found.signed, found.root
        );
        if !found.witnesses.is_empty() {
            text.push_str(&format!("; cosigned by {}", found.witnesses.join(", ")));
        }
        if let Some(Outside { witness, size, at, behind }) = &found.outside {
            let at = i64::try_from(*at).ok().and_then(|at| Timestamp::from_second(at).ok());
            let at = at.map_or_else(|| "at no time".to_owned(), |at| at.to_string());
            text.push_str(&format!("; {witness} cosigned {size} of them at {at}, {behind} came after"));
        }
        if found.torn {
            text.push_str("; a last write that nobody was told of is not whole");
        }
        for fault in &found.faults {
            text.push_str(&format!("\n{}", serde_json::to_string(fault).unwrap_or_default()));
        }
        text
    });
    Ok(if found.holds() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn read_text(path: &Path) -> Result<String, AccessError> {
    std::fs::read_to_string(path)
        .map_err(|source| AccessError::Disk(DiskError { path: path.to_owned(), source }))
}

fn write(path: &Path, text: &[u8]) -> Result<(), AccessError> {
    let written = std::fs::File::create(path).and_then(|mut file| {
        file.write_all(text)?;
        file.sync_all()
    });
    written.map_err(|source| AccessError::Disk(DiskError { path: path.to_owned(), source }))
}

fn export(json: bool, filter: &List, out: &Path) -> Result<(), AccessError> {
    let (mut lines, mut count) = (Vec::new(), 0_u64);
    read_entries(&log_dir(&filter.data), |kept| {
        if let Some(entry) = kept.entry.filter(|entry| filter.takes(entry)) {
            lines.extend(format!("{}\n", audit_event(&entry)).into_bytes());
            count += 1;
        }
    })?;
    write(out, &lines)?;
    show(json, &json!({ "events": count }), || format!("{count} events in {}", out.display()));
    Ok(())
}

fn erase(json: bool, index: u64, data: &Path, keys: &Path, because: Because) -> Result<(), AccessError> {
    let (now, keys) = (SystemClock.now(), KeyDir::new(keys));
    let legal = match because {
        Because::Legal => ReasonCode::Legal,
        Because::Request => ReasonCode::PatientRequest,
    };
    let log = match open_log(&keys, data, now) {
        Err(AccessError::Log(LogFailure::Locked(_))) => {
            want_erased(&log_dir(data), &keys.log_keys()?, index, legal, now)?;
            show(json, &json!({ "asked": index }), || {
                format!(
                    "the service is asked to erase entry {index}; it does so within 15 seconds, and a line says so"
                )
            });
            return Ok(());
        }
        opened => opened?,
    };
    let line = log.erase_blocking(index, legal, now)?;
    show(json, &json!({ "erased": index, "said_by": line.index }), || {
        format!("entry {index} is erased; entry {} says so", line.index)
    });
    Ok(())
}

pub(crate) fn run(json: bool, command: &LogCommand) -> Result<ExitCode, Refused> {
    match command {
        LogCommand::List(filter) => list(json, filter)?,
        LogCommand::Verify { place, signatures, held, witness_key } => {
            return check(json, place, *signatures, (held.as_deref(), witness_key.as_ref()));
        }
        LogCommand::Prove { index, place, out } => {
            let proof = prove(&log_dir(&place.data), &keys_of(place)?, *index).map_err(AccessError::from)?;
            write(out, proof.as_bytes())?;
            say(&out.display().to_string());
        }
        LogCommand::Check { proof, public_keys } => {
            let keys = public_keys_in(public_keys)?;
            let proven = check_proof(&read_text(proof)?, &keys).map_err(AccessError::Proof)?;
            let kept = Kept { index: proven.index, entry: Some(proven.entry) };
            let answer = json!({
                "index": kept.index, "entry": kept.entry, "size": proven.checkpoint.size,
                "witnesses": proven.witnesses,
            });
            show(json, &answer, || format!("{}\nin a tree of {}", line(&kept), proven.checkpoint.size));
        }
        LogCommand::Export { filter, out } => export(json, filter, out)?,
        LogCommand::Erase { index, data, keys, because } => erase(json, *index, data, keys, *because)?,
    }
    Ok(ExitCode::SUCCESS)
}
