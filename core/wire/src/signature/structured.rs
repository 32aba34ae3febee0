//! Which HTTP fields are structured (RFC 9651), and of which kind: `sf` and `key` need to know before they can parse.

use super::ComponentError;

/// The three kinds of structured field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// One item.
    Item,
    /// A list.
    List,
    /// A dictionary.
    Dictionary,
}

/// Registered structured fields, by lower-case name.
const KNOWN: &[(&str, FieldKind)] = &[
    ("accept-ch", FieldKind::List),
    ("accept-signature", FieldKind::Dictionary),
    ("cache-control", FieldKind::Dictionary),
    ("cache-status", FieldKind::List),
    ("cdn-cache-control", FieldKind::Dictionary),
    ("client-cert", FieldKind::Item),
    ("client-cert-chain", FieldKind::List),
    ("content-digest", FieldKind::Dictionary),
    ("cross-origin-embedder-policy", FieldKind::Item),
    ("cross-origin-opener-policy", FieldKind::Item),
    ("deprecation", FieldKind::Item),
    ("origin-agent-cluster", FieldKind::Item),
    ("permissions-policy", FieldKind::Dictionary),
    ("priority", FieldKind::Dictionary),
    ("proxy-status", FieldKind::List),
    ("repr-digest", FieldKind::Dictionary),
    ("signature", FieldKind::Dictionary),
    ("signature-input", FieldKind::Dictionary),
    ("upload-complete", FieldKind::Item),
    ("upload-length", FieldKind::Item),
    ("upload-limit", FieldKind::Dictionary),
    ("upload-offset", FieldKind::Item),
    ("want-content-digest", FieldKind::Dictionary),
    ("want-repr-digest", FieldKind::Dictionary),
];

/// The kind of a field: `own` is asked first, then what is registered.
pub(super) fn kind_of(name: &str, own: &[(&str, FieldKind)]) -> Result<FieldKind, ComponentError> {
    let found = own.iter().chain(KNOWN).find(|(known, _)| *known == name);
    found.map(|(_, kind)| *kind).ok_or(ComponentError::NotStructured)
}

/// A field's value as section 4.1 of RFC 9651 writes it.
pub(super) fn strict(value: &str, kind: FieldKind) -> Result<String, ComponentError> {
    let parser = sfv::Parser::new(value);
    let written = match kind {
        FieldKind::Item => {
            let item: sfv::Item = parser.parse().map_err(|_| ComponentError::NotStructured)?;
            let serializer = sfv::ItemSerializer::new().bare_item(&item.bare_item);
            Some(serializer.parameters(&item.params).finish())
        }
        FieldKind::List => {
            let list: sfv::List = parser.parse().map_err(|_| ComponentError::NotStructured)?;
            let mut serializer = sfv::ListSerializer::new();
            serializer.members(&list);
            serializer.finish()
        }
        FieldKind::Dictionary => {
            let members = dictionary(value)?;
            let mut serializer = sfv::DictSerializer::new();
            serializer.members(&members);
            serializer.finish()
        }
    };
    // An empty list or dictionary has no written form.
    Ok(written.unwrap_or_default())
}

/// One member of a dictionary, without its key.
pub(super) fn member(value: &str, key: &str) -> Result<String, ComponentError> {
    let members = dictionary(value)?;
    let entry = members.get(key).ok_or(ComponentError::NoMember)?;
    entry_text(entry).ok_or(ComponentError::NotStructured)
}

/// An item or inner list with its parameters.
pub(super) fn entry_text(entry: &sfv::ListEntry) -> Option<String> {
    let mut serializer = sfv::ListSerializer::new();
    serializer.members([entry]);
    serializer.finish()
}

fn dictionary(value: &str) -> Result<sfv::Dictionary, ComponentError> {
    sfv::Parser::new(value).parse().map_err(|_| ComponentError::NotStructured)
}
