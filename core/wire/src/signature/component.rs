//! One covered component: its identifier, and its value in a message (RFC 9421 section 2).
//!
//! Always: an identifier is understood whole or refused; parameters that contradict one another, that the component
//! does not take, or that are not known produce an error, never a guess.

use base64::prelude::{BASE64_STANDARD, Engine as _};

use super::message::{Head, Message, Target};
use super::query;
use super::structured::{self, FieldKind};

/// Why a component has no value.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum ComponentError {
    /// `@…` of an unknown name, or `@signature-params` among the covered.
    #[error("unknown derived component")]
    UnknownComponent,
    /// A field's name is not in lower case, or no name.
    #[error("not a field name in lower case")]
    Name,
    /// A parameter is unknown, contradicts another, or does not belong to this component.
    #[error("unknown or incompatible component parameter")]
    Parameter,
    /// The component belongs to the other kind of message, or the request is not at hand.
    #[error("the component does not belong to this kind of message")]
    WrongTarget,
    /// The message has no such field.
    #[error("no such field in the message")]
    NoField,
    /// The dictionary or the query has no such member, or more than one.
    #[error("no such member, or more than one")]
    NoMember,
    /// The field is not structured, of unknown kind, or does not parse.
    #[error("not a structured field of a known kind")]
    NotStructured,
    /// The value is not ASCII or has line breaks in it.
    #[error("the value cannot stand in a signature base")]
    Value,
    /// The same identifier twice.
    #[error("a component is covered twice")]
    Repeated,
    /// The parameters do not parse.
    #[error("the signature parameters do not parse")]
    Malformed,
}

/// A component identifier, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Component {
    name: String,
    sf: bool,
    bs: bool,
    req: bool,
    tr: bool,
    key: Option<String>,
    /// `name` of a query parameter.
    query: Option<String>,
}

impl Component {
    pub fn read(item: &sfv::Item) -> Result<Self, ComponentError> {
        let name = item.bare_item.as_string().ok_or(ComponentError::Malformed)?.as_str().to_owned();
        let mut read = Self { name, sf: false, bs: false, req: false, tr: false, key: None, query: None };
        for (param, value) in &item.params {
            let flag = match param.as_str() {
                "sf" => &mut read.sf,
                "bs" => &mut read.bs,
                "req" => &mut read.req,
                "tr" => &mut read.tr,
                "key" => {
                    read.key = Some(text(value)?);
                    continue;
                }
                "name" => {
                    read.query = Some(text(value)?);
                    continue;
                }
                _ => return Err(ComponentError::Parameter),
            };
            *flag = value.as_boolean().filter(|set| *set).ok_or(ComponentError::Parameter)?;
        }
        read.agrees()?;
        Ok(read)
    }

    fn is_derived(&self) -> bool {
        self.name.starts_with('@')
    }

    fn agrees(&self) -> Result<(), ComponentError> {
        let of_fields = self.sf || self.bs || self.tr || self.key.is_some();
        let contradicts = self.bs && (self.sf || self.key.is_some());
        let wants_name = self.name == "@query-param";
        if contradicts || (self.is_derived() && of_fields) || wants_name != self.query.is_some() {
            return Err(ComponentError::Parameter);
        }
        // RFC 9110 section 5.6.2, without capitals.
        let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"!#$%&'*+-.^_`|~".contains(&b);
        if !self.is_derived() && (self.name.is_empty() || !self.name.bytes().all(lower)) {
            return Err(ComponentError::Name);
        }
        Ok(())
    }

    /// The value in `message`, or in the `request` that it answers.
    pub fn value(
        &self,
        message: &Message<'_>,
        request: Option<&Message<'_>>,
        own: &[(&str, FieldKind)],
    ) -> Result<String, ComponentError> {
        let from = match (self.req, message.is_request()) {
            (true, true) => return Err(ComponentError::Parameter),
            (true, false) => {
                request.filter(|request| request.is_request()).ok_or(ComponentError::WrongTarget)?
            }
            (false, _) => message,
        };
        let value = if self.is_derived() { self.derived(&from.head)? } else { self.field(from, own)? };
        let printable = value.bytes().all(|b| b == b'\t' || (0x20..0x7f).contains(&b));
        if printable { Ok(value) } else { Err(ComponentError::Value) }
    }

