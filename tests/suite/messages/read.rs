//! The code, read: which types are said to people, with what codes, words and next steps.

use std::collections::BTreeMap;
use std::path::Path;

use gauze_wire::ProblemCode;
use syn::visit::{self, Visit};
use syn::{Attribute, Expr, Fields, File, ImplItem, ImplItemFn, Item, Lit, Meta, Type};

use super::arms::{Case, cases, first_literal};

/// Where messages come from; tests beside the code are left out.
const ROOTS: &[&str] = &["core", "server-stub", "bindings/src", "tests/src/phone", "tests/src/config"];

/// So many sentences of a cause are told with what it is the cause of.
const FEW: usize = 6;
/// Types that have a table of their own on the page, or are said to programs alone.
const ELSEWHERE: [&str; 4] = ["FilingRefusal", "DpopError", "Shown", "EnrolmentDenied"];
/// What is asked by sentences that say it in no words of their own: an app shows it by what its screen offers.
const ASKS: &[(&str, &str)] = &[
    ("review_off", "Nothing: the policy allows no review here, or its hours are over."),
    ("other_photo", "Give the file of that photo."),
    ("locked", "Unlock the phone, then try again."),
    ("did_not_open", "Look at it at the hospital: what was sent opens there."),
    ("unknown_photo", "Look at the list of photos."),
    ("already_sent", "Ask the hospital: what it has is no longer the phone's to discard."),
    ("picture_damaged", "Look at the original; have the photo taken again if that is damaged too."),
    ("picture_kind", "Open the original with `gauze-records open`."),
    ("view_number", "Report this."),
    ("not_encoded", "Report this."),
];

/// One type, or one file's own sentences.
pub(super) struct Said {
    /// Its file, from the root of the repository.
    pub file: String,
    /// The type's name; empty for sentences that no type holds.
    pub kind: String,
    /// In the order of the code.
    pub rows: Vec<Row>,
}

impl Said {
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().map(|row| row.code.as_str())
    }
}

/// A code, what is said, and what is asked.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub code: String,
    pub says: String,
    pub asks: String,
}

/// The code of a case that the reader does not understand: the page is not made then.
pub(super) const UNREAD: &str = "unread";

/// Every source file that may say something, with its path from the root.
pub(super) fn sources(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for part in ROOTS {
        gather(root, &root.join(part), &mut found);
    }
    found
}

