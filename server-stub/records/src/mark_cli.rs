//! `gauze-records mark …`: arguments in, one library call a file, text or JSON out. Decides nothing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use gauze_people::log::Kept;
use gauze_records::keys::KeyDir;
use gauze_records::leak::{LeakError, Sought, Trace};
use gauze_records::{Clock as _, Coded as _, DiskError, SystemClock};
use gauze_wire::CaptureId;

use crate::log_cli::line;
use crate::{Refused, complain, person, show};

/// Whose view a picture was.
#[derive(Subcommand)]
pub(crate) enum MarkCommand {
    /// Read the mark of pictures that got out, and name the lines of the access log.
    Find {
        /// JPEG, PNG or WebP files, or directories of them.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The keys directory.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
        /// Who looks, by their whole id: 26 letters and digits. The access log says so.
        #[arg(long, value_name = "ID")]
        by: String,
        /// The photo that they are thought to show: far less of a picture is enough then.
        #[arg(long, value_name = "CAPTURE")]
        original: Option<CaptureId>,
    },
}

#[tokio::main]
pub(crate) async fn run(json: bool, command: &MarkCommand) -> Result<ExitCode, Refused> {
    let MarkCommand::Find { files, data, keys, by, original } = command;
    let by = person(by)?;
    let pictures = pictures(files)?;
    let (place, asked) = ((data.as_path(), &KeyDir::new(keys)), (pictures.len(), *original));
    let sought = Sought::begin(place, by, asked, SystemClock.now()).await?;
    let mut code = ExitCode::SUCCESS;
    for file in pictures {
        match sought.trace(&file, SystemClock.now()).await {
            Ok(trace) => show(json, &trace, || told(&trace)),
            Err(error) => {
                complain(&error.line());
                code = ExitCode::FAILURE;
            }
        }
    }
    sought.end().await.map_err(LeakError::from)?;
    Ok(code)
}

fn pictures(files: &[PathBuf]) -> Result<Vec<PathBuf>, LeakError> {
    let mut all = Vec::new();
    for path in files {
        if path.is_dir() {
            all.extend(inside(path).map_err(|source| DiskError { path: path.clone(), source })?);
        } else {
            all.push(path.clone());
        }
    }
    Ok(all)
}

fn inside(dir: &Path) -> std::io::Result<Vec<PathBuf>> {
    let entries: Result<Vec<_>, _> = std::fs::read_dir(dir)?.collect();
    let mut files: Vec<PathBuf> =
        entries?.into_iter().map(|entry| entry.path()).filter(|path| path.is_file()).collect();
    files.sort();
    Ok(files)
}

fn told(trace: &Trace) -> String {
    let file = trace.file.display();
    let how = match (&trace.place, &trace.weighed) {
        (Some(place), _) => format!(
            "read without an original; stands out by {:.1}, scale {:.3}, {:.1} degrees{}",
            place.score,
            place.scale,
            place.degrees,
            if place.mirrored { ", mirrored" } else { "" }
        ),
        (None, Some(weighed)) => {
            let heaviest: Vec<String> =
                weighed.heaviest.iter().map(|(line, weight)| format!("{line}: {weight:.1}")).collect();
            format!(
                "laid on the original; {} lines tried, weight expected {:.1}, heaviest {}",
                weighed.tried,
                weighed.expected,
                heaviest.join(", ")
            )
        }
        (None, None) => "no mark was read".to_owned(),
    };
    let mut text = match trace.views.as_slice() {
        [] => format!("{file}: nobody is named ({how})"),
        [_] => format!("{file}: one view ({how})"),
        views => format!("{file}: {} views, averaged ({how})", views.len()),
    };
    for view in &trace.views {
        let by = if view.by == "check" { "by its keyed check" } else { "by weight" };
        let entry = line(&Kept { index: view.line, entry: view.entry.clone() });
        text.push_str(&format!("\n{entry}  {by}"));
    }
    text
}
