use std::collections::BTreeSet;

use gauze_wire::CaptureId;
use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::acting::{Barred, Factor, Network};
use crate::context::{Haste, Purpose, Reason, ReasonCode};
use crate::log::EntryId;
use crate::person::{Person, PersonId, Role, Team};
use crate::subject::{Opened, Patient, PatientRef, Photo};

fn now() -> Timestamp {
    "2026-11-29T09:00:00Z".parse().unwrap()
}

fn team(name: &str) -> Team {
    Team(name.to_owned())
}

fn entry() -> EntryId {
    EntryId::try_from("AAAAAAAAAAAAAAAAAAAAAA".to_owned()).unwrap()
}

/// Somebody of the team `own`, at their best: inside, with a hardware passkey proven a minute ago.
fn somebody(role: Role) -> Acting {
    let teams: BTreeSet<Team> = [team("own")].into();
    let person = Person {
        id: PersonId("me".to_owned()),
        name: "Me".to_owned(),
        professional: None,
        roles: [role].into(),
        teams: if role == Role::Viewer { teams.clone() } else { BTreeSet::new() },
        leads: if role == Role::Lead { teams } else { BTreeSet::new() },
    };
    Acting {
        person,
        session: "s".to_owned(),
        signed_in_at: now() - SignedDuration::from_mins(1),
        factor: Factor::Passkey { hardware: true },
        factor_at: now() - SignedDuration::from_mins(1),
        network: Network::Inside,
        barred: Barred::Nothing,
    }
}

fn reasoned() -> Context {
    let reason = Some(Reason { code: ReasonCode::Consultation, sealed_words: None });
    Context { at: now(), purpose: Purpose::Care, reason, haste: None }
}

fn photo(of: Option<&str>) -> Photo {
    Photo {
        id: "01930000-0000-7000-8000-000000000001".parse::<CaptureId>().unwrap(),
        team: of.map(team),
        patient: Some(PatientRef("p".to_owned())),
        erased: false,
        held: false,
        due: true,
        proposed_by: None,
        ruled_by: Some(PersonId("ruled".to_owned())),
    }
}

fn patient(of: Option<&str>) -> Subject {
    let teams = of.map(team).into_iter().collect();
    Subject::Patient(Patient { id: PatientRef("p".to_owned()), teams, no_team: of.is_none() })
}

/// What an action is about, belonging to `of`; what belongs to no team in any case is the same for each.
fn subject(action: Action, of: Option<&str>) -> Subject {
    match action {
        Action::List => Subject::WorkList(of.map(team)),
        Action::Search | Action::BreakGlass => patient(of),
        Action::View
        | Action::Compare
        | Action::ViewUnmarked
        | Action::Proof
        | Action::WhoLooked
        | Action::Export
        | Action::MakeLink
        | Action::Amend
        | Action::Hold
        | Action::ProposeErasure
        | Action::Erase => Subject::Photo(photo(of)),
        Action::ReviewBreakGlass => Subject::Opened(Opened {
            entry: entry(),
            by: PersonId("somebody-else".to_owned()),
            patient: PatientRef("p".to_owned()),
            teams: of.map(team).into_iter().collect(),
        }),
        Action::ReadLog
        | Action::Phones
        | Action::Setting
        | Action::Documents
        | Action::Retention
        | Action::Report
        | Action::Case
        | Action::CaseEvidence
        | Action::FindMark => Subject::Hospital,
        Action::ChangeRole | Action::EndSession | Action::Reenrol => {
            Subject::Person(PersonId("somebody-else".to_owned()))
        }
    }
}

fn cell(roles: &Roles, action: Action, role: Role, of: Option<&str>, network: Network) -> String {
    let acting = Acting { network, ..somebody(role) };
    let decision = roles.decide(&acting, action, &subject(action, of), &reasoned());
    match decision.outcome {
        Ok(()) => decision.policies.join("+"),
        Err(DeniedCause::NoPermit) => "-".to_owned(),
        Err(DeniedCause::Forbidden(ids)) => format!("no: {}", ids.join("+")),
        Err(DeniedCause::Misfit(what)) => panic!("{action} for {role}: {what}"),
    }
}

