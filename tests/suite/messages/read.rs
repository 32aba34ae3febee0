//! The code, read: which types are said to people, with what codes, words and next steps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use gauze_wire::ProblemCode;
use syn::{Block, Fields, File, FnArg, ImplItem, ImplItemFn, Item, ItemFn, Type, Variant};

use super::arms::{Case, cases};
use super::loose;
use super::words::{about, divide, error_text, first_sentence, is_worded, literal, plain, sentence};

/// Where messages come from; tests beside the code are left out.
const ROOTS: &[&str] = &["core", "server-stub", "bindings/src", "tests/src/phone", "tests/src/config"];

/// HL7's codes, which are said to programs.
const OTHERS: [&str; 1] = ["server-stub/people/src/fhir/agents.rs"];

/// What the pages say of other crates' errors.
const PAGES_WORDS: &str = "/web/words/errors.rs";

/// So many sentences of a cause are told with what it is the cause of, a row each.
const FEW: usize = 6;
/// Types that have a table of their own on the page, or are said to programs alone.
const ELSEWHERE: [&str; 4] = ["FilingRefusal", "DpopError", "Shown", "EnrolmentDenied"];
/// What is asked by sentences that say it in no words of their own: an app shows it by what its screen offers.
const ASKS: &[(&str, &str)] = &[
    (
        "review_off",
        "If it should be, connect the phone to a network and open the app again, or ask IT: the policy may allow no review here, or its hours are over.",
    ),
    ("other_photo", "Give the file of that photo."),
    ("locked", "Unlock the phone, then try again."),
    ("did_not_open", "Look at it at the hospital: what was sent opens there."),
    ("unknown_photo", "Look at the list of photos."),
    ("already_sent", "Ask the hospital: what it has is no longer the phone's to discard."),
    ("picture_damaged", "Look at the original; have the photo taken again if that is damaged too."),
    ("picture_kind", "Open the original with `gauze-records open`."),
    ("case_step", "Open the case from the list; it shows what can be done with it now."),
    ("two_photos", "Choose two photos in the list, then compare."),
    ("cut_off", "Try again."),
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
            if OTHERS.contains(&shown.as_str()) {
                continue;
            }
            found.insert(shown, std::fs::read_to_string(&path).unwrap());
        }
    }
}

/// What one type of a file says and asks, which has no code of its own.
pub(super) fn errors(root: &Path, path: &str, kind: &str) -> Vec<(String, String)> {
    let file = syn::parse_file(&std::fs::read_to_string(root.join(path)).unwrap()).unwrap();
    let found = file.items.iter().find_map(|item| match item {
        Item::Enum(found) if found.ident == kind => Some(found),
        _ => None,
    });
    let texts = found.unwrap().variants.iter().filter_map(|variant| error_text(&variant.attrs));
    let told = texts.map(|text| divide(&plain(&text)));
    told.map(|(says, asks)| (sentence(&says), if is_worded(&asks) { sentence(&asks) } else { String::new() }))
        .collect()
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
    let mut all = Known::default();
    for (path, file) in &files {
        all.learn(&file.items);
        if path.ends_with(PAGES_WORDS) {
            all.paged.extend(functions(file).filter_map(judged));
        }
    }
    // What has one name in two crates is each crate's own in its files.
    let mut crates: BTreeMap<&str, Known> = BTreeMap::new();
    for (path, file) in &files {
        crates.entry(crate_of(path)).or_insert_with(|| all.clone()).learn(&file.items);
    }
    files.iter().flat_map(|(path, file)| of_file(path, file, &crates[crate_of(path)])).collect()
}

fn crate_of(path: &str) -> &str {
    path.split_once("/src/").map_or(path, |(of, _)| of)
}

/// What holds across files: constants, and what each kind of an error says.
#[derive(Clone, Default)]
pub(super) struct Known {
    pub constants: BTreeMap<String, String>,
    errors: BTreeMap<String, Kind>,
    /// What gives the codes of a kind.
    codes: BTreeMap<String, Block>,
    /// Kinds that the pages have words of their own for.
    paged: BTreeSet<String>,
}

/// A kind of error: what it says, and whether that is all.
#[derive(Clone)]
struct Kind {
    says: Sayings,
    whole: bool,
}

