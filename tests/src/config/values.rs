//! Values as a file: a property list (AppConfig, ManagedApp) or a JSON object, as a shell would hand them to the core.

use std::path::Path;

use gauze_core::Managed;
use gauze_listen::{FileError, read_file};
use serde_json::{Map, Value};

use super::{ConfigFileError, MOST};

/// Reads a property list, XML or binary, or a JSON object.
pub fn read_values(bytes: &[u8]) -> Result<Map<String, Value>, ConfigFileError> {
    if bytes.len() > MOST {
        return Err(ConfigFileError::TooLarge);
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if matches!(first, Some(b'{' | b'[')) {
        let text = std::str::from_utf8(bytes).map_err(|error| ConfigFileError::Values(error.to_string()))?;
        return Managed::values_from_json(text).map_err(|error| ConfigFileError::Values(error.to_string()));
    }
    let list = plist::Value::from_reader(std::io::Cursor::new(bytes))
        .map_err(|error| ConfigFileError::Values(error.to_string()))?;
    match convert(list) {
        Value::Object(values) => Ok(values),
        _ => Err(ConfigFileError::Values("not a dictionary".to_owned())),
    }
}

/// The text of a `managed.json`. A script writes the path of a file beside it where a console has room for the certificate
/// itself.
///
/// # Errors
/// [`FileError`] names the one of the two that does not read.
pub fn read_managed(path: &Path) -> Result<String, FileError> {
    let text = String::from_utf8_lossy(&read_file(path, MOST as u64)?).into_owned();
    let text = text.strip_prefix('\u{feff}').map_or(text.clone(), str::to_owned);
    let Ok(Value::Object(mut values)) = serde_json::from_str(&text) else { return Ok(text) };
    let named = take_up_certificate(path, &mut values)?;
    Ok(if named.is_some() { Value::Object(values).to_string() } else { text })
}

/// Puts the certificate itself where `ca` names a file beside `path`; the name that stood there.
///
/// # Errors
/// [`FileError`] where that file does not read.
pub fn take_up_certificate(
    path: &Path,
    values: &mut Map<String, Value>,
) -> Result<Option<String>, FileError> {
    let named = values.get("ca").and_then(Value::as_str);
    let Some(named) = named.filter(|ca| !ca.is_empty() && !ca.contains("-----BEGIN")) else {
        return Ok(None);
    };
    let named = named.to_owned();
    let bytes = read_file(&path.parent().unwrap_or(Path::new(".")).join(&named), MOST as u64)?;
    values.insert("ca".to_owned(), String::from_utf8_lossy(&bytes).into());
    Ok(Some(named))
}

/// As `JSONSerialization` would. What JSON has no word for becomes an empty list, which fits no setting.
fn convert(value: plist::Value) -> Value {
    match value {
        plist::Value::Boolean(flag) => flag.into(),
        plist::Value::String(text) => text.into(),
        plist::Value::Real(number) => number.into(),
        plist::Value::Integer(number) => {
            number.as_signed().map(Value::from).or(number.as_unsigned().map(Value::from)).unwrap_or_default()
        }
        plist::Value::Array(items) => items.into_iter().map(convert).collect(),
        plist::Value::Dictionary(items) => {
            Value::Object(items.into_iter().map(|(key, value)| (key, convert(value))).collect())
        }
        _ => Value::Array(Vec::new()),
    }
}
