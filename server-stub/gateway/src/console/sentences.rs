//! The policy in sentences, each with the name of the field that it comes from.
//!
//! Always: every field is taken apart by name, so that a new one does not compile without its sentence.

use gauze_wire::{
    AndroidRules, AppleRules, Area, Assessment, CheckDigit, Day, FenceMode, FenceRule, Grade, Hours,
    KeyLevel, Life, LocalNumbers, OnRevokedCertificate, PickLists, Policy, Position, Reduction, SignInMode,
    SignInRules,
};

/// The fields, and what they say.
pub type Sentence = (&'static str, String);

fn gib(bytes: u64) -> String {
    match bytes >> 30 {
        large if large >= 1024 && large % 1024 == 0 => format!("{} TiB", large / 1024),
        whole if whole << 30 == bytes => format!("{whole} GiB"),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

pub fn general(policy: &Policy) -> Vec<Sentence> {
    let Policy {
        v: _,
        typ: _,
        tenant: _,
        version: _,
        issued_at: _,
        min_app_version,
        assessed: judged,
        allow_software_keys,
        stated_serials,
        review_hours,
        max_unsent,
        max_open_tickets,
        max_device_bytes,
        max_tenant_bytes,
        keep_days,
        max_megapixels: _,
        quality_floor: _,
        life: _,
        android: _,
        apple: _,
        lists: _,
        sign_in: _,
        fences: _,
    } = policy;
    let review = match review_hours {
        0 => "A phone cannot show the photos it took.".to_owned(),
        hours => format!("A phone can show a photo it took for {hours} hours."),
    };
    let software = match allow_software_keys {
        true => "Phones without a hardware key may enrol.",
        false => "Only a key in the phone's hardware enrols.",
    };
    let smaller = match policy.reduction() {
        None => "Pictures are sealed as the camera made them.".to_owned(),
        Some(Reduction { max_megapixels, quality_floor }) => format!(
            "Pictures of more than {max_megapixels} megapixels are made smaller before they are sealed, at JPEG quality {quality_floor} or better; the record says so."
        ),
    };
    let serial = match stated_serials {
        true => "With the inventory's token, the serial number that device management states suffices.",
        false => "With the inventory's token, the phone's hardware must attest its serial number.",
    };
    let one = gib(*max_device_bytes);
    let all = gib(*max_tenant_bytes);
    vec![
        ("review_hours", review),
        ("max_megapixels, quality_floor", smaller),
        ("allow_software_keys", software.to_owned()),
        ("stated_serials", serial.to_owned()),
        (
            "min_app_version",
            format!("The app must be version {} or newer to enrol.", min_app_version.as_str()),
        ),
        ("assessed", assessed(judged.as_deref())),
        ("max_unsent", format!("A phone warns when more than {max_unsent} photos are not sent.")),
        ("max_open_tickets", format!("A phone may be sending {max_open_tickets} photos at a time.")),
        ("max_device_bytes", format!("The gateway holds {one} of one phone's photos until they are filed.")),
        ("max_tenant_bytes", format!("It holds {all} of all phones' photos until they are filed.")),
        ("keep_days", format!("It keeps a sealed photo {keep_days} days after it was filed.")),
    ]
}

fn assessed(all: Option<&[Assessment]>) -> String {
    let Some(all) = all else {
        return "The policy asks for no risk assessment of the app's version.".to_owned();
    };
    let one = |one: &Assessment| {
        let day = one.at.strftime("%d-%b-%Y");
        format!("{} (assessment {}, approved by {} on {day})", one.app_version, one.reference, one.approver)
    };
    format!(
        "Only versions of the app whose risks were assessed enrol: {}.",
        all.iter().map(one).collect::<Vec<_>>().join(", ")
    )
}

/// Hours as people say them.
fn hours(hours: u32) -> String {
    match (hours / 24, hours % 24) {
        (days, 0) if days > 1 => format!("{days} days"),
        (..) if hours == 1 => "1 hour".to_owned(),
        (..) => format!("{hours} hours"),
    }
}

pub fn life(policy: &Policy) -> Vec<Sentence> {
    let Life { offline_wipe_hours, attest_every_hours, attest_grace_hours, on_revoked_certificate } =
        policy.life();
    let wipe = match offline_wipe_hours {
        0 => "A phone that is out of touch never wipes itself.".to_owned(),
        silent => {
            format!("A phone that has heard nothing from the hospital for {} wipes itself.", hours(silent))
        }
    };
    let evidence = match attest_every_hours {
        0 => "A phone shows its hardware evidence once, when it enrols.".to_owned(),
        every => format!(
            "A phone shows its evidence again every {}; when it is {} late it may no longer show photos.",
            hours(every),
            hours(attest_grace_hours)
        ),
    };
    let revoked = match on_revoked_certificate {
        OnRevokedCertificate::Flag => "It is flagged, and goes on taking and sending photos.",
        OnRevokedCertificate::Suspend => {
            "It is suspended until somebody has looked: it takes no new photos and sends those it has."
        }
    };
    let revoked = format!(
        "When a certificate of a phone's hardware key is found revoked, the phone shows no photos; \
         one certificate may be that of a whole batch. {revoked}"
    );
    vec![
        ("life.offline_wipe_hours", wipe),
        ("life.attest_every_hours, life.attest_grace_hours", evidence),
        ("life.on_revoked_certificate", revoked),
    ]
}

fn list<T>(items: &[T], none: &str, told: impl Fn(&T) -> String) -> String {
    if items.is_empty() { none.to_owned() } else { items.iter().map(told).collect::<Vec<_>>().join("; ") }
}

pub fn sign_in(rules: Option<&SignInRules>) -> Vec<Sentence> {
    let Some(rules) = rules else {
        return vec![("sign_in", "Nobody signs in on phones.".to_owned())];
    };
    let SignInRules { mode, issuer, client_id, redirect_uri, scope, acr_values, ca, shift_hours } = rules;
    let mode = match mode {
        SignInMode::Required => "A photo is taken only by a clinician who is signed in.",
        SignInMode::Asked => "Phones ask clinicians to sign in; a photo is taken without as well.",
    };
    let authority = if ca.is_some() { "an authority of the hospital's own" } else { "a public authority" };
    let scope = scope.as_ref().map_or("openid profile", |text| text.as_str());
    let assurance = acr_values.as_ref().map_or("no certain assurance", |text| text.as_str());
    vec![
        ("sign_in.mode", mode.to_owned()),
        ("sign_in.issuer", format!("They sign in at {}.", issuer.as_str())),
        (
            "sign_in.client_id, sign_in.redirect_uri",
            format!(
                "The app is known there as {} and is returned to at {}.",
                client_id.as_str(),
                redirect_uri.as_str()
            ),
        ),
        ("sign_in.scope, sign_in.acr_values", format!("It asks for {scope}, and for {assurance}.")),
        ("sign_in.ca", format!("The provider's certificate comes from {authority}.")),
        ("sign_in.shift_hours", format!("A sign-in lasts {}.", hours(*shift_hours))),
    ]
}

pub fn fences(fences: &[FenceRule]) -> Vec<Sentence> {
    if fences.is_empty() {
        return vec![("fences", "Photos are taken and seen anywhere: there is no fence.".to_owned())];
    }
    let mut told: Vec<Sentence> = fences.iter().flat_map(fenced).collect();
    if fences.len() > 1 {
        let together = "Fences that forbid the same are alternatives: whoever is inside one of them is where they should be.";
        told.push(("fences.mode", together.to_owned()));
    }
    told
}

fn fenced(fence: &FenceRule) -> Vec<Sentence> {
    let FenceRule { id, words, mode, areas, networks, hours, exempt_teams } = fence;
    let name = words.as_str();
    let outside = match mode {
        FenceMode::Record => "outside, the record says so",
        FenceMode::Warn => "outside, the phone warns",
        FenceMode::BlockExport => "outside, nothing is exported and no link is made",
        FenceMode::BlockView => "outside, no photo is shown or taken out",
        FenceMode::BlockCapture => "outside, no photo is taken, shown or taken out",
    };
    let areas = list(areas, "nothing, so phones do not judge it", area);
    let networks = list(networks, "none, so browsers are not held to it", |block| block.as_str().to_owned());
    let hours = list(hours, "always", period);
    let teams = list(exempt_teams, "none", ToString::to_string);
    vec![
        ("fences.id, fences.words, fences.mode", format!("{name}, in records {id}: {outside}.")),
        ("fences.areas", format!("{name} is for phones: {areas}.")),
        ("fences.networks", format!("{name} is for browsers the networks: {networks}.")),
        ("fences.hours", format!("{name} is in force: {hours}.")),
        ("fences.exempt_teams", format!("Teams that take photos outside of {name} too: {teams}.")),
    ]
}

fn area(area: &Area) -> String {
    let at = |position: Position| {
        let (latitude, longitude) = position.degrees();
        format!("{latitude}, {longitude}")
    };
    match area {
        Area::Circle { centre, radius_m } => format!("all within {radius_m} m of {}", at(*centre)),
        Area::Polygon(corners) => {
            format!(
                "all between the corners {}",
                list(corners, "none", |corner| format!("({})", at(*corner)))
            )
        }
    }
}

fn period(hours: &Hours) -> String {
    let Hours { days, from, until } = hours;
    let minute = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let days: Vec<&str> = days.iter().map(|day| weekday(*day)).collect();
    let next = if until <= from { " of the next day" } else { "" };
    format!("{} from {} until {}{next}", days.join(", "), minute(*from), minute(*until))
}

fn weekday(day: Day) -> &'static str {
    match day {
        Day::Mon => "Monday",
        Day::Tue => "Tuesday",
        Day::Wed => "Wednesday",
        Day::Thu => "Thursday",
        Day::Fri => "Friday",
        Day::Sat => "Saturday",
        Day::Sun => "Sunday",
    }
}

pub fn lists(lists: &PickLists) -> Vec<Sentence> {
    let PickLists { teams, sites, consents, notices, local_number } = lists;
    let told = |name: &str, words: Vec<&str>| match words.is_empty() {
        true => format!("{name}: no list; phones may say anything or nothing."),
        false => format!("{name}: {}.", words.join("; ")),
    };
    let notices = notices.iter().map(|notice| format!("{} version {}", notice.code, notice.version));
    let notices: Vec<String> = notices.collect();
    vec![
        ("lists.teams", told("Teams", teams.iter().map(|team| team.words.as_str()).collect())),
        ("lists.sites", told("Body sites", sites.iter().map(|site| site.words.as_str()).collect())),
        (
            "lists.consents",
            told("Forms of consent", consents.iter().map(|consent| consent.words.as_str()).collect()),
        ),
        ("lists.notices", told("Notices", notices.iter().map(String::as_str).collect())),
        ("lists.local_number", local_number.as_ref().map_or_else(no_local_number, local)),
    ]
}

fn no_local_number() -> String {
    "The hospital's own number of a patient: phones take none, neither scanned nor typed.".to_owned()
}

fn local(numbers: &LocalNumbers) -> String {
    let LocalNumbers { words, shapes, check } = numbers;
    let check = match check {
        Some(CheckDigit::Modulus10) => "its last digit is compared (modulus 10)",
        Some(CheckDigit::Modulus11) => "its last digit is compared (modulus 11)",
        None => "no digit is compared",
    };
    let shapes = list(shapes, "nothing", |shape| shape.as_str().to_owned());
    format!("{}: written as {shapes}, where # is a digit and @ a letter; {check}.", words.as_str())
}

fn may_enrol(apps: &str) -> String {
    format!("Apps that may enrol: {apps}.")
}

pub fn android(rules: &AndroidRules) -> Vec<Sentence> {
    let AndroidRules {
        apps,
        level,
        boot_keys,
        min_os_version,
        max_patch_days,
        patch_grace_days,
        roots,
        factory_grace_days,
        remote_only,
        issuer_must_be_ca,
        status_list_hours,
        attested_serial,
    } = rules;
    let level = match level {
        KeyLevel::TrustedEnvironment => "The key must be in the trusted environment or StrongBox.",
        KeyLevel::StrongBox => "The key must be in StrongBox.",
    };
    let patch = match max_patch_days {
        Some(days) => {
            format!("Security patches may be {days} days old, and {patch_grace_days} more with a flag.")
        }
        None => "Security patches may be of any age.".to_owned(),
    };
    let factory = match factory_grace_days {
        Some(days) => format!("Factory keys count for {days} days after their certificates ended."),
        None => "Factory keys count even after their certificates ended.".to_owned(),
    };
    let list_age = match status_list_hours {
        Some(hours) => format!("Google's list of revoked keys must be at most {hours} hours old."),
        None => "Google's list of revoked keys is not required.".to_owned(),
    };
    let apps = list(apps, "none", |app| {
        format!("{} from version {} ({} signers)", app.package.as_str(), app.min_version, app.signers.len())
    });
    let boot = list(boot_keys, "none", ToString::to_string);
    let roots = match roots.len() {
        0 => "Every pinned Google root counts.".to_owned(),
        some => format!("Only {some} dated Google roots count."),
    };
    let version = match min_os_version {
        0 => "Any Android version.".to_owned(),
        version => format!("Android {} or newer.", version / 10_000),
    };
    vec![
        ("android.apps", may_enrol(&apps)),
        ("android.level", level.to_owned()),
        ("android.min_os_version", version),
        ("android.max_patch_days, android.patch_grace_days", patch),
        ("android.boot_keys", format!("Self-signed systems allowed by their boot key: {boot}.")),
        ("android.roots", roots),
        ("android.factory_grace_days", factory),
        (
            "android.remote_only",
            either(*remote_only, "Only keys that Google provisioned remotely.", "Factory keys are allowed."),
        ),
        (
            "android.issuer_must_be_ca",
            either(
                *issuer_must_be_ca,
                "Factory certificates must be an authority's.",
                "Factory certificates that are no authority's are allowed.",
            ),
        ),
        ("android.status_list_hours", list_age),
        (
            "android.attested_serial",
            either(
                *attested_serial,
                "The hardware must attest the serial number.",
                "The serial number need not be attested.",
            ),
        ),
    ]
}

fn either(holds: bool, then: &str, otherwise: &str) -> String {
    if holds { then } else { otherwise }.to_owned()
}

fn grade(grade: Grade) -> &'static str {
    match grade {
        Grade::Refuse => "the phone does not enrol.",
        Grade::Flag => "the phone enrols with a flag.",
    }
}

pub fn apple(rules: &AppleRules) -> Vec<Sentence> {
    let AppleRules { apps, environment, categories, category_from, on_category, on_unavailable, on_failure } =
        rules;
    let apps = list(apps, "none", |app| match &app.min_bundle_version {
        Some(version) => format!("{} from version {}", app.app_id.as_str(), version.as_str()),
        None => app.app_id.as_str().to_owned(),
    });
    let environment = match environment {
        gauze_wire::AppleEnvironment::Production => {
            "Only apps from the store or the company's own distribution."
        }
        gauze_wire::AppleEnvironment::Development => "Only apps run from Xcode: for development.",
    };
    let from = match category_from {
        Some(at) => format!("From {at} a phone must state its category."),
        None => "A phone need not state its category.".to_owned(),
    };
    let categories = list(categories, "any", ToString::to_string);
    vec![
        ("apple.apps", may_enrol(&apps)),
        ("apple.environment", environment.to_owned()),
        ("apple.categories", format!("Launch categories: {categories}.")),
        ("apple.category_from", from),
        ("apple.on_category", format!("With another category {}", grade(*on_category))),
        (
            "apple.on_unavailable",
            format!("When Apple's service gave no attestation, {}", grade(*on_unavailable)),
        ),
        ("apple.on_failure", format!("When the attestation does not hold, {}", grade(*on_failure))),
    ]
}
