//! The way out to the provider, as this crate needs it.

use std::future::Future;
use std::pin::Pin;

/// A future that a trait object gives.
pub type Soon<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Why no answer came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutwardError {
    /// No connection, or it broke off.
    #[error("it cannot be reached: {0}")]
    Unreachable(String),
    /// The answer is longer than any that belongs there.
    #[error("its answer is too long")]
    TooLong,
    /// It took too long.
    #[error("it takes too long")]
    TooSlow,
}

/// Sends one request over HTTPS: follows no redirection, reads at most so much, waits at most so long.
pub trait Outward: Send + Sync {
    /// Sends it.
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Soon<'_, Result<http::Response<Vec<u8>>, OutwardError>>;
}
