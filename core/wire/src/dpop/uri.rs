//! Whether two addresses are one: RFC 3986 sections 6.2.2 and 6.2.3, without query and fragment (RFC 9449 section 4.3).

/// Compares scheme, authority and path.
pub(super) fn same(a: &str, b: &str) -> bool {
    matches!((normal(a), normal(b)), (Some(a), Some(b)) if a == b)
}

/// Nothing if it is no absolute `http` or `https` address.
fn normal(uri: &str) -> Option<String> {
    let bare = uri.split(['?', '#']).next()?;
    let (scheme, rest) = bare.split_once("://")?;
    let scheme = scheme.to_ascii_lowercase();
    let default = match scheme.as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => return None,
    };
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(default).or(authority.strip_suffix(':')).unwrap_or(&authority);
    let path = without_dots(&escapes(path));
    (!authority.is_empty()).then(|| format!("{scheme}://{authority}{path}"))
}

/// Escapes in capitals, and none of unreserved characters.
fn escapes(path: &str) -> String {
    let mut parts = path.split('%');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let pair = part.get(..2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match pair {
            Some(byte) if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) => {
                out.push(char::from(byte));
                out.push_str(&part[2..]);
            }
            Some(byte) => out.push_str(&format!("%{byte:02X}{}", &part[2..])),
            None => out.push_str(&format!("%{part}")),
        }
    }
    out
}

/// RFC 3986 section 5.2.4 for an absolute path.
fn without_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = path.split('/').skip(1).peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::same;

    #[test]
    fn addresses_that_mean_the_same_are_one() {
        for (a, b) in [
            ("https://a.test/token", "HTTPS://A.TEST:443/token?x=1#y"),
            ("https://a.test", "https://a.test/"),
            ("https://a.test/%7euser/%2f", "https://a.test/~user/%2F"),
            ("https://a.test/a/./b/../c", "https://a.test/a/c"),
            ("https://a.test/a/..", "https://a.test/"),
            ("http://a.test:80/x", "http://a.test/x"),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn others_are_not() {
        for (a, b) in [
            ("https://a.test/token", "http://a.test/token"),
            ("https://a.test/token", "https://b.test/token"),
            ("https://a.test/token", "https://a.test:8443/token"),
            ("https://a.test/token", "https://a.test/Token"),
            ("https://a.test/token", "https://a.test/token/"),
            ("https://a.test/a%2Fb", "https://a.test/a/b"),
            ("/token", "/token"),
            ("https:///token", "https:///token"),
            ("ftp://a.test/x", "ftp://a.test/x"),
        ] {
            assert!(!same(a, b), "{a} {b}");
        }
    }
}
