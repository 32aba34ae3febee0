//! What a page shows of a program's answer, held against what the program answers.

use super::page::example;

/// Each line of the page's block that holds `word` is one that the program says, but for names, numbers and times.
pub fn is_said(page: &str, word: &str, told: &str) {
    let said: Vec<String> = told.lines().map(shape).collect();
    for line in example(page, word).lines() {
        assert!(said.contains(&shape(line)), "{page} shows {line:?}, and that is not said:\n{told}");
    }
}

fn shape(line: &str) -> String {
    // What somebody said in quotation marks, then word by word.
    let said = line.split('\'').enumerate().map(|(at, part)| if at % 2 == 1 { "WORDS" } else { part });
    let said: String = said.collect();
    said.split_whitespace().filter(|word| !word.starts_with('(')).map(name).collect::<Vec<_>>().join(" ")
}

/// Stands for what is another each time.
fn name(word: &str) -> &str {
    let is_id = word.ends_with('…')
        || word.len() >= 22 && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    match () {
        () if word.parse::<jiff::Timestamp>().is_ok() => "TIME",
        () if word.bytes().all(|b| b.is_ascii_digit()) => "NUMBER",
        () if is_id => "ID",
        () => word,
    }
}
