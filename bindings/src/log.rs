//! What the core logs, handed to the shell. Nothing that is logged names a patient, a key or an upload address.

use std::fmt::{self, Write as _};
use std::sync::{Arc, PoisonError, RwLock};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Registry;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

use crate::PlatformError;

/// How grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum LogLevel {
    /// Something is wrong.
    Error,
    /// Something may be wrong.
    Warn,
    /// Something happened.
    Info,
    /// Details.
    Debug,
}

/// Where log lines go. Called from the core's threads; must not block.
#[uniffi::export(rust, foreign)]
pub trait LogSink: Send + Sync {
    /// One line.
    fn log(&self, level: LogLevel, target: String, text: String) -> Result<(), PlatformError>;
}

static SINK: RwLock<Option<Arc<dyn LogSink>>> = RwLock::new(None);

/// Sends log lines to `sink` from now on, in place of any earlier one.
#[uniffi::export]
pub fn set_log_sink(sink: Arc<dyn LogSink>) {
    *SINK.write().unwrap_or_else(PoisonError::into_inner) = Some(sink);
    // The second time it is there already.
    let _ = tracing::subscriber::set_global_default(Registry::default().with(ToSink));
}

struct ToSink;

impl<S: Subscriber> Layer<S> for ToSink {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let meta = event.metadata();
        let level = match *meta.level() {
            Level::ERROR => LogLevel::Error,
            Level::WARN => LogLevel::Warn,
            Level::INFO => LogLevel::Info,
            Level::DEBUG | Level::TRACE => LogLevel::Debug,
        };
        // Libraries log addresses; upload addresses are secrets.
        let sink = SINK.read().unwrap_or_else(PoisonError::into_inner).clone();
        if let (true, Some(sink)) = (meta.target().starts_with("gauze"), sink) {
            let mut line = Line::default();
            event.record(&mut line);
            // A sink that throws loses its line, nothing else.
            let _ = sink.log(level, meta.target().to_owned(), line.0);
        }
    }
}

#[derive(Default)]
struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let space = if self.0.is_empty() { "" } else { " " };
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.0, "{space}{value:?}"),
            name => write!(self.0, "{space}{name}={value:?}"),
        };
    }
}
