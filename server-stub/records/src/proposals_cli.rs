//! `gauze-records proposals …`: arguments in, one library call, text or JSON out. Decides nothing.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use gauze_listen::quoted;
use gauze_records::keys::KeyDir;
use gauze_records::proposals::{
    Decider, ProposalError, ProposalView, approve, list_proposals, refuse, show_proposal,
};
use gauze_records::{Clock as _, SystemClock};
use gauze_wire::ProposalId;

use crate::show;
use crate::show_cli::{Called, asked_for, called, show_rows, time};

/// What the gateway's operators ask this side to sign.
#[derive(Subcommand)]
pub(crate) enum ProposalsCommand {
    /// What waits, as last pulled.
    List {
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// What was decided too.
        #[arg(long)]
        all: bool,
    },
    /// One proposal, whole.
    Show {
        /// Its name.
        #[arg(allow_hyphen_values = true)]
        id: ProposalId,
        /// The data directory.
        #[arg(long, value_name = "DIR")]
        data: PathBuf,
        /// The keys directory, for the command that is told.
        #[arg(long, value_name = "DIR", default_value = "keys")]
        keys: PathBuf,
    },
    /// Sign exactly what is asked for; the next pull hands it in.
    Approve {
        #[command(flatten)]
        decide: Decide,
        /// The keys directory, with the policy key.
        #[arg(long, value_name = "DIR")]
        keys: PathBuf,
    },
    /// Sign nothing; the next pull says so.
    Refuse(Decide),
}

#[derive(Args)]
pub(crate) struct Decide {
    /// Its name.
    #[arg(allow_hyphen_values = true)]
    id: ProposalId,
    /// The data directory.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Who decides.
    #[arg(long, value_name = "NAME")]
    by: String,
    /// Why, naming no patient.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// Carries out a command.
pub(crate) async fn run(json: bool, command: ProposalsCommand) -> Result<(), ProposalError> {
    let now = SystemClock.now();
    match command {
        ProposalsCommand::List { data, all } => {
            let listed = list_proposals(&data, all).await?;
            let headings = ["WHAT", "FOR", "STATE", "WHEN", "BY", "WHY", "PROPOSAL"];
            show_rows(json, &data, &listed, (headings, "Nothing waits."), row).await?;
        }
        ProposalsCommand::Show { id, data, keys } => {
            let phones = called(&data).await?;
            told(json, &show_proposal(&data, &id).await?, &phones, (&data, &keys));
        }
        ProposalsCommand::Approve { decide, keys } => {
            let by = Decider::new(&decide.by, &decide.reason)?;
            // Looked up first: what is decided is told, whatever happens to the directory then.
            let phones = called(&decide.data).await?;
            let approved = approve(&decide.data, &KeyDir::new(&keys), &decide.id, &by, now).await?;
            told(json, &approved, &phones, (&decide.data, &keys));
        }
        ProposalsCommand::Refuse(decide) => {
            let by = Decider::new(&decide.by, &decide.reason)?;
            let phones = called(&decide.data).await?;
            let refused = refuse(&decide.data, &decide.id, &by, now).await?;
            told(json, &refused, &phones, (&decide.data, Path::new("keys")));
        }
    }
    Ok(())
}

fn row(proposal: &ProposalView, phones: &Called) -> [String; 7] {
    let ProposalView { proposal_id, status, wanted, operator, reason, at, .. } = proposal;
    let (kind, phone) = (wanted.kind().to_owned(), asked_for(wanted, phones));
    [kind, phone, status.clone(), time(*at), operator.clone(), reason.clone(), proposal_id.to_string()]
}

fn line(proposal: &ProposalView, phones: &Called) -> String {
    let ProposalView { proposal_id, status, wanted, operator, reason, at, .. } = proposal;
    let (kind, phone, at) = (wanted.kind(), asked_for(wanted, phones), time(*at));
    format!("{kind} for {phone}, {status}, asked by {operator} at {at}: {reason}\nproposal {proposal_id}")
}

fn told(json: bool, proposal: &ProposalView, phones: &Called, (data, keys): (&Path, &Path)) {
    show(json, proposal, || {
        let wanted = serde_json::to_string_pretty(&proposal.wanted).unwrap_or_default();
        let next = match (proposal.status.as_str(), proposal.handed_in.as_str()) {
            ("waiting", _) => format!(
                "Next: `gauze-records proposals approve {} --data {} --keys {} --by \"your name\" --reason \"as asked\"`, or `refuse` \
                 without --keys",
                proposal.proposal_id,
                quoted(data.display()),
                quoted(keys.display())
            ),
            (_, "no") => "the next pull hands the decision in".to_owned(),
            (_, "yes") => "the gateway has the decision".to_owned(),
            _ => "the gateway did not take the decision: have it proposed anew".to_owned(),
        };
        format!("{}\n{wanted}\n{next}", line(proposal, phones))
    });
}
