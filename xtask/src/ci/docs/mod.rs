//! `ci docs`: rustdoc without a warning, and documents that are still true.
//!
//! - Every relative link, and every fragment of one, leads somewhere in the repository.
//! - `docs/adr/README.md` lists every decision, and each crate has a README.
//! - No heading stands over nothing.
//! - Each numbered line of `docs/security.md` and `docs/threat-model.md` ends with the tests that prove it, and they exist.
//! - What `ARCHITECTURE.md` and `CONTRIBUTING.md` point to is there.
//! - No file names a place on somebody's machine.

mod machine;
mod markdown;
mod places;
mod security;

use super::{Finding, verdict};
use crate::process::{self, cargo};
use crate::tree::Tree;
use std::path::Path;

const ADR: &str = "docs/adr/";
const ADR_INDEX: &str = "docs/adr/README.md";

pub(crate) fn run(root: &Path) -> anyhow::Result<()> {
    let findings = check(&Tree::load(root)?);
    let rustdoc = process::run(cargo(root).env("RUSTDOCFLAGS", "-D warnings").args([
        "doc",
        "--workspace",
        "--no-deps",
        "--quiet",
    ]));
    verdict(&findings).and(rustdoc)
}

fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(markdown::broken_links(tree));
    findings.extend(markdown::empty_headings(tree));
    findings.extend(adr_index(tree));
    findings.extend(crate_readmes(tree));
    findings.extend(security::check(tree));
    findings.extend(places::check(tree));
    findings.extend(machine::check(tree));
    findings
}

/// Links from the index to decisions that are not there are broken links, found as such.
fn adr_index(tree: &Tree) -> Vec<Finding> {
    let Some(index) = tree.text(ADR_INDEX) else {
        return vec![format!("{ADR_INDEX}: missing")];
    };
    let listed: Vec<String> = markdown::links(index).into_iter().map(|link| link.target).collect();
    let mut findings = Vec::new();
    let mut numbers = Vec::new();
    for (path, _) in tree.texts() {
        let Some(name) = path.strip_prefix(ADR).filter(|_| path != ADR_INDEX) else { continue };
        let number = name.get(..4).filter(|number| number.bytes().all(|byte| byte.is_ascii_digit()));
        match number {
            Some(number) if name[4..].starts_with('-') && name.ends_with(".md") => {
                if numbers.contains(&number) {
                    findings.push(format!("{path}: the number {number} is taken by another decision"));
                }
                numbers.push(number);
            }
            _ => findings.push(format!("{path}: a decision is named NNNN-title.md")),
        }
        if !listed.iter().any(|target| target.trim_start_matches("./") == name) {
            findings.push(format!("{ADR_INDEX}: does not list {name}"));
        }
    }
    findings
}

fn crate_readmes(tree: &Tree) -> Vec<Finding> {
    let manifests = tree.texts().filter(|(path, _)| path.ends_with("/Cargo.toml"));
    let crates = manifests.filter(|(_, text)| text.lines().any(|line| line.trim() == "[package]"));
    crates
        .map(|(path, _)| path.replace("Cargo.toml", "README.md"))
        .filter(|readme| tree.text(readme).is_none_or(|text| text.trim().is_empty()))
        .map(|readme| format!("{readme}: missing or empty; each crate says what it is for"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Tree {
        Tree::of(&[
            ("README.md", "# Gauze\n\nSee [security](docs/security.md#properties) and [core](core/).\n"),
            ("core/Cargo.toml", "[package]\nname = \"gauze-core\"\n"),
            ("core/README.md", "# gauze-core\n\nDecides. Not a link: `[a](b)`.\n"),
            ("docs/adr/README.md", "# Decisions\n\n- [0001](0001-sled-and-files.md)\n"),
            ("docs/adr/0001-sled-and-files.md", "# Sled and files\n\nBack to [the list](README.md).\n"),
            (
                "docs/security.md",
                "# Security\n\n## Properties\n\n1. Nothing is lost\n   (tests/suite/crash.rs: a_kill_loses_nothing).\n",
            ),
            (
                "docs/threat-model.md",
                "# Threats\n\n1. A kill (tests/suite/crash.rs: a_kill_loses_nothing).\n",
            ),
            ("tests/suite/crash.rs", "#[test]\nfn a_kill_loses_nothing() {}\n"),
        ])
    }

    fn refused(tree: &Tree, because: &str) {
        let findings = check(tree);
        assert!(findings.iter().any(|finding| finding.contains(because)), "{because:?} not in {findings:?}");
    }

    #[test]
    fn a_good_tree_passes() {
        assert_eq!(check(&good()), Vec::<Finding>::new());
    }

    #[test]
    fn a_broken_link_is_refused() {
        refused(
            &good().with("CONTRIBUTING.md", "# C\n\n[x](docs/none.md)\n"),
            "CONTRIBUTING.md:3: docs/none.md",
        );
        refused(&good().with("CONTRIBUTING.md", "# C\n\n![x](../outside.png)\n"), "../outside.png");
        refused(&good().with("CONTRIBUTING.md", "# C\n\n[x]: docs/none.md\n"), "docs/none.md");
        refused(&good().with("CONTRIBUTING.md", "# C\n\n[x](docs/security.md#nowhere)\n"), "#nowhere");
    }

    #[test]
    fn an_unlisted_decision_is_refused() {
        refused(&good().with("docs/adr/0002-format.md", "# F\n\nText.\n"), "does not list 0002-format.md");
        refused(&good().with("docs/adr/0001-other.md", "# F\n\nText.\n"), "0001 is taken");
        refused(&good().with("docs/adr/notes.md", "# F\n\nText.\n"), "NNNN-title.md");
    }

    #[test]
    fn a_listed_decision_that_is_missing_is_refused() {
        refused(&good().without("docs/adr/0001-sled-and-files.md"), "0001-sled-and-files.md");
        refused(&good().without("docs/adr/README.md"), "docs/adr/README.md: missing");
    }

    #[test]
    fn a_crate_without_a_readme_is_refused() {
        refused(&good().without("core/README.md"), "core/README.md: missing");
        refused(&good().with("core/README.md", "\n"), "core/README.md: missing or empty");
    }

    #[test]
    fn an_empty_heading_is_refused() {
        refused(
            &good().with("CONTRIBUTING.md", "# C\n\ntext\n\n## A\n\n## B\n\ntext\n"),
            "CONTRIBUTING.md:5",
        );
        refused(&good().with("CONTRIBUTING.md", "# C\n"), "CONTRIBUTING.md:1");
        refused(&good().with("CONTRIBUTING.md", "# C\n\ntext\n\n#\n\ntext\n"), "CONTRIBUTING.md:5");
    }
}
