//! The way out to the identity provider: HTTPS, no redirection, answers of 256 KiB at most within ten seconds.

use std::time::Duration;

use gauze_signin::outward::{Outward, OutwardError, Soon};
use rustls::RootCertStore;

use crate::https::{self, TlsError};

/// Longest answer: a provider's keys and groups, with room.
const LONGEST: usize = 256 << 10;
/// All of an answer comes within it.
const WITHIN: Duration = Duration::from_secs(10);

/// The provider over HTTPS.
pub struct HttpsOutward {
    client: reqwest::Client,
    within: Duration,
}

impl HttpsOutward {
    /// Believes the authorities in `ca_pem`; without, those that browsers believe.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(ca_pem: Option<&[u8]>) -> Result<Self, TlsError> {
        let roots = match ca_pem {
            Some(pem) => https::authorities(pem)?,
            None => RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() },
        };
        Ok(Self { client: https::client(roots)?, within: WITHIN })
    }

    /// Waits for another time than ten seconds.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    async fn answer(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, OutwardError> {
        // The address may hold a code: of a failure its kind is told, never where.
        let broken = |error: reqwest::Error| OutwardError::Unreachable(error.without_url().to_string());
        let request = reqwest::Request::try_from(request).map_err(broken)?;
        let mut response = self.client.execute(request).await.map_err(broken)?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > LONGEST {
                return Err(OutwardError::TooLong);
            }
            body.extend_from_slice(&chunk);
        }
        let mut answer = http::Response::new(body);
        *answer.status_mut() = response.status();
        Ok(answer)
    }
}

impl Outward for HttpsOutward {
    fn send(
        &self,
        request: http::Request<Vec<u8>>,
    ) -> Soon<'_, Result<http::Response<Vec<u8>>, OutwardError>> {
        Box::pin(async move {
            tokio::time::timeout(self.within, self.answer(request))
                .await
                .map_err(|_| OutwardError::TooSlow)?
        })
    }
}