/// The variants of an error that have words of their own; a struct has one without a name.
type Sayings = Vec<(String, String)>;

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
                        let kind = Kind { says: vec![(String::new(), says)], whole: true };
                        self.errors.insert(item.ident.to_string(), kind);
                    }
                }
                Item::Enum(item) => {
                    let says = |variant: &Variant| {
                        error_text(&variant.attrs).map(|says| (variant.ident.to_string(), says))
                    };
                    let says: Sayings = item.variants.iter().filter_map(says).collect();
                    let whole = says.len() == item.variants.len();
                    if !says.is_empty() {
                        self.errors.insert(item.ident.to_string(), Kind { says, whole });
                    }
                }
                Item::Mod(item) => {
                    if let Some((_, items)) = &item.content {
                        self.learn(items);
                    }
                }
                Item::Impl(item) => {
                    let code = item.items.iter().find_map(|one| match one {
                        ImplItem::Fn(one) if one.sig.ident == "code" && one.sig.inputs.len() == 1 => {
                            Some(one)
                        }
                        _ => None,
                    });
                    if let (Some(code), Some(of)) = (code, type_name(&item.self_ty)) {
                        self.codes.insert(of, code.block.clone());
                    }
                }
                _ => {}
            }
        }
    }
}

impl Known {
    /// What a variant says that a pattern names, as `Kind::Variant`.
    pub(super) fn said_by(&self, pattern: &str) -> Option<&str> {
        let mut names = pattern.rsplit("::");
        let (variant, kind) = (names.next()?, names.next()?);
        let (_, says) = self.errors.get(kind)?.says.iter().find(|(known, _)| known == variant)?;
        Some(says)
    }

    /// What the causes of a kind say; more than a few are a list of its own, and not what one message says.
    fn cause(&self, kind: &str) -> Option<&Sayings> {
        self.errors.get(kind).filter(|kind| kind.whole && kind.says.len() <= FEW).map(|kind| &kind.says)
    }
}

/// A type as its file declares it.
struct Declared {
    says: BTreeMap<String, Sayings>,
    about: BTreeMap<String, String>,
}

impl Declared {
    /// What a case says: what its pattern names of the cause, where it names one, else whatever the cause may say.
    fn said(&self, case: &Case) -> Vec<String> {
        let Some(all) = self.says.get(case.variant.as_deref().unwrap_or_default()) else { return Vec::new() };
        let named = |(kind, _): &&(String, String)| {
            case.inner.iter().any(|inner| inner.rsplit("::").next() == Some(kind.as_str()))
        };
        let named: Vec<String> = all.iter().filter(named).map(|(_, says)| says.clone()).collect();
        if named.is_empty() { all.iter().map(|(_, says)| says.clone()).collect() } else { named }
    }
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
    let paged = path.starts_with("server-stub/");
    for (kind, functions) in &functions {
        let Some(code) = functions
            .get("code")
            .filter(|code| code.sig.inputs.len() == 1 && !ELSEWHERE.contains(&kind.as_str()))
            .filter(|_| functions.contains_key("next_step") || !paged || !known.paged.contains(kind))
        else {
            continue;
        };
        let rows = rows(code, functions, declared.get(kind), known);
        found.push(Said { file: path.to_owned(), kind: kind.clone(), rows });
    }
    if path.ends_with(PAGES_WORDS) {
        let rows = self::functions(file).flat_map(|function| page_rows(function, known)).collect();
        found.push(Said { file: path.to_owned(), kind: "errors".to_owned(), rows });
    }
    let (every, refuses) = (path.ends_with("/check.rs"), path.ends_with("/refusal.rs"));
    let rows = loose::rows(file, known, every, refuses);
    found.push(Said { file: path.to_owned(), kind: String::new(), rows });
    found.retain(|said| !said.rows.is_empty());
    found
}

fn declare(item: &Item, known: &Known) -> Option<(String, Declared)> {
    match item {
        Item::Enum(item) => {
            let says =
                item.variants.iter().map(|variant| (variant.ident.to_string(), sayings(variant, known)));
            let abouts =
                item.variants.iter().map(|variant| (variant.ident.to_string(), about(&variant.attrs)));
            let declared = Declared { says: says.collect(), about: abouts.collect() };
            Some((item.ident.to_string(), declared))
        }
        Item::Struct(item) => {
            let says = error_text(&item.attrs).unwrap_or_else(|| first_sentence(&about(&item.attrs)));
            let says = BTreeMap::from([(String::new(), vec![(String::new(), says)])]);
            let about = BTreeMap::from([(String::new(), about(&item.attrs))]);
            Some((item.ident.to_string(), Declared { says, about }))
        }
        _ => None,
    }
}

