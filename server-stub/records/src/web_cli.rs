//! `gauze-records serve --web` and `people`: the pages for the hospital's people, and the first administrator's code.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use axum::Router;
use clap::{Args, Subcommand};
use gauze_listen::{host_of, listen_address};
use gauze_people::Remembered;
use gauze_people::log::{AccessLog, Erased, LogFailure};
use gauze_records::access::{self, AccessError};
use gauze_records::keys::KeyDir;
use gauze_records::mail::{Mailer, Waiting};
use gauze_records::outside::OutsideWitness;
use gauze_records::pull::Puller;
use gauze_records::setup;
use gauze_records::web::photos::{self, Desk, DeskParts};
use gauze_records::web::{self, HttpsOutward, KeysKept, Listed, Web, WebOptions};
use gauze_records::{Clock as _, Coded as _, HttpsGateway, SystemClock};
use gauze_signin::config::{ConfigError, People};
use gauze_signin::factors::{FactorError, Factors};
use gauze_signin::provider::Provider;
use gauze_wire::log::WitnessKey;
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::{Refused, show};

/// How often codes that were made beside the pages are looked for.
const TELL: Duration = Duration::from_secs(15);

/// How often the provider's keys are looked at: what it withdrew within that time and nobody saw proves no photo.
const LOOK: Duration = Duration::from_secs(15 * 60);
/// How long after a start the whole access log is verified.
const LOOK_THROUGH: Duration = Duration::from_secs(60);
/// How often it is looked whether a file of the access log became whole.
const INDEX: Duration = Duration::from_secs(60 * 60);
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
    /// Which mail server tells leads and governance of what waits for them (docs/people.md); without it the pages alone do.
    #[arg(long, value_name = "FILE", requires = "web")]
    mail: Option<PathBuf>,
    /// The witness of the access log at another department: the address below which its `add-checkpoint` is.
    #[arg(long, value_name = "URL", requires_all = ["witness_key", "web"])]
    witness: Option<String>,
    /// Its verifier key, as its own people gave it.
    #[arg(long, value_name = "VKEY", requires = "witness")]
    witness_key: Option<WitnessKey>,
    /// PEM of the authority that signed its certificate; those that browsers believe without.
    #[arg(long, value_name = "FILE", requires = "witness")]
    witness_ca: Option<PathBuf>,
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
    /// The log, where it is, and its witness at another department.
    witnessed: Option<(Arc<OutsideWitness>, Arc<AccessLog>, PathBuf)>,
    /// Whose log is verified beside the service.
    log_of: PathBuf,
    log: Arc<AccessLog>,
    /// What tells by mail, and of what.
    mail: Option<(Arc<Mailer>, Waiting)>,
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

/// Opens the log, and learns from it what outlives a restart. It reads files, and waits for the line about what a power cut tore: neither is
/// for a thread that others wait for.
async fn open_log(keys: KeyDir, data: PathBuf) -> Result<(Arc<AccessLog>, Remembered), Refused> {
    let open = move || {
        let log = access::open_log(&keys, &data, SystemClock.now())?;
        let remembered = Remembered::of(&log)?;
        Ok::<_, AccessError>((Arc::new(log), remembered))
    };
    let opened = tokio::task::spawn_blocking(open).await;
    Ok(opened.map_err(|error| Refused(format!("access log: {error}")))??)
}

fn outside_witness(
    url: &str,
    key: WitnessKey,
    ca: Option<&Path>,
    data: &Path,
) -> Result<Arc<OutsideWitness>, Refused> {
    let read =
        |path: &Path| std::fs::read(path).map_err(|error| Refused(format!("{}: {error}", path.display())));
    let outward = HttpsOutward::new(ca.map(read).transpose()?.as_deref())?;
    Ok(Arc::new(OutsideWitness::new(Arc::new(outward), url, key, data)?))
}