fn gather(root: &Path, dir: &Path, found: &mut BTreeMap<String, String>) {
    for entry in std::fs::read_dir(dir).unwrap().map(Result::unwrap) {
        let path = entry.path();
        let name = entry.file_name();
        if path.is_dir() && name != "tests" && name != "target" && name != "benches" {
            gather(root, &path, found);
        } else if path.extension().is_some_and(|end| end == "rs") && name != "tests.rs" {
            let shown = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            found.insert(shown, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// All that is said.
pub(super) fn said(root: &Path) -> Vec<Said> {
    let files: Vec<(String, File)> = sources(root)
        .into_iter()
        .map(|(path, text)| {
            let file = syn::parse_file(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
            (path, file)
        })
        .collect();
    let mut known = Known::default();
    for (_, file) in &files {
        known.learn(&file.items);
    }
    files.iter().flat_map(|(path, file)| of_file(path, file, &known)).collect()
}

/// What holds across files: constants, and what an error that stands for itself says.
#[derive(Default)]
struct Known {
    constants: BTreeMap<String, String>,
    errors: BTreeMap<String, String>,
}

impl Known {
    fn learn(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Const(item) => {
                    if let Some(text) = literal(&item.expr) {
                        self.constants.insert(item.ident.to_string(), text);
                    }
                }
                Item::Struct(item) => {
                    if let Some(says) = error_text(&item.attrs) {
                        self.errors.insert(item.ident.to_string(), says);
                    }
                }
                Item::Enum(item) => {
                    let says: Option<Vec<String>> =
                        item.variants.iter().map(|variant| error_text(&variant.attrs)).collect();
                    // More than a few are a list of its own, and not what one message says.
                    if let Some(says) = says.filter(|says| !says.is_empty() && says.len() <= FEW) {
                        self.errors.insert(item.ident.to_string(), says.join(" / "));
                    }
                }
                Item::Mod(item) => {
                    if let Some((_, items)) = &item.content {
                        self.learn(items);
                    }
                }
                _ => {}
            }
        }
    }
}

/// A type as its file declares it.
struct Declared {
    says: BTreeMap<String, String>,
    about: BTreeMap<String, String>,
}

fn of_file(path: &str, file: &File, known: &Known) -> Vec<Said> {
    let declared: BTreeMap<String, Declared> =
        file.items.iter().filter_map(|item| declare(item, known)).collect();
    let mut functions: BTreeMap<String, BTreeMap<String, &ImplItemFn>> = BTreeMap::new();
    for item in &file.items {
        let Item::Impl(item) = item else { continue };
        let Type::Path(of) = &*item.self_ty else { continue };
        let of = of.path.segments.last().unwrap().ident.to_string();
        let own = functions.entry(of).or_default();
        for function in &item.items {
            if let ImplItem::Fn(function) = function {
                own.entry(function.sig.ident.to_string()).or_insert(function);
            }
        }
    }
    let mut found: Vec<Said> = Vec::new();
    for (kind, functions) in &functions {
        let Some(code) = functions
            .get("code")
            .filter(|code| code.sig.inputs.len() == 1 && !ELSEWHERE.contains(&kind.as_str()))
        else {
            continue;
        };
        let rows = rows(code, functions, declared.get(kind), known);
        found.push(Said { file: path.to_owned(), kind: kind.clone(), rows });
    }
    let (every, refuses) = (path.ends_with("/check.rs"), path.ends_with("/refusal.rs"));
    let mut loose = Loose { rows: Vec::new(), known, every, refuses };
    file.items.iter().filter(|item| !is_test(item)).for_each(|item| loose.visit_item(item));
    found.push(Said { file: path.to_owned(), kind: String::new(), rows: loose.rows });
    found.retain(|said| !said.rows.is_empty());
    found
}

fn is_test(item: &Item) -> bool {
    matches!(item, Item::Mod(item) if item.ident == "tests")
}

fn declare(item: &Item, known: &Known) -> Option<(String, Declared)> {
    match item {
        Item::Enum(item) => {
            let says = item.variants.iter().map(|variant| {
                let inner = match &variant.fields {
                    Fields::Unnamed(fields) => fields.unnamed.first().and_then(|field| type_name(&field.ty)),
                    Fields::Named(_) | Fields::Unit => None,
                };
                let inner = inner.and_then(|name| known.errors.get(&name).cloned());
                let own = error_text(&variant.attrs).filter(|text| text != "{0}" || inner.is_none());
                let passed_on =
                    || format!("{}: …", first_sentence(&about(&variant.attrs)).trim_end_matches('.'));
                let transparent = is_transparent(&variant.attrs).then(passed_on);
                let says =
                    own.or(inner).or(transparent).unwrap_or_else(|| first_sentence(&about(&variant.attrs)));
                (variant.ident.to_string(), says)
            });
            let abouts =
                item.variants.iter().map(|variant| (variant.ident.to_string(), about(&variant.attrs)));
            let declared = Declared { says: says.collect(), about: abouts.collect() };
            Some((item.ident.to_string(), declared))
        }
        Item::Struct(item) => {
            let says = error_text(&item.attrs).unwrap_or_else(|| first_sentence(&about(&item.attrs)));
            let says = BTreeMap::from([(String::new(), says)]);
            let about = BTreeMap::from([(String::new(), about(&item.attrs))]);
            Some((item.ident.to_string(), Declared { says, about }))
        }
        _ => None,
    }
}

fn type_name(of: &Type) -> Option<String> {
    match of {
        Type::Path(of) => of.path.segments.last().map(|segment| segment.ident.to_string()),
        _ => None,
    }
}

fn rows(
    code: &ImplItemFn,
    functions: &BTreeMap<String, &ImplItemFn>,
    declared: Option<&Declared>,
    known: &Known,
) -> Vec<Row> {
    let constant = |name: &str| known.constants.get(name).cloned();
    let all = |name: &str| functions.get(name).map(|function| cases(function, &constant)).unwrap_or_default();
    let steps: Vec<Case> = ["next_step", "fixed_step"].into_iter().flat_map(all).collect();
    let words = all("message");
    let mut rows = Vec::new();
    for case in cases(code, &constant) {
        if case.texts.is_empty() && !case.passes_on {
            let says = format!("the code of {:?} cannot be read", case.variant);
            rows.push(Row { code: UNREAD.to_owned(), says, asks: String::new() });
        }
        let step = best(&steps, &case);
        for text in &case.texts {
            let own = declared
                .and_then(|declared| declared.says.get(case.variant.as_deref().unwrap_or_default()).cloned());
            let says = best(&words, &case).filter(|says| !says.is_empty()).or(own).unwrap_or_default();
            let mut row = row(text, &says, step.as_deref());
            if row.asks.is_empty() {
                row.asks = otherwise(text, declared, case.variant.as_deref());
            }
            rows.push(row);
        }
    }
    rows
}

/// The next step of a message that does not carry one: what its documentation says, or the gateway's problem of that code.
fn otherwise(code: &str, declared: Option<&Declared>, variant: Option<&str>) -> String {
    let about = declared.and_then(|declared| declared.about.get(variant.unwrap_or_default()));
    let (_, step) = divide(about.map_or("", String::as_str));
    if step.is_empty() {
        let asked = ASKS.iter().find(|(known, _)| *known == code).map(|(_, asks)| *asks);
        let problem = ProblemCode::ALL.iter().find(|problem| problem.as_str() == code);
        return asked.or(problem.map(|problem| problem.next_step())).unwrap_or_default().to_owned();
    }
    sentence(&step)
}

/// What the case that fits best says: the same inner pattern before any of the variant, and a case of its own before `_`. Where the code falls
/// into `_`, it may be any of them.
fn best(cases: &[Case], wanted: &Case) -> Option<String> {
    let texts = |case: &Case| case.texts.join(" / ");
    let same = |case: &&Case| case.variant == wanted.variant && case.inner == wanted.inner;
    let exact = cases.iter().find(same).filter(|_| wanted.variant.is_some() || !wanted.inner.is_empty());
    if exact.is_none() && wanted.variant.is_none() && !cases.is_empty() {
        let mut all: Vec<String> = cases.iter().map(texts).filter(|text| !text.is_empty()).collect();
        all.dedup();
        return Some(all.join(" / "));
    }
    let of = |variant: Option<&str>| cases.iter().find(move |case| case.variant.as_deref() == variant);
    exact.or_else(|| of(wanted.variant.as_deref())).or_else(|| of(None)).map(texts)
}

fn row(code: &str, says: &str, step: Option<&str>) -> Row {
    // What has no words here is said by its cause: the code itself tells most.
    let words = code.replace('_', " ");
    let says = if ["", "…", "{0}"].contains(&says) { &words } else { says };
    let (says, asks) = match step.map(plain).filter(|step| !step.is_empty()) {
        Some(step) => (plain(says), step),
        None => divide(&plain(says)),
    };
    Row { code: code.to_owned(), says: sentence(&says), asks: sentence(&asks) }
}

/// A message that carries its own next step behind a colon or in its second sentence.
fn divide(says: &str) -> (String, String) {
    let at = [": ", ". "].iter().filter_map(|mark| Some((says.find(mark)?, mark.len()))).collect::<Vec<_>>();
    let begins = |at: &&(usize, usize)| {
        says[at.0 + at.1..].starts_with(|c: char| c.is_alphabetic() || c == '`') && !says[..at.0].is_empty()
    };
    let colon = says.rmatch_indices(": ").map(|(at, mark)| (at, mark.len()));
    match colon.collect::<Vec<_>>().iter().find(begins).or_else(|| at.iter().find(begins)) {
        Some(&(at, length)) => (says[..at].to_owned(), says[at + length..].to_owned()),
        None if says.contains(": …") => {
            let told = says.split(": …").next().unwrap_or_default();
            (told.to_owned(), "What the message ends with".to_owned())
        }
        None => (says.to_owned(), String::new()),
    }
}

/// What is filled in becomes an ellipsis; line ends become spaces.
fn plain(text: &str) -> String {
    let (mut out, mut depth) = (String::new(), 0_usize);
    let text = text.replace("{{", "\u{1}").replace("}}", "\u{2}");
    for c in text.chars() {
        match c {
            '{' => {
                depth += 1;
                out.push('…');
            }
            '}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            '\n' => out.push(' '),
            other => out.push(other),
        }
    }
    let out = out.replace('\u{1}', "{").replace('\u{2}', "}");
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A capital first, a full stop last.
fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let Some(first) = rest.next() else { return String::new() };
    let stop = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), rest.as_str())
}

fn about(attributes: &[Attribute]) -> String {
    let lines: Vec<String> = attributes
        .iter()
        .filter(|attribute| attribute.path().is_ident("doc"))
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(value) => literal(&value.value),
            _ => None,
        })
        .collect();
    let text = lines.iter().map(|line| line.trim()).take_while(|line| !line.is_empty());
    text.collect::<Vec<_>>().join(" ").replace("[`", "`").replace("`]", "`")
}