/// What a variant says: its own words, those of its cause where it has none, else what its documentation calls it.
fn sayings(variant: &Variant, known: &Known) -> Sayings {
    let inner = match &variant.fields {
        Fields::Unnamed(fields) => fields.unnamed.first().and_then(|field| type_name(&field.ty)),
        Fields::Named(_) | Fields::Unit => None,
    };
    let own = error_text(&variant.attrs).filter(|text| is_worded(&plain(text)));
    let passed_on = variant.attrs.iter().any(|attribute| attribute.path().is_ident("error"));
    let of_itself = |says: String| vec![(String::new(), says)];
    own.map(of_itself).or_else(|| inner.and_then(|name| known.cause(&name).cloned())).unwrap_or_else(|| {
        let about = first_sentence(&about(&variant.attrs));
        of_itself(if passed_on { format!("{}: …", about.trim_end_matches('.')) } else { about })
    })
}

fn functions(file: &File) -> impl Iterator<Item = &ItemFn> {
    file.items.iter().filter_map(|item| match item {
        Item::Fn(function) => Some(function),
        _ => None,
    })
}

/// The type of what a function is given.
fn judged(function: &ItemFn) -> Option<String> {
    match function.sig.inputs.first()? {
        FnArg::Typed(given) => type_name(&given.ty),
        FnArg::Receiver(_) => None,
    }
}

/// What a page says of another crate's error: each of its codes, with the page's own words.
fn page_rows(function: &ItemFn, known: &Known) -> Vec<Row> {
    let Some(kind) = judged(function) else { return Vec::new() };
    let Some(code) = known.codes.get(&kind) else { return Vec::new() };
    let constant = |name: &str| known.constants.get(name).cloned();
    let words = cases(&function.block, &kind, &constant);
    let codes = cases(code, "Self", &constant).into_iter();
    codes
        .flat_map(|case| {
            let says = best(&words, &case).unwrap_or_default();
            case.texts.into_iter().map(move |code| row(&code, &says, None))
        })
        .collect()
}

fn type_name(of: &Type) -> Option<String> {
    match of {
        Type::Reference(of) => type_name(&of.elem),
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
    let all = |name: &str| {
        functions.get(name).map(|function| cases(&function.block, "Self", &constant)).unwrap_or_default()
    };
    let steps: Vec<Case> = ["next_step", "fixed_step"].into_iter().flat_map(all).collect();
    let words = all("message");
    let mut rows = Vec::new();
    for case in cases(&code.block, "Self", &constant) {
        if case.texts.is_empty() && !case.passes_on {
            let says = format!("the code of {:?} cannot be read", case.variant);
            rows.push(Row { code: UNREAD.to_owned(), says, asks: String::new() });
        }
        let step = best(&steps, &case);
        for text in &case.texts {
            let own = || declared.map(|declared| declared.said(&case)).filter(|own| !own.is_empty());
            let said =
                best(&words, &case).filter(|says| !says.is_empty()).map(|says| vec![says]).or_else(own);
            for says in said.unwrap_or_else(|| vec![String::new()]) {
                let mut row = row(text, &says, step.as_deref());
                if row.asks.is_empty() {
                    row.asks = otherwise(text, declared, case.variant.as_deref());
                }
                rows.push(row);
            }
        }
    }
    rows
}

pub(super) fn asked(code: &str) -> Option<&'static str> {
    ASKS.iter().find(|(known, _)| *known == code).map(|(_, asks)| *asks)
}

/// The next step of a message that does not carry one: what its documentation says, or the gateway's problem of that code.
fn otherwise(code: &str, declared: Option<&Declared>, variant: Option<&str>) -> String {
    let about = declared.and_then(|declared| declared.about.get(variant.unwrap_or_default()));
    let (_, step) = divide(about.map_or("", String::as_str));
    if step.is_empty() {
        let problem = ProblemCode::ALL.iter().find(|problem| problem.as_str() == code);
        return asked(code).or(problem.map(|problem| problem.next_step())).unwrap_or_default().to_owned();
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

pub(super) fn row(code: &str, says: &str, step: Option<&str>) -> Row {
    // What has no words here is said by its cause: the code itself tells most.
    let words = code.replace('_', " ");
    let says = if is_worded(&plain(says)) { says } else { &words };
    let (says, asks) = match step.map(plain).filter(|step| !step.is_empty()) {
        Some(step) => (plain(says), step),
        None => divide(&plain(says)),
    };
    Row { code: code.to_owned(), says: sentence(&says), asks: sentence(&asks) }
}
