//! `docs/security.md` and `docs/threat-model.md` stay falsifiable: each numbered line ends with the tests that prove it.
//! Only the threat model may say `(no test: why)`.
//!
//! ```text
//! 3. Capture needs no secret at all
//!    (tests/suite/capture.rs: a_locked_phone_can_still_capture; a_phone_without_keys_can_capture).
//! ```
//!
//! Tests are separated by `;`, and a file's name holds until the next one. Backticks are free.

use super::Finding;
use crate::tree::Tree;

const PROMISES: &str = "docs/security.md";
const THREATS: &str = "docs/threat-model.md";
const UNTESTED: &str = "no test: ";

struct Property {
    line: usize,
    text: String,
}

pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    [PROMISES, THREATS].iter().flat_map(|page| check_page(tree, page)).collect()
}

fn check_page(tree: &Tree, page: &str) -> Vec<Finding> {
    let Some(text) = tree.text(page) else {
        return vec![format!("{page}: missing")];
    };
    let properties = properties(text);
    if properties.is_empty() {
        return vec![format!("{page}: no numbered property found")];
    }
    properties.iter().flat_map(|property| check_property(tree, page, property)).collect()
}

/// Numbered items, each with its continuation lines. A blank line, a heading or another item ends one.
fn properties(page: &str) -> Vec<Property> {
    let mut properties: Vec<Property> = Vec::new();
    let mut open = false;
    let mut fenced = false;
    for (index, line) in page.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.starts_with("```") {
            fenced = !fenced;
        }
        if fenced || trimmed.is_empty() || trimmed.starts_with("```") {
            open = false;
        } else if is_numbered(trimmed) {
            properties.push(Property { line: index + 1, text: trimmed.to_owned() });
            open = true;
        } else if trimmed.starts_with('#') || trimmed.starts_with("- ") || trimmed.starts_with("* ") {
            open = false;
        } else if let Some(property) = properties.last_mut().filter(|_| open) {
            property.text.push(' ');
            property.text.push_str(trimmed);
        }
    }
    properties
}

/// `1.`, `1)`, `1.2`, also in bold or behind a bullet.
fn is_numbered(line: &str) -> bool {
    let line = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")).unwrap_or(line);
    let word = line.split_whitespace().next().unwrap_or_default().trim_matches('*');
    let counted = word.trim_end_matches(['.', ')']);
    let parts =
        counted.split('.').all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    parts && word.contains(['.', ')'])
}

fn check_property(tree: &Tree, page: &str, property: &Property) -> Vec<Finding> {
    let at = format!("{page}:{}", property.line);
    let text = property.text.trim_end_matches('.');
    let reference = text.strip_suffix(')').and_then(|text| text.rsplit_once('('));
    let Some((_, reference)) = reference.filter(|(_, inner)| inner.contains(": ")) else {
        return vec![format!("{at}: a property ends with (file: test), the test that proves it")];
    };
    if page == THREATS && reference.starts_with(UNTESTED) {
        return Vec::new();
    }
    let mut findings = Vec::new();
    let mut file = "";
    for part in reference.split(';') {
        let part = part.trim();
        let name = match part.split_once(": ") {
            Some((named, name)) => {
                file = named.trim_matches(['`', ' ']);
                name
            }
            None => part,
        };
        let name = name.trim_matches(['`', ' ']);
        let name = name.rsplit("::").next().unwrap_or(name);
        match tree.text(file) {
            None => findings.push(format!("{at}: {file} does not exist")),
            Some(source) if !defines(file, source, name) => {
                findings.push(format!("{at}: {file} holds no test {name}"));
            }
            Some(_) => {}
        }
    }
    findings
}

