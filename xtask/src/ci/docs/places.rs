//! The maintainer's maps name places that are there: each path in code letters in `ARCHITECTURE.md` and `CONTRIBUTING.md`.

use super::Finding;
use crate::tree::Tree;

const MAPS: [&str; 2] = ["ARCHITECTURE.md", "CONTRIBUTING.md"];
/// What a file that is named without its directory ends with.
const ENDINGS: [&str; 4] = [".rs", ".md", ".yaml", ".toml"];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let maps = MAPS.iter().filter_map(|map| Some((*map, tree.text(map)?)));
    maps.flat_map(|(map, text)| missing(tree, map, text)).collect()
}

fn missing(tree: &Tree, map: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut fenced = false;
    for (line, text) in text.lines().enumerate() {
        fenced ^= text.starts_with("```");
        let spans = text.split('`').skip(1).step_by(2).filter(|_| !fenced && !text.starts_with("```"));
        for place in spans.filter(|span| is_place(span)) {
            if !is_there(tree, place.trim_end_matches('/')) {
                findings.push(format!("{map}:{}: there is no {place}", line + 1));
            }
        }
    }
    findings
}

/// A path, or the name of a file; and neither an address nor a command.
fn is_place(span: &str) -> bool {
    let plain = span.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-./".contains(&b));
    let named = ENDINGS.iter().any(|ending| span.ends_with(ending));
    plain && !span.starts_with('/') && (span.contains('/') || named)
}

fn is_there(tree: &Tree, place: &str) -> bool {
    tree.contains(place)
        || (!place.contains('/') && tree.texts().any(|(path, _)| path.ends_with(&format!("/{place}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_names_places_that_are_there() {
        let tree = |map: &str| Tree::of(&[("core/src/store/mod.rs", ""), ("ARCHITECTURE.md", map)]);
        let there = "| x | `core/src/store`, `mod.rs`, `Trouble`, `cargo xtask ci docs`, `/metrics`, `gauze-gateway attest` |\n";
        assert_eq!(check(&tree(there)), Vec::<Finding>::new());
        assert_eq!(check(&tree("```text\n`core/none`\n```\n")), Vec::<Finding>::new());
        for gone in ["core/src/queue", "queue.rs", "docs/none.md"] {
            let findings = check(&tree(&format!("a\n`{gone}`\n")));
            assert_eq!(findings, [format!("ARCHITECTURE.md:2: there is no {gone}")]);
        }
    }
}
