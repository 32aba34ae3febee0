//! What a case says in words: what somebody wrote, and apart from it what this system knows of it.
//!
//! Always: nobody writes into what this system says. A character that no [`gauze_wire::Text`] holds stands between the two, and what
//! others name themselves stands in quotation marks that it cannot end.

/// Before what this system says.
const APART: char = '\u{1e}';

/// What is sealed in the line of a case. No `Debug`: it may name a patient.
pub(super) struct Account {
    pub(super) whose: String,
    pub(super) what: String,
    /// What this system says of whose word it is; nothing of what a person of the hospital reported.
    pub(super) vouched: Option<String>,
}

impl Account {
    pub(super) fn read(words: &str) -> Self {
        let (written, vouched) = match words.split_once(APART) {
            Some((written, vouched)) => (written, Some(vouched.to_owned())),
            None => (words, None),
        };
        let (whose, what) = pair(written);
        Self { whose, what, vouched }
    }
}

/// Two fields of which the first has one line.
pub(super) fn pair(words: &str) -> (String, String) {
    let (first, rest) = words.split_once('\n').unwrap_or(("", words));
    (first.to_owned(), rest.to_owned())
}

/// The words of a case: whose data it is and what happened, as they were written, and what this system says of it.
pub(super) fn apart((whose, what): (&str, &str), vouched: &str) -> String {
    format!("{whose}\n{what}{APART}{vouched}")
}

/// What somebody or something says of itself, in one line and in quotation marks.
pub(super) fn quoted(said: &str) -> String {
    let plain = |c: char| match c {
        '“' | '”' => '"',
        c if gauze_wire::hides(c) => ' ',
        c => c,
    };
    format!("“{}”", said.chars().map(plain).collect::<String>().trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_a_report_is_told_from_what_was_written_and_older_words_read_as_they_did() {
        let told = Account::read(&apart(("ward 9", "one\n\ntwo"), "three\nfour"));
        assert_eq!((told.whose.as_str(), told.what.as_str()), ("ward 9", "one\n\ntwo"));
        assert_eq!(told.vouched.as_deref(), Some("three\nfour"));
        let told = Account::read("ward 9\none\n\ntwo");
        assert_eq!((told.whose.as_str(), told.what.as_str()), ("ward 9", "one\n\ntwo"));
        assert!(told.vouched.is_none());
        assert_eq!(Account::read("of no pair").what, "of no pair");
        assert!(
            gauze_wire::Text::<99>::new(format!("one{APART}two")).is_err(),
            "nobody writes what stands between"
        );
    }

    #[test]
    fn what_names_itself_ends_neither_its_line_nor_its_quotation_marks() {
        for (said, shown) in [
            ("Alex Morgan", "“Alex Morgan”"),
            ("Alex\n”Morgan\u{1e}\u{202e}", "“Alex \"Morgan”"),
            ("“a\u{2028}b”", "“\"a b\"”"),
        ] {
            assert_eq!(quoted(said), shown);
        }
    }
}
