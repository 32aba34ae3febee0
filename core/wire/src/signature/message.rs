//! An HTTP message as RFC 9421 sees it: control data, header fields and trailers, borrowed from whoever holds them.
//!
//! Always: nothing is taken from the network's word that the verifier did not put here itself. Scheme and authority
//! of a request are arguments: behind a reverse proxy they come from configuration, not from `Host`.

use super::ComponentError;

/// A field line: its name as sent, and its value's bytes.
pub type FieldLine<'a> = (&'a str, &'a [u8]);

/// What a message begins with.
#[derive(Clone, Copy, Debug)]
pub enum Head<'a> {
    /// A request.
    Request {
        /// The method, case as sent.
        method: &'a str,
        /// `https` or `http`.
        scheme: &'a str,
        /// Host and optional port the client meant.
        authority: &'a str,
        /// The request target as on the request line: origin, absolute, authority or asterisk form (RFC 9112).
        target: &'a str,
    },
    /// A response.
    Response {
        /// The status code.
        status: u16,
    },
}

/// A message.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Control data.
    pub head: Head<'a>,
    /// Header fields, in order; a name may come more than once.
    pub fields: &'a [FieldLine<'a>],
    /// Trailer fields, in order.
    pub trailers: &'a [FieldLine<'a>],
}

impl Message<'_> {
    pub(super) fn is_request(&self) -> bool {
        matches!(self.head, Head::Request { .. })
    }
}

/// The target URI of a request, taken apart (RFC 9110 section 7.1).
pub(super) struct Target<'a> {
    pub scheme: &'a str,
    pub authority: &'a str,
    /// From the first slash to the query; may be empty.
    pub path: &'a str,
    /// Without its question mark.
    pub query: Option<&'a str>,
    /// The request target is a URI of its own.
    pub is_absolute: bool,
}

impl<'a> Target<'a> {
    pub fn of(head: &Head<'a>) -> Result<Self, ComponentError> {
        let Head::Request { method, scheme, authority, target } = *head else {
            return Err(ComponentError::WrongTarget);
        };
        if method == "CONNECT" {
            return Ok(Self { scheme, authority: target, path: "", query: None, is_absolute: false });
        }
        if target == "*" {
            return Ok(Self { scheme, authority, path: "", query: None, is_absolute: false });
        }
        let (scheme, authority, rest, is_absolute) = match target.split_once("://") {
            Some((scheme, rest)) if !target.starts_with('/') => {
                let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                let (authority, rest) = rest.split_at(end);
                (scheme, authority, rest, true)
            }
            _ => (scheme, authority, target, false),
        };
        let rest = rest.split('#').next().unwrap_or_default();
        let (path, query) = rest.split_once('?').map_or((rest, None), |(path, query)| (path, Some(query)));
        Ok(Self { scheme, authority, path, query, is_absolute })
    }

    /// Lower case, without the scheme's default port (RFC 9110 section 4.2.3).
    pub fn normal_authority(&self) -> String {
        let authority = self.authority.to_ascii_lowercase();
        let default = match self.scheme.to_ascii_lowercase().as_str() {
            "https" => ":443",
            "http" => ":80",
            _ => return authority,
        };
        authority.strip_suffix(default).map(str::to_owned).unwrap_or(authority)
    }
}
