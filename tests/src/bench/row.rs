//! One figure, its reference in the same run, and its goal.

use std::time::{Duration, Instant};

use serde_json::json;

/// What is to be reached: by the ratio, or by the value where there is no reference.
#[derive(Clone, Copy)]
pub enum Goal {
    /// The smaller the better.
    AtMost(f64),
    /// The larger the better.
    AtLeast(f64),
}

impl Goal {
    fn is_met_by(self, figure: f64) -> bool {
        match self {
            Self::AtMost(most) => figure <= most,
            Self::AtLeast(least) => figure >= least,
        }
    }

    fn number(self) -> f64 {
        match self {
            Self::AtMost(number) | Self::AtLeast(number) => number,
        }
    }
}

/// Prints one row. Where something varies, value and reference are medians.
pub fn print(name: &str, (value, unit): (f64, &str), reference: Option<f64>, goal: Option<Goal>) {
    let ratio = reference.map(|reference| value / reference);
    let met = goal.map(|goal| goal.is_met_by(ratio.unwrap_or(value)));
    let row = json!({
        "name": name,
        "value": round(value),
        "unit": unit,
        "reference": reference.map(round),
        "ratio": ratio.map(round),
        "goal": goal.map(Goal::number),
        "met": met,
    });
    println!("{row}");
}

/// Says why there is no such row.
pub fn skip(name: &str, reason: &str) {
    println!("{}", json!({ "name": name, "skipped": reason }));
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

/// The same of what is awaited.
#[expect(clippy::disallowed_methods, reason = "a stopwatch at the program's edge")]
pub async fn clock_async<T>(work: impl Future<Output = T>) -> (T, f64) {
    let start = Instant::now();
    let done = work.await;
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