/// The table of `docs/roles-table.md`, as the policies make it.
fn table(roles: &Roles) -> String {
    let mut text = String::new();
    for &action in Action::ALL {
        text.push_str(&format!("\n## {action}\n\n"));
        text.push_str("| role | own, inside | own, outside | other, inside | other, outside | none, inside | none, outside |\n");
        text.push_str("|---|---|---|---|---|---|---|\n");
        for role in Role::ALL {
            let cells = [Some("own"), Some("other"), None].into_iter().flat_map(|of| {
                [Network::Inside, Network::Outside].map(|network| cell(roles, action, role, of, network))
            });
            text.push_str(&format!("| {role} | {} |\n", cells.collect::<Vec<_>>().join(" | ")));
        }
    }
    text
}

#[test]
fn every_cell_of_the_table_is_what_the_policies_decide() {
    let roles = Roles::shipped().unwrap();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/roles-table.md");
    let written = std::fs::read_to_string(path).unwrap();
    let (_, written) = written.split_once("\n## list").map(|(head, _)| written.split_at(head.len())).unwrap();
    let made = table(&roles);
    for (at, (ours, theirs)) in made.lines().zip(written.lines()).enumerate() {
        assert_eq!(ours, theirs, "line {at} of the table");
    }
    assert_eq!(made.lines().count(), written.lines().count());
}

fn allowed(acting: &Acting, action: Action, subject: &Subject, context: &Context) -> bool {
    Roles::shipped().unwrap().decide(acting, action, subject, context).outcome.is_ok()
}

