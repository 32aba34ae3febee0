//! A path into claims: `realm_access.roles`, and for CIS2 `nhsid_nrbac_roles[person_roleid=selected_roleid].role_code`, which
//! takes only the elements whose first claim is what the second says at the top.

use serde_json::{Map, Value};

use super::ConfigError;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    /// Of a list, those whose field is what the claim at the top says.
    Selected {
        field: String,
        by: String,
    },
}

/// Where in the claims something stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path(Vec<Step>);

fn read(text: &str) -> Option<Vec<Step>> {
    let name = |text: &str| {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ':' | '/');
        (!text.is_empty() && text.chars().all(plain)).then(|| text.to_owned())
    };
    let mut steps = Vec::new();
    for part in text.split('.') {
        match part.split_once('[') {
            None => steps.push(Step::Field(name(part)?)),
            Some((field, rest)) => {
                let (own, by) = rest.strip_suffix(']')?.split_once('=')?;
                steps.push(Step::Field(name(field)?));
                steps.push(Step::Selected { field: name(own)?, by: name(by)? });
            }
        }
    }
    Some(steps)
}

impl Path {
    /// Of a text in `field` of the configuration.
    ///
    /// # Errors
    /// Where it is no path.
    pub(crate) fn parse(field: &str, text: &str) -> Result<Self, ConfigError> {
        let wrong = || ConfigError::field(field, format!("{text:?} is no path such as realm_access.roles"));
        read(text).map(Self).ok_or_else(wrong)
    }

    pub(super) fn literal(text: &str) -> Self {
        Self(read(text).unwrap_or_default())
    }

    pub(super) fn is_mutable(&self) -> bool {
        const MUTABLE: [&str; 5] = ["email", "preferred_username", "upn", "unique_name", "name"];
        matches!(self.0.as_slice(), [Step::Field(name)] if MUTABLE.contains(&name.as_str()))
    }

    /// Everything that stands there.
    pub fn values<'a>(&self, claims: &'a Map<String, Value>) -> Vec<&'a Value> {
        let mut steps = self.0.iter();
        let Some(Step::Field(first)) = steps.next() else { return Vec::new() };
        let mut found: Vec<&Value> = claims.get(first).into_iter().collect();
        for step in steps {
            found = match step {
                Step::Field(name) => found.into_iter().filter_map(|value| value.get(name)).collect(),
                Step::Selected { field, by } => {
                    let wanted = claims.get(by).filter(|value| value.is_string());
                    let elements = found.into_iter().filter_map(Value::as_array).flatten();
                    elements.filter(|element| wanted.is_some() && element.get(field) == wanted).collect()
                }
            };
        }
        found
    }

    /// Every text that stands there, alone or in a list.
    pub fn texts<'a>(&self, claims: &'a Map<String, Value>) -> Vec<&'a str> {
        let mut texts = Vec::new();
        for value in self.values(claims) {
            match value {
                Value::String(text) => texts.push(text.as_str()),
                Value::Array(values) => texts.extend(values.iter().filter_map(Value::as_str)),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
            }
        }
        texts
    }

    /// The one text that stands there, if it is exactly one and not empty.
    pub fn text<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a str> {
        match self.values(claims).as_slice() {
            [Value::String(text)] if !text.is_empty() => Some(text),
            _ => None,
        }
    }
}
