//! The order of the modules inside `core`: lower ones never name higher ones.
//!
//! `ports, observe, stack < store < capture, auth, policy, review < queue < client`; the adapters stand beside, above `ports`
//! and `observe`, and only `client` (and `lib.rs`, to re-export) may name them. Modules of one rank may name each other.

use super::Finding;
use super::source::{Path, Source};

const CORE: &str = "core/src/";
const ADAPTERS: &str = "adapters";
const ORDER: [&[&str]; 5] = [
    &["ports", "observe", "stack"],
    &["store"],
    &["capture", "auth", "policy", "review"],
    &["queue"],
    &["client"],
];

pub(crate) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in sources.iter().filter(|source| !source.is_test) {
        let Some(module) = module_of(&source.path) else { continue };
        let own = module[0].as_str();
        if rank(own).is_none() && own != ADAPTERS {
            findings.push(format!(
                "{}: {own} has no place in the order; add it to xtask/src/ci/layers/modules.rs",
                source.path
            ));
            continue;
        }
        for path in &source.paths {
            let Some(named) = root_item(path, &module) else { continue };
            if let Some(why) = objection(own, named) {
                findings.push(format!("{}:{}: {why}", source.path, path.line));
            }
        }
    }
    // One line may name the same module more than once.
    findings.dedup();
    findings
}

/// The module path of a file of core, or nothing for `lib.rs` and for other crates.
fn module_of(path: &str) -> Option<Vec<String>> {
    let inner = path.strip_prefix(CORE)?.strip_suffix(".rs")?;
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    (inner != "lib").then(|| inner.split('/').map(str::to_owned).collect())
}

/// What a path names directly below the crate's root, if it goes there.
fn root_item<'a>(path: &'a Path, module: &[String]) -> Option<&'a str> {
    let segments = &path.segments;
    let first = segments.first()?.as_str();
    if first == "crate" {
        return segments.get(1).map(String::as_str);
    }
    let ups = segments.iter().filter(|segment| *segment == "super").count();
    let at_root = ups == module.len() + path.inline_depth;
    (ups > 0 && at_root)
        .then(|| segments.iter().find(|segment| !matches!(segment.as_str(), "super" | "self")))?
        .map(String::as_str)
}

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|modules| modules.contains(&module))
}

fn objection(own: &str, named: &str) -> Option<String> {
    let allowed = match (rank(own), rank(named)) {
        _ if own == named => true,
        (_, None) if named == ADAPTERS => own == "client",
        (_, None) => {
            return Some(format!(
                "crate::{named} is no module of the order; name the module it is defined in"
            ));
        }
        // The adapters.
        (None, Some(named)) => named == 0,
        (Some(own), Some(named)) => named <= own,
    };
    (!allowed).then(|| format!("{own} may not name {named}"))
}
