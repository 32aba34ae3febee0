//! `gauze-gateway admin …`: arguments in, one library call, text or JSON out. Decides nothing.

mod print;

use std::path::PathBuf;
use std::sync::Arc;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand, ValueEnum};
use gauze_gateway::admin::{Admin, AdminError, POLICY_TEXT};
use gauze_gateway::{By, DeviceSearch, Sort, SystemClock, ToldStatus};
use gauze_listen::{quoted, read_file};
use gauze_wire::{Name, Photos, ProposalId, System, Tenant};

/// What an operator may do.
#[derive(Subcommand)]
pub(crate) enum AdminCommand {
    /// Leave to enrol: asked for here, signed by the hospital.
    #[command(subcommand)]
    Token(TokenCommand),
    /// Enrolled phones.
    #[command(subcommand)]
    Device(DeviceCommand),
    /// What phones must show and may do: proposed here, signed by the hospital.
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// What was decided, newest first.
    Acts {
        #[command(flatten)]
        place: Place,
        /// Acts before this place in the log.
        #[arg(long)]
        before: Option<u64>,
        /// At most so many, up to 200.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
}

#[derive(Subcommand)]
pub(crate) enum TokenCommand {
    /// Ask the hospital for a token: one phone, once.
    Request {
        #[command(flatten)]
        place: Place,
        /// Who asks.
        #[arg(long, value_name = "NAME")]
        operator: String,
        /// What it is for, naming no patient.
        #[arg(long = "for", value_name = "TEXT")]
        purpose: String,
        /// The one phone it is for, when known.
        #[arg(long)]
        serial: Option<Name>,
        /// How long it lives once signed, at most 24.
        #[arg(long, default_value_t = 24)]
        hours: u32,
    },
    /// Tokens that were asked for, newest first.
    List {
        #[command(flatten)]
        place: Place,
        /// At most so many, up to 200.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One token; once signed, what to paste into the device management.
    Show {
        /// Its name, as `request` printed it.
        #[arg(allow_hyphen_values = true)]
        id: ProposalId,
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        paste: Paste,
    },
    /// The token for all phones of the inventory: how many enrolled, and what to paste.
    Inventory {
        #[command(flatten)]
        place: Place,
        #[command(flatten)]
        paste: Paste,
    },
}

#[derive(Subcommand)]
pub(crate) enum DeviceCommand {
    /// Devices in order of their ids, a page at a time.
    List {
        #[command(flatten)]
        place: Place,
        /// What id, serial or model begins with.
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// Of this status alone.
        #[arg(long, value_parser = PossibleValuesParser::new(ToldStatus::ALL.map(ToldStatus::as_str)).try_map(|name| name.parse::<ToldStatus>()))]
        status: Option<ToldStatus>,
        /// With something that speaks against them alone.
        #[arg(long)]
        flagged: bool,
        /// After this device: the last of the page before.
        #[arg(long, value_name = "ID", allow_hyphen_values = true)]
        after: Option<gauze_wire::DeviceId>,
        /// At most so many, up to 200.
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// One device's story.
    Show {
        /// Its id, or as much of the beginning as no other has.
        #[arg(allow_hyphen_values = true)]
        id: String,
        #[command(flatten)]
        place: Place,
    },
    /// It takes no new photos, sends those it has, shows none, and cannot enrol again; `resume` undoes it.
    Suspend(Change),
    /// It may do everything again.
    Resume(Change),
    /// It gets no ticket any more, for good; its open upload addresses are dead.
    Revoke(Change),
    /// It is the phone that had another id before: say so after comparing the phone itself.
    Succeed {
        #[command(flatten)]
        change: Change,
        /// Its id before, or as much of the beginning as no other has.
        #[arg(long, value_name = "ID", allow_hyphen_values = true)]
        former: String,
    },
    /// Take a flag away: somebody has looked.
    Unflag {
        #[command(flatten)]
        change: Change,
        /// The flag.
        #[arg(long)]
        code: Name,
    },
    /// Ask the hospital for an order to wipe it.
    Wipe {
        #[command(flatten)]
        change: Change,
        /// What becomes of its sealed photos, which open for nobody outside the hospital.
        #[arg(long, value_enum, default_value = "keep")]
        photos: Fate,
    },
    /// A phone is lost: revoke it, ask for a wipe order, say what it held when last heard from.
    Lost {
        #[command(flatten)]
        change: Change,
        /// What becomes of its sealed photos, which open for nobody outside the hospital.
        #[arg(long, value_enum, default_value = "keep")]
        photos: Fate,
    },
}

#[derive(Subcommand)]
pub(crate) enum PolicyCommand {
    /// The policy in force, and what waits.
    Show {
        #[command(flatten)]
        place: Place,
    },
    /// Ask the hospital to sign a new policy.
    Propose {
        #[command(flatten)]
        place: Place,
        /// The policy as JSON; `v`, `typ`, `tenant`, `version` and `issued_at` may be left out.
        #[arg(long = "in", value_name = "FILE")]
        input: PathBuf,
        #[command(flatten)]
        who: Who,
    },
    /// Print the policy in force as it was signed.
    Export {
        #[command(flatten)]
        place: Place,
    },
}

/// Which register, and how to answer.
#[derive(Args)]
pub(crate) struct Place {
    /// The gateway's data directory; the gateway may be running.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// The tenant.
    #[arg(long)]
    tenant: Tenant,
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

/// How what is to paste is printed.
#[derive(Args)]
pub(crate) struct Paste {
    /// PEM of the authority that issued the gateway's certificate, where it is not a public one.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The device management it is pasted into; without it, the bare values as JSON.
    #[arg(
        long = "for",
        value_name = "SYSTEM",
        value_parser = PossibleValuesParser::new(System::ALL.map(System::as_str)).try_map(|name| name.parse::<System>())
    )]
    system: Option<System>,
}

impl Paste {
    async fn open(&self, place: &Place) -> Result<Admin, AdminError> {
        let admin = place.open().await?;
        match &self.ca {
            Some(path) => admin.with_authority(path),
            None => Ok(admin),
        }
    }
}

/// Who decides, and why; it goes into the log.
#[derive(Args)]
pub(crate) struct Who {
    /// Who decides.
    #[arg(long, value_name = "NAME")]
    operator: String,
    /// Why, naming no patient.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

#[derive(Args)]
pub(crate) struct Change {
    /// The device's id, or as much of the beginning as no other has.
    #[arg(allow_hyphen_values = true)]
    id: String,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    who: Who,
}

/// What becomes of the sealed photos on a phone that is wiped.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Fate {
    /// They stay, and can still be sent.
    Keep,
    /// They go; a signed void stands in each one's place.
    Destroy,
}

impl From<Fate> for Photos {
    fn from(fate: Fate) -> Self {
        match fate {
            Fate::Keep => Self::Keep,
            Fate::Destroy => Self::Destroy,
        }
    }
}

impl Place {
    /// As it was typed, for the commands that are told.
    fn typed(&self) -> String {
        format!("--data {} --tenant {}", quoted(self.data.display()), quoted(&self.tenant))
    }

