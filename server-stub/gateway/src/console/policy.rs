//! The policy in force, explained field by field, and what waits for a signature.

use axum::extract::rejection::FormRejection;
use axum::extract::{Form, State};
use axum::response::{Html, Redirect};
use gauze_wire::{
    AndroidRules, AppleRules, Grade, KeyLevel, OnRevokedCertificate, PickLists, Policy, Reduction,
};
use maud::{Markup, html};
use serde::Deserialize;

use super::page::{field, page};
use super::refusal::PageRefusal;
use super::{Console, words};
use crate::acts::By;
use crate::admin::PolicyView;

pub async fn show(State(console): State<Console>) -> Result<Html<String>, PageRefusal> {
    let view = console.admin.policy().await?;
    let policy = &view.policy;
    let body = html! {
        @if policy.allow_software_keys {
            div.final { p { strong { "For development, and never for a hospital: " } "phones without a hardware key may enrol." } }
        }
        @if view.signed.is_none() {
            p.trouble { "No policy has been signed yet, so the strictest holds." }
        } @else {
            p { "Version " (policy.version) ", signed " (words::time(policy.issued_at)) "." }
        }
        h2 { "What it says" }
        ul { @for line in general(policy).into_iter().chain(life(policy)) { li { (line) } } }
        h3 { "What people choose from on the phone" }
        ul { @for line in lists(&policy.lists) { li { (line) } } }
        h3 { "Android phones" }
        @match &policy.android {
            Some(rules) => ul { @for line in android(rules) { li { (line) } } },
            None => p { "None enrol with hardware evidence: the policy says nothing about them." },
        }
        h3 { "iPhones" }
        @match &policy.apple {
            Some(rules) => ul { @for line in apple(rules) { li { (line) } } },
            None => p { "None enrol with hardware evidence: the policy says nothing about them." },
        }
        (proposals(&view))
        (form(&console, policy))
    };
    Ok(page("Policy", "/policy", &body))
}

/// A new policy, begun from the one in force.
fn form(console: &Console, policy: &Policy) -> Markup {
    let next = Policy { version: policy.version + 1, ..policy.clone() };
    let mut fields = serde_json::to_value(&next).unwrap_or_default();
    // When it was issued is said when it is signed.
    fields.as_object_mut().and_then(|fields| fields.remove("issued_at"));
    let text = format!("{fields:#}");
    html! {
        h2 { "Propose another" }
        form method="post" {
            (console.signed_by())
            (field("reason", "Why", "A few words. They go into the log.", 500, "", true))
            div.field {
                label for="policy" { "The policy, as JSON" }
                p.hint id="policy-hint" { "It begins as the one in force with the next version. What each says is above, in the order of the fields; docs/formats.md lists them by name." }
                textarea id="policy" name="policy" rows="16" required aria-describedby="policy-hint" spellcheck="false" {
                    (text)
                }
            }
            button.main type="submit" { "Propose this policy" }
        }
    }
}

/// What is proposed.
#[derive(Deserialize)]
pub struct Proposed {
    proof: String,
    operator: String,
    reason: String,
    policy: String,
}

pub async fn propose(
    State(console): State<Console>,
    form: Result<Form<Proposed>, FormRejection>,
) -> Result<Redirect, PageRefusal> {
    let Form(form) = form?;
    console.wrote(&form.proof)?;
    let by = By::new(&form.operator, &form.reason)?;
    console.admin.propose_policy(&form.policy, &by).await?;
    Ok(Redirect::to("/policy"))
}

fn proposals(view: &PolicyView) -> Markup {
    html! {
        h2 { "Proposed, newest first" }
        p { "A policy is proposed here and signed inside the hospital with the policy key; nothing here can sign one." }
        @if view.proposals.is_empty() { p { "None." } } @else {
            ul { @for asked in &view.proposals {
                li { (words::time(asked.at)) ": " (words::proposal_status(asked)) ". Proposed by " (asked.operator)
                    ". Reason: " (asked.reason) }
            } }
        }
    }
}