impl Pages {
    /// What `--check` looks at of the pages; nothing where none are asked for.
    pub(crate) fn looked_at(&self) -> Result<Vec<setup::Pages>, Refused> {
        let (Some(listen), Some(certificate), Some(key), Some(people)) =
            (self.web, &self.tls_cert, &self.tls_key, &self.people)
        else {
            return Ok(Vec::new());
        };
        let people = People::load(people).map_err(|error| config(&error))?;
        let pages = |what, listen, origin: String| setup::Pages {
            what,
            listen,
            certificate: certificate.clone(),
            key: key.clone(),
            host: host_of(&origin).to_owned(),
        };
        let links = self.links.map(|listen| pages("links", listen, people.links_origin_text()));
        Ok([pages("web", listen, people.origin_text())].into_iter().chain(links).collect())
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
        let outside = match (self.witness, self.witness_key) {
            (Some(url), Some(key)) => Some(outside_witness(&url, key, self.witness_ca.as_deref(), data)?),
            (Some(_) | None, _) => None,
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
        let pages = people.origin_text();
        let host = host_of(&pages).to_owned();
        let links_host = host_of(&people.links_origin_text()).to_owned();
        let clock = Arc::new(SystemClock);
        let key_dir = KeyDir::new(keys);
        let (log, remembered) = open_log(key_dir.clone(), data.to_owned()).await?;
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
            fences: puller.fences(),
        });
        let witnessed = outside.clone().map(|witness| (witness, log.clone(), data.to_owned()));
        let kept = log.clone();
        let log_root = access::log_dir(data);
        let hastes = Arc::new(RwLock::new(remembered.hastes));
        let mailer = self.mail.map(|path| Mailer::load(&path, pages)).transpose()?.map(Arc::new);
        let cases = Arc::new(RwLock::new(remembered.cases));
        let reviews = remembered.reviews.into();
        let waiting =
            Waiting { hastes: hastes.clone(), cases: cases.clone(), reviews, data: data.to_owned() };
        let mail = mailer.clone().map(|mailer| (mailer, waiting));
        let desk = Desk::new(DeskParts {
            web: web.clone(),
            folk: puller.folk().await?,
            roles,
            log,
            log_root,
            hastes,
            links: Arc::new(remembered.links.into()),
            keepings: Arc::new(remembered.keepings.into()),
            acknowledged: Arc::new(remembered.acknowledged.into()),
            cases,
            lists: puller.lists()?,
            mail: mailer,
            records: Arc::new(key_dir.records()?),
            data: data.to_owned(),
            outside,
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
        Ok(Some(Served { web, witnessed, log_of: data.to_owned(), log: kept, mail, listeners }))
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
            () = show_outside(self.witnessed) => Ok(()),
            () = look_through(self.log_of, self.log.clone()) => Ok(()),
            () = erase_wanted(self.log.clone()) => Ok(()),
            () = make_indexes(self.log.clone()) => Ok(()),
            () = tell_by_mail(self.mail, &self.log) => Ok(()),
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

/// Shows the access log to the witness at another department, for as long as pages are served.
async fn show_outside(witnessed: Option<(Arc<OutsideWitness>, Arc<AccessLog>, PathBuf)>) {
    match witnessed {
        Some((witness, log, data)) => witness.follow(&log, &data).await,
        None => std::future::pending().await,
    }
}

/// Verifies the whole log once, beside the service: a start judges the newest file alone line by line. What was erased and came back
/// with an older copy of its file is erased again.
async fn look_through(data: PathBuf, log: Arc<AccessLog>) {
    tokio::time::sleep(LOOK_THROUGH).await;
    let verified = tokio::task::spawn_blocking(move || {
        let found = access::verified(&data)?;
        let again = log.erase_again(&found)?;
        Ok::<_, AccessError>((found, again))
    });
    match verified
        .await
        .map_err(|error| error.to_string())
        .and_then(|found| found.map_err(|error| error.line()))
    {
        Ok((found, _)) if found.holds() => {
            tracing::info!(entries = found.entries, "the whole access log is as it was written")
        }
        Ok((_, again)) if !again.is_empty() => {
            tracing::warn!(
                entries = ?again,
                "an older copy of the access log's files brought back what was erased by law: it is erased again"
            );
        }
        Ok((found, _)) => {
            tracing::error!(
                code = "log_damaged",
                faults = ?found.faults,
                "the access log is not as it was written: keep the directory as it is, run `gauze-records log verify`, and tell information governance"
            );
        }
        Err(error) => tracing::error!(error, "the access log cannot be verified"),
    }
    std::future::pending().await
}

/// Makes the index of each file of the access log that became whole, so that the next start does not read it.
async fn make_indexes(log: Arc<AccessLog>) {
    loop {
        let log = log.clone();
        match tokio::task::spawn_blocking(move || log.make_indexes()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::error!(code = error.code(), %error, "a file of the access log has no index: {}", error.next_step());
            }
            Err(error) => tracing::error!(%error, "an index was cut off"),
        }
        tokio::time::sleep(INDEX).await;
    }
}

/// Tells leads and governance by mail, for as long as pages are served.
async fn tell_by_mail(mail: Option<(Arc<Mailer>, Waiting)>, log: &AccessLog) {
    match mail {
        Some((mailer, waiting)) => mailer.follow(&waiting, log, &SystemClock).await,
        None => std::future::pending().await,
    }
}

/// Erases by law what `log erase` asks for while pages are served.
async fn erase_wanted(log: Arc<AccessLog>) {
    loop {
        let log = log.clone();
        let erased = tokio::task::spawn_blocking(move || log.erase_wanted(SystemClock.now())).await;
        match erased {
            Ok(Ok(erased)) => erased.into_iter().for_each(tell_of_erasure),
            Ok(Err(error)) => {
                tracing::error!(code = error.code(), %error, "it is not known what is to be erased: {}", error.next_step());
            }
            Err(error) => tracing::error!(%error, "an erasure was cut off"),
        }
        tokio::time::sleep(TELL).await;
    }
}

fn tell_of_erasure((entry, erased): Erased) {
    match erased {
        Ok(line) => {
            tracing::info!(entry, said_by = line.index, "an entry of the access log is erased by law")
        }
        Err(error @ LogFailure::Erased(_)) => tracing::info!(entry, "{error}"),
        Err(error) => {
            tracing::error!(code = error.code(), %error, entry, "it is not erased: {}", error.next_step());
        }
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
            let person = crate::person(&person)?;
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
