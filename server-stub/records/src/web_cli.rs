//! `gauze-records serve --web` and `people`: the pages for the hospital's people, and the first administrator's code.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clap::{Args, Subcommand};
use gauze_listen::{host_of, listen_address};
use gauze_people::person::PersonId;
use gauze_records::access;
use gauze_records::keys::KeyDir;
use gauze_records::pull::Puller;
use gauze_records::retention::keepings;
use gauze_records::web::photos::{self, Desk, DeskParts};
use gauze_records::web::{self, HttpsOutward, KeysKept, Listed, Web, WebOptions};
use gauze_records::{Clock as _, HttpsGateway, SystemClock};
use gauze_signin::config::{ConfigError, People};
use gauze_signin::factors::{FactorError, Factors};
use gauze_signin::provider::Provider;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{Refused, show};

/// How often codes that were made beside the pages are looked for.
const TELL: Duration = Duration::from_secs(15);

/// How often the provider's keys are looked at: what it withdrew within that time and nobody saw proves no photo.
const LOOK: Duration = Duration::from_secs(15 * 60);
/// How soon again where it gave none.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Where the hospital's people sign in and look.
#[derive(Args)]
pub(crate) struct Pages {
    /// Where the pages for the hospital's people are served, over TLS; nowhere without it.
    #[arg(long, value_name = "ADDR", requires_all = ["tls_cert", "tls_key", "people"], value_parser = listen_address)]
    web: Option<SocketAddr>,
    /// Where links for people outside are served as well, and nothing else, by the same certificate: `links.origin` of people.json.
    #[arg(long, value_name = "ADDR", requires = "web", value_parser = listen_address)]
    links: Option<SocketAddr>,
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

/// What is done for people without a page.
#[derive(Subcommand)]
pub(crate) enum PeopleCommand {
    /// Read people.json and say what is wrong with it.
    Check {
        /// The file.
        #[arg(long, value_name = "FILE")]
        people: PathBuf,
    },
    /// Make the enrolment code of the first administrator, or of the only one who lost their key: who has nobody to ask. Others
    /// get theirs on the pages. Its line in the access log is written by `serve`, and before that the code does not count.
    Code {
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The keys directory.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
        /// people.json.
        #[arg(long, value_name = "FILE")]
        people: PathBuf,
        /// The person's whole id, as the access log spells it: 26 letters and digits.
        #[arg(long)]
        person: String,
        /// The code takes the place of what the person has enrolled, once they enter it.
        #[arg(long)]
        replace: bool,
    },
}

/// Pages that can be served.
pub(crate) struct Served {
    web: Web,
    /// The pages, and the links where they are served apart.
    listeners: Vec<(WebOptions, Router)>,
}

fn config(error: &ConfigError) -> Refused {
    Refused(format!("{}: {error}. {}", error.code(), error.next_step()))
}

fn factor(error: &FactorError) -> Refused {
    Refused(format!("{}: {error}. {}", error.code(), error.next_step()))
}

async fn open_factors(data: &Path, keys: &Path, people: &People) -> Result<Factors, Refused> {
    let key = web::factor_key(keys, data)?;
    let path = web::factor_store(data)?;
    Factors::open(&path, key, people).await.map_err(|error| factor(&error))
}

impl Pages {
    /// What `--check` looks at of the pages; nothing where none are asked for.
    pub(crate) fn looked_at(&self) -> Result<Option<(SocketAddr, PathBuf, PathBuf, String)>, Refused> {
        let (Some(listen), Some(certificate), Some(key), Some(people)) =
            (self.web, &self.tls_cert, &self.tls_key, &self.people)
        else {
            return Ok(None);
        };
        let people = People::load(people).map_err(|error| config(&error))?;
        let host = host_of(&people.origin_text()).to_owned();
        Ok(Some((listen, certificate.clone(), key.clone(), host)))
    }

