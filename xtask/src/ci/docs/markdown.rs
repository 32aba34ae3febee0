//! As much of Markdown as the checks need: headings, links, and what is code and so neither.

use super::Finding;
use crate::tree::Tree;

pub(crate) struct Link {
    pub(crate) line: usize,
    pub(crate) target: String,
}

/// The lines outside fenced code, numbered from 1, with code spans blanked.
pub(crate) fn prose(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut fence: Option<&str> = None;
    text.lines().enumerate().filter_map(move |(index, line)| {
        let trimmed = line.trim_start();
        match fence {
            Some(mark) => {
                if trimmed.starts_with(mark) {
                    fence = None;
                }
                None
            }
            None => {
                fence = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
                fence.is_none().then(|| (index + 1, without_code(line)))
            }
        }
    })
}

fn without_code(line: &str) -> String {
    let mut parts = line.split('`');
    let mut kept = parts.next().unwrap_or_default().to_owned();
    while let Some(code) = parts.next() {
        kept.push_str(&"~".repeat(code.chars().count()));
        kept.push_str(parts.next().unwrap_or_default());
    }
    kept
}

/// Targets of inline links, images and reference definitions.
pub(crate) fn links(text: &str) -> Vec<Link> {
    let mut links = Vec::new();
    for (line, prose) in prose(text) {
        for (at, _) in prose.match_indices("](") {
            if let Some(target) = prose[at + 2..].split([')', ' ']).next() {
                links.push(Link { line, target: target.trim_matches(['<', '>']).to_owned() });
            }
        }
        let definition = prose.strip_prefix('[').and_then(|rest| rest.split_once("]: "));
        if let Some((_, target)) = definition {
            links.push(Link { line, target: target.trim().to_owned() });
        }
    }
    links
}

struct Heading {
    line: usize,
    level: usize,
    title: String,
}

fn heading((line, prose): (usize, &str)) -> Option<Heading> {
    let level = prose.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &prose[level..];
    let is_heading = (1..=6).contains(&level) && (rest.is_empty() || rest.starts_with(' '));
    is_heading.then(|| Heading { line, level, title: rest.trim().to_owned() })
}

fn documents(tree: &Tree) -> impl Iterator<Item = (&str, &str)> {
    tree.texts().filter(|(path, _)| path.ends_with(".md"))
}

pub(crate) fn broken_links(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in documents(tree) {
        for Link { line, target } in links(text) {
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, fragment) = target.split_once('#').unwrap_or((&target, ""));
            let found = if file.is_empty() { Some(path.to_owned()) } else { resolve(path, file) };
            let Some(found) = found.filter(|found| tree.contains(found)) else {
                findings.push(format!("{path}:{line}: {target} is not in the repository"));
                continue;
            };
            let document = tree.text(&found).filter(|_| found.ends_with(".md"));
            if !fragment.is_empty()
                && document.is_some_and(|text| !anchors(text).iter().any(|a| a == fragment))
            {
                findings.push(format!("{path}:{line}: {found} has no heading for #{fragment}"));
            }
        }
    }
    findings
}

/// The path a link means, or nothing if it leaves the repository.
fn resolve(from: &str, link: &str) -> Option<String> {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    if link.starts_with('/') {
        parts.clear();
    }
    for part in link.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// The fragments a code host gives to headings: lower case, spaces to hyphens, other signs dropped, repeats numbered.
fn anchors(text: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    // Code spans count with their text, so the lines are taken as they stand.
    let lines: Vec<&str> = text.lines().collect();
    for (line, _) in prose(text) {
        let Some(heading) = heading((line, lines[line - 1])) else { continue };
        let kept = heading.title.to_lowercase();
        let kept = kept.chars().filter(|sign| sign.is_alphanumeric() || matches!(sign, ' ' | '-' | '_'));
        let base: String = kept.map(|sign| if sign == ' ' { '-' } else { sign }).collect();
        let numbered = (1..).map(|count| format!("{base}-{count}"));
        let free = std::iter::once(base.clone()).chain(numbered).find(|anchor| !anchors.contains(anchor));
        anchors.extend(free);
    }
    anchors
}

/// A heading is empty when nothing stands between it and the next one that is not below it.
pub(crate) fn empty_headings(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in documents(tree) {
        let lines: Vec<&str> = text.lines().collect();
        let mut open: Option<Heading> = None;
        for (line, prose) in prose(text) {
            if let Some(next) = heading((line, &prose)) {
                if next.title.is_empty() {
                    findings.push(format!("{path}:{line}: a heading without words"));
                }
                // Fenced code is content too, though it is not prose.
                let content = open.as_ref().is_some_and(|open| has_content(&lines[open.line..line - 1]));
                if let Some(open) = open.filter(|open| !content && next.level <= open.level) {
                    findings.push(empty(path, &open));
                }
                open = Some(next);
            }
        }
        if let Some(open) = open.filter(|open| !has_content(&lines[open.line..])) {
            findings.push(empty(path, &open));
        }
    }
    findings
}

fn has_content(lines: &[&str]) -> bool {
    lines.iter().any(|line| !line.trim().is_empty())
}

fn empty(path: &str, heading: &Heading) -> Finding {
    format!("{path}:{}: nothing stands under \"{}\"", heading.line, heading.title)
}
