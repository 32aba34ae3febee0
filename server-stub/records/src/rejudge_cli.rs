//! `gauze-records rejudge`: arguments in, one library call, text or JSON out. Decides nothing.

use std::path::PathBuf;

use clap::Args;
use gauze_records::{Again, IndexError, rejudge};
use gauze_wire::{CaptureId, FilingRefusal};
use serde_json::json;

use crate::show;

/// Again refused photos the next pull judges again.
#[derive(Args)]
pub(crate) struct Rejudge {
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    #[command(flatten)]
    which: Asked,
}

#[derive(Args)]
#[group(required = true, multiple = false)]
struct Asked {
    /// One photo.
    #[arg(long, value_name = "ID")]
    photo: Option<CaptureId>,
    /// Those with this cause, as `list` shows it.
    #[arg(long, value_name = "CODE", value_parser = cause)]
    cause: Option<FilingRefusal>,
    /// Every one.
    #[arg(long)]
    all: bool,
}

fn cause(code: &str) -> Result<FilingRefusal, String> {
    let known = FilingRefusal::ALL.into_iter().find(|cause| cause.code() == code);
    let codes = || FilingRefusal::ALL.map(FilingRefusal::code).join(", ");
    known.ok_or_else(|| format!("it is none of {}", codes()))
}

#[tokio::main]
pub(crate) async fn run(json: bool, asked: &Rejudge) -> Result<(), IndexError> {
    let which = match asked.which {
        Asked { photo: Some(id), .. } => Again::Photo(id),
        Asked { cause: Some(cause), .. } => Again::Cause(cause),
        Asked { photo: None, cause: None, .. } => Again::All,
    };
    let marked = rejudge(&asked.data, which).await?;
    show(json, &json!({ "marked": marked }), || match marked {
        0 => "no refused photo is meant: list shows them".to_owned(),
        _ => format!("{marked} refused photos: the next pull judges them again"),
    });
    Ok(())
}
