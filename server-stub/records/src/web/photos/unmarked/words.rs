//! The words of a view without the mark (`docs/look.md`).

pub(super) const TITLE: &str = "Look without the mark";
pub(super) const LEAD: &str = "Photos carry an invisible mark, which changes their brightness a little everywhere. Where you read a diagnosis in this one, look at it without.";
pub(super) const TERMS: &str = "It is written down that you do, and why. The picture is shown once, on this screen: it does not zoom, and it is not copied or sent.";
pub(super) const WHY: &str = "Why";
pub(super) const WORDS: &str = "In words";
pub(super) const WORDS_HINT: &str = "What you look for in it. It stands sealed in this line of the log.";
pub(super) const SHOW: &str = "Show it without the mark";
pub(super) const BACK: &str = "Back to the photo";
pub(super) const MISSING: &str = "Choose why, and write it in words too.";
pub(super) const BARE: &str = "This picture carries no invisible mark, for the reason that you gave:";
pub(super) const ON_SCREEN: &str =
    "It is for this screen alone. Only the line below it names you. Do not copy it or photograph the screen.";
pub(super) const ONCE: &str = "It is shown once. If no picture stands here, or to see it again, ask once more: each time has a line of its own.";
pub(super) const AGAIN: &str = "Ask once more";
/// In the visible line.
pub(super) const NO_MARK: &str = "without a mark";
