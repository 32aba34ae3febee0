//! How much a test does: a little in `cargo xtask test`, all of it in `cargo xtask soak`.

/// `full` in a soak, `quick` elsewhere.
pub fn quick_or<T>(quick: T, full: T) -> T {
    if soaking() { full } else { quick }
}

/// Whether `cargo xtask soak` runs this.
pub fn soaking() -> bool {
    std::env::var_os("GAUZE_SOAK").is_some_and(|value| value == "1")
}
