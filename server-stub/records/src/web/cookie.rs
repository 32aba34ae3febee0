//! The two cookies: one for a sign-in that has begun, one for a session. Both are `__Host-`: this host alone, TLS alone, no path.

use axum::http::header::COOKIE;
use axum::http::{HeaderMap, HeaderValue};

/// A session. Never sent with a request that another site began.
pub(super) const SESSION: &str = "__Host-gauze";
/// A sign-in that has begun; `Lax`, because the provider sends the browser back.
pub(super) const BEGUN: &str = "__Host-gauze-begun";

/// The value of a cookie. Where two of one name come, neither counts.
pub(super) fn find<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut values = pairs.filter(|(own, _)| *own == name).map(|(_, value)| value);
    let value = values.next()?;
    values.next().is_none().then_some(value)
}

/// A cookie that lives as long as the browser does. `value` is base64url.
pub(super) fn set(name: &str, value: &str) -> HeaderValue {
    let same = if name == SESSION { "Strict" } else { "Lax" };
    header(&format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite={same}"))
}

/// Takes a cookie away.
pub(super) fn clear(name: &str) -> HeaderValue {
    header(&format!("{name}=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0"))
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (COOKIE, HeaderValue::from_static(line))).collect()
    }

    #[test]
    fn a_cookie_counts_where_it_comes_once() {
        assert_eq!(find(&headers(&["a=1; __Host-gauze=x; b=2"]), SESSION), Some("x"));
        assert_eq!(find(&headers(&["a=1", "__Host-gauze=x"]), SESSION), Some("x"));
        assert_eq!(find(&headers(&["__Host-gauze=x; __Host-gauze=y"]), SESSION), None);
        assert_eq!(find(&headers(&["__Host-gauze=x", "__Host-gauze=y"]), SESSION), None);
        assert_eq!(find(&headers(&["__Host-gauze-begun=x"]), SESSION), None);
        assert_eq!(find(&headers(&["gauze=x; __host-gauze=y"]), SESSION), None);
    }
}
