//! The licences of the crates that are linked into the phones' library: one text, which the package takes in and the app shows.
//!
//! Most of them ask for their notice wherever they are handed on. Each text stands once, under the names of all whose it is.

use crate::process::{cargo, quiet, replace};
use anyhow::Context as _;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// An empty line parts paragraphs, here and in all that follows.
const HEAD: &str = "Gauze holds these libraries, each unchanged and under its own licence. \
                    The source of each is at https://crates.io/crates/ and its name. \
                    The texts that the short names of licences stand for are at https://spdx.org/licenses/.\n\n\
                    The Rust standard library: MIT OR Apache-2.0\n";

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// None where it is a crate of this repository.
    source: Option<String>,
    manifest_path: PathBuf,
}

/// A crate of others that is linked.
struct Linked {
    /// With its version.
    name: String,
    licence: String,
    texts: Vec<String>,
}

/// Writes the list for phones of one kind into `file`.
pub(crate) fn write(root: &Path, triple: &str, file: &Path) -> anyhow::Result<()> {
    let crates = ["-p", "gauze-bindings", "-e", "normal,no-proc-macro", "--prefix", "none"];
    let tree = quiet(cargo(root).args(["tree", "--locked", "--target", triple]).args(crates))?;
    let platform = ["--format-version", "1", "--filter-platform", triple];
    let metadata = quiet(cargo(root).args(["metadata", "--locked"]).args(platform))?;
    let linked = linked(&tree, &serde_json::from_str(&metadata)?)?;
    fs::create_dir_all(file.parent().unwrap_or(root))?;
    replace(file, &list(&linked))?;
    println!("the licences of {} libraries: {}", linked.len(), file.display());
    Ok(())
}

/// Those of `tree` (`gauze-core v0.1.0 (/place)`, a crate a line and some of them again) that are not ours, in order of name.
fn linked(tree: &str, metadata: &Metadata) -> anyhow::Result<Vec<Linked>> {
    let crates: BTreeSet<_> = tree.lines().filter_map(crate_of).collect();
    let mut linked = Vec::new();
    for (name, version) in crates {
        let is_it = |package: &&Package| package.name == name && package.version == version;
        let package = metadata
            .packages
            .iter()
            .find(is_it)
            .with_context(|| format!("cargo knows no {name} {version}"))?;
        if package.source.is_none() {
            continue;
        }
        let licence = package.license.clone().unwrap_or_else(|| "as its text says".to_owned());
        let dir = package.manifest_path.parent().context("a manifest lies in a directory")?;
        let texts = texts(dir).with_context(|| dir.display().to_string())?;
        linked.push(Linked { name: format!("{name} {version}"), licence, texts });
    }
    Ok(linked)
}

fn crate_of(line: &str) -> Option<(&str, &str)> {
    let mut words = line.split_whitespace();
    Some((words.next()?, words.next()?.strip_prefix('v')?))
}

/// What every licence and notice says that lies in `dir` or below it, in order of path.
fn texts(dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut entries = fs::read_dir(dir)?.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    let mut found = Vec::new();
    for entry in entries {
        if entry.file_type()?.is_dir() {
            found.extend(texts(&entry.path())?);
        } else if is_notice(&entry.file_name().to_string_lossy()) {
            found.push(tidy(&String::from_utf8_lossy(&fs::read(entry.path())?)));
        }
    }
    found.retain(|text| !text.is_empty());
    Ok(found)
}

fn is_notice(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["licen", "unlicen", "copying", "copyright", "notice"].iter().any(|begin| name.starts_with(begin))
}

fn tidy(text: &str) -> String {
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim_matches('\n').to_owned()
}

fn list(linked: &[Linked]) -> String {
    let mut list = HEAD.to_owned();
    for Linked { name, licence, .. } in linked {
        list.push_str(&format!("{name}: {licence}\n"));
    }
    let silent: Vec<_> =
        linked.iter().filter(|one| one.texts.is_empty()).map(|one| one.name.as_str()).collect();
    if !silent.is_empty() {
        list.push_str(&format!("\nNo text of its licence came with {}.\n", silent.join(", ")));
    }
    // Lines are broken differently: by its words each text is one.
    let mut texts: BTreeMap<String, (&str, Vec<&str>)> = BTreeMap::new();
    for (one, text) in linked.iter().flat_map(|one| one.texts.iter().map(move |text| (one, text))) {
        let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        texts.entry(words).or_insert_with(|| (text.as_str(), Vec::new())).1.push(&one.name);
    }
    for (text, mut names) in texts.into_values() {
        names.dedup();
        list.push_str(&format!("\nOf {}:\n\n{text}\n", names.join(", ")));
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(name: &str, licence: &str, texts: &[&str]) -> Linked {
        let texts = texts.iter().map(|text| (*text).to_owned()).collect();
        Linked { name: name.to_owned(), licence: licence.to_owned(), texts }
    }

    #[test]
    fn a_text_that_several_have_stands_once_and_who_brought_none_is_named() {
        let crates = [
            one("a 1.0.0", "MIT", &["Be\nfree.", "Be free."]),
            one("b 2.0.0", "MIT OR Apache-2.0", &["Be free.", "Ask first."]),
            one("c 3.0.0", "MPL-2.0", &[]),
        ];
        assert_eq!(
            list(&crates).strip_prefix(HEAD),
            Some(
                "a 1.0.0: MIT\nb 2.0.0: MIT OR Apache-2.0\nc 3.0.0: MPL-2.0\n\n\
                 No text of its licence came with c 3.0.0.\n\n\
                 Of b 2.0.0:\n\nAsk first.\n\n\
                 Of a 1.0.0, b 2.0.0:\n\nBe\nfree.\n"
            )
        );
    }

    #[test]
    fn whatever_is_linked_and_not_ours_is_listed_with_each_notice_below_its_directory() {
        let dir = std::env::temp_dir().join(format!("gauze-licences-{}", std::process::id()));
        let files = [
            ("ring/LICENSE", "One.  \r\nTwo.\r\n"),
            ("ring/third_party/fiat/COPYING", "Three."),
            ("ring/NOTICE.md", "\n"),
            ("ring/src/lib.rs", "Four."),
        ];
        for (name, text) in files {
            let file = dir.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            replace(&file, text).unwrap();
        }
        let package = |name: &str, version: &str, source: Option<&str>| Package {
            name: name.to_owned(),
            version: version.to_owned(),
            license: Some("ISC".to_owned()),
            source: source.map(str::to_owned),
            manifest_path: dir.join(name).join("Cargo.toml"),
        };
        let registry = Some("registry+https://github.com/rust-lang/crates.io-index");
        let metadata = Metadata {
            packages: vec![
                package("gauze-core", "0.1.0", None),
                package("ring", "0.16.0", registry),
                package("ring", "0.17.14", registry),
            ],
        };
        let tree = "gauze-core v0.1.0 (/place)\nring v0.17.14\nring v0.17.14 (*)\n";
        let found = linked(tree, &metadata).unwrap();
        let [ring] = found.as_slice() else { panic!("{} were found", found.len()) };
        assert_eq!((ring.name.as_str(), ring.licence.as_str()), ("ring 0.17.14", "ISC"));
        assert_eq!(ring.texts, ["One.\nTwo.", "Three."]);
        assert!(linked("aead v1.0.0\n", &metadata).err().unwrap().to_string().contains("no aead 1.0.0"));
        fs::remove_dir_all(dir).unwrap();
    }
}
