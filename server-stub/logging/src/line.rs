//! One event as one line.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

/// An event's level, place, message and values.
pub(crate) struct Line {
    level: Level,
    target: String,
    message: String,
    values: Vec<(&'static str, Value)>,
}

impl Line {
    pub(crate) fn of(event: &Event<'_>) -> Self {
        let meta = event.metadata();
        let (level, target) = (*meta.level(), meta.target().to_owned());
        let mut line = Self { level, target, message: String::new(), values: Vec::new() };
        event.record(&mut line);
        line
    }

    pub(crate) fn is_warning(&self) -> bool {
        self.level <= Level::WARN
    }

    /// What makes two lines the same: everything but the time.
    pub(crate) fn identity(&self) -> String {
        self.rest()
    }

    pub(crate) fn repeated(&mut self, left_out: u64) {
        self.values.push(("repeated", left_out.into()));
    }

    pub(crate) fn json(&self, at: Timestamp) -> String {
        let mut object = Map::new();
        for (name, value) in [
            ("at", written(at)),
            ("level", self.level.as_str().to_ascii_lowercase()),
            ("target", self.target.clone()),
            ("message", self.message.clone()),
        ] {
            object.insert(name.to_owned(), value.into());
        }
        for (name, value) in &self.values {
            // Whatever a value is called, it takes none of their places.
            object.entry(*name).or_insert_with(|| value.clone());
        }
        Value::Object(object).to_string()
    }

    pub(crate) fn text(&self, at: Timestamp) -> String {
        format!("{} {}", written(at), self.rest())
    }

    fn rest(&self) -> String {
        let mut text = format!("{:>5} {}: {}", self.level, self.target, one_line(&self.message));
        for (name, value) in &self.values {
            let value = match value {
                Value::String(plain) if is_plain(plain) => plain.clone(),
                other => other.to_string(),
            };
            text.push_str(&format!(" {name}={value}"));
        }
        text
    }

    fn take(&mut self, field: &Field, value: Value) {
        match (field.name(), value) {
            ("message", Value::String(message)) => self.message = message,
            // What comes by the `log` crate says its target in a field, and its source's place in others.
            ("log.target", Value::String(target)) => self.target = target,
            (name, _) if name.starts_with("log.") => {}
            (name, value) => self.values.push((name, value)),
        }
    }
}

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, format!("{value:?}").into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.take(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.take(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.take(field, value.into());
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.take(field, value.into());
    }
}

/// RFC 3339, UTC, with milliseconds.
fn written(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// Whether a value needs no quotes to be told from what stands around it.
fn is_plain(value: &str) -> bool {
    !value.is_empty() && !value.chars().any(|c| c.is_whitespace() || c.is_control() || matches!(c, '"' | '='))
}

fn one_line(text: &str) -> String {
    text.chars().flat_map(|c| if c.is_control() { c.escape_default().collect() } else { vec![c] }).collect()
}
