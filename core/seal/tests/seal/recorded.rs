//! Files sealed once by each format version.
