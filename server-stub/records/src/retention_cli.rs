//! `gauze-records retention …`: arguments in, one library call, text or JSON out. Decides nothing.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use gauze_listen::table;
use gauze_people::context::ReasonCode;
use gauze_records::keys::KeyDir;
use gauze_records::retention::{Due, Erased, ErasedNow, OnRequest, due, erase_due, erase_refused, erased};
use gauze_records::{Clock as _, SystemClock};
use gauze_wire::CaptureId;
use jiff::Timestamp;

use crate::log_cli::word;
use crate::{Refused, person, show};

/// Photos whose time is over.
#[derive(Subcommand)]
pub(crate) enum RetentionCommand {
    /// Which are due by the rules in force, the oldest first; those that are held are left out.
    List(Place),
    /// What was erased, the newest first: by whom, who had asked, why, and for what it had been refused.
    Erased(Place),
    /// Erase photos that are due, each behind its line of the access log. What somebody asks to erase goes on the pages, by two
    /// people.
    Erase {
        #[command(flatten)]
        place: Place,
        /// Who erases, by their whole id: 26 letters and digits.
        #[arg(long, value_name = "ID")]
        by: String,
        /// The photos, as `list` names them.
        #[arg(required = true, value_name = "PHOTO")]
        photos: Vec<CaptureId>,
    },
    /// Erase what was kept of photos that were refused and never filed, as two people of governance decided: `list` names them. They
    /// stay refused.
    EraseRefused {
        #[command(flatten)]
        place: Place,
        /// Who erases, by their whole id: 26 letters and digits.
        #[arg(long, value_name = "ID")]
        by: String,
        /// Who asked for it: somebody else.
        #[arg(long, value_name = "ID")]
        asked_by: String,
        /// On which ground.
        #[arg(long, value_enum)]
        ground: Ground,
        /// A few words, which are kept sealed; they name no patient.
        #[arg(long)]
        reason: String,
        /// The photos.
        #[arg(required = true, value_name = "PHOTO")]
        photos: Vec<CaptureId>,
    },
}

/// Why it goes.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Ground {
    /// The patient asked.
    Patient,
    /// A court or an inquiry.
    Legal,
    /// It was taken by mistake.
    Correction,
    /// Something else, which the words say.
    Other,
}

impl Ground {
    fn means(self) -> ReasonCode {
        match self {
            Self::Patient => ReasonCode::PatientRequest,
            Self::Legal => ReasonCode::Legal,
            Self::Correction => ReasonCode::Correction,
            Self::Other => ReasonCode::Other,
        }
    }
}

/// By UTC.
fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn row_of_due(due: &Due) -> [String; 4] {
    let team = due.team.clone().unwrap_or_else(|| "-".to_owned());
    [day(due.since), day(due.taken), team, due.capture_id.to_string()]
}

fn row_of_erased(erased: &Erased) -> [String; 8] {
    let or_none = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
    [
        day(erased.at),
        erased.line.to_string(),
        erased.by.0.clone(),
        or_none(erased.asked_by.as_ref().map(|who| who.0.clone())),
        word(erased.ground),
        or_none(erased.refused.map(|cause| cause.code().to_owned())),
        erased.capture_id.to_string(),
        or_none(erased.words.clone()),
    ]
}

fn told(erased: &[ErasedNow]) -> String {
    let line = |one: &ErasedNow| format!("{} is erased; line {} says so", one.capture_id, one.line);
    erased.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[derive(Args)]
pub(crate) struct Place {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The keys directory.
    #[arg(long, value_name = "DIR")]
    keys: PathBuf,
}

#[tokio::main]
pub(crate) async fn run(json: bool, command: RetentionCommand) -> Result<(), Refused> {
    match command {
        RetentionCommand::List(Place { data, keys }) => {
            let due = due(&data, &KeyDir::new(&keys), SystemClock.now()).await?;
            show(json, &due, || {
                let rows: Vec<_> = due.iter().map(row_of_due).collect();
                table(["DUE SINCE", "TAKEN", "TEAM", "PHOTO"], &rows, "Nothing is due.").trim_end().to_owned()
            });
        }
        RetentionCommand::Erased(Place { data, keys }) => {
            let all = erased(&data, &KeyDir::new(&keys), SystemClock.now()).await?;
            show(json, &all, || {
                let headings = ["ERASED", "LINE", "BY", "ASKED BY", "GROUND", "REFUSED FOR", "PHOTO", "WHY"];
                let rows: Vec<_> = all.iter().map(row_of_erased).collect();
                table(headings, &rows, "No photo was erased yet.").trim_end().to_owned()
            });
        }
        RetentionCommand::Erase { place: Place { data, keys }, by, photos } => {
            let by = person(&by)?;
            let erased = erase_due(&data, &KeyDir::new(&keys), (&by, &photos), SystemClock.now()).await?;
            show(json, &erased, || told(&erased));
        }
        RetentionCommand::EraseRefused {
            place: Place { data, keys },
            by,
            asked_by,
            ground,
            reason,
            photos,
        } => {
            let (by, asked_by) = (person(&by)?, person(&asked_by)?);
            let wish = OnRequest {
                by: &by,
                asked_by: &asked_by,
                ground: ground.means(),
                words: &reason,
                photos: &photos,
            };
            let erased = erase_refused(&data, &KeyDir::new(&keys), &wish, SystemClock.now()).await?;
            show(json, &erased, || told(&erased));
        }
    }
    Ok(())
}
