//! What the regulator's form asks, filled in from what the case holds (ICO, report of a personal data breach).

use std::collections::BTreeSet;

use axum::extract::{Path, State};
use axum::response::Html;
use gauze_people::cases::{Case, Step, Taken};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use maud::html;

use super::{Account, PAGE, name, reporter, words};
use crate::web::layout::{self, Frame};
use crate::web::photos::Desk;
use crate::web::photos::gate::broken;
use crate::web::refusal::Refusal;
use crate::web::signed::Signed;

/// A heading with its questions and answers.
type Section = (&'static str, Vec<(&'static str, String)>);

pub(in crate::web::photos) async fn page(
    State(desk): State<Desk>,
    Path(address): Path<String>,
    signed: Signed,
) -> Result<Html<String>, Refusal> {
    desk.looks_after_cases(&signed).await?;
    let case = desk.case(&signed, &address).await?;
    desk.take_step(&signed, case.number, Step::Form, None).await?;
    let sections = desk.answers(&case).await?;
    let body = html! {
        p { (words::FORM_LEAD) }
        @for (heading, fields) in &sections {
            section {
                h2 { (heading) }
                dl { @for (asked, answer) in fields { dt { (asked) } dd.free { (answer) } } }
            }
        }
        p.actions { a.button href={ (PAGE) "/" (case.number) } { (words::BACK) } }
    };
    let title = format!("{}, {} {}", words::FORM, words::CASE.to_lowercase(), case.number);
    Ok(layout::page(&Frame::signed(&title, &signed, PAGE), &body))
}

fn at(time: Timestamp) -> String {
    time.to_zoned_datetime(TimeZone::system()).strftime("%d-%b-%Y %H:%M").to_string()
}

fn found_out(case: &Case, reporter: &str) -> String {
    let reached = at(case.at);
    match words::made(case) {
        Some(made) => format!("{reporter} reported it {made}. {} on {reached}.", words::REACHED),
        None if case.crowds.is_empty() => format!("{reporter} reported it on {reached}."),
        None => format!("{} reached us from {reached} on.", words::counted_of(&case.by)),
    }
}

fn or_by_hand(text: String) -> String {
    if text.is_empty() { words::FILL.to_owned() } else { text }
}

impl Desk {
    async fn answers(&self, case: &Case) -> Result<Vec<Section>, Refusal> {
        let names = self.case_names(std::iter::once(case)).await?;
        let Account { whose, what, vouched } = self.case_account(case);
        let (photos, patients) = self.affected(case).await?;
        let register = self.register().await?.register;
        let contact = register.data_protection_officer.as_ref();
        let officer = contact.map_or_else(
            || "Not known. Enter it in Documents and notices, as data_protection_officer.".to_owned(),
            |contact| contact.as_str().to_owned(),
        );
        let mut found_out = found_out(case, reporter(case, &names));
        if let Some(vouched) = vouched {
            found_out.push_str(&format!("\n{vouched}"));
        }
        Ok(vec![
            (
                "About the breach",
                vec![
                    ("Our reference", format!("Case {}", case.number)),
                    ("What happened", what),
                    ("How we found out", found_out),
                    ("When we became aware", at(case.aware_at)),
                    ("If it is more than 72 hours, why", self.delay(case)),
                    (
                        "Kind of data",
                        "Photos of wounds with their records: health data, a special category.".to_owned(),
                    ),
                ],
            ),
            (
                "People affected",
                vec![
                    ("Whose data", whose),
                    ("How many people", or_by_hand(patients)),
                    ("How many records", photos),
                ],
            ),
            (
                "Consequences",
                vec![("What may come of it, and how likely", or_by_hand(self.written_with(case, decides)))],
            ),
            (
                "Actions taken",
                vec![
                    ("What was done, and what is to be done", or_by_hand(self.actions(case))),
                    ("Are people told", words::FILL.to_owned()),
                    ("Was the regulator told before", or_by_hand(self.written_with(case, tells))),
                ],
            ),
            (
                "Contact",
                vec![
                    ("Data protection officer", officer),
                    (
                        "Looked after by",
                        case.owner().map_or(words::NOBODY, |owner| name(owner, &names)).to_owned(),
                    ),
                ],
            ),
        ])
    }

    /// How many photos are named, and of how many patients.
    async fn affected(&self, case: &Case) -> Result<(String, String), Refusal> {
        let (mut patients, mut unknown) = (BTreeSet::new(), 0_usize);
        let photos = case.photos();
        for photo in &photos {
            let found = self.folk.by_reference(photo).await.map_err(|error| broken(&error))?;
            match found.and_then(|found| found.patient) {
                Some(patient) => drop(patients.insert(patient)),
                None => unknown += 1,
            }
        }
        let people = match (patients.len(), unknown) {
            (0, _) => String::new(),
            (known, 0) => format!("{known}, of the photos named"),
            (known, unknown) => {
                format!("{known}, of the photos named; of {unknown} the patient is not known")
            }
        };
        Ok((format!("Photos named: {}", photos.len()), people))
    }

    fn delay(&self, case: &Case) -> String {
        let told = case.steps.iter().find(|taken| tells(taken)).map(|taken| taken.at);
        let late = told.unwrap_or_else(|| self.web.now()) > case.due();
        if late { words::FILL } else { "It is not." }.to_owned()
    }

    /// What was written with steps of a kind, each on its line.
    fn written_with(&self, case: &Case, of: fn(&Taken) -> bool) -> String {
        let steps = case.steps.iter().filter(|taken| of(taken));
        let line = |taken: &Taken| {
            let text = self.case_words(taken.reason.as_ref()).unwrap_or_else(|| words::SEALED.to_owned());
            format!("{}: {}. {text}", at(taken.at), words::step(taken.step))
        };
        steps.map(line).collect::<Vec<_>>().join("\n")
    }

    fn actions(&self, case: &Case) -> String {
        let lines = case.tasks().into_iter().map(|(task, done)| {
            let (who, what) = self.case_pair(task.reason.as_ref());
            let state = done
                .map_or_else(|| words::OPEN.to_owned(), |done| format!("{} {}", words::DONE, at(done.at)));
            format!("{what} ({who}): {state}")
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

fn decides(taken: &Taken) -> bool {
    matches!(taken.step, Step::Decide(_))
}

fn tells(taken: &Taken) -> bool {
    taken.step == Step::Told
}
