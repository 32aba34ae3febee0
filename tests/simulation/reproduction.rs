//! Seeds that once broke a promise, each with what was wrong. They stay.
