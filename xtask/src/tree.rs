//! The repository's own files in memory, so that every check of text is a pure function that a test can feed.
//!
//! What git ignores is not part of the tree. Paths are relative to the root and use `/`.

use crate::process;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::{fs, io};

/// Path and text; no text where the bytes are not UTF-8.
#[derive(Default)]
pub(crate) struct Tree(BTreeMap<String, Option<String>>);

impl Tree {
    pub(crate) fn load(root: &Path) -> anyhow::Result<Self> {
        let mut tree = BTreeMap::new();
        for path in list(root)? {
            let file = root.join(&path);
            if file.is_file() {
                tree.insert(path, String::from_utf8(fs::read(file)?).ok());
            }
        }
        Ok(Self(tree))
    }

    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        Self(files.iter().map(|(path, text)| ((*path).to_owned(), Some((*text).to_owned()))).collect())
    }

    /// The same tree with one file more, or replaced.
    #[cfg(test)]
    pub(crate) fn with(mut self, path: &str, text: &str) -> Self {
        self.0.insert(path.to_owned(), Some(text.to_owned()));
        self
    }

    /// The same tree with one file fewer.
    #[cfg(test)]
    pub(crate) fn without(mut self, path: &str) -> Self {
        self.0.remove(path);
        self
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path)?.as_deref()
    }

    /// Every text file, in order of path.
    pub(crate) fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().filter_map(|(path, text)| Some((path.as_str(), text.as_deref()?)))
    }

    /// Whether the path is a file, or a directory that holds one. The root is the empty path.
    pub(crate) fn contains(&self, path: &str) -> bool {
        let below = format!("{path}/");
        path.is_empty() || self.0.contains_key(path) || self.0.keys().any(|file| file.starts_with(&below))
    }
}

fn list(root: &Path) -> anyhow::Result<Vec<String>> {
    let mut git = Command::new("git");
    git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    match process::quiet(&mut git) {
        Ok(names) => Ok(names.split_terminator('\0').map(str::to_owned).collect()),
        // A source archive has no git history, and holds nothing that git would ignore but our own output.
        Err(_) => {
            let mut found = Vec::new();
            walk(root, "", &mut found)?;
            Ok(found)
        }
    }
}

fn walk(root: &Path, below: &str, found: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(below))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if below.is_empty() { name.clone() } else { format!("{below}/{name}") };
        if !entry.file_type()?.is_dir() {
            found.push(path);
        } else if !matches!(name.as_str(), "target" | ".git" | "node_modules") {
            walk(root, &path, found)?;
        }
    }
    Ok(())
}
