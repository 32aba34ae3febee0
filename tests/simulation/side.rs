//! The records side with its pages, in this process: started, asked, killed and started again.

use std::sync::{Arc, Mutex};

use gauze_people::log::AccessLog;
use gauze_people::person::Person;
use gauze_records::Folk;
use gauze_records::pull::Puller;
use tokio::sync::Notify;

use super::crossing::Crossing;
use super::dice::Dice;
use super::sky::Trace;
use super::world::Broken;
pub use crate::fixture::{Answer, Session, TEAM, log_root, person};
use crate::fixture::{Pages, Ward};

/// What runs between two kills.
pub struct Side {
    pages: Pages,
    pub folk: Folk,
    pub log: Arc<AccessLog>,
    pub puller: Puller<Crossing>,
    /// Told when a request to the gateway is its last.
    pub death: Arc<Notify>,
}

impl Side {
    /// Starts it on what is on the disk.
    pub async fn start(ward: &Ward, dice: Dice, trouble: usize, trace: Trace) -> Result<Self, Broken> {
        let death = Arc::new(Notify::new());
        let crossing =
            Crossing { port: ward.port(), dice: Mutex::new(dice), trouble, trace, death: death.clone() };
        let puller = ward.puller(crossing).await;
        let pages = Pages::open(ward, &puller).await?;
        let (folk, log) = (pages.folk.clone(), pages.log.clone());
        Ok(Self { pages, folk, log, puller, death })
    }

    /// Signs somebody in, with a factor that was just proven.
    pub fn enter(&self, ward: &Ward, person: Person) -> Session {
        self.pages.enter(ward, person)
    }

    /// Asks for a page or, with fields, sends a form.
    pub fn ask(
        &self,
        session: &Session,
        address: &str,
        form: Option<&[(&str, &str)]>,
    ) -> impl Future<Output = Answer> + use<> {
        self.pages.ask(session, address, form)
    }
}
