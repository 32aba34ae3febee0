//! The visible line: who sees a photo, when and why, and by which line of the access log. Never whom it shows.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::words::photo as words;
use crate::render::written;

/// The same line as pages tell it, and as it is drawn below a picture.
#[derive(Clone)]
pub(super) struct Line {
    told: String,
    drawn: Vec<String>,
}

impl Line {
    /// Of who sees it, and why: each with what is drawn in its place where the picture's font has not all of its letters.
    pub(super) fn of(reader: (&str, &str), view: u64, why: (&str, &str), now: Timestamp) -> Self {
        let at = now.to_zoned_datetime(TimeZone::system()).strftime("%d-%b-%Y %H:%M").to_string();
        let parts = |reader: &str, why: &str| {
            vec![
                format!("{} {reader}", words::SEEN_BY),
                at.clone(),
                why.to_owned(),
                format!("{} {view}", words::VIEW),
            ]
        };
        let drawn = |(text, otherwise): (&str, &str)| written(text).unwrap_or_else(|| otherwise.to_owned());
        Self { told: parts(reader.0, why.0).join(" · "), drawn: parts(&drawn(reader), &drawn(why)) }
    }

    /// As pages tell it.
    pub(super) fn told(&self) -> &str {
        &self.told
    }

    /// Its parts as they are drawn.
    pub(super) fn drawn(&self) -> Vec<&str> {
        self.drawn.iter().map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "olenaaaaaaaaaaaaaaaaaaaaaa";

    fn who(name: &str) -> (String, String) {
        let line =
            Line::of((name, ID), 41, ("for care", "for care"), "2026-11-29T14:05:00Z".parse().unwrap());
        let drawn = line.drawn();
        assert_eq!((drawn.len(), drawn[2], drawn[3]), (4, "for care", "View 41"));
        (line.told().split(" · ").next().unwrap().to_owned(), drawn[0].to_owned())
    }

    #[test]
    fn a_name_is_drawn_in_letters_that_the_font_has_and_else_as_the_log_has_it() {
        for plain in ["Sister Siân Łukasz-O’Neil", "Nguyễn Thị Ánh", "Zoë Çelik (ward 4)"] {
            assert_eq!(who(plain), (format!("Seen by {plain}"), format!("Seen by {plain}")));
        }
        // The letter and the accent as two characters (NFD), as some providers spell names.
        assert_eq!(who("Sia\u{302}n").1, "Seen by Si\u{e2}n");
        for foreign in ["Др Олена", "Dr Олена", "Ιωάννα", "محمد", "李", "x\u{302}", "Ann\u{200b}", "Ann\t"]
        {
            assert_eq!(who(foreign), (format!("Seen by {foreign}"), format!("Seen by {ID}")), "{foreign:?}");
        }
    }

    #[test]
    fn so_is_what_a_copy_is_for() {
        let why = ("Шпиталь (They are asked for advice)", "They are asked for advice");
        let line = Line::of(("Ann", ID), 1, why, Timestamp::UNIX_EPOCH);
        assert_eq!(line.drawn()[2], why.1);
        assert!(line.told().contains(why.0));
    }
}
