//! No committed file names a place that exists on one machine only: an absolute path of its owner, or the host of a
//! package registry that its clients were pointed at. Such a name is useless elsewhere, and may say too much.

use super::Finding;
use crate::tree::Tree;

// Split, so that this file does not name them itself.
const PATHS: [&str; 4] =
    [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/Us", "ers/")];
const HOSTS: [&str; 10] = [
    concat!("arti", "factory"),
    concat!("index.", "crates.io"),
    concat!("static.", "crates.io"),
    concat!("registry.", "npmjs"),
    concat!("registry.", "yarnpkg"),
    concat!("proxy.", "golang.org"),
    concat!("deb.", "debian.org"),
    concat!("pypi.", "org"),
    concat!("files.", "pythonhosted"),
    concat!("repo", ".maven"),
];

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.texts() {
        for (index, line) in text.lines().enumerate() {
            let named = PATHS.iter().find(|place| starts_a_path(line, place));
            let named = named.or_else(|| HOSTS.iter().find(|host| line.contains(**host)));
            if let Some(named) = named {
                findings.push(format!("{path}:{}: names {named}, which belongs to one machine", index + 1));
            }
        }
    }
    findings
}

/// An absolute path starts there: `target` or `~` before it would make it part of another.
fn starts_a_path(line: &str, place: &str) -> bool {
    line.match_indices(place).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|sign| sign.is_alphanumeric() || "_-.~/}*)>".contains(sign))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_refused() {
        for place in PATHS {
            let tree = Tree::of(&[("docs/a.md", &format!("fine\nrun `{place}main/x`\n"))]);
            assert_eq!(check(&tree), [format!("docs/a.md:2: names {place}, which belongs to one machine")]);
        }
    }

    #[test]
    fn a_registry_host_is_refused() {
        for host in HOSTS {
            assert_eq!(
                check(&Tree::of(&[("a.toml", &format!("url = \"https://{host}.example/\"\n"))])).len(),
                1
            );
        }
    }

    #[test]
    fn a_part_of_another_path_passes() {
        let tree =
            Tree::of(&[("a.sh", &PATHS.map(|place| format!("target{place}x $HOME~{place}y\n")).concat())]);
        assert_eq!(check(&tree), Vec::<Finding>::new());
    }
}
