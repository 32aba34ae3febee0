//! HTTP messages as text, and the shared data where it is there.

use std::path::PathBuf;

use gauze_wire::signature::{ComponentError, FieldKind, Head, Labelled, Message};

/// The shared data beside the project, or nothing after saying so.
pub fn shared(sub: &str) -> Option<PathBuf> {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let named = std::env::var_os("GAUZE_SHARED_DATA").map(PathBuf::from);
    let root = named.or_else(|| here.ancestors().map(|up| up.join("shared/data")).find(|path| path.is_dir()));
    let found = root.map(|root| root.join(sub)).filter(|path| path.exists());
    if found.is_none() {
        println!("skipped: shared data not found");
    }
    found
}

/// A message as it stands in an RFC: lines, an empty line, the content.
pub struct Text<'a> {
    first: &'a str,
    pub fields: Vec<(&'a str, &'a str)>,
    pub trailers: Vec<(&'a str, &'a str)>,
    pub content: Option<&'a str>,
    pub scheme: &'a str,
}

impl<'a> Text<'a> {
    pub fn read(text: &'a str) -> Self {
        let (head, content) =
            text.split_once("\n\n").map_or((text, None), |(head, content)| (head, Some(content)));
        let first = head.lines().next().unwrap();
        let is_start = first.starts_with("HTTP/") || first.contains(" HTTP/");
        let mut rest = if is_start { head[first.len()..].trim_start_matches('\n') } else { head };
        let mut fields = Vec::new();
        while !rest.is_empty() {
            let mut end = rest.find('\n').unwrap_or(rest.len());
            // A line that begins with a blank goes on where the one before ended.
            while rest[end..].starts_with("\n ") {
                end = rest[end + 1..].find('\n').map_or(rest.len(), |at| end + 1 + at);
            }
            fields.push(rest[..end].split_once(':').unwrap());
            rest = rest[end..].trim_start_matches('\n');
        }
        Self { first, fields, trailers: Vec::new(), content, scheme: "https" }
    }

    pub fn field(&self, name: &str) -> Option<&'a str> {
        let found = self.fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.trim())
    }

    pub fn head(&self) -> Head<'a> {
        let mut words = self.first.split(' ');
        let (one, two) = (words.next().unwrap(), words.next().unwrap());
        if one.starts_with("HTTP/") {
            return Head::Response { status: two.parse().unwrap() };
        }
        let authority = self.field("host").unwrap_or_default();
        Head::Request { method: one, scheme: self.scheme, authority, target: two }
    }

    /// The base of one signature over this message.
    pub fn base(&self, signature: &Labelled, request: Option<&Self>) -> Result<String, ComponentError> {
        let (fields, trailers) = (lines(&self.fields), lines(&self.trailers));
        let message = Message { head: self.head(), fields: &fields, trailers: &trailers };
        let own = [("example-dict", FieldKind::Dictionary), ("example-list", FieldKind::List)];
        let Some(request) = request else { return signature.base(&message, None, &own) };
        let fields = lines(&request.fields);
        let request = Message { head: request.head(), fields: &fields, trailers: &[] };
        signature.base(&message, Some(&request), &own)
    }

    /// The base for these components, or what is wrong with them.
    pub fn covering(&self, params: &str, request: Option<&Self>) -> Result<String, ComponentError> {
        let read = Labelled::read_all(&format!("sig={params}"), "sig=:AAAA:")?;
        self.base(&read[0], request)
    }
}

fn lines<'a>(fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a [u8])> {
    fields.iter().map(|(name, value)| (*name, value.as_bytes())).collect()
}