    /// Reads what the pages need, the index for people from `puller`; nothing where none are asked for.
    pub(crate) async fn prepare(
        self,
        (data, keys): (&Path, &Path),
        puller: &Puller<HttpsGateway>,
    ) -> Result<Option<Served>, Refused> {
        let (Some(listen), Some(tls_cert), Some(tls_key), Some(people)) =
            (self.web, self.tls_cert, self.tls_key, self.people)
        else {
            return Ok(None);
        };
        let people = Arc::new(People::load(&people).map_err(|error| config(&error))?);
        let ca = people.provider.ca.as_ref().map(|path| {
            let read = std::fs::read(path);
            read.map_err(|source| config(&ConfigError::Read { path: path.clone(), source }))
        });
        let outward = Arc::new(HttpsOutward::new(ca.transpose()?.as_deref())?);
        let provider = Provider::new(Arc::clone(&people), outward).map_err(|error| config(&error))?;
        let provider = provider.remembering(Arc::new(KeysKept::open(data)?));
        let factors = open_factors(data, keys, &people).await?;
        let host = host_of(&people.origin_text()).to_owned();
        let links_host = host_of(&people.links_origin_text()).to_owned();
        let clock = Arc::new(SystemClock);
        let key_dir = KeyDir::new(keys);
        let log = Arc::new(access::open_log(&key_dir, data, clock.now())?);
        puller.witness_access(log.clone());
        let roles = Arc::new(access::roles(data)?);
        let web = Web::new(web::Parts {
            people,
            provider,
            factors,
            roster: Arc::new(Listed::new(data)),
            roles: roles.clone(),
            log: log.clone(),
            clock,
        });
        let log_root = access::log_dir(data);
        let hastes = photos::hastes(&log_root).map_err(access::AccessError::from)?;
        let links = photos::links(&log_root).map_err(access::AccessError::from)?;
        let kept = keepings(&log_root).map_err(access::AccessError::from)?;
        let read = photos::acknowledged(&log_root).map_err(access::AccessError::from)?;
        let desk = Desk::new(DeskParts {
            web: web.clone(),
            folk: puller.folk().await?,
            roles,
            log,
            log_root,
            hastes: Arc::new(hastes.into()),
            links: Arc::new(links.into()),
            keepings: Arc::new(kept.into()),
            acknowledged: Arc::new(read.into()),
            lists: puller.lists()?,
            records: Arc::new(key_dir.records()?),
            data: data.to_owned(),
        });
        let options = |listen, host: &str| WebOptions {
            listen,
            tls_cert: tls_cert.clone(),
            tls_key: tls_key.clone(),
            host: host.to_owned(),
        };
        let readers =
            |listen| (options(listen, &links_host), web::readers(web.clone(), photos::readers(desk.clone())));
        let mut listeners: Vec<_> = self.links.into_iter().map(readers).collect();
        listeners.push((options(listen, &host), web::router(web.clone(), photos::router(desk))));
        Ok(Some(Served { web, listeners }))
    }
}

impl Served {
    /// Serves until `stop` resolves.
    pub(crate) async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Refused> {
        let (halt, halted) = watch::channel(false);
        tokio::spawn(async move {
            stop.await;
            halt.send_replace(true);
        });
        let mut serving = JoinSet::new();
        for (options, pages) in self.listeners {
            let mut halted = halted.clone();
            let stop = async move { drop(halted.wait_for(|halted| *halted).await) };
            let ready = |address| crate::say(&format!("ready: pages at {address}"));
            serving.spawn(async move { web::serve(&options, pages, ready, stop).await });
        }
        let served = async {
            while let Some(ended) = serving.join_next().await {
                ended.map_err(|error| Refused(format!("pages: {error}")))??;
            }
            Ok(())
        };
        tokio::select! {
            served = served => served,
            () = tell_of_codes(self.web.clone()) => Ok(()),
            () = look_at_provider(self.web) => Ok(()),
        }
    }
}

/// Writes a line for each code that `people code` makes, for as long as pages are served.
async fn tell_of_codes(web: Web) {
    loop {
        if let Err(error) = web.tell_of_codes().await {
            tracing::warn!(%error, "it is tried again");
        }
        tokio::time::sleep(TELL).await;
    }
}

/// Keeps the provider's keys with their dates, for as long as pages are served.
async fn look_at_provider(web: Web) {
    loop {
        let wait = match web.look_at_provider().await {
            Ok(()) => LOOK,
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "the provider's keys are asked for again");
                LOOK_AGAIN
            }
        };
        tokio::time::sleep(wait).await;
    }
}

/// Runs one of `people`'s commands.
#[tokio::main]
pub(crate) async fn people(json: bool, command: PeopleCommand) -> Result<(), Refused> {
    match command {
        PeopleCommand::Check { people } => {
            let people = People::load(&people).map_err(|error| config(&error))?;
            let told = serde_json::json!({ "origin": people.origin_text(), "callback": people.callback() });
            show(json, &told, || {
                format!("people.json is right\nregister this address at the provider: {}", people.callback())
            });
        }
        PeopleCommand::Code { data, keys, people, person, replace } => {
            // Its line names whom it is for; what is no id would be left out of it.
            let person = PersonId::typed(&person).ok_or_else(|| {
                Refused("person_id: this is no person's id. Enter all 26 letters and digits.".to_owned())
            })?;
            let people = People::load(&people).map_err(|error| config(&error))?;
            let factors = open_factors(&data, &keys, &people).await?;
            let code = factors.queue_code(&person, SystemClock.now(), replace).await;
            factors.close().await;
            let code = code.map_err(|error| factor(&error))?;
            show(json, &serde_json::json!({ "code": code }), || {
                format!(
                    "{code}\nIt counts once, for a day, from when `serve` has written its line into the access log."
                )
            });
        }
    }
    Ok(())
}
