//! What the index and the lists tell of a record without naming anybody: codes and random names, never words.
//!
//! Always: the index holds a code only where it stands in the hospital's own list; what a phone was free to write stays
//! sealed.

use gauze_wire::{BodySide, Framing, Name, PickLists, Record, Rendering, SeriesId, Unlisted, WoundId};
use serde::{Deserialize, Serialize};

/// The gist of a record.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gist {
    /// The team's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Name>,
    /// The site's code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<Name>,
    /// Which side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<BodySide>,
    /// How much it shows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub view: Option<Framing>,
    /// Which wound.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wound: Option<WoundId>,
    /// Which visit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesId>,
    /// The picture as the camera made it; absent where an older app did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub original: Option<Rendering>,
    /// The picture as it was filed, where the phone had made it smaller.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reduced: Option<Rendering>,
    /// What did not stand in the policy's lists when it was filed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flags: Vec<Unlisted>,
}

impl Gist {
    /// The gist of `record` for the index: flagged by `lists`, with the codes that stand there.
    pub(crate) fn listed(record: &Record, lists: &PickLists) -> Self {
        let mut gist = Self::whole(record);
        gist.flags = lists.unlisted(record.team.as_ref(), record.site.as_ref(), record.consent.as_ref());
        gist.team = gist.team.filter(|code| lists.teams.iter().any(|team| team.code == *code));
        gist.site = gist.site.filter(|code| lists.sites.iter().any(|site| site.code == *code));
        gist
    }

    /// The gist of `record` for whoever opens it.
    pub(crate) fn whole(record: &Record) -> Self {
        Self {
            team: record.team.as_ref().map(|team| team.code.clone()),
            site: record.site.as_ref().and_then(|site| site.code.clone()),
            side: record.site.as_ref().and_then(|site| site.side),
            view: record.view,
            wound: record.wound.clone(),
            series: record.series.clone(),
            original: record.original,
            reduced: record.reduced,
            flags: Vec::new(),
        }
    }

    /// `original=WIDTHxHEIGHT`, or with the size before it was made smaller: `reduced=WIDTHxHEIGHT-from-WIDTHxHEIGHT`.
    fn picture(&self) -> Option<String> {
        let size = |of: &Rendering| format!("{}x{}", of.width, of.height);
        let original = size(self.original.as_ref()?);
        Some(match &self.reduced {
            Some(reduced) => format!("reduced={}-from-{original}", size(reduced)),
            None => format!("original={original}"),
        })
    }

    /// For people: what there is, as `name=code`.
    pub fn line(&self) -> String {
        let told = [
            self.team.as_ref().map(|team| format!("team={team}")),
            self.site.as_ref().map(|site| format!("site={site}")),
            self.side.map(|side| format!("side={}", side.as_str())),
            self.view.map(|view| format!("view={}", view.as_str())),
            self.wound.as_ref().map(|wound| format!("wound={wound}")),
            self.series.as_ref().map(|series| format!("series={series}")),
            self.picture(),
        ];
        let flags = self.flags.iter().map(|flag| flag.code().to_owned());
        told.into_iter().flatten().chain(flags).collect::<Vec<_>>().join(" ")
    }
}
