//! Who took a photo: proven, claimed, or nobody. Never a name without how sure it is.

use gauze_signin::phones::{Proven, Taker};
use maud::{Markup, html};

use super::gate::broken;
use super::{Desk, words::clinician as told};
use crate::folk::Found;
use crate::web::layout;
use crate::web::refusal::Refusal;

impl Desk {
    /// Who took it, by the sign-in in its record, the policy that was in force and the provider's keys of that day.
    pub(super) fn taker(&self, found: &Found) -> Result<Taker, Refusal> {
        let provider = self.web.provider();
        self.folk.taker(found, |said, rules| provider.taker(said, rules)).map_err(|error| broken(&error))
    }
}

/// The name, and how sure it is.
pub(super) fn state(taker: &Taker) -> Markup {
    match taker {
        Taker::Proven(proven) => html! { (proven.name) " " span.state.good { (told::PROVEN) } },
        Taker::Claimed { name, .. } => html! {
            (name.as_deref().unwrap_or(told::NO_NAME)) " " span.state.warning { (told::CLAIMED) }
        },
        Taker::Nobody => html! { span.state { (told::NONE) } },
    }
}

/// The same, with what that rests on: when and by which factor, or why it is no more than a claim.
pub(super) fn full(taker: &Taker) -> Markup {
    html! {
        p { (state(taker)) }
        p.hint {
            @match taker {
                Taker::Proven(proven) => { (signed_in(proven)) }
                Taker::Claimed { doubt, .. } => { (told::doubt(*doubt)) }
                Taker::Nobody => { (told::NONE_MEANS) }
            }
        }
    }
}

fn signed_in(proven: &Proven) -> Markup {
    html! { (told::SIGNED_IN) " " (layout::time(proven.at)) ", " (told::factor(&proven.second_factor)) }
}
