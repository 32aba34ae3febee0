/// Whether it is worth trying to reach the gateway. Only saves attempts: a wrong answer loses nothing.
pub trait Reachability: Send + Sync {
    /// `false` where the system knows that there is no network, or none that policy allows.
    fn reachable(&self) -> bool;
}
