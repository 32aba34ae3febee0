//! Lengths. Past the soft budget is said, past the hard one fails unless waived.
//!
//! Lines are a file's own, comments and all, but not its test modules; integration tests have no budget.

use super::Finding;
use super::source::{Function, Source};
use super::waivers::Waiver;

struct Budget {
    soft: usize,
    hard: usize,
}

const FILE: Budget = Budget { soft: 400, hard: 700 };
const FUNCTION: Budget = Budget { soft: 40, hard: 80 };
/// Without the receiver.
const ARGUMENTS: Budget = Budget { soft: 4, hard: 6 };

#[derive(Default)]
pub(crate) struct Shape {
    pub(crate) findings: Vec<Finding>,
    pub(crate) notes: Vec<String>,
}

pub(crate) fn check(sources: &[Source], waivers: &[Waiver]) -> Shape {
    let mut shape = Shape::default();
    let mut used = vec![false; waivers.len()];
    let mut long_functions = 0;
    let mut excess = |path: &str, function: Option<&str>, finding: String| {
        let waiver = waivers.iter().position(|waiver| waiver.path == path && waiver.function == function);
        match waiver {
            Some(index) => {
                used[index] = true;
                shape.notes.push(format!("{finding}; waived: {}", waivers[index].reason));
            }
            None => shape.findings.push(finding),
        }
    };
    let mut soft = Vec::new();
    for source in sources.iter().filter(|source| !source.is_test) {
        let Source { path, lines, .. } = source;
        if *lines > FILE.hard {
            let finding = format!("{path}: {lines} lines without tests, more than {}", FILE.hard);
            excess(path, None, finding);
        } else if *lines > FILE.soft {
            soft.push(format!("{path}: {lines} lines without tests, more than {}", FILE.soft));
        }
        for Function { name, line, lines, arguments } in &source.functions {
            if *lines > FUNCTION.hard {
                let finding = format!("{path}:{line}: {name} has {lines} lines, more than {}", FUNCTION.hard);
                excess(path, Some(name), finding);
            }
            if *arguments > ARGUMENTS.hard {
                let finding = format!(
                    "{path}:{line}: {name} takes {arguments} arguments, more than {}",
                    ARGUMENTS.hard
                );
                excess(path, Some(name), finding);
            }
            long_functions += usize::from(*lines > FUNCTION.soft || *arguments > ARGUMENTS.soft);
        }
    }
    for (waiver, _) in waivers.iter().zip(used).filter(|(_, used)| !used) {
        shape.findings.push(format!("{}: a waiver that nothing needs; remove it", waiver.path));
    }
    shape.notes.extend(soft);
    if long_functions > 0 {
        let (lines, arguments) = (FUNCTION.soft, ARGUMENTS.soft);
        shape.notes.push(format!(
            "{long_functions} functions have more than {lines} lines or {arguments} arguments"
        ));
    }
    shape
}

#[cfg(test)]
mod tests {
    use super::super::source;
    use super::*;
    use crate::tree::Tree;

    const PATH: &str = "core/src/client.rs";
    const WAIVER: Waiver = Waiver { path: PATH, function: Some("long"), reason: "a table" };

    fn shape(text: &str, waivers: &[Waiver]) -> Shape {
        check(&source::read(&Tree::of(&[(PATH, text)])).0, waivers)
    }

    fn function(lines: usize) -> String {
        format!("fn long() {{\n{}}}\n", "    step();\n".repeat(lines - 2))
    }

    #[test]
    fn within_the_hard_budget_passes_and_says_so() {
        let shape = shape(&function(80), &[]);
        assert_eq!(shape.findings, Vec::<Finding>::new());
        assert_eq!(shape.notes.len(), 1);
    }

    #[test]
    fn a_long_function_is_refused_unless_waived() {
        assert!(shape(&function(81), &[]).findings[0].contains("core/src/client.rs:1: long has 81 lines"));
        assert_eq!(shape(&function(81), &[WAIVER]).findings, Vec::<Finding>::new());
        assert_eq!(shape(&format!("impl X {{\n{}}}\n", function(81)), &[]).findings.len(), 1);
    }

    #[test]
    fn a_waiver_that_nothing_needs_is_refused() {
        assert_eq!(shape(&function(80), &[WAIVER]).findings.len(), 1);
    }

    #[test]
    fn a_long_file_is_refused_and_its_tests_do_not_count() {
        assert!(shape(&"// x\n".repeat(701), &[]).findings[0].contains("701 lines"));
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "    // x\n".repeat(500));
        assert_eq!(shape(&format!("{}{tests}", "// x\n".repeat(400)), &[]).findings, Vec::<Finding>::new());
        assert_eq!(shape(&format!("{}{tests}", "// x\n".repeat(400)), &[]).notes, Vec::<String>::new());
        let shape = check(&source::read(&Tree::of(&[("tests/suite/x.rs", &function(900))])).0, &[]);
        assert_eq!(shape.findings, Vec::<Finding>::new());
    }

    #[test]
    fn seven_arguments_are_refused() {
        let six = "fn f<F: Fn(A, B) -> C>(&mut self, a: A, b: B<X, Y>, c: fn(A, B) -> C, d: [u8; 2], e: (A, B), f: F,) {}";
        assert_eq!(shape(six, &[]).findings, Vec::<Finding>::new());
        let seven = six.replace("f: F,", "f: F, g: impl Fn() -> X");
        assert!(shape(&seven, &[]).findings[0].contains("takes 7 arguments"));
    }
}