fn forbidden_by(acting: &Acting, action: Action, subject: &Subject, context: &Context) -> Vec<String> {
    match Roles::shipped().unwrap().decide(acting, action, subject, context).outcome {
        Err(DeniedCause::Forbidden(ids)) => ids,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_allowed_view_names_its_policy_and_the_set() {
    let roles = Roles::shipped().unwrap();
    let subject = subject(Action::View, Some("own"));
    let authorised = roles.authorise(&somebody(Role::Viewer), act::View, &subject, &reasoned()).unwrap();
    assert_eq!(authorised.policies(), ["viewer-own-team"]);
    assert_eq!(authorised.deed.policy_set, roles.policy_set());
    let elsewhere = self::subject(Action::View, Some("other"));
    let denied = roles.authorise(&somebody(Role::Viewer), act::View, &elsewhere, &reasoned()).unwrap_err();
    assert_eq!(denied.cause(), &DeniedCause::NoPermit);
}

#[test]
fn an_old_proof_of_the_second_factor_asks_for_a_step_up() {
    let stale = Acting { factor_at: now() - SignedDuration::from_mins(5), ..somebody(Role::Lead) };
    let roles = Roles::shipped().unwrap();
    let subject = subject(Action::Export, Some("own"));
    let denied = roles.authorise(&stale, act::Export, &subject, &reasoned()).unwrap_err();
    assert!(denied.wants_step_up());
    assert!(roles.authorise(&somebody(Role::Lead), act::Export, &subject, &reasoned()).is_ok());
    let ahead = Acting { factor_at: now() + SignedDuration::from_mins(1), ..somebody(Role::Lead) };
    assert!(roles.authorise(&ahead, act::Export, &subject, &reasoned()).is_err());
}

#[test]
fn what_needs_a_reason_has_one() {
    let me = somebody(Role::Viewer);
    assert_eq!(
        forbidden_by(&me, Action::BreakGlass, &patient(Some("other")), &Context::care(now())),
        ["needs-a-reason"]
    );
}

#[test]
fn a_fence_keeps_photos_in_but_for_an_emergency() {
    let barred = |barred| Acting { barred, ..somebody(Role::Lead) };
    let (view, export) = (subject(Action::View, Some("own")), subject(Action::Export, Some("own")));
    let exports = barred(Barred::Exports);
    assert!(allowed(&exports, Action::View, &view, &reasoned()));
    assert_eq!(forbidden_by(&exports, Action::Export, &export, &reasoned()), ["fence-no-export"]);
    assert_eq!(forbidden_by(&exports, Action::MakeLink, &export, &reasoned()), ["fence-no-export"]);
    let views = barred(Barred::Views);
    assert_eq!(forbidden_by(&views, Action::View, &view, &reasoned()), ["fence-no-view"]);
    assert_eq!(forbidden_by(&views, Action::Compare, &view, &reasoned()), ["fence-no-view"]);
    assert_eq!(forbidden_by(&views, Action::Export, &export, &reasoned()), ["fence-no-export"]);
    let elsewhere = subject(Action::View, Some("other"));
    let hurried = Acting { barred: Barred::Views, ..somebody(Role::Viewer) };
    assert!(allowed(&hurried, Action::View, &elsewhere, &hasty("me", 1, "p")));
}

#[test]
fn a_view_without_a_mark_wants_the_team_a_fresh_proof_a_reason_and_a_place_inside() {
    let photo = subject(Action::ViewUnmarked, Some("own"));
    let refused = |acting: &Acting, context: &Context| {
        forbidden_by(acting, Action::ViewUnmarked, &photo, context).join("+")
    };
    for role in [Role::Viewer, Role::Lead] {
        let me = somebody(role);
        assert!(allowed(&me, Action::ViewUnmarked, &photo, &reasoned()), "{role}");
        for elsewhere in [Some("other"), None] {
            let other = subject(Action::ViewUnmarked, elsewhere);
            assert!(!allowed(&me, Action::ViewUnmarked, &other, &reasoned()), "{role}");
            assert!(!allowed(&me, Action::ViewUnmarked, &other, &hasty("me", 1, "p")), "{role}");
        }
        assert_eq!(refused(&me, &Context::care(now())), "needs-a-reason");
        let stale = Acting { factor_at: now() - SignedDuration::from_mins(5), ..me.clone() };
        assert_eq!(refused(&stale, &reasoned()), "step-up");
        assert_eq!(refused(&Acting { network: Network::Outside, ..me.clone() }, &reasoned()), "inside-only");
        assert_eq!(refused(&Acting { barred: Barred::Views, ..me }, &reasoned()), "fence-no-view");
    }
    let erased = Subject::Photo(Photo { erased: true, ..self::photo(Some("own")) });
    assert_eq!(
        forbidden_by(&somebody(Role::Viewer), Action::ViewUnmarked, &erased, &reasoned()),
        ["erased-is-erased"]
    );
}

fn hasty(by: &str, minutes: i64, whom: &str) -> Context {
    let haste = Haste {
        entry: entry(),
        by: PersonId(by.to_owned()),
        patient: PatientRef(whom.to_owned()),
        opened_at: now() - SignedDuration::from_mins(minutes),
    };
    Context { haste: Some(haste), ..reasoned() }
}

#[test]
fn a_break_glass_shows_one_patient_for_four_hours_to_who_opened_it() {
    let me = somebody(Role::Viewer);
    let photo = subject(Action::View, Some("other"));
    assert!(!allowed(&me, Action::View, &photo, &reasoned()));
    assert!(allowed(&me, Action::View, &photo, &hasty("me", 239, "p")));
    assert!(allowed(&me, Action::Compare, &photo, &hasty("me", 239, "p")));
    assert!(allowed(&me, Action::List, &patient(Some("other")), &hasty("me", 239, "p")));
    for refused in [hasty("me", 240, "p"), hasty("me", -1, "p"), hasty("you", 1, "p"), hasty("me", 1, "q")] {
        assert!(!allowed(&me, Action::View, &photo, &refused));
        assert!(!allowed(&me, Action::List, &patient(Some("other")), &refused));
    }
}

#[test]
fn a_lead_opens_the_time_line_of_a_patient_of_whom_some_photo_has_no_team() {
    let teams: BTreeSet<Team> = [team("other")].into();
    let of =
        |no_team| Subject::Patient(Patient { id: PatientRef("p".to_owned()), teams: teams.clone(), no_team });
    for action in [Action::List, Action::WhoLooked] {
        assert!(allowed(&somebody(Role::Lead), action, &of(true), &reasoned()));
        assert!(!allowed(&somebody(Role::Lead), action, &of(false), &reasoned()));
        assert!(!allowed(&somebody(Role::Viewer), action, &of(true), &reasoned()));
    }
}

#[test]
fn a_break_glass_lets_nothing_leave_even_of_ones_own_team() {
    let lead = somebody(Role::Lead);
    for action in [Action::Export, Action::MakeLink, Action::Amend, Action::ViewUnmarked] {
        let subject = subject(action, Some("own"));
        assert!(allowed(&lead, action, &subject, &reasoned()));
        assert_eq!(forbidden_by(&lead, action, &subject, &hasty("me", 1, "p")), ["break-glass-only-shows"]);
    }
}

#[test]
fn an_overseer_sees_no_photo_whatever_else_they_are() {
    for role in [Role::Auditor, Role::It, Role::Administrator, Role::Governance] {
        let mut both = somebody(Role::Viewer);
        both.person.roles.insert(role);
        for action in [Action::View, Action::Compare, Action::List, Action::Search, Action::BreakGlass] {
            let ids = forbidden_by(&both, action, &subject(action, Some("own")), &hasty("me", 1, "p"));
            assert_eq!(ids, ["overseers-see-no-photo"], "{role} {action}");
        }
    }
}

#[test]
fn nobody_judges_or_empowers_themselves() {
    let me = PersonId("me".to_owned());
    let own = Opened {
        entry: entry(),
        by: me.clone(),
        patient: PatientRef("p".to_owned()),
        teams: [team("own")].into(),
    };
    for role in [Role::Lead, Role::Governance] {
        let ids = forbidden_by(
            &somebody(role),
            Action::ReviewBreakGlass,
            &Subject::Opened(own.clone()),
            &reasoned(),
        );
        assert_eq!(ids, ["nobody-reviews-their-own"]);
    }
    let administrator = somebody(Role::Administrator);
    for action in [Action::ChangeRole, Action::Reenrol] {
        let ids = forbidden_by(&administrator, action, &Subject::Person(me.clone()), &reasoned());
        assert_eq!(ids, ["nobody-empowers-themselves"]);
    }
    assert!(allowed(&somebody(Role::Capturer), Action::EndSession, &Subject::Person(me), &reasoned()));
}

#[test]
fn an_administrator_with_a_copyable_factor_changes_nothing() {
    for factor in [Factor::Totp, Factor::Passkey { hardware: false }] {
        let weak = Acting { factor, ..somebody(Role::Administrator) };
        let subject = subject(Action::ChangeRole, None);
        assert_eq!(
            forbidden_by(&weak, Action::ChangeRole, &subject, &reasoned()),
            ["administrators-use-hardware"]
        );
    }
}

#[test]
fn what_is_erased_is_not_shown_and_what_is_held_is_not_erased() {
    let erased = Subject::Photo(Photo { erased: true, ..photo(Some("own")) });
    assert_eq!(
        forbidden_by(&somebody(Role::Viewer), Action::View, &erased, &reasoned()),
        ["erased-is-erased"]
    );
    let held = Subject::Photo(Photo { held: true, ..photo(Some("own")) });
    assert_eq!(
        forbidden_by(&somebody(Role::Governance), Action::Erase, &held, &reasoned()),
        ["held-is-kept"]
    );
}

#[test]
fn what_is_not_due_is_erased_by_two_people() {
    let governance = somebody(Role::Governance);
    let proposed = |by: Option<&str>| {
        let proposed_by = by.map(|by| PersonId(by.to_owned()));
        Subject::Photo(Photo { due: false, proposed_by, ..photo(Some("own")) })
    };
    for alone in [proposed(None), proposed(Some("me"))] {
        assert_eq!(forbidden_by(&governance, Action::Erase, &alone, &reasoned()), ["two-people-erase"]);
    }
    assert!(allowed(&governance, Action::Erase, &proposed(Some("somebody-else")), &reasoned()));
}

#[test]
fn what_is_due_is_erased_by_somebody_else_than_put_the_rules_in_force() {
    let governance = somebody(Role::Governance);
    let due = |ruled: Option<&str>, proposed: Option<&str>| {
        let id = |by: &str| PersonId(by.to_owned());
        let (ruled_by, proposed_by) = (ruled.map(id), proposed.map(id));
        Subject::Photo(Photo { due: true, ruled_by, proposed_by, ..photo(Some("own")) })
    };
    for alone in [due(Some("me"), None), due(Some("me"), Some("me")), due(None, None), due(None, Some("me"))]
    {
        assert_eq!(forbidden_by(&governance, Action::Erase, &alone, &reasoned()), ["two-people-erase"]);
    }
    for two in [due(Some("you"), None), due(None, Some("you")), due(Some("me"), Some("you"))] {
        assert!(allowed(&governance, Action::Erase, &two, &reasoned()));
    }
}

#[test]
fn an_action_on_what_it_is_not_for_is_refused() {
    let decision = Roles::shipped().unwrap().decide(
        &somebody(Role::Lead),
        Action::View,
        &Subject::Hospital,
        &reasoned(),
    );
    assert!(matches!(decision.outcome, Err(DeniedCause::Misfit(_))));
}

fn refused(text: &str) -> &'static str {
    PolicySet::parse(text).unwrap_err().code()
}

#[test]
fn a_policy_file_counts_whole_or_not_at_all() {
    assert_eq!(refused("permit (principal, action, resource"), "policy_syntax");
    assert_eq!(refused("permit (principal, action, resource);"), "policy_unnamed");
    assert_eq!(refused("@id(\"No Spaces\") permit (principal, action, resource);"), "policy_name");
    let twice =
        "@id(\"a\") permit (principal, action, resource); @id(\"a\") permit (principal, action, resource);";
    assert_eq!(refused(twice), "policy_twice");
    // A hospital's own file cannot take the name of a guard, and so not its place.
    assert_eq!(refused("@id(\"step-up\") permit (principal, action, resource);"), "policy_twice");
    assert_eq!(refused("@id(\"a\") permit (principal == ?principal, action, resource);"), "policy_template");
    let misspelt = "@id(\"a\") permit (principal, action, resource) when { context.insid };";
    assert_eq!(refused(misspelt), "policy_invalid");
    let unknown = "@id(\"a\") permit (principal in Rule::\"viewer\", action, resource);";
    assert_eq!(refused(unknown), "policy_invalid");
    assert_eq!(refused(&" ".repeat(300_000)), "policy_too_large");
}

#[test]
fn a_permit_for_everything_opens_nothing_that_a_guard_forbids() {
    let all = PolicySet::parse("@id(\"all\") permit (principal, action, resource);").unwrap();
    let outside = Acting { network: Network::Outside, ..somebody(Role::Governance) };
    for action in [Action::Export, Action::Erase, Action::ChangeRole, Action::View] {
        let decision = all.decide(&outside, action, &subject(action, Some("own")), &reasoned());
        assert!(matches!(decision.outcome, Err(DeniedCause::Forbidden(_))), "{action}");
    }
}

#[test]
fn the_hash_of_a_set_tells_any_two_apart() {
    let one = PolicySet::parse(SHIPPED).unwrap();
    let other = PolicySet::parse(&format!("{SHIPPED}\n")).unwrap();
    assert_ne!(one.digest(), other.digest());
}

#[test]
fn a_grant_holds_within_its_dates() {
    let json = r#"{"grants":[{"person":"me","role":"viewer","teams":["own"],
        "not_before":"2026-11-29T09:00:00Z","not_after":"2026-11-29T10:00:00Z"}]}"#;
    let grants: Grants = serde_json::from_str(json).unwrap();
    grants.check().unwrap();
    let me = PersonId("me".to_owned());
    let held = |minutes| grants.holding(&me, &Claimed::default(), now() + SignedDuration::from_mins(minutes));
    assert!(held(-1).roles.is_empty());
    assert!(held(0).teams.contains(&team("own")));
    assert!(held(59).roles.contains(&Role::Viewer));
    assert!(held(60).roles.is_empty() && held(60).teams.is_empty());
    // What was taken stays taken, also where the clock is set back behind the moment of it.
    let taken: Grants =
        serde_json::from_str(&json.replace("\"not_after\"", "\"taken\":true,\"not_after\"")).unwrap();
    for minutes in [-1, 0, 59, 60] {
        let at = now() + SignedDuration::from_mins(minutes);
        assert!(taken.holding(&me, &Claimed::default(), at).roles.is_empty());
    }
    let teamless: Grants = serde_json::from_str(r#"{"grants":[{"person":"me","role":"viewer"}]}"#).unwrap();
    assert_eq!(teamless.check(), Err(GrantsError::Teams(Role::Viewer)));
}

/// Writes the table: `GAUZE_WRITE_TABLE=1 cargo test -p gauze-people the_table_is_written`. Read what changed before it
/// is kept.
#[test]
fn the_table_is_written_on_demand() {
    if std::env::var_os("GAUZE_WRITE_TABLE").is_none() {
        return;
    }
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/roles-table.md");
    let old = std::fs::read_to_string(&path).unwrap();
    let head = old.split("\n## list").next().unwrap();
    let text = format!("{head}{}", table(&Roles::shipped().unwrap()));
    std::io::Write::write_all(&mut std::fs::File::create(path).unwrap(), text.as_bytes()).unwrap();
}