    async fn open(&self) -> Result<Admin, AdminError> {
        Admin::open(&self.data, &self.tenant, Arc::new(SystemClock)).await
    }
}

impl Who {
    fn by(&self) -> Result<By, AdminError> {
        By::new(&self.operator, &self.reason)
    }
}

/// Carries out a command. What it prints goes to standard output.
pub(crate) async fn run(command: AdminCommand) -> Result<(), AdminError> {
    match command {
        AdminCommand::Token(command) => token(command).await,
        AdminCommand::Device(command) => device(command).await,
        AdminCommand::Policy(command) => policy(command).await,
        AdminCommand::Acts { place, before, limit } => {
            let admin = place.open().await?;
            let acts = admin.acts(before, limit).await?;
            let called = admin.called(&acts).await?;
            print::show(place.json, &acts, || print::acts(&acts, &called));
            Ok(())
        }
    }
}

async fn token(command: TokenCommand) -> Result<(), AdminError> {
    match command {
        TokenCommand::Request { place, operator, purpose, serial, hours } => {
            let by = By::new(&operator, &purpose)?;
            let proposal = place.open().await?.request_token(hours, serial, &by).await?;
            print::show(place.json, &proposal, || print::proposed(&proposal));
        }
        TokenCommand::List { place, limit } => {
            let tokens = place.open().await?.tokens(None, limit).await?;
            print::show(place.json, &tokens, || print::tokens(&tokens));
        }
        TokenCommand::Show { id, place, paste } => {
            let token = paste.open(&place).await?.token(&id).await?;
            print::show(place.json, &token, || print::token(&token, paste.system));
        }
        TokenCommand::Inventory { place, paste } => {
            let inventory = paste.open(&place).await?.inventory().await?;
            let inventory = inventory.ok_or(AdminError::NoInventory)?;
            print::show(place.json, &inventory, || print::inventory(&inventory, paste.system));
        }
    }
    Ok(())
}

async fn device(command: DeviceCommand) -> Result<(), AdminError> {
    match command {
        DeviceCommand::List { place, search, status, flagged, after, limit } => {
            let search = DeviceSearch {
                text: search,
                status,
                flagged,
                sort: Sort::Serial,
                after,
                limit: Some(limit),
                ..Default::default()
            };
            let page = place.open().await?.devices(&search).await?;
            print::show(place.json, &page, || print::page(&page));
        }
        DeviceCommand::Show { id, place } => {
            let admin = place.open().await?;
            let story = admin.device(&admin.find(&id).await?).await?;
            let called = admin.called(&story.acts).await?;
            print::show(place.json, &story, || print::story(&story, &called));
        }
        DeviceCommand::Suspend(change) => {
            let (admin, id, by) = change.open().await?;
            change.changed((&admin, &id), admin.suspend(&id, &by).await?, "suspended").await?;
        }
        DeviceCommand::Resume(change) => {
            let (admin, id, by) = change.open().await?;
            change.changed((&admin, &id), admin.resume(&id, &by).await?, "active").await?;
        }
        DeviceCommand::Revoke(change) => {
            let (admin, id, by) = change.open().await?;
            change.changed((&admin, &id), admin.revoke(&id, &by).await?, "revoked").await?;
        }
        DeviceCommand::Succeed { change, former } => {
            let (admin, id, by) = change.open().await?;
            let former = admin.find(&former).await?;
            let changed = admin.succeed(&id, &former, &by).await?;
            let state = format!("the phone that was {}", admin.device(&former).await?.device.name());
            change.changed((&admin, &id), changed, &state).await?;
        }
        DeviceCommand::Unflag { change, code } => {
            let (admin, id, by) = change.open().await?;
            change.changed((&admin, &id), admin.unflag(&id, &code, &by).await?, "not flagged").await?;
        }
        DeviceCommand::Wipe { change, photos } => {
            let (admin, id, by) = change.open().await?;
            let proposal = admin.wipe(&id, photos.into(), &by).await?;
            print::show(change.place.json, &proposal, || print::proposed(&proposal));
        }
        DeviceCommand::Lost { change, photos } => {
            let (admin, id, by) = change.open().await?;
            let report = admin.lost(&id, photos.into(), &by).await?;
            print::show(change.place.json, &report, || print::lost(&report, &change.place.typed()));
        }
    }
    Ok(())
}

impl Change {
    async fn open(&self) -> Result<(Admin, gauze_wire::DeviceId, By), AdminError> {
        let (by, admin) = (self.who.by()?, self.place.open().await?);
        let id = admin.find(&self.id).await?;
        Ok((admin, id, by))
    }

    async fn changed(
        &self,
        (admin, id): (&Admin, &gauze_wire::DeviceId),
        changed: bool,
        state: &str,
    ) -> Result<(), AdminError> {
        let name = admin.device(id).await?.device.name();
        let told = serde_json::json!({ "device_id": id, "changed": changed, "state": state });
        print::show(self.place.json, &told, || {
            format!("{name} is {state}{}\n", if changed { "" } else { ", as it was" })
        });
        Ok(())
    }
}

async fn policy(command: PolicyCommand) -> Result<(), AdminError> {
    match command {
        PolicyCommand::Show { place } => {
            let view = place.open().await?.policy().await?;
            print::show(place.json, &view, || print::policy(&view, &place.typed()));
        }
        PolicyCommand::Propose { place, input, who } => {
            let json = String::from_utf8_lossy(&read_file(&input, POLICY_TEXT as u64)?).into_owned();
            let proposal = place.open().await?.propose_policy(&json, &who.by()?).await?;
            print::show(place.json, &proposal, || print::proposed(&proposal));
        }
        PolicyCommand::Export { place } => {
            let signed = place.open().await?.export_policy().await?;
            print::show(place.json, &signed, || format!("{}\n", signed.as_str()));
        }
    }
    Ok(())
}
