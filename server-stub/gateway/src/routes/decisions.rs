//! The hospital's decisions: what was proposed comes back as a signed token, policy or wipe order, or refused; and the inventory
//! of phones that may enrol with one token comes with them.

use axum::extract::State;
use axum::http::StatusCode;
use gauze_wire::{
    Decision, Decisions, Deed, Digest, InventoryGiven, Jws, Policy, ProblemCode, ProposalId, Tenant, Token,
    Wanted, WipeOrder,
};

use super::apart::apart;
use crate::acts::{By, Clerk};
use crate::app::App;
use crate::db::{Db, Proposal, ProposalStatus, Settled, Write};
use crate::proof::{FromRecords, served};
use crate::refusal::RequestRefusal;
use crate::tenant::{Served, StockError};

const LIMIT: usize = 100;

#[utoipa::path(
    post,
    path = "/v1/{tenant}/decisions",
    params(("tenant" = String, Path, description = "tenant")),
    responses(
        (status = 204, description = "kept"),
        (status = 422, description = "decision_invalid: no decision was kept, or the inventory does not hold or is older than the one before")
    )
)]
pub async fn decisions(State(app): State<App>, request: FromRecords) -> Result<StatusCode, RequestRefusal> {
    served(&app, &request.tenant)?;
    let given: Decisions =
        serde_json::from_slice(&request.body).map_err(|_| ProblemCode::MalformedRequest)?;
    if given.decisions.len() > LIMIT {
        return Err(ProblemCode::TooLarge.into());
    }
    apart(async move { take(&app, &request.tenant, &given).await }).await
}

/// Keeps all decisions in one write, and puts in force what they say, before anybody is judged again.
async fn take(app: &App, tenant: &Tenant, given: &Decisions) -> Result<StatusCode, RequestRefusal> {
    let served = served(app, tenant)?;
    let _turn = served.deciding().await;
    let clerk = Clerk { served, keys: &app.keys, now: app.clock.now() };
    let mut write = app.db.write().await?;
    let mut policies = Vec::new();
    for decision in &given.decisions {
        if settle(&clerk, &mut write, decision).await? == Taken::Policy {
            policies.extend(decision.signed.clone());
        }
    }
    write.commit().await?;
    for policy in &policies {
        put_in_force(app, served, policy);
    }
    if let Some(inventory) = &given.inventory {
        take_stock(app, served, inventory)?;
    }
    Ok(StatusCode::NO_CONTENT)
}

#[derive(PartialEq, Eq)]
enum Taken {
    /// A signed policy, now or before.
    Policy,
    /// Anything else.
    Other,
}

/// Keeps one decision. One that was kept before changes nothing in the register: an answer may have been lost. A policy is
/// put in force even so, for whoever kept it may have been cut off before that.
async fn settle(
    clerk: &Clerk<'_>,
    write: &mut Write<'_>,
    decision: &Decision,
) -> Result<Taken, RequestRefusal> {
    let tenant = &clerk.served.bundle.tenant;
    let Decision { proposal_id, operator, reason, signed } = decision;
    let proposal = Db::proposal_now(write, tenant, proposal_id).await?.ok_or(ProblemCode::DecisionInvalid)?;
    if proposal.status != ProposalStatus::Waiting {
        let same = proposal.signed == *signed;
        return if same { Ok(taken(&proposal, signed)) } else { Err(ProblemCode::DecisionInvalid.into()) };
    }
    if let Some(jws) = signed {
        fits(clerk.served, &proposal, jws)?;
    }
    let settled = Settled {
        proposal_id,
        operator: operator.as_str(),
        reason: reason.as_str(),
        signed: signed.as_ref(),
        now_ms: clerk.now.as_millisecond(),
    };
    Db::settle(write, tenant, &settled).await?;
    let by = By { operator: operator.clone(), reason: reason.clone() };
    clerk.record(write, &by, settle_deed(proposal_id, signed.as_ref())).await?;
    if let (Wanted::Wipe { device_id, .. }, Some(order)) = (&proposal.wanted, signed) {
        Db::set_wipe_order(write, tenant, device_id, order).await?;
    }
    Ok(taken(&proposal, signed))
}

fn taken(proposal: &Proposal, signed: &Option<Jws>) -> Taken {
    match (&proposal.wanted, signed) {
        (Wanted::Policy { .. }, Some(_)) => Taken::Policy,
        (Wanted::Token { .. } | Wanted::Policy { .. } | Wanted::Wipe { .. }, _) => Taken::Other,
    }
}

fn settle_deed(proposal_id: &ProposalId, signed: Option<&Jws>) -> Deed {
    Deed::Settle { proposal_id: proposal_id.clone(), signed: signed.map(Jws::digest) as Option<Digest> }
}

/// Whether what was signed is what was asked for, by a key that the bundle names.
fn fits(served: &Served, proposal: &Proposal, jws: &Jws) -> Result<(), RequestRefusal> {
    let (keys, tenant) = (&served.bundle.policy_keys, &served.bundle.tenant);
    let invalid = |_| ProblemCode::DecisionInvalid;
    let id = proposal.proposal_id.as_str();
    let fits = match &proposal.wanted {
        Wanted::Token { serial, .. } => {
            let token: Token = jws.verify_by(keys, tenant).map_err(invalid)?;
            token.token_id.as_str() == id && token.serial == *serial
        }
        Wanted::Policy { .. } => {
            let policy: Policy = jws.verify_by(keys, tenant).map_err(invalid)?;
            policy.version > served.in_force().policy.version
        }
        Wanted::Wipe { device_id, photos } => {
            let order: WipeOrder = jws.verify_by(keys, tenant).map_err(invalid)?;
            order.order_id.as_str() == id && order.device_id == *device_id && order.photos == *photos
        }
    };
    if fits { Ok(()) } else { Err(ProblemCode::DecisionInvalid.into()) }
}

/// Enrols by this list from now on.
fn take_stock(app: &App, served: &Served, given: &InventoryGiven) -> Result<(), ProblemCode> {
    match served.take_stock(given, &app.data, app.clock.now()) {
        Ok(()) => {
            let count = served.stock().map_or(0, |stock| stock.list.serials.len());
            tracing::info!(tenant = %served.bundle.tenant, count, "an inventory is in force");
            Ok(())
        }
        Err(StockError::Refused(error)) => {
            tracing::warn!(tenant = %served.bundle.tenant, %error, "an inventory is refused");
            Err(ProblemCode::DecisionInvalid)
        }
        Err(StockError::Disk(error)) => {
            tracing::error!(tenant = %served.bundle.tenant, %error, "an inventory could not be kept");
            Err(ProblemCode::StorageFailed)
        }
    }
}

/// Serves the policy from now on. It is durable already; that its copies could not be left is for the operator to see.
fn put_in_force(app: &App, served: &Served, policy: &Jws) {
    if served.take_up(policy) == Ok(true) {
        tracing::info!(version = served.in_force().policy.version, "a newer policy is in force");
        if let Err(error) = served.never_older(&app.data) {
            tracing::error!(code = error.code(), "the newer policy's copy could not be left");
        }
    }
}