fn gib(bytes: u64) -> String {
    match bytes >> 30 {
        large if large >= 1024 && large % 1024 == 0 => format!("{} TiB", large / 1024),
        whole if whole << 30 == bytes => format!("{whole} GiB"),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

fn general(policy: &Policy) -> Vec<String> {
    let review = match policy.review_hours {
        0 => "A phone cannot show the photos it took.".to_owned(),
        hours => format!("A phone can show a photo it took for {hours} hours."),
    };
    let software = match policy.allow_software_keys {
        true => "Phones without a hardware key may enrol.",
        false => "Only a key in the phone's hardware enrols.",
    };
    let smaller = match policy.reduction() {
        None => "Pictures are sealed as the camera made them.".to_owned(),
        Some(Reduction { max_megapixels, quality_floor }) => format!(
            "Pictures of more than {max_megapixels} megapixels are made smaller before they are sealed, at JPEG quality {quality_floor} or better; the record says so."
        ),
    };
    let serial = match policy.stated_serials {
        true => "With the inventory's token, the serial number that device management states suffices.",
        false => "With the inventory's token, the phone's hardware must attest its serial number.",
    };
    vec![
        review,
        smaller,
        software.to_owned(),
        serial.to_owned(),
        format!("The app must be version {} or newer to enrol.", policy.min_app_version.as_str()),
        format!("A phone warns when more than {} photos are not sent.", policy.max_unsent),
        format!("A phone may be sending {} photos at a time.", policy.max_open_tickets),
        format!(
            "The gateway holds {} of one phone's photos until they are filed.",
            gib(policy.max_device_bytes)
        ),
        format!("It holds {} of all phones' photos until they are filed.", gib(policy.max_tenant_bytes)),
        format!("It keeps a sealed photo {} days after it was filed.", policy.keep_days),
    ]
}

/// Hours as people say them.
fn hours(hours: u32) -> String {
    match (hours / 24, hours % 24) {
        (days, 0) if days > 1 => format!("{days} days"),
        (..) if hours == 1 => "1 hour".to_owned(),
        (..) => format!("{hours} hours"),
    }
}

fn life(policy: &Policy) -> Vec<String> {
    let life = policy.life();
    let wipe = match life.offline_wipe_hours {
        0 => "A phone that is out of touch never wipes itself.".to_owned(),
        silent => {
            format!("A phone that has heard nothing from the hospital for {} wipes itself.", hours(silent))
        }
    };
    let evidence = match life.attest_every_hours {
        0 => "A phone shows its hardware evidence once, when it enrols.".to_owned(),
        every => format!(
            "A phone shows its evidence again every {}; when it is {} late it may no longer show photos.",
            hours(every),
            hours(life.attest_grace_hours)
        ),
    };
    let revoked = match life.on_revoked_certificate {
        OnRevokedCertificate::Flag => "it is flagged and may not show photos; it goes on sending.",
        OnRevokedCertificate::Suspend => "it is suspended as well, until somebody has looked.",
    };
    vec![wipe, evidence, format!("When a certificate of a phone's hardware key is found revoked, {revoked}")]
}

fn list<T>(items: &[T], none: &str, told: impl Fn(&T) -> String) -> String {
    if items.is_empty() { none.to_owned() } else { items.iter().map(told).collect::<Vec<_>>().join("; ") }
}

fn lists(lists: &PickLists) -> Vec<String> {
    let told = |name: &str, words: Vec<&str>| match words.is_empty() {
        true => format!("{name}: no list; phones may say anything or nothing."),
        false => format!("{name}: {}.", words.join("; ")),
    };
    let notices = lists.notices.iter().map(|notice| format!("{} version {}", notice.code, notice.version));
    let notices: Vec<String> = notices.collect();
    vec![
        told("Teams", lists.teams.iter().map(|team| team.words.as_str()).collect()),
        told("Body sites", lists.sites.iter().map(|site| site.words.as_str()).collect()),
        told("Forms of consent", lists.consents.iter().map(|consent| consent.words.as_str()).collect()),
        told("Notices", notices.iter().map(String::as_str).collect()),
    ]
}

fn android(rules: &AndroidRules) -> Vec<String> {
    let level = match rules.level {
        KeyLevel::TrustedEnvironment => "The key must be in the trusted environment or StrongBox.",
        KeyLevel::StrongBox => "The key must be in StrongBox.",
    };
    let patch = match rules.max_patch_days {
        Some(days) => format!(
            "Security patches may be {days} days old, and {} more with a flag.",
            rules.patch_grace_days
        ),
        None => "Security patches may be of any age.".to_owned(),
    };
    let factory = match rules.factory_grace_days {
        Some(days) => format!("Factory keys count for {days} days after their certificates ended."),
        None => "Factory keys count even after their certificates ended.".to_owned(),
    };
    let list_age = match rules.status_list_hours {
        Some(hours) => format!("Google's list of revoked keys must be at most {hours} hours old."),
        None => "Google's list of revoked keys is not required.".to_owned(),
    };
    let apps = list(&rules.apps, "none", |app| {
        format!("{} from version {} ({} signers)", app.package.as_str(), app.min_version, app.signers.len())
    });
    vec![
        format!("Apps that may enrol: {apps}."),
        level.to_owned(),
        match rules.min_os_version {
            0 => "Any Android version.".to_owned(),
            version => format!("Android {} or newer.", version / 10_000),
        },
        patch,
        format!(
            "Self-signed systems allowed by their boot key: {}.",
            list(&rules.boot_keys, "none", ToString::to_string)
        ),
        match rules.roots.len() {
            0 => "Every pinned Google root counts.".to_owned(),
            some => format!("Only {some} dated Google roots count."),
        },
        factory,
        if rules.remote_only {
            "Only keys that Google provisioned remotely."
        } else {
            "Factory keys are allowed."
        }
        .to_owned(),
        if rules.issuer_must_be_ca {
            "Factory certificates must be an authority's."
        } else {
            "Factory certificates that are no authority's are allowed."
        }
        .to_owned(),
        list_age,
        if rules.attested_serial {
            "The hardware must attest the serial number."
        } else {
            "The serial number need not be attested."
        }
        .to_owned(),
    ]
}

fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Refuse => "the phone does not enrol.",
        Grade::Flag => "the phone enrols with a flag.",
    }
}

fn apple(rules: &AppleRules) -> Vec<String> {
    let apps = list(&rules.apps, "none", |app| match &app.min_bundle_version {
        Some(version) => format!("{} from version {}", app.app_id.as_str(), version.as_str()),
        None => app.app_id.as_str().to_owned(),
    });
    let environment = match rules.environment {
        gauze_wire::AppleEnvironment::Production => {
            "Only apps from the store or the company's own distribution."
        }
        gauze_wire::AppleEnvironment::Development => "Only apps run from Xcode: for development.",
    };
    let from = match rules.category_from {
        Some(at) => format!("From {at} a phone must state its category."),
        None => "A phone need not state its category.".to_owned(),
    };
    vec![
        format!("Apps that may enrol: {apps}."),
        environment.to_owned(),
        format!("Launch categories: {}.", list(&rules.categories, "any", ToString::to_string)),
        from,
        format!("With another category {}", grade(rules.on_category)),
        format!("When Apple's service gave no attestation, {}", grade(rules.on_unavailable)),
        format!("When the attestation does not hold, {}", grade(rules.on_failure)),
    ]
}
