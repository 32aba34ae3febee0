//! Fields of a form: a label, perhaps a hint, and what was typed before.

use maud::{Markup, html};

/// A field that has to be filled in, unless it is optional.
#[derive(Clone, Copy)]
pub(crate) struct Field<'a> {
    name: &'a str,
    id: &'a str,
    label: &'a str,
    hint: Option<&'a str>,
    most: usize,
    typed: &'a str,
    required: bool,
    numeric: bool,
    /// Whether keyboards on glass offer capitals.
    capitals: bool,
    /// What browsers may fill in by themselves.
    fills: &'a str,
}

impl<'a> Field<'a> {
    /// Its name in the form, which is its id too; its label; how many characters fit in; and what was typed.
    pub(crate) fn new(name: &'a str, label: &'a str, most: usize, typed: &'a str) -> Self {
        Self {
            name,
            id: name,
            label,
            hint: None,
            most,
            typed,
            required: true,
            numeric: false,
            capitals: false,
            fills: "off",
        }
    }

    /// Another id, where one name stands twice on a page.
    pub(crate) fn id(self, id: &'a str) -> Self {
        Self { id, ..self }
    }

    /// What to fill in.
    pub(crate) fn hint(self, hint: &'a str) -> Self {
        Self { hint: Some(hint), ..self }
    }

    /// It may stay empty.
    pub(crate) fn optional(self) -> Self {
        Self { required: false, ..self }
    }

    /// A few digits.
    pub(crate) fn numeric(self) -> Self {
        Self { numeric: true, ..self }
    }

    /// Keyboards on glass offer capitals.
    pub(crate) fn capitals(self) -> Self {
        Self { capitals: true, ..self }
    }

    /// What browsers may fill in by themselves, by HTML's word for it.
    pub(crate) fn fills(self, fills: &'a str) -> Self {
        Self { fills, ..self }
    }

    /// Of one line.
    pub(crate) fn line(self) -> Markup {
        self.input("text")
    }

    /// A day.
    pub(crate) fn day(self) -> Markup {
        self.input("date")
    }

    /// Files of the browser's machine, of these kinds; nothing of a form that was refused gives them back.
    pub(crate) fn files(self, accept: &str) -> Markup {
        let input = html! {
            input type="file" id=(self.id) name=(self.name) accept=(accept) multiple required[self.required]
                aria-describedby=[self.described()];
        };
        self.around("field", &input)
    }

    fn input(self, kind: &str) -> Markup {
        let class = self.numeric.then_some("short");
        let mode = self.numeric.then_some("numeric");
        let most = (kind == "text").then_some(self.most);
        let input = html! {
            input class=[class] type=(kind) id=(self.id) name=(self.name) maxlength=[most] inputmode=[mode] required[self.required]
                autocapitalize=[self.capitals.then_some("characters")]
                autocomplete=(self.fills) spellcheck="false" aria-describedby=[self.described()] value=(self.typed);
        };
        self.around("field", &input)
    }

    /// Of several lines. The first line feed behind the tag is not the field's own.
    pub(crate) fn area(self, rows: u8) -> Markup {
        let area = html! {
            textarea id=(self.id) name=(self.name) rows=(rows) maxlength=(self.most) required[self.required]
                aria-describedby=[self.described()] { "\n" (self.typed) }
        };
        self.around("field", &area)
    }

    /// A whole file of the hospital's.
    pub(crate) fn file(self, rows: u8) -> Markup {
        let area = html! {
            textarea.code-text id=(self.id) name=(self.name) rows=(rows) maxlength=(self.most) required[self.required] spellcheck="false"
                aria-describedby=[self.described()] { "\n" (self.typed) }
        };
        self.around("field wide", &area)
    }

    fn described(self) -> Option<String> {
        self.hint.map(|_| format!("{}-hint", self.id))
    }

    fn around(self, class: &str, input: &Markup) -> Markup {
        html! {
            div class=(class) {
                label for=(self.id) { (self.label) }
                @if let Some(hint) = self.hint { p.hint id={ (self.id) "-hint" } { (hint) } }
                (input)
            }
        }
    }
}
