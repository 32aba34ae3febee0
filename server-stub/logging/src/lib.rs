#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod clock;
mod hear;
mod line;
mod pace;
mod repeats;

use std::io::Write as _;
use std::sync::Mutex;

use clap::ValueEnum;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer};

use crate::line::Line;
use crate::repeats::Repeats;

pub use crate::hear::hear;
pub use crate::pace::Pace;

/// How a line looks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people: time, level, place, message, `name=value`.
    #[default]
    Text,
    /// For programs: one JSON object a line, with `at`, `level`, `target`, `message` and the values by name.
    Json,
}

/// Writes the program's log to standard error from now on. `RUST_LOG` says which events; without it `filter` does, in the
/// same words. The first call counts.
pub fn start(form: Form, filter: &str) {
    let to_stderr = |line: &str| {
        // That nobody reads the log is no reason to stop.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| filter.into());
    let _ = lines(form, filter, to_stderr).try_init();
}

/// The same with a place of one's own for the lines.
pub fn lines(
    form: Form,
    filter: EnvFilter,
    write: impl Fn(&str) + Send + Sync + 'static,
) -> impl Subscriber + Send + Sync + 'static {
    let lines = Lines { form, write, repeats: Mutex::default() };
    tracing_subscriber::registry().with(filter).with(lines)
}

struct Lines<W> {
    form: Form,
    write: W,
    repeats: Mutex<Repeats>,
}

impl<S: Subscriber, W: Fn(&str) + Send + Sync + 'static> Layer<S> for Lines<W> {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut line = Line::of(event);
        if line.is_warning() {
            let mut repeats = self.repeats.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            match repeats.judge(line.identity(), clock::instant()) {
                None => return,
                Some(0) => {}
                Some(left_out) => line.repeated(left_out),
            }
        }
        let at = clock::now();
        match self.form {
            Form::Text => (self.write)(&line.text(at)),
            Form::Json => (self.write)(&line.json(at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn written(form: Form, work: impl FnOnce()) -> Vec<String> {
        let all = Arc::new(Mutex::new(Vec::new()));
        let kept = all.clone();
        let write = move |line: &str| kept.lock().unwrap().push(line.to_owned());
        let _guard = hear(lines(form, "info".into(), write));
        work();
        let lines = all.lock().unwrap();
        lines.clone()
    }

    #[test]
    fn a_line_of_json_is_an_object_with_every_value_by_its_name() {
        let lines = written(Form::Json, || {
            tracing::info!(size = 7_u64, tenant = %"ward-9", right = true, "a photo\nis \"stored\"");
            tracing::debug!("not asked for");
        });
        assert_eq!(lines.len(), 1);
        let read: serde_json::Value = serde_json::from_str(&lines[0]).unwrap();
        let at = read["at"].as_str().unwrap();
        assert!(at.parse::<jiff::Timestamp>().is_ok() && at.ends_with('Z'), "{at}");
        let rest = serde_json::json!({
            "at": at, "level": "info", "target": "gauze_logging::tests", "message": "a photo\nis \"stored\"",
            "size": 7, "tenant": "ward-9", "right": true,
        });
        assert_eq!(read, rest);
    }

    #[test]
    fn a_line_of_text_has_no_colour_and_no_value_begins_another_line() {
        let lines = written(Form::Text, || {
            tracing::error!(path = %"a b", key = "plain", "it\nfailed \u{1b}[31m");
        });
        let (at, rest) = lines[0].split_once(' ').unwrap();
        assert!(at.parse::<jiff::Timestamp>().is_ok(), "{at}");
        assert_eq!(rest, r#"ERROR gauze_logging::tests: it\nfailed \u{1b}[31m path="a b" key=plain"#);
    }

    #[test]
    fn the_same_warning_is_written_once_and_another_one_besides() {
        let lines = written(Form::Text, || {
            for version in [1, 1, 1, 2, 1] {
                tracing::warn!(version, "the bundle is stale");
            }
            for _ in 0..2 {
                tracing::info!("filed");
            }
        });
        assert_eq!(lines.iter().filter(|line| line.contains("stale")).count(), 2, "{lines:?}");
        assert_eq!(lines.iter().filter(|line| line.contains("filed")).count(), 2, "{lines:?}");
    }
}
