//! Mail to leads and governance: a break-glass waits for its review, or nobody has reviewed it in time; and to governance: something
//! went wrong, and its time runs.
//!
//! Always: a mail names neither patient nor person, but a reference; nothing is sent without TLS. The access log is the queue: what was
//! opened and has no line about its mail is sent, and its line is written once the server has taken it. Who is cut off between the two
//! sends it twice.

mod config;

use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use gauze_people::cases::{Case, Cases, Reminder};
use gauze_people::haste::{Broken, Hastes, Notice};
use gauze_people::log::{AccessLog, LogFailure};
use jiff::Timestamp;
use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::{AsyncTransport as _, Message};

use crate::clock::Clock;
use crate::coded::Coded;
use config::Config;

/// How often it is looked whether there is something to tell.
const EVERY: Duration = Duration::from_secs(10);
/// How long after a failure.
const AGAIN: Duration = Duration::from_secs(60);
/// How long one mail may take.
const WITHIN: Duration = Duration::from_secs(60);

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
                "It is tried again; ask whoever runs the mail server, and check user, password and addresses in mail.json."
            }
            Self::Server(error) if error.is_tls() => {
                "It is tried again; check `ca` in mail.json, and the server's certificate."
            }
            Self::Server(_) | Self::Silent => "It is tried again; check the network and `smtp` in mail.json.",
            Self::Log(error) => error.next_step(),
        }
    }
}

/// Tells people by mail.
pub struct Mailer {
    config: Config,
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
        Ok(Self { config: Config::load(path)?, pages, within: WITHIN })
    }

    /// Waits for another time than a minute.
    #[must_use]
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// Tells what is to be told, for ever.
    pub async fn follow(
        &self,
        hastes: &RwLock<Hastes>,
        cases: &RwLock<Cases>,
        log: &AccessLog,
        clock: &impl Clock,
    ) {
        loop {
            let (mut wait, now) = (EVERY, clock.now());
            for told in [self.tell(hastes, log, now).await, self.tell_of_cases(cases, log, now).await] {
                if let Err(error) = told {
                    tracing::error!(code = error.code(), "{}", error.line());
                    wait = AGAIN;
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Tells what is to be told now; how many mails went out.
    ///
    /// # Errors
    /// [`MailError`]: that one and those behind it wait for the next time.
    pub async fn tell(
        &self,
        hastes: &RwLock<Hastes>,
        log: &AccessLog,
        now: Timestamp,
    ) -> Result<usize, MailError> {
        let waiting = hastes.read().unwrap_or_else(PoisonError::into_inner).untold(now);
        for (notice, broken) in &waiting {
            self.send(*notice, broken).await?;
            log.note(&broken.told(*notice, now)).await?;
            hastes.write().unwrap_or_else(PoisonError::into_inner).told(&broken.entry, *notice);
        }
        Ok(waiting.len())
    }

    /// Tells governance of cases: that one was reported, and each reminder that has its line; how many mails went out.
    ///
    /// # Errors
    /// [`MailError`]: that one and those behind it wait for the next time.
    pub async fn tell_of_cases(
        &self,
        cases: &RwLock<Cases>,
        log: &AccessLog,
        now: Timestamp,
    ) -> Result<usize, MailError> {
        let waiting = cases.read().unwrap_or_else(PoisonError::into_inner).unmailed();
        for (reminder, case) in &waiting {
            self.send_of_case(*reminder, case).await?;
            log.note(&case.mailed(*reminder, now)).await?;
            cases.write().unwrap_or_else(PoisonError::into_inner).mailed(case.number, *reminder);
        }
        Ok(waiting.len())
    }

    async fn send_of_case(&self, reminder: Reminder, case: &Case) -> Result<(), MailError> {
        let number = case.number;
        let (subject, lead) = match reminder {
            Reminder::Reported => {
                ("Something went wrong", "Somebody reported that something went wrong, or nearly.")
            }
            Reminder::Day => ("A case is one day old", "Two of its three days are left."),
            Reminder::TwoDays => ("A case is two days old", "One of its three days is left."),
            Reminder::SixLeft => (
                "A case has six hours left",
                "The regulator is to be told within six hours, or it is decided otherwise.",
            ),
            Reminder::Late => ("A case is late", "72 hours are over, and the regulator has not been told."),
        };
        let text = format!(
            "{lead}\n\nCase: {number}\nLook after it here: {}/cases/{number}\n\nThis mail names nobody. The page does, once you have signed in.\n",
            self.pages
        );
        let to = self.config.governance.iter().collect();
        self.send_to(to, &format!("{subject} (case {number})"), &text).await
    }

    async fn send(&self, notice: Notice, broken: &Broken) -> Result<(), MailError> {
        let reference = broken.entry.as_str().get(..8).unwrap_or(broken.entry.as_str());
        let (subject, lead) = match notice {
            Notice::Opened => (
                "A break-glass waits for your review",
                "Somebody opened a patient's photos under break-glass.",
            ),
            Notice::Late => {
                ("A break-glass is overdue for review", "Nobody has reviewed a break-glass within 72 hours.")
            }
        };
        let text = format!(
            "{lead}\n\nReference: {reference}\nReview it here: {}/hastes\n\nThis mail names nobody. The page does, once you have signed in.\n",
            self.pages
        );
        let leads = broken.teams.iter().filter_map(|team| self.config.leads.get(team)).flatten();
        let mut to: Vec<&Mailbox> = self.config.governance.iter().chain(leads).collect();
        to.sort_by_key(|mailbox| mailbox.email.to_string());
        to.dedup_by_key(|mailbox| mailbox.email.to_string());
        self.send_to(to, &format!("{subject} ({reference})"), &text).await
    }

    /// One for each: nobody learns from a mail who else is told.
    async fn send_to(&self, to: Vec<&Mailbox>, subject: &str, text: &str) -> Result<(), MailError> {
        for mailbox in to {
            let mail = Message::builder()
                .from(self.config.from.clone())
                .to(mailbox.clone())
                .subject(subject)
                .header(ContentType::TEXT_PLAIN)
                .body(text.to_owned())?;
            let sent = tokio::time::timeout(self.within, self.config.transport.send(mail)).await;
            sent.map_err(|_| MailError::Silent)??;
        }
        Ok(())
    }
}
