//! What only the hospital can sign: tokens, policies, wipe orders. Asked for here, and shown once signed.

use gauze_wire::{
    Deed, DeviceId, JWS_LIMIT, Jws, ManagedConfiguration, Name, Photos, Policy, ProposalId, Serial,
    Signed as _, Token, TokenId, Wanted,
};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Admin, AdminError, By};
use crate::app::AppError;
use crate::db::{Db, Proposal, ProposalStatus, Write};

/// Most text that is read as a policy, with as much space between its words as anybody likes.
pub const POLICY_TEXT: usize = 1 << 20;
/// Most bytes of one that is asked for: what a signed object holds in base64url, and who asks and why beside it.
const POLICY_SIGNED: usize = JWS_LIMIT / 4 * 3 - (4 << 10);

/// The policy in `json`: as it is, or as `admin policy show --json` wraps it.
fn policy_fields(json: &str, in_force: u64) -> Result<Map<String, Value>, AdminError> {
    let read = serde_json::from_str(json.trim_start_matches('\u{feff}'));
    let mut fields: Map<String, Value> = read.map_err(|error| AdminError::Policy(error.to_string()))?;
    match (fields.remove("policy"), fields.contains_key("proposals")) {
        (Some(Value::Object(mut policy)), true) => {
            // The version in force cannot be asked for again: the next is filled in where nobody says another.
            if policy.get("version") == Some(&Value::from(in_force)) {
                policy.remove("version");
            }
            policy.remove("issued_at");
            Ok(policy)
        }
        (Some(other), _) => {
            fields.insert("policy".to_owned(), other);
            Ok(fields)
        }
        (None, _) => Ok(fields),
    }
}

/// The line, from 1, in which the last name of a path such as `life.attest_every_hours` stands.
fn line_of(json: &str, path: &str) -> Option<usize> {
    let name = path.rsplit('.').next()?.split('[').next()?;
    let name = format!("\"{name}\"");
    json.lines().position(|line| line.contains(&name)).map(|at| at + 1)
}

/// A token as an operator sees it. No `Debug`, as proposals have none.
#[derive(Clone, Serialize)]
pub struct TokenView {
    /// How it was asked for and decided.
    #[serde(flatten)]
    pub proposal: Proposal,
    /// When it ends, once signed.
    pub expires_at: Option<Timestamp>,
    /// The device that enrolled with it.
    pub used_by: Option<DeviceId>,
    /// What to paste into the device management, once signed and until used.
    pub managed: Option<ManagedConfiguration>,
}

/// The inventory as an operator sees it.
#[derive(Clone, Debug, Serialize)]
pub struct InventoryView {
    /// The list's version.
    pub version: u64,
    /// How many phones it names.
    pub count: usize,
    /// How many phones of the list enrolled with the token.
    pub used: u64,
    /// The newest token for it, where there is one.
    pub token_id: Option<TokenId>,
    /// When that ends.
    pub expires_at: Option<Timestamp>,
    /// What to paste into the device management, for all of them.
    pub managed: Option<ManagedConfiguration>,
}

/// The policy in force, and what waits.
#[derive(Clone, Serialize)]
pub struct PolicyView {
    /// The policy in force.
    pub policy: Policy,
    /// As signed; absent where none was signed yet and the strictest holds.
    pub signed: Option<Jws>,
    /// The newest proposals, newest first.
    pub proposals: Vec<Proposal>,
}

impl Admin {
    /// Asks for a token that lives `hours`, for one phone where its serial is known.
    pub async fn request_token(
        &self,
        hours: u32,
        serial: Option<Name>,
        by: &By,
    ) -> Result<Proposal, AdminError> {
        if !(1..=24).contains(&hours) {
            return Err(AdminError::Hours);
        }
        self.propose_alone(Wanted::Token { hours, serial }, by).await
    }

