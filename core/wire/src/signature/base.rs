//! The signature base of any message under any signature (RFC 9421 section 2.5).
//!
//! The gateway's own requests need three components and take the short way in `signature`; this is the whole of it, so
//! that other programs' signatures can be read, and the short way be checked against it.

use super::component::{Component, ComponentError};
use super::message::Message;
use super::structured::{FieldKind, entry_text};

/// One signature of a message: its label and parameters as `Signature-Input` has them, and its value.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// The label.
    pub label: String,
    /// Covered components and parameters, written strictly: the value of `@signature-params`.
    pub params: String,
    /// The signature's bytes.
    pub signature: Vec<u8>,
    list: sfv::InnerList,
}

impl Labelled {
    /// Every signature of a message, in order. `input` and `signature` are the two fields, whole.
    pub fn read_all(input: &str, signature: &str) -> Result<Vec<Self>, ComponentError> {
        let malformed = |_| ComponentError::Malformed;
        let inputs: sfv::Dictionary = sfv::Parser::new(input).parse().map_err(malformed)?;
        let values: sfv::Dictionary = sfv::Parser::new(signature).parse().map_err(malformed)?;
        let mut all = Vec::new();
        for (label, entry) in inputs {
            let value = match values.get(&label) {
                Some(sfv::ListEntry::Item(item)) => item.bare_item.as_byte_sequence(),
                _ => None,
            };
            let signature = value.ok_or(ComponentError::Malformed)?.to_vec();
            let params = entry_text(&entry).ok_or(ComponentError::Malformed)?;
            let sfv::ListEntry::InnerList(list) = entry else { return Err(ComponentError::Malformed) };
            all.push(Self { label: label.as_str().to_owned(), params, signature, list });
        }
        Ok(all)
    }

    /// A parameter that is text: `keyid`, `alg`, `nonce`, `tag`.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.list.params.get(name)?.as_string().map(sfv::StringRef::as_str)
    }

    /// A parameter that is a time: `created`, `expires`, in seconds since 1970.
    pub fn seconds(&self, name: &str) -> Option<i64> {
        self.list.params.get(name)?.as_integer().map(i64::from)
    }

    /// The names of the covered components, without their parameters.
    pub fn covers(&self) -> impl Iterator<Item = &str> {
        self.list.items.iter().filter_map(|item| item.bare_item.as_string().map(sfv::StringRef::as_str))
    }

    /// What was signed, if `message` is what it was made over. `request` is what a response answers; `own` are the
    /// kinds of structured fields that are not registered.
    pub fn base(
        &self,
        message: &Message<'_>,
        request: Option<&Message<'_>>,
        own: &[(&str, FieldKind)],
    ) -> Result<String, ComponentError> {
        let mut text = String::new();
        let mut seen = Vec::new();
        for item in &self.list.items {
            let component = Component::read(item)?;
            let value = component.value(message, request, own)?;
            if seen.contains(&component) {
                return Err(ComponentError::Repeated);
            }
            seen.push(component);
            let written =
                sfv::ItemSerializer::new().bare_item(&item.bare_item).parameters(&item.params).finish();
            text.push_str(&format!("{written}: {value}\n"));
        }
        text.push_str(&format!("\"@signature-params\": {}", self.params));
        Ok(text)
    }
}
