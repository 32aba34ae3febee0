//! [`Transport`] by reqwest over rustls. The only place that names reqwest, and the only constructor of its client.

use std::io::{self, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::{Body, Client, Method, Response};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{CertificateError, ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

use crate::ports::{
    Answer, BoxFuture, Call, CertificateFault, TlsError, Transfer, Transport, TransportError, no_more_files,
};

/// Largest answer that is read.
const ANSWER_LIMIT: usize = 1 << 20;
const CHUNK: usize = 64 * 1024;
/// Longest exchange that carries no file.
const CALL: Duration = Duration::from_secs(60);
/// A transfer of which nothing moved for this long is over; one that moves may take as long as it takes. Buffers on the way
/// hold some MiB, which a slow network takes minutes to drain.
const STILL: Duration = Duration::from_secs(300);

/// HTTPS, HTTP/2 where the gateway offers it.
pub struct HttpTransport {
    client: Client,
}

impl HttpTransport {
    /// A client that believes the certificate authorities in `ca_pem` and no others; without it, the public ones.
    pub fn new(ca_pem: Option<&str>) -> Result<Self, TlsError> {
        let roots = match ca_pem {
            Some(pem) => read_roots(pem)?,
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| TlsError::Setup(error.into()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        #[expect(
            clippy::disallowed_methods,
            reason = "the one constructor, with our own rustls configuration"
        )]
        let client = reqwest::ClientBuilder::new()
            .tls_backend_preconfigured(config)
            .https_only(true)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(Duration::from_secs(10))
            .build()
            .map_err(|error| TlsError::Setup(error.into()))?;
        Ok(Self { client })
    }

    async fn send(&self, call: Call) -> Result<Answer, TransportError> {
        let method = Method::from_bytes(call.method.as_bytes()).map_err(|_| TransportError::Unreachable)?;
        let mut request = self.client.request(method, call.url).timeout(CALL);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        if let Some(body) = call.body {
            request = request.body(body);
        }
        read(request.send().await.map_err(|error| classify(&error))?).await
    }

    async fn send_file(&self, transfer: Transfer) -> Result<Answer, TransportError> {
        let mut file = tokio::fs::File::open(&transfer.file).await.map_err(|error| unreadable(&error))?;
        let rest = transfer.size.checked_sub(transfer.offset).ok_or(TransportError::File)?;
        let mut request = if transfer.offset == 0 {
            self.client.put(&transfer.url)
        } else {
            file.seek(SeekFrom::Start(transfer.offset)).await.map_err(|error| unreadable(&error))?;
            self.client
                .patch(&transfer.url)
                .header("content-type", "application/partial-upload")
                .header("upload-offset", transfer.offset.to_string())
                .header("upload-complete", "?1")
        };
        let moved = Arc::new(AtomicU64::new(0));
        let counted = moved.clone();
        let stream = ReaderStream::with_capacity(file.take(rest), CHUNK).inspect(move |_| {
            counted.fetch_add(1, Ordering::Relaxed);
        });
        request = request.header("content-length", rest.to_string()).body(Body::wrap_stream(stream));
        let exchange = async { read(request.send().await.map_err(|error| classify(&error))?).await };
        unless_still(&moved, exchange, async || tokio::time::sleep(STILL).await).await
    }
}

/// Ends an exchange whose count has not moved over one whole `pause`. reqwest's own `read_timeout` counts an upload as one
/// read, however well it goes.
async fn unless_still<T>(
    moved: &AtomicU64,
    exchange: impl Future<Output = Result<T, TransportError>>,
    mut pause: impl AsyncFnMut(),
) -> Result<T, TransportError> {
    let stands_still = async {
        let mut before = None;
        while before != Some(moved.load(Ordering::Relaxed)) {
            before = Some(moved.load(Ordering::Relaxed));
            pause().await;
        }
    };
    tokio::select! {
        biased;
        done = exchange => done,
        () = stands_still => Err(TransportError::Cut),
    }
}

fn read_roots(pem: &str) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
        let certificate = certificate.map_err(|_| TlsError::Authority)?;
        roots.add(certificate).map_err(|_| TlsError::Authority)?;
    }
    if roots.is_empty() { Err(TlsError::Authority) } else { Ok(roots) }
}

async fn read(response: Response) -> Result<Answer, TransportError> {
    let field = |name: &str| response.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
    let answer = Answer {
        status: response.status().as_u16(),
        content_type: field("content-type"),
        time: field("gauze-time"),
        retry_after: field("retry-after"),
        upload_offset: field("upload-offset").and_then(|text| text.parse().ok()),
        body: Vec::new(),
    };
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| TransportError::Cut)?;
        if body.len() + chunk.len() > ANSWER_LIMIT {
            return Err(TransportError::Cut);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Answer { body, ..answer })
}

fn unreadable(error: &io::Error) -> TransportError {
    if no_more_files(error) { TransportError::TooManyFiles } else { TransportError::File }
}

/// The TLS error inside, however many times it was wrapped: `io::Error::source` passes over the error that it holds, and
/// connectors wrap an `io::Error` in another.
fn tls_error(mut io: &io::Error) -> Option<&rustls::Error> {
    loop {
        let inner = io.get_ref()?;
        if let Some(tls) = inner.downcast_ref() {
            return Some(tls);
        }
        io = inner.downcast_ref()?;
    }
}

fn fault(error: &CertificateError) -> CertificateFault {
    match error {
        // An authority that bears the name of a known one and has another key fails by its signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            CertificateFault::UnknownAuthority
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => CertificateFault::Expired,
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            CertificateFault::NotYetValid
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            CertificateFault::WrongName
        }
        _ => CertificateFault::Other,
    }
}

fn classify(error: &reqwest::Error) -> TransportError {
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(inner) = source {
        if let Some(io) = inner.downcast_ref::<io::Error>() {
            if let Some(rustls::Error::InvalidCertificate(error)) = tls_error(io) {
                return TransportError::Certificate(fault(error));
            }
            if no_more_files(io) {
                return TransportError::TooManyFiles;
            }
        }
        source = inner.source();
    }
    if error.is_connect() { TransportError::Unreachable } else { TransportError::Cut }
}

impl Transport for HttpTransport {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(self.send(call))
    }

    fn transfer(&self, transfer: Transfer) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(self.send_file(transfer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_transfer_may_take_long_but_not_stand_still() {
        let moved = AtomicU64::new(0);
        let pause = async || tokio::task::yield_now().await;
        let moves = async {
            for _ in 0..100 {
                moved.fetch_add(1, Ordering::Relaxed);
                tokio::task::yield_now().await;
            }
            Ok(())
        };
        assert_eq!(unless_still(&moved, moves, pause).await, Ok(()));
        let stands = std::future::pending::<Result<(), TransportError>>();
        assert_eq!(unless_still(&moved, stands, pause).await, Err(TransportError::Cut));
    }
}