    /// Asks for a new policy. What is left out is filled in by the hospital: `v`, `typ`, `tenant`, `version`, `issued_at`.
    pub async fn propose_policy(&self, json: &str, by: &By) -> Result<Proposal, AdminError> {
        let in_force = self.in_force().await?.0.version;
        let policy = policy_fields(json, in_force)?;
        let mut filled = policy.clone();
        for (name, value) in [
            ("v", Value::from(1)),
            ("typ", Policy::TYP.into()),
            ("tenant", self.tenant().as_str().into()),
            ("version", (in_force + 1).into()),
            ("issued_at", self.clock.now().to_string().into()),
        ] {
            filled.entry(name).or_insert(value);
        }
        let read: Policy = serde_path_to_error::deserialize(Value::Object(filled)).map_err(|error| {
            let (field, error) = (error.path().to_string(), error.inner());
            AdminError::Policy(match line_of(json, &field) {
                Some(line) => format!("line {line}: {field}: {error}"),
                None => format!("{field}: {error}"),
            })
        })?;
        read.holds().map_err(|error| AdminError::Policy(error.to_string()))?;
        if serde_json::to_vec(&policy).is_ok_and(|json| json.len() > POLICY_SIGNED) {
            let told = format!(
                "it has more than the {POLICY_SIGNED} bytes that are signed at once: shorten its lists or fences"
            );
            return Err(AdminError::Policy(told));
        }
        if read.tenant != *self.tenant() {
            return Err(AdminError::Policy("it names another tenant".to_owned()));
        }
        if read.version <= in_force {
            return Err(AdminError::PolicyVersion(in_force));
        }
        self.propose_alone(Wanted::Policy { policy }, by).await
    }

    /// Asks for an order to wipe a device.
    pub async fn wipe(&self, id: &DeviceId, photos: Photos, by: &By) -> Result<Proposal, AdminError> {
        let mut write = self.db.write().await?;
        Db::status_now(&mut write, self.tenant(), id).await?.ok_or(AdminError::UnknownDevice)?;
        let proposal = self.propose_wipe(&mut write, id, photos, by).await?;
        write.commit().await?;
        Ok(proposal)
    }

    pub(super) async fn propose_wipe(
        &self,
        write: &mut Write<'_>,
        id: &DeviceId,
        photos: Photos,
        by: &By,
    ) -> Result<Proposal, AdminError> {
        self.propose(write, Wanted::Wipe { device_id: id.clone(), photos }, by).await
    }

    async fn propose_alone(&self, wanted: Wanted, by: &By) -> Result<Proposal, AdminError> {
        let mut write = self.db.write().await?;
        let proposal = self.propose(&mut write, wanted, by).await?;
        write.commit().await?;
        Ok(proposal)
    }

    async fn propose(&self, write: &mut Write<'_>, wanted: Wanted, by: &By) -> Result<Proposal, AdminError> {
        let mut id = [0; 16];
        getrandom::fill(&mut id)
            .map_err(|error| sqlx::Error::Io(std::io::Error::other(error.to_string())))?;
        let proposal_id = ProposalId::make(id);
        let clerk = self.clerk();
        let deed = Deed::Propose { proposal_id: proposal_id.clone(), wanted: wanted.clone() };
        let log_index = clerk.record(write, by, deed).await?;
        let proposal = Proposal {
            proposal_id,
            status: ProposalStatus::Waiting,
            wanted,
            operator: by.operator.as_str().to_owned(),
            reason: by.reason.as_str().to_owned(),
            at: clerk.now,
            log_index,
            decided_by: None,
            decided_why: None,
            decided_at: None,
            signed: None,
        };
        Db::add_proposal(write, self.tenant(), &proposal).await?;
        Ok(proposal)
    }

    /// Tokens that were asked for, newest first, before `before` in the log.
    pub async fn tokens(&self, before: Option<u64>, limit: u32) -> Result<Vec<TokenView>, AdminError> {
        let mut views = Vec::new();
        for proposal in self.db.proposals(self.tenant(), "token", before, limit).await? {
            views.push(self.token_view(proposal).await?);
        }
        Ok(views)
    }

