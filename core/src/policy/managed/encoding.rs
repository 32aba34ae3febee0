//! The three ways in which management systems hand over values, each as the JSON that a shell makes of it.
//!
//! Always: what one of these systems cannot say otherwise is understood, and nothing else is. An empty text is a
//! setting that was not made: consoles send it for every field left open.

use serde_json::Value;

use super::plain::disguise;
use super::schema::{Kind, Setting};
use super::{Finding, Severity};

/// Which system's habits the values follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// Android managed configurations: a `Bundle` from `RestrictionsManager`, as a JSON object. Some consoles know text alone,
    /// so a number may come as digits.
    Android,
    /// AppConfig on Apple devices: the dictionary `com.apple.configuration.managed`, as a JSON object. A number may come
    /// as digits, or as a real number that is whole.
    AppConfig,
    /// Apple's ManagedApp framework, and `managed.json`: decoded by type, so a number is a number.
    ManagedApp,
}

/// A value that fits its setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Read {
    Text(String),
    Integer(i64),
}

impl Encoding {
    /// Reads one value; `None` where it was not set.
    pub(super) fn read(self, setting: &Setting, value: &Value) -> Result<Option<Read>, Finding> {
        let wrong = |what: String| Err(Finding::error(setting.key, "wrong_type", what));
        match (setting.kind, value) {
            (_, Value::Null) => Ok(None),
            (_, Value::String(text)) if text.trim().is_empty() => Ok(None),
            (Kind::Text { most }, Value::String(text)) if text.len() > most => {
                let message = format!("{} is longer than {most} bytes: shorten it", setting.title);
                Err(Finding::error(setting.key, "too_long", message))
            }
            (Kind::Text { .. }, Value::String(text)) if is_placeholder(text) => Err(Finding {
                severity: Severity::Warning,
                ..Finding::error(
                    setting.key,
                    "not_filled_in",
                    format!(
                        "{} was not filled in by the management system: check the variable's name",
                        setting.title
                    ),
                )
            }),
            (Kind::Text { .. }, Value::String(text)) => Ok(Some(Read::Text(text.trim().to_owned()))),
            (Kind::Text { .. }, _) => wrong(format!("{} must be text: correct its type", setting.title)),
            (Kind::Integer { least, most }, value) => match self.integer(value) {
                Some(number) if (least..=most).contains(&number) => Ok(Some(Read::Integer(number))),
                Some(_) => {
                    let message = format!("{} must be from {least} to {most}: correct it", setting.title);
                    Err(Finding::error(setting.key, "out_of_range", message))
                }
                None => wrong(no_number(setting, value)),
            },
        }
    }

    fn integer(self, value: &Value) -> Option<i64> {
        match (self, value) {
            (_, Value::Number(number)) if number.is_i64() => number.as_i64(),
            (Self::AppConfig, Value::Number(number)) => whole(number.as_f64()?),
            (Self::Android | Self::AppConfig, Value::String(text)) => text.trim().parse().ok(),
            _ => None,
        }
    }
}

fn no_number(setting: &Setting, value: &Value) -> String {
    let title = setting.title;
    match value.as_str().and_then(disguise) {
        Some(what) => {
            format!("{title} must be a whole number, and has {what} in it: enter it anew as plain text")
        }
        None => format!("{title} must be a whole number: correct it"),
    }
}

fn whole(number: f64) -> Option<i64> {
    // Every whole number of this size is exact.
    let fits = number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0;
    fits.then(|| format!("{number:.0}").parse().ok()).flatten()
}

/// A variable that the management system should have replaced: `{{serial}}`, `$SERIALNUMBER`, `%SerialNumber%`, `{DeviceSerialNumber}`.
fn is_placeholder(text: &str) -> bool {
    let text = text.trim();
    let wrapped = |open: &str, close: &str| {
        text.strip_prefix(open).and_then(|rest| rest.strip_suffix(close)).is_some_and(|name| {
            let name = name.trim();
            !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.- ".contains(c))
        })
    };
    let shell = text.strip_prefix('$').is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    });
    shell
        || wrapped("{{", "}}")
        || wrapped("${", "}")
        || wrapped("{", "}")
        || wrapped("$", "$")
        || wrapped("%", "%")
}
