//! Modules beside each other in one crate: whoever names another is never needed by it in turn, at any depth.
//!
//! Tests may look anywhere. A name that the crate's root re-exports is not followed: `modules` refuses those in `core`.

use super::Finding;
use super::source::{Path, Source};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Two modules that still need each other. An entry that nothing needs any more is itself a finding.
pub(crate) struct Circle {
    /// The directory of the crate, and the modules around both, joined by `/`.
    pub(crate) within: &'static str,
    pub(crate) pair: [&'static str; 2],
}

/// Who names whom among the modules of one parent, and where first.
type Edges = BTreeMap<(String, String), String>;

pub(crate) fn check(sources: &[Source], allowed: &[Circle]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut used = vec![false; allowed.len()];
    for (within, mut edges) in graph(sources) {
        for (circle, used) in allowed.iter().zip(&mut used).filter(|(circle, _)| circle.within == within) {
            let [a, b] = circle.pair.map(str::to_owned);
            let both = [(a.clone(), b.clone()), (b, a)];
            if both.iter().all(|edge| edges.contains_key(edge)) {
                *used = true;
                both.iter().for_each(|edge| drop(edges.remove(edge)));
            }
        }
        findings.extend(circles(&edges).into_iter().map(|circle| format!("{within}: {circle}")));
    }
    for (Circle { within, pair: [a, b] }, _) in allowed.iter().zip(used).filter(|(_, used)| !used) {
        findings.push(format!("{within}: {a} and {b} no longer need each other; remove them from ALLOWED"));
    }
    findings
}

fn graph(sources: &[Source]) -> BTreeMap<String, Edges> {
    let roots: BTreeSet<&str> = sources
        .iter()
        .filter_map(|source| source.path.strip_suffix("/lib.rs").or(source.path.strip_suffix("/main.rs")))
        .collect();
    let placed: Vec<_> = sources
        .iter()
        .filter(|source| !source.is_test)
        .filter_map(|source| place(&source.path, &roots).map(|(root, module)| (source, root, module)))
        .collect();
    let modules: BTreeSet<(&str, &[String])> =
        placed.iter().map(|(_, root, module)| (*root, module.as_slice())).collect();
    let mut graph: BTreeMap<String, Edges> = BTreeMap::new();
    for (source, root, module) in &placed {
        for path in &source.paths {
            let Some(named) = resolve(path, module) else { continue };
            let shared = module.iter().zip(&named).take_while(|(own, other)| own == other).count();
            let (Some(own), Some(other)) = (module.get(shared), named.get(shared)) else { continue };
            if modules.contains(&(*root, &named[..=shared])) {
                let within = std::iter::once(*root).chain(module[..shared].iter().map(String::as_str));
                let within = within.collect::<Vec<_>>().join("/");
                let edges = graph.entry(within).or_default();
                let at = || format!("{}:{}", source.path, path.line);
                edges.entry((own.clone(), other.clone())).or_insert_with(at);
            }
        }
    }
    graph
}

/// The directory of the crate that a file belongs to, and the file's module below its root.
fn place<'a>(path: &str, roots: &BTreeSet<&'a str>) -> Option<(&'a str, Vec<String>)> {
    let below = |root: &&str| path.strip_prefix(*root).is_some_and(|rest| rest.starts_with('/'));
    let root = roots.iter().filter(|root| below(root)).max_by_key(|root| root.len())?;
    let inner = path.get(root.len() + 1..)?.strip_suffix(".rs")?;
    let inner = inner.strip_suffix("/mod").unwrap_or(inner);
    let module = (!matches!(inner, "lib" | "main")).then(|| inner.split('/').map(str::to_owned).collect());
    Some((root, module.unwrap_or_default()))
}

/// What a path names, from the crate's root; nothing where it does not say so itself.
fn resolve(path: &Path, module: &[String]) -> Option<Vec<String>> {
    let segments = &path.segments;
    if segments.first()? == "crate" {
        return Some(segments[1..].to_vec());
    }
    let ups = segments.iter().take_while(|segment| matches!(segment.as_str(), "super" | "self")).count();
    let supers = segments[..ups].iter().filter(|segment| *segment == "super").count();
    let kept = module.len().checked_sub(supers.checked_sub(path.inline_depth)?)?;
    (supers > path.inline_depth).then(|| [&module[..kept], &segments[ups..]].concat())
}

/// One sentence for each knot: its shortest circle, with the place of each step.
fn circles(edges: &Edges) -> Vec<String> {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut found = Vec::new();
    for (from, _) in edges.keys() {
        if told.contains(from.as_str()) {
            continue;
        }
        let Some(circle) = shortest(edges, from) else { continue };
        let steps = circle.windows(2).map(|step| {
            let at = &edges[&(step[0].to_owned(), step[1].to_owned())];
            format!("{} names {} ({at})", step[0], step[1])
        });
        found.push(format!("modules need each other: {}", steps.collect::<Vec<_>>().join(", ")));
        told.extend(circle);
    }
    found
}

/// The shortest way from a module back to itself.
fn shortest<'a>(edges: &'a Edges, from: &'a str) -> Option<Vec<&'a str>> {
    let mut ways = VecDeque::from([vec![from]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let last = *way.last()?;
        for (_, next) in edges.keys().filter(|(own, _)| own == last) {
            let longer = [way.as_slice(), &[next.as_str()]].concat();
            if next == from {
                return Some(longer);
            }
            if seen.insert(next) {
                ways.push_back(longer);
            }
        }
    }
    None
}

/// To be untied, and never longer.
pub(crate) const ALLOWED: &[Circle] = &[Circle { within: "tests/src/bench", pair: ["capture", "sqlcipher"] }];