    /// One token.
    pub async fn token(&self, id: &ProposalId) -> Result<TokenView, AdminError> {
        let proposal = self.proposal(id).await?;
        if matches!(proposal.wanted, Wanted::Token { .. }) {
            self.token_view(proposal).await
        } else {
            Err(AdminError::UnknownProposal)
        }
    }

    /// How many phones enrolled with a token that was signed inside without having been asked for here.
    pub async fn enrolled_with(&self, id: &ProposalId) -> Result<u64, AdminError> {
        Ok(self.db.enrolled_with(self.tenant(), &id.as_str().parse()?).await?)
    }

    /// Anything that was asked for.
    pub async fn proposal(&self, id: &ProposalId) -> Result<Proposal, AdminError> {
        self.db.proposal(self.tenant(), id).await?.ok_or(AdminError::UnknownProposal)
    }

    async fn token_view(&self, proposal: Proposal) -> Result<TokenView, AdminError> {
        let token: Option<Token> = proposal.signed.as_ref().and_then(|jws| jws.peek().ok());
        let used_by = self.db.device_by_token(self.tenant(), proposal.proposal_id.as_str()).await?;
        let wanted = token.as_ref().zip(proposal.signed.as_ref()).filter(|_| used_by.is_none());
        let managed = wanted.map(|(token, jws)| self.managed(token, jws));
        Ok(TokenView { expires_at: token.map(|token| token.expires_at), proposal, used_by, managed })
    }

    /// The inventory in force with its token, and how many of its phones enrolled with that.
    pub async fn inventory(&self) -> Result<Option<InventoryView>, AdminError> {
        self.served.find_stock(&self.data).map_err(AppError::from)?;
        let Some(stock) = self.served.stock() else { return Ok(None) };
        let token = stock.token.as_ref().zip(stock.given.token.as_ref());
        let enrolled = match token {
            Some((token, _)) => self.db.serials_with(self.tenant(), &token.token_id).await?,
            None => Vec::new(),
        };
        // Those that were taken off the list since are none of its phones.
        let listed = enrolled
            .iter()
            .filter_map(|serial| Serial::read(serial))
            .filter(|serial| stock.list.names(serial));
        let used = listed.count() as u64;
        Ok(Some(InventoryView {
            version: stock.list.version,
            count: stock.list.serials.len(),
            used,
            token_id: token.map(|(token, _)| token.token_id.clone()),
            expires_at: token.map(|(token, _)| token.expires_at),
            managed: token.map(|(token, jws)| self.managed(token, jws)),
        }))
    }

    fn managed(&self, token: &Token, jws: &Jws) -> ManagedConfiguration {
        ManagedConfiguration {
            gateway: self.served.gateway.url.clone(),
            tenant: self.tenant().clone(),
            root_sha256: self.served.bundle.root.fingerprint(),
            min_bundle_version: self.served.bundle.version,
            token: jws.clone(),
            serial: token.serial.clone(),
            ca: self.authority.clone(),
            of_inventory: token.inventory.is_some(),
        }
    }

    /// The policy in force, and the newest proposals.
    pub async fn policy(&self) -> Result<PolicyView, AdminError> {
        let (policy, signed) = self.in_force().await?;
        let proposals = self.db.proposals(self.tenant(), "policy", None, 20).await?;
        Ok(PolicyView { policy, signed, proposals })
    }

    /// The policy in force, as signed.
    pub async fn export_policy(&self) -> Result<Jws, AdminError> {
        self.in_force().await?.1.ok_or(AdminError::NotSigned)
    }

    pub(super) async fn policy_in_force(&self) -> Result<Policy, AdminError> {
        Ok(self.in_force().await?.0)
    }

    /// What the running gateway serves: what it was given at its start, or what was signed since.
    pub(super) async fn in_force(&self) -> Result<(Policy, Option<Jws>), AdminError> {
        let signed = self.db.signed_policies(&self.served.bundle.tenant).await?;
        self.served.take_up_signed(&signed);
        self.served.follow(&self.data);
        let in_force = self.served.in_force();
        Ok((in_force.policy.clone(), in_force.jws.clone()))
    }
}
