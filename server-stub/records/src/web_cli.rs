//! `gauze-records serve --web`: the pages for the hospital's people, beside the pulling.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use gauze_records::SystemClock;
use gauze_records::web::{self, ClaimsAlone, Traced, Web, WebOptions};
use gauze_signin::config::People;

use crate::Refused;

/// Where the hospital's people sign in and look.
#[derive(Args)]
pub(crate) struct Pages {
    /// Where the pages for the hospital's people are served, over TLS; nowhere without it.
    #[arg(long, value_name = "ADDR", requires_all = ["tls_cert", "tls_key", "people"])]
    web: Option<SocketAddr>,
    /// PEM certificate chain of the pages.
    #[arg(long, value_name = "FILE", requires = "web")]
    tls_cert: Option<PathBuf>,
    /// PEM private key of the pages.
    #[arg(long, value_name = "FILE", requires = "web")]
    tls_key: Option<PathBuf>,
    /// Whose word counts at sign-in, and what it makes of a person (docs/people.md).
    #[arg(long, value_name = "FILE", requires = "web")]
    people: Option<PathBuf>,
}

/// Pages that can be served.
pub(crate) struct Served {
    options: WebOptions,
    web: Web,
}

impl Pages {
    /// Reads what the pages need; nothing where none are asked for.
    pub(crate) fn prepare(self) -> Result<Option<Served>, Refused> {
        let (Some(listen), Some(tls_cert), Some(tls_key), Some(people)) =
            (self.web, self.tls_cert, self.tls_key, self.people)
        else {
            return Ok(None);
        };
        let people = People::load(&people)
            .map_err(|error| Refused(format!("{}: {error}. {}", error.code(), error.next_step())))?;
        let parts = web::Parts {
            people,
            roster: Arc::new(ClaimsAlone),
            log: Arc::new(Traced),
            clock: Arc::new(SystemClock),
        };
        Ok(Some(Served { options: WebOptions { listen, tls_cert, tls_key }, web: Web::new(parts) }))
    }
}

impl Served {
    /// Serves until `stop` resolves.
    pub(crate) async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Refused> {
        let pages = web::router(self.web, axum::Router::new());
        let ready = |address| crate::say(&format!("ready: pages at {address}"));
        Ok(web::serve(&self.options, pages, ready, stop).await?)
    }
}
