//! `gauze-records restored`: arguments in, one library call, text or JSON out. Decides nothing.

use std::path::PathBuf;

use clap::Args;
use gauze_records::{RestoredError, restored};

use crate::show;

/// After the gateway was restored and pulled anew.
#[derive(Args)]
pub(crate) struct Restore {
    /// The new data directory, pulled once.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The data directory from before the restore.
    #[arg(long, value_name = "DIR")]
    former: PathBuf,
}

#[tokio::main]
pub(crate) async fn run(json: bool, asked: &Restore) -> Result<(), RestoredError> {
    let done = restored(&asked.data, &asked.former).await?;
    show(json, &done, || {
        let (moved, erased, decided) = (done.moved.len(), done.erased.len(), done.decided.len());
        let mut text = format!(
            "{moved} sealed files that only the former log knows lie under former/ now\n\
             {erased} photos that were erased are erased again by the next pull\n\
             {decided} decisions are taken again: the next pull hands them in\n"
        );
        if done.commands.is_empty() {
            text.push_str("nothing is to be repeated at the gateway");
        } else {
            text.push_str("# Repeat at the gateway, with its own --data, in this order:\n");
            text.push_str(&done.commands.join("\n"));
        }
        text
    });
    Ok(())
}
