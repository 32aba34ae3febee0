//! Which crate may depend on which.
//!
//! The servers never see `core`, not even in their tests: a server that shares the phone's code cannot catch the
//! phone's mistakes. A crate that is not listed here is refused until somebody decides where it belongs.

use super::Finding;
use crate::process::{cargo, quiet};
use serde::Deserialize;
use std::path::Path;

struct Rule {
    name: &'static str,
    /// What it may be built on.
    on: &'static [&'static str],
    /// What its own tests may use besides.
    in_tests: &'static [&'static str],
}

const ALL: &[&str] = &[
    "gauze-seal",
    "gauze-wire",
    "gauze-core",
    "gauze-attest",
    "gauze-gateway",
    "gauze-listen",
    "gauze-logging",
    "gauze-mark",
    "gauze-people",
    "gauze-signin",
    "gauze-records",
    "gauze-witness",
    "gauze-bindings",
];

const RULES: &[Rule] = &[
    Rule { name: "gauze-seal", on: &[], in_tests: &[] },
    Rule { name: "gauze-wire", on: &[], in_tests: &[] },
    Rule { name: "gauze-core", on: &["gauze-seal", "gauze-wire"], in_tests: &[] },
    Rule { name: "gauze-attest", on: &["gauze-wire"], in_tests: &[] },
    Rule {
        name: "gauze-gateway",
        on: &["gauze-wire", "gauze-attest", "gauze-listen", "gauze-logging", "gauze-seal"],
        in_tests: &[],
    },
    Rule { name: "gauze-listen", on: &["gauze-attest"], in_tests: &[] },
    Rule { name: "gauze-logging", on: &[], in_tests: &[] },
    Rule { name: "gauze-mark", on: &[], in_tests: &[] },
    Rule { name: "gauze-people", on: &["gauze-wire"], in_tests: &[] },
    Rule { name: "gauze-signin", on: &["gauze-wire", "gauze-people"], in_tests: &[] },
    Rule {
        name: "gauze-records",
        on: &[
            "gauze-wire",
            "gauze-attest",
            "gauze-listen",
            "gauze-logging",
            "gauze-seal",
            "gauze-mark",
            "gauze-people",
            "gauze-signin",
        ],
        in_tests: &[],
    },
    Rule { name: "gauze-witness", on: &["gauze-wire", "gauze-listen", "gauze-logging"], in_tests: &[] },
    Rule { name: "gauze-bindings", on: &["gauze-core"], in_tests: &[] },
    Rule { name: "gauze-tests", on: ALL, in_tests: &[] },
    Rule { name: "xtask", on: &[], in_tests: &[] },
];

/// Libraries that one crate of ours owns.
const OWNED: &[(&str, &str)] = &[("uniffi", "gauze-bindings"), ("sled", "gauze-core")];

/// A crate of the workspace and the names of what it depends on.
#[derive(Deserialize)]
pub(crate) struct Crate {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// Nothing for a normal dependency, else `dev` or `build`.
    kind: Option<String>,
}

pub(crate) fn edges(root: &Path) -> anyhow::Result<Vec<Crate>> {
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Crate>,
    }
    let text = quiet(cargo(root).args(["metadata", "--format-version", "1", "--no-deps"]))?;
    let metadata: Metadata = serde_json::from_str(&text)?;
    Ok(metadata.packages)
}

pub(crate) fn check(crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Crate { name, dependencies } in crates {
        let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
            findings
                .push(format!("{name}: has no place in the layers; add it to xtask/src/ci/layers/crates.rs"));
            continue;
        };
        for Dependency { name: other, kind } in dependencies {
            let other = other.as_str();
            let ours = crates.iter().any(|candidate| candidate.name == other) || ALL.contains(&other);
            let for_tests = kind.as_deref() == Some("dev") && rule.in_tests.contains(&other);
            if ours && !rule.on.contains(&other) && !for_tests {
                let kind = kind.as_deref().unwrap_or("normal");
                findings.push(format!("{name}: may not depend on {other} ({kind} dependency)"));
            }
            if let Some((_, owner)) = OWNED.iter().find(|(library, owner)| *library == other && owner != name)
            {
                findings.push(format!("{name}: {other} belongs to {owner} alone"));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(edges: &[(&str, &str, &str)]) -> Vec<Finding> {
        let mut crates: Vec<Crate> =
            RULES.iter().map(|rule| Crate { name: rule.name.into(), dependencies: vec![] }).collect();
        for (name, other, kind) in edges {
            let kind = (*kind != "normal").then(|| (*kind).to_owned());
            let dependency = Dependency { name: (*other).into(), kind };
            match crates.iter_mut().find(|found| found.name == *name) {
                Some(found) => found.dependencies.push(dependency),
                None => crates.push(Crate { name: (*name).into(), dependencies: vec![dependency] }),
            }
        }
        check(&crates)
    }

    #[test]
    fn a_good_tree_passes() {
        let good = [
            ("gauze-core", "gauze-seal", "normal"),
            ("gauze-core", "gauze-wire", "normal"),
            ("gauze-core", "sled", "normal"),
            ("gauze-gateway", "gauze-attest", "normal"),
            ("gauze-gateway", "gauze-seal", "normal"),
            ("gauze-records", "gauze-seal", "normal"),
            ("gauze-witness", "gauze-wire", "normal"),
            ("gauze-bindings", "gauze-core", "normal"),
            ("gauze-bindings", "uniffi", "normal"),
            ("gauze-tests", "gauze-core", "normal"),
            ("gauze-tests", "gauze-gateway", "dev"),
            ("xtask", "clap", "normal"),
        ];
        assert_eq!(tree(&good), Vec::<Finding>::new());
    }

    #[test]
    fn each_forbidden_edge_is_refused() {
        for edge in [
            ("gauze-seal", "gauze-wire", "normal"),
            ("gauze-wire", "gauze-seal", "normal"),
            ("gauze-wire", "gauze-core", "dev"),
            ("gauze-core", "gauze-attest", "normal"),
            ("gauze-core", "gauze-gateway", "dev"),
            ("gauze-attest", "gauze-seal", "normal"),
            ("gauze-gateway", "gauze-core", "normal"),
            ("gauze-gateway", "gauze-core", "dev"),
            ("gauze-gateway", "gauze-people", "normal"),
            ("gauze-gateway", "gauze-records", "build"),
            ("gauze-records", "gauze-core", "normal"),
            ("gauze-records", "gauze-core", "dev"),
            ("gauze-records", "gauze-gateway", "normal"),
            ("gauze-bindings", "gauze-seal", "normal"),
            ("gauze-witness", "gauze-people", "normal"),
            ("gauze-records", "gauze-witness", "normal"),
            ("xtask", "gauze-wire", "normal"),
            ("gauze-core", "uniffi", "normal"),
            ("gauze-records", "sled", "normal"),
            ("gauze-helpers", "serde", "normal"),
        ] {
            assert_eq!(tree(&[edge]).len(), 1, "{edge:?}");
        }
    }
}
