//! A page's blocks of commands.

use std::path::Path;

/// How a block that cannot run on any machine begins; the reader sees it, with what it wants.
const ELSEWHERE: &str = "# Wants ";

/// The commands of one `sh` block.
pub struct Block {
    /// The nearest heading above.
    pub heading: String,
    pub lines: Vec<String>,
}

impl Block {
    /// Whether the page itself says that it wants something which is not on every machine.
    pub fn is_elsewhere(&self) -> bool {
        self.lines.first().is_some_and(|line| line.starts_with(ELSEWHERE))
    }
}

/// All blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let (mut found, mut heading, mut fence): (Vec<Block>, _, Option<String>) =
        (Vec::new(), String::new(), None);
    for line in text.lines().map(str::trim) {
        match (line.strip_prefix("```"), fence.as_deref()) {
            (Some(language), None) => {
                fence = Some(language.to_owned());
                if language == "sh" {
                    found.push(Block { heading: heading.clone(), lines: Vec::new() });
                }
            }
            (Some(_), Some(_)) => fence = None,
            (None, Some("sh")) if !line.is_empty() => found.last_mut().unwrap().lines.push(line.to_owned()),
            (None, None) if line.starts_with('#') => heading = line.trim_start_matches(['#', ' ']).to_owned(),
            _ => {}
        }
    }
    found
}

/// The first block of another language that holds `word`.
pub fn example(page: &str, word: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let mut parts = text.split("```").skip(1).step_by(2);
    let found = parts.find(|part| part.contains(word)).unwrap_or_else(|| panic!("{page} has no {word}"));
    found.split_once('\n').unwrap().1.to_owned()
}