    fn derived(&self, head: &Head<'_>) -> Result<String, ComponentError> {
        match (self.name.as_str(), head) {
            ("@status", Head::Response { status }) => return Ok(format!("{status:03}")),
            ("@method", Head::Request { method, .. }) => return Ok((*method).to_owned()),
            ("@request-target", Head::Request { target, .. }) => return Ok((*target).to_owned()),
            ("@status" | "@method" | "@request-target", _) => return Err(ComponentError::WrongTarget),
            _ => {}
        }
        let target = || Target::of(head);
        Ok(match self.name.as_str() {
            "@target-uri" => target_uri(head)?,
            "@authority" => target()?.normal_authority(),
            "@scheme" => target()?.scheme.to_ascii_lowercase(),
            "@path" => Some(target()?.path).filter(|path| !path.is_empty()).unwrap_or("/").to_owned(),
            "@query" => format!("?{}", target()?.query.unwrap_or_default()),
            "@query-param" => {
                let name = self.query.as_deref().ok_or(ComponentError::Parameter)?;
                query::parameter(target()?.query.unwrap_or_default(), name)?
            }
            _ => return Err(ComponentError::UnknownComponent),
        })
    }

    fn field(&self, from: &Message<'_>, own: &[(&str, FieldKind)]) -> Result<String, ComponentError> {
        let lines = if self.tr { from.trailers } else { from.fields };
        let values: Vec<Vec<u8>> = lines
            .iter()
            .filter(|(name, _)| name.eq_ignore_ascii_case(&self.name))
            .map(|(_, value)| unfolded(value))
            .collect();
        if values.is_empty() {
            return Err(ComponentError::NoField);
        }
        if self.bs {
            let wrapped = values.iter().map(|value| format!(":{}:", BASE64_STANDARD.encode(value)));
            return Ok(wrapped.collect::<Vec<_>>().join(", "));
        }
        let combined = String::from_utf8(values.join(&b", "[..])).map_err(|_| ComponentError::Value)?;
        match &self.key {
            Some(key) if structured::kind_of(&self.name, own)? == FieldKind::Dictionary => {
                structured::member(&combined, key)
            }
            Some(_) => Err(ComponentError::NotStructured),
            None if self.sf => structured::strict(&combined, structured::kind_of(&self.name, own)?),
            None => Ok(combined),
        }
    }
}

fn text(value: &sfv::BareItem) -> Result<String, ComponentError> {
    value.as_string().map(|text| text.as_str().to_owned()).ok_or(ComponentError::Parameter)
}

fn target_uri(head: &Head<'_>) -> Result<String, ComponentError> {
    let target = Target::of(head)?;
    match head {
        Head::Request { method: "CONNECT", .. } | Head::Response { .. } => Err(ComponentError::WrongTarget),
        Head::Request { target: text, .. } if target.is_absolute => Ok((*text).to_owned()),
        Head::Request { .. } => {
            let query = target.query.map_or(String::new(), |query| format!("?{query}"));
            Ok(format!("{}://{}{}{query}", target.scheme, target.authority, target.path))
        }
    }
}

/// Without surrounding blanks, and with folded lines (RFC 9112 section 5.2) as one.
fn unfolded(value: &[u8]) -> Vec<u8> {
    let mut lines = value.split(|&b| b == b'\n').map(<[u8]>::trim_ascii);
    let mut whole = lines.next().unwrap_or_default().to_vec();
    for line in lines {
        whole.push(b' ');
        whole.extend_from_slice(line);
    }
    whole.trim_ascii().to_vec()
}
