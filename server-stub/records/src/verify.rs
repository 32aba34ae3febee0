//! Checking everything filed again, offline: tree, signatures, sealed files, receipts, chains.

use std::path::Path;

use gauze_wire::log::Tree;
use gauze_wire::{Filed, Manifest, Refused};
use serde::Serialize;

use crate::index::{ChainState, Index, IndexError, Kind, PhotoRow, Status};
use crate::layout::{Layout, measure};

const PAGE: u32 = 1000;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct VerifyReport {
    /// Log entries checked.
    pub entries: u64,
    /// Photos checked.
    pub photos: u64,
    /// Places in chains whose predecessor has not come: no fault, but worth asking for.
    pub gaps: Vec<String>,
    /// What is wrong: `code: what`.
    pub problems: Vec<String>,
}

/// Checks `data`.
pub async fn verify(data: &Path) -> Result<VerifyReport, IndexError> {
    let layout = Layout::new(data);
    let index = Index::open(&layout.index(), false).await?;
    let mut report = VerifyReport::default();
    let Some((tenant, log)) = index.bound_to().await? else { return Ok(report) };
    check_log(&index, &log, &mut report).await?;
    let mut from = 0;
    loop {
        let page = index.photos(from, PAGE).await?;
        let Some((last, _)) = page.last() else { break };
        from = last.log_index + 1;
        for (row, chain) in &page {
            report.photos += 1;
            if *chain == ChainState::Gap {
                report.gaps.push(format!("{} seq {}", row.chain_device, row.seq));
            }
            check_photo(&index, &layout, &tenant, row, &mut report).await?;
        }
    }
    index.close().await;
    Ok(report)
}

async fn check_log(
    index: &Index,
    log: &gauze_wire::log::LogKey,
    report: &mut VerifyReport,
) -> Result<(), IndexError> {
    let Some(note) = index.cosigned().await? else { return Ok(()) };
    let Ok(checkpoint) = log.verify(&note) else {
        report.problems.push("checkpoint_invalid: the cosigned checkpoint does not hold".to_owned());
        return Ok(());
    };
    let mut tree = Tree::default();
    'all: loop {
        let leaves = index.leaves(tree.size(), PAGE).await?;
        if leaves.is_empty() {
            break;
        }
        for (at, jws) in leaves {
            if tree.size() == checkpoint.size || at != tree.size() {
                break 'all;
            }
            tree.append(&jws.digest());
        }
    }
    report.entries = tree.size();
    if tree.size() != checkpoint.size || tree.root() != checkpoint.root {
        report.problems.push("log_inconsistent: the stored entries do not make the cosigned tree".to_owned());
    }
    Ok(())
}

async fn check_photo(
    index: &Index,
    layout: &Layout,
    tenant: &gauze_wire::Tenant,
    row: &PhotoRow,
    report: &mut VerifyReport,
) -> Result<(), IndexError> {
    let id = row.capture_id;
    let mut wrong = |code: &str, what: &str| report.problems.push(format!("{code}: {id}: {what}"));
    let leaf = index.leaf(row.log_index).await?;
    let carried = leaf.as_ref().filter(|jws| jws.digest() == row.manifest_sha256);
    let Some(jws) = carried else {
        wrong("index_edited", "its row names another manifest than its log entry");
        return Ok(());
    };
    match Manifest::peek(jws) {
        Ok(manifest) if manifest.binding(jws) == row.binding(tenant) => {}
        Ok(_) | Err(_) => wrong("index_edited", "its row disagrees with its manifest"),
    }
    if row.cause != Some(gauze_wire::Refusal::EnrolmentInvalid) {
        let device = index.device(jws.kid()).await?;
        let holds = device.is_some_and(|device| Manifest::verify(jws, &device.key, tenant).is_ok());
        if !holds && row.status == Status::Filed {
            wrong("manifest_invalid", "its manifest is not signed by a known phone");
        }
    }
    if let Some(receipt) = &row.receipt {
        let binding = row.binding(tenant);
        let repeats = match row.status {
            Status::Filed => receipt.peek::<Filed>().is_ok_and(|filed| filed.binding() == binding),
            Status::Refused => receipt.peek::<Refused>().is_ok_and(|refused| refused.binding() == binding),
            Status::Waiting => false,
        };
        if !repeats {
            wrong("receipt_invalid", "its receipt speaks of something else");
        }
    }
    if row.status == Status::Filed && row.kind != Kind::Void {
        match measure(&layout.sealed(&row.binding(tenant))) {
            Ok(Some(found)) if found == (row.sha256, row.size) => {}
            Ok(Some(_)) => wrong("file_edited", "the sealed file is not the one that was filed"),
            Ok(None) => wrong("file_missing", "the sealed file is gone"),
            Err(error) => wrong("file_unreadable", &error.to_string()),
        }
    }
    Ok(())
}
