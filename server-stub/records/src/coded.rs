//! What every error of this crate can say to a person: a stable code, what is wrong, what to do next.

/// An error with a stable code and a next step.
pub trait Coded: std::error::Error {
    /// A stable slug for scripts.
    fn code(&self) -> &'static str;

    /// What the operator should do.
    fn next_step(&self) -> &'static str;

    /// `code: message. next step`, on one line.
    fn line(&self) -> String {
        let message = self.to_string().replace(['\n', '\r'], " ");
        format!("{}: {}. {}", self.code(), message.trim_end_matches('.'), self.next_step())
    }
}
