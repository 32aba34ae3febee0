//! Libraries that stand behind one file or one crate, so that replacing them stays a change of one place.

use super::Finding;
use super::source::{Path, Source};

/// Named in one file of core at most.
const ONE_FILE_OF_CORE: [&str; 2] = ["sled", "reqwest"];

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
