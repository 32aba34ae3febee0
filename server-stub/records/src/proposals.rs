//! What the gateway's operators ask this side to sign: looked at, approved or refused by a person in the hospital.
//!
//! Always: a proposal is an act in the log that the gateway signed and this side rebuilt; what is signed is exactly what was
//! asked for; a decision is durable here before the gateway hears of it, and is handed in by the next pull.

use std::path::Path;

use gauze_wire::{
    Act, Deed, Jws, Operator, ProposalId, Reason, Signed as _, Signer as _, Token, Wanted, WipeOrder,
    WireError,
};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::coded::Coded;
use crate::index::{Decided, Index, IndexError, ProposalRow};
use crate::keys::{KeyDir, KeysError, sign_policy_fields};
use crate::layout::Layout;

/// Why a decision was not taken.
#[derive(Debug, thiserror::Error)]
pub enum ProposalError {
    /// The index could not be used.
    #[error(transparent)]
    Index(#[from] IndexError),
    /// It could not be signed.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// No such proposal has been pulled.
    #[error("no such proposal has been pulled")]
    Unknown,
    /// It was decided before.
    #[error("it was decided before: {0}")]
    Decided(String),
    /// Who or why is missing or too long.
    #[error("who decides, or why, is missing or too long")]
    Who,
}

impl Coded for ProposalError {
    fn code(&self) -> &'static str {
        match self {
            Self::Index(error) => error.code(),
            Self::Keys(error) => error.code(),
            Self::Unknown => "unknown_proposal",
            Self::Decided(_) => "decided_before",
            Self::Who => "operator_invalid",
        }
    }

    fn next_step(&self) -> &'static str {
        match self {
            Self::Index(error) => error.next_step(),
            Self::Keys(error) => error.next_step(),
            Self::Unknown => "Pull, then look at proposals list.",
            Self::Decided(_) => "Have it proposed anew.",
            Self::Who => "Give --by (at most 100 bytes) and --reason (at most 500).",
        }
    }
}

/// A proposal, for people. No `Debug`: a reason is free text.
#[derive(Clone, Serialize)]
pub struct ProposalView {
    /// Its name.
    pub proposal_id: ProposalId,
    /// `waiting`, `approved` or `refused`.
    pub status: String,
    /// What is asked for.
    pub wanted: Wanted,
    /// Who asked, at the gateway.
    pub operator: String,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
    /// Its place in the log.
    pub log_index: u64,
    /// Who decided here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// Why so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_why: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// Whether the gateway has taken the decision: `no`, `yes`, `refused`.
    pub handed_in: String,
}

/// Who decides, and why.
pub struct Decider {
    operator: Operator,
    reason: Reason,
}

impl Decider {
    /// Reads who and why.
    pub fn new(operator: &str, reason: &str) -> Result<Self, ProposalError> {
        let who = |_: WireError| ProposalError::Who;
        Ok(Self {
            operator: Operator::new(operator.trim()).map_err(who)?,
            reason: Reason::new(reason.trim()).map_err(who)?,
        })
    }
}

/// What waits, or everything, in log order.
pub async fn list_proposals(data: &Path, all: bool) -> Result<Vec<ProposalView>, ProposalError> {
    let index = open(data).await?;
    let mut views = Vec::new();
    for row in index.proposals(all).await? {
        views.push(view(&index, row).await?);
    }
    index.close().await;
    Ok(views)
}

/// One proposal.
pub async fn show_proposal(data: &Path, id: &ProposalId) -> Result<ProposalView, ProposalError> {
    let index = open(data).await?;
    let row = index.proposal(id).await?.ok_or(ProposalError::Unknown)?;
    let view = view(&index, row).await?;
    index.close().await;
    Ok(view)
}

/// Signs what was asked for.
pub async fn approve(
    data: &Path,
    keys: &KeyDir,
    id: &ProposalId,
    by: &Decider,
    now: Timestamp,
) -> Result<ProposalView, ProposalError> {
    let waiting = show_waiting(data, id).await?;
    let signed = sign_wanted(keys, id, &waiting.wanted, now)?;
    decide(data, id, by, now, Some(&signed)).await
}

/// Signs nothing.
pub async fn refuse(
    data: &Path,
    id: &ProposalId,
    by: &Decider,
    now: Timestamp,
) -> Result<ProposalView, ProposalError> {
    show_waiting(data, id).await?;
    decide(data, id, by, now, None).await
}

async fn open(data: &Path) -> Result<Index, ProposalError> {
    Ok(Index::open(&Layout::new(data).index(), false).await?)
}

async fn show_waiting(data: &Path, id: &ProposalId) -> Result<ProposalView, ProposalError> {
    let view = show_proposal(data, id).await?;
    if view.status == "waiting" { Ok(view) } else { Err(ProposalError::Decided(view.status)) }
}

async fn decide(
    data: &Path,
    id: &ProposalId,
    by: &Decider,
    at: Timestamp,
    signed: Option<&Jws>,
) -> Result<ProposalView, ProposalError> {
    let index = open(data).await?;
    let decided = Decided { by: by.operator.as_str(), why: by.reason.as_str(), at, signed };
    let taken = index.decide(id, &decided).await?;
    index.close().await;
    let view = show_proposal(data, id).await?;
    if taken { Ok(view) } else { Err(ProposalError::Decided(view.status)) }
}

async fn view(index: &Index, row: ProposalRow) -> Result<ProposalView, IndexError> {
    let jws = index.leaf(row.log_index).await?.ok_or(IndexError::Damaged("leaf"))?;
    let act: Act = jws.peek()?;
    let Deed::Propose { proposal_id, wanted } = act.deed else { return Err(IndexError::Damaged("proposal")) };
    if proposal_id != row.proposal_id {
        return Err(IndexError::Damaged("proposal"));
    }
    Ok(ProposalView {
        proposal_id,
        status: row.status,
        wanted,
        operator: act.operator.as_str().to_owned(),
        reason: act.reason.as_str().to_owned(),
        at: act.at,
        log_index: row.log_index,
        decided_by: row.decided_by,
        decided_why: row.decided_why,
        decided_at: row.decided_at,
        handed_in: row.handed_in,
    })
}

/// Signs exactly what is wanted, with the policy key.
pub(crate) fn sign_wanted(
    keys: &KeyDir,
    id: &ProposalId,
    wanted: &Wanted,
    now: Timestamp,
) -> Result<Jws, KeysError> {
    let (tenant, key) = (keys.tenant()?, keys.policy()?);
    tracing::debug!(key = %key.public_key().key_id(), kind = wanted.kind(), "signing what was proposed");
    match wanted {
        Wanted::Token { hours, serial } => {
            let token = Token {
                v: 1,
                typ: Token::TYP.to_owned(),
                tenant,
                token_id: id.as_str().parse()?,
                issued_at: now,
                expires_at: now + SignedDuration::from_hours((*hours).into()),
                serial: serial.clone(),
                inventory: None,
            };
            Ok(Jws::sign(&token, &key)?)
        }
        Wanted::Policy { policy } => sign_policy_fields(keys, policy.clone(), now),
        Wanted::Wipe { device_id, photos } => {
            let order = WipeOrder {
                v: 1,
                typ: WipeOrder::TYP.to_owned(),
                tenant,
                order_id: id.clone(),
                device_id: device_id.clone(),
                photos: *photos,
                issued_at: now,
            };
            Ok(Jws::sign(&order, &key)?)
        }
    }
}