/// Whether the source defines a test of that name: a function in its language, marked as a test on its own line or on
/// those just before it.
fn defines(file: &str, source: &str, name: &str) -> bool {
    let (keyword, marks): (_, &[&str]) = match file.rsplit('.').next() {
        Some("kt") => ("fun ", &["@Test"]),
        Some("swift") => ("func ", &["@Test"]),
        _ => ("fn ", &["#[test]", "#[tokio::test"]),
    };
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let marked = |line: &&str| marks.iter().any(|mark| line.starts_with(mark));
    let attribute = |line: &&&str| line.starts_with(['#', '@']) || line.starts_with("//");
    lines.iter().enumerate().any(|(at, line)| {
        let above = lines[..at].iter().rev().take_while(attribute);
        is_definition(line, keyword, name) && above.chain([line]).any(marked)
    })
}

fn is_definition(line: &str, keyword: &str, name: &str) -> bool {
    let comment = line.starts_with("//") || line.starts_with('*');
    let rest = line.split_once(keyword).and_then(|(_, rest)| rest.strip_prefix(name));
    let whole = |rest: &str| !rest.starts_with(|sign: char| sign.is_alphanumeric() || sign == '_');
    !name.is_empty() && !comment && rest.is_some_and(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_TESTS: &str =
        "#[test]\nfn some() {}\nfn helper() {}\n#[test]\n// fn noted() {}\nfn other() {}\n";

    fn findings(page: &str) -> Vec<Finding> {
        let source = "#[test]\nfn one_thing() {}\n#[test]\nfn another() {}\n";
        check(&Tree::of(&[
            (PROMISES, page),
            (THREATS, "1. Stopped (no test: nothing runs it)\n"),
            ("tests/a.rs", source),
            ("core/b.kt", "@Test\nfun third() {}\n@Test fun fourth() {}\n"),
            ("tests/c.rs", NO_TESTS),
        ]))
    }

    #[test]
    fn a_reference_to_tests_that_exist_passes() {
        assert_eq!(findings("1. Holds (tests/a.rs: one_thing).\n"), Vec::<Finding>::new());
        assert_eq!(
            findings(
                "- **1.2** Holds\n  (`tests/a.rs: one_thing`; `another`;\n  core/b.kt: third; fourth)\n"
            ),
            Vec::<Finding>::new()
        );
    }

    #[test]
    fn a_property_without_a_test_is_refused() {
        assert_eq!(findings("1. Holds (tests/a.rs: one_thing)\n2. Holds (we think)\n").len(), 1);
        assert_eq!(findings("1. Holds (tests/a.rs: one_thing) mostly\n").len(), 1);
        assert_eq!(findings("Nothing promised.\n").len(), 1);
    }

    #[test]
    fn a_test_that_does_not_exist_is_refused() {
        assert!(findings("1. Holds (tests/a.rs: one_thin)\n")[0].contains("holds no test one_thin"));
        assert!(
            findings("1. Holds (tests/a.rs: one_thing; tests/none.rs: x)\n")[0]
                .contains("tests/none.rs does not exist")
        );
    }

    #[test]
    fn a_function_that_is_no_test_and_a_name_in_a_comment_prove_nothing() {
        for name in ["helper", "noted", "som"] {
            assert!(
                findings(&format!("1. Holds (tests/c.rs: {name})\n"))[0].contains("holds no test"),
                "{name}"
            );
        }
        assert_eq!(findings("1. Holds (tests/c.rs: some)\n"), Vec::<Finding>::new());
    }

    #[test]
    fn a_promise_has_a_test_and_a_threat_has_one_or_says_why_not() {
        assert_eq!(findings("1. Holds (no test: we think)\n").len(), 1);
        let threats = |page| check_page(&Tree::of(&[(THREATS, page)]), THREATS).len();
        assert_eq!(threats("1. Stopped (no test: a person's eyes)\n"), 0);
        assert_eq!(threats("1. Stopped somehow\n"), 1);
        assert_eq!(threats("1. Stopped (tests/none.rs: x)\n"), 1);
    }

    #[test]
    fn a_missing_page_is_refused() {
        assert_eq!(check(&Tree::default()).len(), 2);
    }
}