/// Whether it says what its cause says.
fn is_transparent(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("error")) && error_text(attributes).is_none()
}

fn first_sentence(text: &str) -> String {
    text.split_once(". ").map_or(text, |(first, _)| first).to_owned()
}

/// What `#[error("…")]` says; nothing where it is transparent.
fn error_text(attributes: &[Attribute]) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.path().is_ident("error"))?;
    let Meta::List(list) = &found.meta else { return None };
    let first = list.tokens.clone().into_iter().next()?;
    match syn::parse2::<Lit>(first.into()).ok()? {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// A text: a literal, one made owned, or what `format!` begins with.
fn literal(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        Expr::MethodCall(call) => literal(&call.receiver),
        Expr::Macro(found) => first_literal(&found.mac),
        Expr::Reference(reference) => literal(&reference.expr),
        Expr::Array(_) | Expr::Block(_) => None,
        _ => None,
    }
}

/// Sentences that stand in the code where they are said.
struct Loose<'k> {
    rows: Vec<Row>,
    known: &'k Known,
    /// Every sentence of the file is said: it checks something.
    every: bool,
    /// Its triples are a status, a code, and what is said.
    refuses: bool,
}

impl Loose<'_> {
    fn text(&self, expression: &Expr) -> Option<String> {
        literal(expression).or_else(|| match expression {
            Expr::Path(path) => {
                self.known.constants.get(&path.path.segments.last()?.ident.to_string()).cloned()
            }
            Expr::MethodCall(call) => self.text(&call.receiver),
            _ => None,
        })
    }

    fn add(&mut self, code: &str, says: &str, step: Option<&str>) {
        let row = row(code, says, step);
        if !self.rows.contains(&row) {
            self.rows.push(row);
        }
    }
}

