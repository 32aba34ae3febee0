//! Words as they stand in the code, made into sentences of the page.

use syn::{Attribute, Expr, Lit, Meta};

use super::arms::first_literal;

/// A message that carries its own next step behind a colon or in its second sentence.
pub(super) fn divide(says: &str) -> (String, String) {
    let at = [": ", ". "].iter().filter_map(|mark| Some((says.find(mark)?, mark.len()))).collect::<Vec<_>>();
    let begins = |at: &&(usize, usize)| {
        says[at.0 + at.1..].starts_with(|c: char| c.is_alphabetic() || c == '`') && !says[..at.0].is_empty()
    };
    let colon = says.rmatch_indices(": ").map(|(at, mark)| (at, mark.len()));
    match colon.collect::<Vec<_>>().iter().find(begins).or_else(|| at.iter().find(begins)) {
        Some(&(at, length)) => (says[..at].to_owned(), says[at + length..].to_owned()),
        None => (says.to_owned(), String::new()),
    }
}

/// What is filled in becomes an ellipsis; line ends become spaces.
pub(super) fn plain(text: &str) -> String {
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
pub(super) fn sentence(text: &str) -> String {
    let mut rest = text.chars();
    let Some(first) = rest.next() else { return String::new() };
    let stop = if text.ends_with(['.', '!', '?', '…']) { "" } else { "." };
    format!("{}{}{stop}", first.to_uppercase(), rest.as_str())
}

pub(super) fn about(attributes: &[Attribute]) -> String {
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

/// Whether anything is left besides what is filled in.
pub(super) fn is_worded(text: &str) -> bool {
    text.chars().any(char::is_alphabetic)
}

pub(super) fn first_sentence(text: &str) -> String {
    text.split_once(". ").map_or(text, |(first, _)| first).to_owned()
}

/// What `#[error("…")]` says; nothing where it is transparent.
pub(super) fn error_text(attributes: &[Attribute]) -> Option<String> {
    let found = attributes.iter().find(|attribute| attribute.path().is_ident("error"))?;
    let Meta::List(list) = &found.meta else { return None };
    let first = list.tokens.clone().into_iter().next()?;
    match syn::parse2::<Lit>(first.into()).ok()? {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}

/// A text: a literal, one made owned, or what `format!` begins with.
pub(super) fn literal(expression: &Expr) -> Option<String> {
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
