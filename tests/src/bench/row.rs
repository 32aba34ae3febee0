//! One figure, its reference in the same run, and its goal.

use std::time::{Duration, Instant};

use serde_json::json;

/// Prints one row. `goal` is the ratio (or the value, where there is no reference) that is to be reached, at most.
pub fn print(name: &str, (value, unit): (f64, &str), reference: Option<f64>, goal: Option<f64>) {
    let ratio = reference.map(|reference| value / reference);
    let met = goal.map(|goal| ratio.unwrap_or(value) <= goal);
    let row = json!({
        "name": name,
        "value": round(value),
        "unit": unit,
        "reference": reference.map(round),
        "ratio": ratio.map(round),
        "goal": goal,
        "met": met,
    });
    println!("{row}");
}

fn round(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}

/// How long something takes, in milliseconds.
#[expect(clippy::disallowed_methods, reason = "a stopwatch at the program's edge")]
pub fn clock<T>(work: impl FnOnce() -> T) -> (T, f64) {
    let start = Instant::now();
    let done = work();
    (done, millis(start.elapsed()))
}

/// In milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The value in the middle.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