impl<'a> Visit<'a> for Loose<'_> {
    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        let name = match &*call.func {
            Expr::Path(path) => path.path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>(),
            _ => Vec::new(),
        };
        let name = name.join("::");
        let argument = |at: usize| call.args.iter().nth(at).and_then(|argument| self.text(argument));
        match name.as_str() {
            "Refusal::new" => {
                if let (Some(code), Some(says)) = (argument(0), argument(1)) {
                    self.add(&code, &says, None);
                }
            }
            "say" => {
                if let (Some(code), Some(step)) = (argument(0), argument(2)) {
                    self.add(&code, &code.replace('_', " "), Some(&step));
                }
            }
            _ => {}
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_tuple(&mut self, tuple: &'a syn::ExprTuple) {
        let parts: Vec<Option<String>> = tuple.elems.iter().map(|part| self.text(part)).collect();
        if let ([None, Some(code), Some(says)], true) = (&parts[..], self.refuses) {
            self.add(code, says, None);
        }
        visit::visit_expr_tuple(self, tuple);
    }

    fn visit_expr_struct(&mut self, made: &'a syn::ExprStruct) {
        let field = |names: &[&str]| {
            let named = |field: &&syn::FieldValue| match &field.member {
                syn::Member::Named(name) => names.iter().any(|wanted| name == wanted),
                syn::Member::Unnamed(_) => false,
            };
            made.fields.iter().find(named).and_then(|field| self.text(&field.expr))
        };
        if let Some(code) = field(&["code"]) {
            match field(&["message", "advice", "next_step"]) {
                Some(says) => self.add(&code, &says, None),
                None => self.add(&code, &code.replace('_', " "), Some("What the message itself says")),
            }
        }
        visit::visit_expr_struct(self, made);
    }

    fn visit_lit_str(&mut self, text: &'a syn::LitStr) {
        self.check(&text.value());
    }

    fn visit_macro(&mut self, found: &'a syn::Macro) {
        if let Some(text) = first_literal(found) {
            self.check(&text);
        }
    }
}

impl Loose<'_> {
    fn check(&mut self, text: &str) {
        if self.every && text.contains(": ") && text.split(' ').count() > 4 {
            self.add("", text, None);
        }
    }
}
