//! Commands that are printed for somebody to type.

use std::fmt::Display;

/// One word for a POSIX shell, whatever is in it: as it stands where nothing in it means anything there.
pub fn quoted(word: impl Display) -> String {
    let word = word.to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word;
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_one_word_for_a_shell_and_plain_where_it_can_be() {
        for (word, typed) in [
            ("/srv/records-2", "/srv/records-2"),
            ("my records", "'my records'"),
            ("it's", r"'it'\''s'"),
            ("$HOME", "'$HOME'"),
            ("", "''"),
        ] {
            assert_eq!(quoted(word), typed);
        }
    }
}
