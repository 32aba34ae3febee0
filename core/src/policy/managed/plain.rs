//! Characters that word processors, chats and web pages put in the place of plain ones: a value that holds them looks right and is not.

/// What they are, in words, and which.
type Disguise = (&'static str, fn(char) -> bool);

const DISGUISES: [Disguise; 3] = [
    ("typographic quotes", |c| {
        matches!(c, '\u{2018}'..='\u{201f}' | '\u{ab}' | '\u{bb}' | '\u{2039}' | '\u{203a}')
    }),
    ("typographic dashes", |c| matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}')),
    // Spaces that are not plain ones, soft hyphens, marks of direction and of order.
    (
        "hidden characters",
        |c| matches!(c, '\u{a0}' | '\u{ad}' | '\u{61c}' | '\u{2000}'..='\u{200f}' | '\u{2028}'..='\u{202f}' | '\u{205f}'..='\u{206f}' | '\u{3000}' | '\u{feff}'),
    ),
];

/// What of them a text holds, in words; nothing where it holds none.
pub(super) fn disguise(text: &str) -> Option<&'static str> {
    let found = DISGUISES.iter().find(|(_, is_one)| text.chars().any(is_one));
    found.map(|(what, _)| *what)
}
