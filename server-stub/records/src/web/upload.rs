//! A form with files, as browsers send it (`multipart/form-data`, RFC 7578).
//!
//! Always: it lies in memory and nowhere else; it is as large as its page allows at most; it counts where this process wrote it for
//! this session. Who may not send it is refused before this reads anything: that is the caller's part.

use axum::body::Bytes;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use axum::http::StatusCode;

use super::Web;
use super::form::own;
use super::layout::PROOF;
use super::refusal::Refusal;
use super::signed::Signed;

/// Most files of a form, and most other fields: what comes behind them is read and dropped.
const PARTS: usize = 32;

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
    /// Reads it, of at most `most` bytes; nothing where it is larger.
    pub(crate) async fn read(
        web: &Web,
        signed: &Signed,
        mut request: Request,
        most: usize,
    ) -> Result<Option<Self>, Refusal> {
        let method = request.method().clone();
        DefaultBodyLimit::max(most).apply(&mut request);
        let parts = match parts(request).await {
            Ok(parts) => parts,
            Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => return Ok(None),
            // It is crooked, or whoever sent it left: nobody forged that.
            Err(_) => return Err(Refusal::Unreadable),
        };
        let proofs: Vec<&Bytes> =
            parts.iter().filter(|part| part.name == PROOF).map(|part| &part.bytes).collect();
        own(web, signed, &method, &proofs).await?;
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

/// The parts of a whole form; none where it is another kind of form, which has no proof that is read here.
async fn parts(request: Request) -> Result<Vec<Part>, MultipartError> {
    let mut parts = Vec::new();
    let Ok(mut form) = Multipart::from_request(request, &()).await else { return Ok(parts) };
    while let Some(field) = form.next_field().await? {
        let (name, file) =
            (field.name().unwrap_or_default().to_owned(), field.file_name().map(str::to_owned));
        let alike = |part: &&Part| part.file.is_some() == file.is_some();
        if parts.iter().filter(alike).count() == PARTS {
            continue;
        }
        parts.push(Part { name, file, bytes: field.bytes().await? });
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use axum::body::Body;
    use axum::http::header::CONTENT_TYPE;

    use super::*;

    const KIND: &str = "multipart/form-data; boundary=----WebKitFormBoundaryQ";

    fn form(inner: &str) -> String {
        inner.replace('\n', "\r\n").replace('@', "------WebKitFormBoundaryQ")
    }

    async fn read(kind: &str, body: String) -> Result<Vec<Part>, MultipartError> {
        let request = Request::post("/").header(CONTENT_TYPE, kind).body(Body::from(body)).unwrap();
        parts(request).await
    }

    #[tokio::test]
    async fn fields_and_files_come_as_a_browser_sends_them() {
        let sent = form(
            "@\nContent-Disposition: form-data; name=\"proof\"\n\nabc\n\
             @\nContent-Disposition: form-data; name=\"picture\"; filename=\"a leak.jpg\"\n\
             Content-Type: image/jpeg\n\n\n--not yet\n\n\n\
             @\nContent-Disposition: form-data; name=\"picture\"; filename=\"\"\n\n\n@--\n",
        );
        let upload = Upload(read(KIND, sent).await.unwrap());
        assert_eq!((upload.text("proof"), upload.text("picture"), upload.text("other")), ("abc", "", ""));
        let files: Vec<_> = upload.files("picture").collect();
        assert_eq!(files, [("a leak.jpg", &Bytes::from_static(b"\r\n--not yet\r\n\r\n"))]);
    }

    #[tokio::test]
    async fn what_is_cut_off_or_crooked_is_no_form() {
        let field = "@\nContent-Disposition: form-data; name=\"a\"\n\nabc\n";
        let body = form(&format!("{field}@--\n"));
        assert_eq!(read(KIND, body.clone()).await.unwrap().len(), 1);
        for length in 0..body.len() - 4 {
            let cut = read(KIND, body[..length].to_owned()).await;
            assert_eq!(cut.unwrap_err().status(), StatusCode::BAD_REQUEST, "{length}");
        }
        for kind in ["multipart/form-data", "text/plain; boundary=a", "multipart/form-data; boundary="] {
            assert_eq!(read(kind, body.clone()).await.unwrap(), [], "{kind}");
        }
    }

    #[tokio::test]
    async fn what_is_more_than_a_form_may_have_is_dropped_and_what_stands_behind_it_is_not() {
        let file = "@\nContent-Disposition: form-data; name=\"picture\"; filename=\"a\"\n\nabc\n";
        let field = "@\nContent-Disposition: form-data; name=\"photo\"\n\nabc\n";
        let sent = form(&(file.repeat(PARTS + 8) + &field.repeat(PARTS + 8) + "@--\n"));
        let upload = Upload(read(KIND, sent).await.unwrap());
        assert_eq!((upload.files("picture").count(), upload.text("photo")), (PARTS, "abc"));
        assert_eq!(upload.0.len(), 2 * PARTS);
    }
}
