//! Libraries that stand behind one file or one crate, so that replacing them stays a change of one place.

use super::Finding;
use super::source::{Path, Source};

/// Named in one file of core at most.
const ONE_FILE_OF_CORE: [&str; 2] = ["sled", "reqwest"];

/// The one file of the gateway that seals, and what it may name of the sealed formats: nothing that opens.
const SEALER: (&str, [&str; 6]) = (
    "server-stub/gateway/src/sealed.rs",
    ["Entropy", "EntropyError", "Recipient", "Recipients", "age", "seal_small"],
);

pub(crate) fn check(sources: &[Source]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for library in ONE_FILE_OF_CORE {
        let core = sources.iter().filter(|source| source.path.starts_with("core/src/") && !source.is_test);
        let files: Vec<&str> = core
            .filter(|source| source.paths.iter().any(|path| names(path, library)))
            .map(|source| source.path.as_str())
            .collect();
        if files.len() > 1 {
            findings.push(format!(
                "{library} is named in {} files of core, not one: {}",
                files.len(),
                files.join(", ")
            ));
        }
    }
    let (sealer, sealing) = SEALER;
    let gateway = |source: &&Source| source.path.starts_with("server-stub/gateway/src/") && !source.is_test;
    for source in sources.iter().filter(gateway) {
        for path in source.paths.iter().filter(|path| names(path, "gauze_seal")) {
            let seals = path.segments.iter().skip(1).all(|name| sealing.contains(&name.as_str()));
            if source.path != sealer || !seals {
                findings.push(format!(
                    "{}:{}: the gateway seals in {sealer} alone, and opens nothing",
                    source.path, path.line
                ));
            }
        }
    }
    for source in sources.iter().filter(|source| !source.path.starts_with("bindings/")) {
        for path in source.paths.iter().filter(|path| names(path, "uniffi")) {
            findings.push(format!("{}:{}: uniffi is named only in bindings", source.path, path.line));
        }
    }
    findings
}

fn names(path: &Path, library: &str) -> bool {
    path.segments.iter().find(|segment| !segment.is_empty()).is_some_and(|first| first == library)
}
