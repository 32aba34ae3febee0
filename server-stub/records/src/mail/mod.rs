//! Mail to leads and governance: a break-glass waits for its review, or nobody has reviewed it in time; and to governance: something
//! went wrong, and its time runs; a document's next review is near or due. And the address of a link to whom it is for, where its maker asks.
//!
//! Always: a mail names neither patient nor, but for who made a link, a person; it has a reference, and says what holds when it is sent; nothing is sent without TLS. The
//! access log is the queue: what was opened and has no line about its mail is sent, and its line is written once the server has taken it for
//! somebody, and for everybody else taken it or refused it for good. Nobody is sent the same twice, but where the program is cut off before that
//! line, or the server takes a mail and does not say so in ten minutes (RFC 5321, 4.5.3.2.6); and an address that is refused, or a mail that is
//! not answered, keeps nobody else from being told.

mod config;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;

use gauze_people::cases::{Case, Cases, Reminder};
use gauze_people::documents::{self, Reviews, Stage};
use gauze_people::haste::{Broken, Hastes, Notice};
use gauze_people::log::{AccessLog, LogFailure};
use jiff::Timestamp;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{Address, AsyncTransport as _, Message};

use crate::clock::Clock;
use crate::coded::Coded;
use crate::documents::{Document, Register, Shelf, today};
use config::Config;

/// How often it is looked whether there is something to tell.
const EVERY: Duration = Duration::from_secs(10);
/// How long after a failure.
const AGAIN: Duration = Duration::from_secs(60);
/// What a server answers to a user or a password, not to an address.
const SIGN_IN: [u16; 4] = [530, 534, 535, 538];
/// How long somebody who looks at a page waits for one.
const WAITS: Duration = Duration::from_secs(30);
const NAMES_NOBODY: &str = "This mail names nobody. The page does, once you have signed in.";
/// How long one mail may take: a server that scans it answers late, and has it all the same.
const WITHIN: Duration = Duration::from_secs(600);

