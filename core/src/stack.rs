//! A stack that keeps nothing of the work that was done on it.

/// Does what has keys, names or pictures in its hands, and wipes the `BYTES` of the stack below it: values that moved leave
/// copies there, and drop wipes none of them.
pub(crate) fn leaving_nothing_on<const BYTES: usize, T>(work: impl FnOnce() -> T) -> T {
    let done = apart(work);
    zeroize::zeroize_stack::<BYTES>();
    done
}

/// Has a frame of its own, below the one that wipes.
#[inline(never)]
fn apart<T>(work: impl FnOnce() -> T) -> T {
    work()
}
