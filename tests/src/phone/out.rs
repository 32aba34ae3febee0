//! Standard output. That nobody reads it any more is no reason to fail.

/// Prints a line.
macro_rules! say {
    ($($words:tt)*) => {{
        let _ = std::io::Write::write_fmt(&mut std::io::stdout().lock(), format_args!("{}\n", format_args!($($words)*)));
    }};
}
