//! Why somebody asks, chosen from a list.

use gauze_people::context::ReasonCode;
use maud::{Markup, html};

/// One of these has to be chosen; each stands in the words of its form.
pub(super) fn reasons(
    (legend, name): (&str, &str),
    codes: &[ReasonCode],
    chosen: Option<ReasonCode>,
    words: impl Fn(ReasonCode) -> &'static str,
) -> Markup {
    html! {
        fieldset.ticks {
            legend { (legend) }
            @for code in codes {
                label {
                    input type="radio" name=(name) value=(word(*code)) required checked[chosen == Some(*code)];
                    " " (words(*code))
                }
            }
        }
    }
}

/// As forms have it.
fn word(code: ReasonCode) -> String {
    serde_json::to_value(code).ok().and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default()
}