/// Why nobody was told.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// `mail.json`.
    #[error("{}: {cause}", path.display())]
    Config {
        /// Which file.
        path: PathBuf,
        /// Why.
        cause: String,
    },
    /// A mail cannot be written.
    #[error("a mail cannot be written: {0}")]
    Written(#[from] lettre::error::Error),
    /// The server did not take it.
    #[error("the mail server did not take it: {0}")]
    Server(#[from] lettre::transport::smtp::Error),
    /// The server takes too long.
    #[error("the mail server says nothing")]
    Silent,
    /// Its line cannot be written.
    #[error(transparent)]
    Log(#[from] LogFailure),
}

impl Coded for MailError {
    fn code(&self) -> &'static str {
        match self {
            Self::Config { .. } => "mail_config",
            Self::Written(_) => "mail_unwritten",
            Self::Server(error) if error.is_permanent() => "mail_refused",
            Self::Server(error) if error.is_tls() => "mail_tls",
            Self::Server(_) | Self::Silent => "mail_unreachable",
            Self::Log(error) => error.code(),
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Config { .. } => "Compare the file with docs/people.md.",
            Self::Written(_) => "Check the addresses in mail.json.",
            Self::Server(error) if error.is_permanent() => {
                "It is tried again where it was taken for nobody; ask whoever runs the mail server, and check user, password and addresses in mail.json."
            }
            Self::Server(error) if error.is_tls() => {
                "It is tried again; check `ca` in mail.json, and the server's certificate."
            }
            Self::Server(_) | Self::Silent => "It is tried again; check the network and `smtp` in mail.json.",
            Self::Log(error) => error.next_step(),
        }
    }
}

impl MailError {
    /// Whether it is said of one address: nothing is wrong with the server then.
    fn of_one_address(&self) -> bool {
        match self {
            Self::Server(error) => {
                let answered = error.is_permanent() || error.is_transient();
                answered && !error.status().is_some_and(|code| SIGN_IN.contains(&u16::from(code)))
            }
            Self::Written(_) => true,
            Self::Config { .. } | Self::Silent | Self::Log(_) => false,
        }
    }

    fn is_for_good(&self) -> bool {
        match self {
            Self::Server(error) => error.is_permanent(),
            _ => false,
        }
    }
}

/// Whom the server has taken a mail for, and for whom it refused it for good.
type Settled = BTreeMap<Address, bool>;

/// What is told to one address.
struct Told {
    /// The same word for the same mail.
    key: String,
    subject: String,
    text: String,
}

/// What there is to tell of.
pub struct Waiting {
    /// What was opened in haste.
    pub hastes: Arc<RwLock<Hastes>>,
    /// What went wrong.
    pub cases: Arc<RwLock<Cases>>,
    /// What was told of documents.
    pub reviews: Mutex<Reviews>,
    /// The data directory, with the register of documents.
    pub data: PathBuf,
}

/// Tells people by mail.
pub struct Mailer {
    config: Config,
    /// Of mails that have no line yet.
    settled: Mutex<HashMap<String, Settled>>,
    /// Where the pages are.
    pages: String,
    within: Duration,
}

impl Mailer {
    /// By a `mail.json`, for pages at this address.
    ///
    /// # Errors
    /// [`MailError::Config`].
    pub fn load(path: &Path, pages: String) -> Result<Self, MailError> {
        Ok(Self { config: Config::load(path)?, settled: Mutex::default(), pages, within: WITHIN })
    }

    /// Waits for another time than ten minutes.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// Tells what is to be told, for ever.
    pub async fn follow(&self, waiting: &Waiting, log: &AccessLog, clock: &impl Clock) {
        let Waiting { hastes, cases, reviews, data } = waiting;
        let shelf = Shelf::default();
        loop {
            let (mut wait, now) = (EVERY, clock.now());
            let register = shelf.in_force(data).register;
            for told in [
                self.tell(hastes, log, now).await,
                self.tell_of_cases(cases, log, now).await,
                self.tell_of_documents((&register, reviews), log, now).await,
            ] {
                if let Err(error) = told {
                    tracing::error!(code = error.code(), "{}", error.line());
                    wait = AGAIN;
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Sends one mail while somebody waits for it.
    ///
    /// # Errors
    /// [`MailError`]: nothing tries it again.
    pub(crate) async fn send_at_once(
        &self,
        to: &Mailbox,
        (subject, text): (&str, &str),
    ) -> Result<(), MailError> {
        let told = Told { key: String::new(), subject: subject.to_owned(), text: text.to_owned() };
        let sent = tokio::time::timeout(WAITS.min(self.within), self.send_to(to, &told)).await;
        sent.map_err(|_| MailError::Silent)?
    }

    /// Tells what is to be told now; of how many.
    ///
    /// # Errors
    /// [`MailError`]: the first of what was not told; it waits for the next time.
    pub async fn tell(
        &self,
        hastes: &RwLock<Hastes>,
        log: &AccessLog,
        now: Timestamp,
    ) -> Result<usize, MailError> {
        let waiting = hastes.read().unwrap_or_else(PoisonError::into_inner).untold(now);
        let (mut told, mut failed) = (0, None);
        for (notice, entry) in waiting {
            // It may have been judged while another one was told.
            let broken = hastes.read().unwrap_or_else(PoisonError::into_inner).get(&entry).cloned();
            let Some(broken) = broken.filter(|broken| broken.untold(notice, now)) else { continue };
            let mail = self.of_haste(notice, &broken);
            if self.send(&self.asked_to_review(&broken), &mail, &mut failed).await? {
                log.note(&broken.told(notice, now)).await?;
                self.settled().remove(&mail.key);
                hastes.write().unwrap_or_else(PoisonError::into_inner).told(&entry, notice);
                told += 1;
            }
        }
        failed.map_or(Ok(told), Err)
    }

    /// Tells governance of cases: that one was reported, and its newest reminder; of how many.
    ///
    /// # Errors
    /// [`MailError`]: the first of what was not told; it waits for the next time.
    pub async fn tell_of_cases(
        &self,
        cases: &RwLock<Cases>,
        log: &AccessLog,
        now: Timestamp,
    ) -> Result<usize, MailError> {
        let waiting = cases.read().unwrap_or_else(PoisonError::into_inner).unmailed();
        let (mut told, mut failed) = (0, None);
        for (reminder, number) in waiting {
            // Its clock may have been stopped while another one was told.
            let case = cases.read().unwrap_or_else(PoisonError::into_inner).get(number).cloned();
            let Some(case) = case.filter(|case| case.unmailed(reminder)) else { continue };
            let mail = self.of_case(reminder, &case, now);
            let governance: Vec<&Mailbox> = self.config.governance.iter().collect();
            if self.send(&governance, &mail, &mut failed).await? {
                log.note(&case.mailed(reminder, now)).await?;
                self.settled().remove(&mail.key);
                cases.write().unwrap_or_else(PoisonError::into_inner).mailed(number, reminder);
                told += 1;
            }
        }
        failed.map_or(Ok(told), Err)
    }

    /// Tells governance of documents whose next review is near or due: of each the newest stage, once; of how many.
    ///
    /// # Errors
    /// [`MailError`]: the first of what was not told; it waits for the next time.
    pub async fn tell_of_documents(
        &self,
        (register, reviews): (&Register, &Mutex<Reviews>),
        log: &AccessLog,
        now: Timestamp,
    ) -> Result<usize, MailError> {
        let reviews = || reviews.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut told, mut failed) = (0, None);
        for document in &register.documents {
            let (days, key) = (document.days_left(today(now)), document.key());
            let Some(stage) = Stage::of(days).filter(|stage| reviews().untold(&key, *stage)) else {
                continue;
            };
            let mail = self.of_document((stage, days), &key, document);
            let governance: Vec<&Mailbox> = self.config.governance.iter().collect();
            if self.send(&governance, &mail, &mut failed).await? {
                log.note(&documents::mailed(&key, stage, now)).await?;
                self.settled().remove(&mail.key);
                reviews().told(&key, stage);
                told += 1;
            }
        }
        failed.map_or(Ok(told), Err)
    }

    fn of_document(&self, (stage, days): (Stage, i64), key: &str, document: &Document) -> Told {
        let day = document.review_by.strftime("%d-%b-%Y");
        let (subject, lead) = match (stage, days) {
            (Stage::Due, 0) => {
                ("A document is due for review", format!("A document is to be reviewed today, {day}."))
            }
            (Stage::Due, _) => {
                ("A document is overdue for review", format!("A document was to be reviewed by {day}."))
            }
            (Stage::Month | Stage::Week, 1) => (
                "A document is soon due for review",
                format!("A document is to be reviewed by tomorrow, {day}."),
            ),
            (Stage::Month | Stage::Week, days) => (
                "A document is soon due for review",
                format!("A document is to be reviewed within {days} days, by {day}."),
            ),
        };
        let text =
            format!("{lead}\n\nWhich one it is stands here: {}/documents\n\n{NAMES_NOBODY}\n", self.pages);
        Told { key: format!("{stage:?} {key}"), subject: format!("{subject} ({day})"), text }
    }

    fn of_case(&self, reminder: Reminder, case: &Case, now: Timestamp) -> Told {
        let number = case.number;
        let left = match case.left(now).as_hours() {
            _ if !case.runs() => None,
            _ if case.late(now) => {
                Some("Its 72 hours are over, and the regulator has not been told.".to_owned())
            }
            0 => Some("Less than an hour of its 72 hours is left.".to_owned()),
            hours => Some(format!("{hours} of its 72 hours are left.")),
        };
        let (subject, lead) = match reminder {
            Reminder::Reported => {
                ("Something went wrong", "Somebody reported that something went wrong, or nearly.")
            }
            _ if case.late(now) => ("A case is late", "A case waits."),
            _ => ("A case waits", "A case waits: the regulator is to be told, or it is decided otherwise."),
        };
        let lead = [lead.to_owned()].into_iter().chain(left).collect::<Vec<_>>().join(" ");
        let text = format!(
            "{lead}\n\nCase: {number}\nLook after it here: {}/cases/{number}\n\n{NAMES_NOBODY}\n",
            self.pages
        );
        Told { key: format!("{reminder:?} {number}"), subject: format!("{subject} (case {number})"), text }
    }

    fn of_haste(&self, notice: Notice, broken: &Broken) -> Told {
        let reference = broken.entry.as_str().get(..8).unwrap_or(broken.entry.as_str());
        let (subject, lead, here) = match (notice, &broken.review) {
            (Notice::Opened, None) => (
                "A break-glass waits for your review",
                "Somebody opened a patient's photos under break-glass.",
                "Review it here",
            ),
            (Notice::Opened, Some(_)) => (
                "A break-glass was opened and reviewed",
                "Somebody opened a patient's photos under break-glass, and somebody else has reviewed it since.",
                "Break-glass is reviewed here",
            ),
            (Notice::Late, _) => (
                "A break-glass is overdue for review",
                "Nobody has reviewed a break-glass within 72 hours.",
                "Review it here",
            ),
        };
        let text =
            format!("{lead}\n\nReference: {reference}\n{here}: {}/hastes\n\n{NAMES_NOBODY}\n", self.pages);
        let key = format!("{notice:?} {}", broken.entry.as_str());
        Told { key, subject: format!("{subject} ({reference})"), text }
    }

    /// Governance, and the leads of teams that hold photos of that patient.
    fn asked_to_review(&self, broken: &Broken) -> Vec<&Mailbox> {
        let leads = broken.teams.iter().filter_map(|team| self.config.leads.get(team)).flatten();
        let mut to: Vec<&Mailbox> = self.config.governance.iter().chain(leads).collect();
        to.sort_by_key(|mailbox| mailbox.email.to_string());
        to.dedup_by_key(|mailbox| mailbox.email.to_string());
        to
    }

    fn settled(&self) -> MutexGuard<'_, HashMap<String, Settled>> {
        self.settled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One mail for each: nobody learns from a mail who else is told. Whether its line is to be written; what `failed` of an address keeps
    /// no other from being told.
    async fn send(
        &self,
        to: &[&Mailbox],
        mail: &Told,
        failed: &mut Option<MailError>,
    ) -> Result<bool, MailError> {
        let (mut refused, mut again) = (None, false);
        for mailbox in to {
            if self.settled().get(&mail.key).is_some_and(|settled| settled.contains_key(&mailbox.email)) {
                continue;
            }
            let taken = match self.send_to(mailbox, mail).await {
                Ok(()) => true,
                Err(error) if error.is_for_good() && error.of_one_address() => {
                    tracing::error!(code = error.code(), to = %mailbox.email, "{}", error.line());
                    refused = refused.or(Some(error));
                    false
                }
                Err(error) if error.of_one_address() => {
                    again = true;
                    failed.get_or_insert(error);
                    continue;
                }
                // It may be that mail alone; a second one is the server.
                Err(MailError::Silent) if !matches!(failed, Some(MailError::Silent)) => {
                    again = true;
                    *failed = Some(MailError::Silent);
                    continue;
                }
                Err(error) => return Err(error),
            };
            self.settled().entry(mail.key.clone()).or_default().insert(mailbox.email.clone(), taken);
        }
        let somebody = self.settled().get(&mail.key).is_some_and(|of| of.values().any(|taken| *taken));
        if !somebody {
            // Nobody was told: all of them are asked again.
            self.settled().remove(&mail.key);
            if let Some(refused) = refused {
                failed.get_or_insert(refused);
            }
        }
        Ok(somebody && !again)
    }

    async fn send_to(&self, mailbox: &Mailbox, mail: &Told) -> Result<(), MailError> {
        let message = Message::builder()
            .from(self.config.from.clone())
            .to(mailbox.clone())
            .subject(&mail.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(mail.text.clone())?;
        let sent = tokio::time::timeout(self.within, self.config.transport.send(message)).await;
        sent.map_err(|_| MailError::Silent)??;
        Ok(())
    }
}
