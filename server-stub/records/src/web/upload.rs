//! A form with files, as browsers send it (`multipart/form-data`, RFC 7578).
//!
//! Always: it lies in memory and nowhere else; it is as large as its page allows at most; it counts where this process wrote it for
//! this session. Who may not send it is refused before this reads anything: that is the caller's part.

use axum::body::{Bytes, to_bytes};
use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;

use super::Web;
use super::form::own;
use super::layout::PROOF;
use super::refusal::Refusal;
use super::signed::Signed;

/// Most parts of a form.
const PARTS: usize = 32;
/// Longest head of a part: it names a field, a file and a type.
const HEAD: usize = 2 << 10;

/// One field.
#[derive(Debug, PartialEq, Eq)]
struct Part {
    name: String,
    /// What the file is called there, where it is one.
    file: Option<String>,
    bytes: Bytes,
}

/// A form with files that is our own.
pub(crate) struct Upload(Vec<Part>);

impl Upload {
    /// Reads it, of at most `most` bytes; nothing where it is larger, or the browser goes.
    pub(crate) async fn read(
        web: &Web,
        signed: &Signed,
        request: Request,
        most: usize,
    ) -> Result<Option<Self>, Refusal> {
        let (head, body) = request.into_parts();
        let boundary = head.headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).and_then(boundary);
        let boundary = boundary.map(str::to_owned);
        let Ok(body) = to_bytes(body, most).await else { return Ok(None) };
        let parts = move || boundary.and_then(|boundary| parse(&boundary, &body)).unwrap_or_default();
        let parts = tokio::task::spawn_blocking(parts).await.map_err(|_| Refusal::Broken("upload"))?;
        let proofs: Vec<&Bytes> =
            parts.iter().filter(|part| part.name == PROOF).map(|part| &part.bytes).collect();
        own(web, signed, &head.method, &proofs).await?;
        Ok(Some(Self(parts)))
    }

    /// What was typed in a field; nothing where it is no text.
    pub(crate) fn text(&self, name: &str) -> &str {
        let field = self.0.iter().find(|part| part.name == name && part.file.is_none());
        field.and_then(|part| std::str::from_utf8(&part.bytes).ok()).unwrap_or_default()
    }

    /// Files of a field, with what they are called. A browser sends an empty one where none was chosen.
    pub(crate) fn files(&self, name: &str) -> impl Iterator<Item = (&str, &Bytes)> {
        let files = self.0.iter().filter(move |part| part.name == name && !part.bytes.is_empty());
        files.filter_map(|part| Some((part.file.as_deref()?, &part.bytes)))
    }
}

fn boundary(kind: &str) -> Option<&str> {
    let (kind, rest) = kind.split_once(';')?;
    let boundary = rest.trim().strip_prefix("boundary=")?.trim_matches('"');
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(&byte);
    let good = (1..=70).contains(&boundary.len()) && boundary.bytes().all(fits);
    (kind.trim().eq_ignore_ascii_case("multipart/form-data") && good).then_some(boundary)
}

/// The parts of a whole form; nothing where anything is not as it should be.
fn parse(boundary: &str, body: &Bytes) -> Option<Vec<Part>> {
    let delimiter = format!("\r\n--{boundary}").into_bytes();
    let first = delimiter.get(2..)?;
    let (mut parts, mut at) = (Vec::new(), first.len());
    body.starts_with(first).then_some(())?;
    loop {
        match body.get(at..at + 2)? {
            b"\r\n" if parts.len() < PARTS => at += 2,
            b"--" => return Some(parts),
            _ => return None,
        }
        let head = find(body.get(at..body.len().min(at + HEAD))?, b"\r\n\r\n")?;
        let begins = at + head + 4;
        let ends = begins + find(body.get(begins..)?, &delimiter)?;
        let (name, file) = named(std::str::from_utf8(body.get(at..at + head)?).ok()?)?;
        parts.push(Part { name, file, bytes: body.slice(begins..ends) });
        at = ends + delimiter.len();
    }
}

/// The field and the file that a part's head names. Browsers write quotes in names as `%22`.
fn named(head: &str) -> Option<(String, Option<String>)> {
    let says = head.split("\r\n").find_map(|line| {
        let (header, says) = line.split_once(':')?;
        header.eq_ignore_ascii_case("content-disposition").then_some(says.trim())
    });
    let (name, rest) = says?.strip_prefix("form-data; name=\"")?.split_once('"')?;
    let file = rest.strip_prefix("; filename=\"").and_then(|rest| rest.split_once('"'));
    Some((name.to_owned(), file.map(|(file, _)| file.to_owned())))
}

fn find(hay: &[u8], needle: &[u8]) -> Option<usize> {
    let (first, mut at) = (needle.first()?, 0);
    loop {
        let rest = hay.get(at..)?;
        at += rest.iter().position(|byte| byte == first)?;
        if hay.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KIND: &str = "multipart/form-data; boundary=----WebKitFormBoundaryQ";

    fn form(inner: &str) -> Bytes {
        Bytes::from(inner.replace('\n', "\r\n").replace("@", "------WebKitFormBoundaryQ"))
    }

    fn read(inner: &str) -> Option<Vec<Part>> {
        parse(boundary(KIND).unwrap(), &form(inner))
    }

    #[test]
    fn fields_and_files_come_as_a_browser_sends_them() {
        let parts = read(
            "@\nContent-Disposition: form-data; name=\"proof\"\n\nabc\n\
             @\nContent-Disposition: form-data; name=\"picture\"; filename=\"a %22leak%22; name=.jpg\"\n\
             Content-Type: image/jpeg\n\n\n--not yet\n\n\n\
             @\nContent-Disposition: form-data; name=\"picture\"; filename=\"\"\n\n\n@--\n",
        );
        let upload = Upload(parts.unwrap());
        assert_eq!((upload.text("proof"), upload.text("picture"), upload.text("other")), ("abc", "", ""));
        let files: Vec<_> = upload.files("picture").collect();
        assert_eq!(files, [("a %22leak%22; name=.jpg", &Bytes::from_static(b"\r\n--not yet\r\n\r\n"))]);
        assert_eq!(read("@--\n"), Some(vec![]));
    }

    #[test]
    fn what_is_cut_off_or_crooked_is_no_form() {
        let whole = "@\nContent-Disposition: form-data; name=\"a\"\n\nabc\n@--";
        assert_eq!(read(whole).unwrap().len(), 1);
        let body = form(whole);
        for length in 0..body.len() {
            assert_eq!(parse(boundary(KIND).unwrap(), &body.slice(..length)), None, "{length}");
        }
        for wrong in [
            "@\n\n\nabc\n@--",
            "@\nContent-Disposition: attachment; name=\"a\"\n\nabc\n@--",
            "@\nContent-Disposition: form-data; name=a\n\nabc\n@--",
            &format!("@\n{}Content-Disposition: form-data; name=\"a\"\n\nabc\n@--", "x: y\n".repeat(500)),
            &("@\nContent-Disposition: form-data; name=\"a\"\n\nabc\n".repeat(PARTS + 1) + "@--"),
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
        for kind in [
            "multipart/form-data",
            "text/plain; boundary=a",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=a b",
        ] {
            assert_eq!(boundary(kind), None, "{kind}");
        }
        assert_eq!(boundary("Multipart/Form-Data;boundary=\"a\""), Some("a"));
    }
}
