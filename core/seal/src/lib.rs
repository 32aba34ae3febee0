//! Sealed photo formats: JPEG strip, tar bundle, age file.
#![forbid(unsafe_code)]
