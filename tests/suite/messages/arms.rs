//! What the arms of a `match self` give for each variant.

use gauze_wire::{FilingRefusal, ProblemCode};
use syn::visit::{self, Visit};
use syn::{Arm, Block, Expr, ExprMatch, Lit, Macro, Pat};

/// One alternative of one arm: whose it is, and the texts in its body.
pub(super) struct Case {
    /// The variant's name; none for `_`, a binding, or a literal.
    pub variant: Option<String>,
    /// What the pattern names inside the variant, and whether a guard stands behind it.
    pub inner: Vec<String>,
    /// The string literals of the body.
    pub texts: Vec<String>,
    /// Whether the body asks something else: a cause, or a value that was given.
    pub passes_on: bool,
}

/// The cases of a function's `match` over the type that it calls `of`, or one without a variant where it has none.
pub(super) fn cases(function: &Block, of: &str, constant: &dyn Fn(&str) -> Option<String>) -> Vec<Case> {
    let mut matches = FirstMatch(None);
    matches.visit_block(function);
    let Some(found) = matches.0 else {
        let (texts, passes_on) = texts(|texts| texts.visit_block(function), constant);
        return vec![Case { variant: None, inner: Vec::new(), texts, passes_on }];
    };
    let own = format!("{of}::");
    found.arms.iter().flat_map(|arm| of_arm(arm, &own, constant)).collect()
}

fn of_arm(arm: &Arm, prefix: &str, constant: &dyn Fn(&str) -> Option<String>) -> Vec<Case> {
    let alternatives: Vec<&Pat> = match &arm.pat {
        Pat::Or(alternatives) => alternatives.cases.iter().collect(),
        one => vec![one],
    };
    alternatives
        .into_iter()
        .map(|pattern| {
            let mut names = Names(Vec::new());
            names.visit_pat(pattern);
            let own = names.0.first().is_some_and(|name| name.starts_with(prefix));
            let variant = own.then(|| names.0.remove(0).trim_start_matches(prefix).to_owned());
            if arm.guard.is_some() {
                names.0.push("if".to_owned());
            }
            let (texts, passes_on) = texts(|texts| texts.visit_expr(&arm.body), constant);
            Case { variant, inner: names.0, texts, passes_on }
        })
        .collect()
}

fn texts(walk: impl FnOnce(&mut Texts), constant: &dyn Fn(&str) -> Option<String>) -> (Vec<String>, bool) {
    let mut texts = Texts { constant, found: Vec::new(), passes_on: false };
    walk(&mut texts);
    (texts.found, texts.passes_on)
}

struct FirstMatch(Option<ExprMatch>);

impl<'a> Visit<'a> for FirstMatch {
    fn visit_expr_match(&mut self, found: &'a ExprMatch) {
        self.0.get_or_insert_with(|| found.clone());
    }
}

struct Names(Vec<String>);

impl<'a> Visit<'a> for Names {
    fn visit_path(&mut self, path: &'a syn::Path) {
        self.0.push(joined(path));
    }
}

fn joined(path: &syn::Path) -> String {
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    names.join("::")
}

struct Texts<'c> {
    constant: &'c dyn Fn(&str) -> Option<String>,
    found: Vec<String>,
    passes_on: bool,
}

impl<'a> Visit<'a> for Texts<'_> {
    fn visit_lit(&mut self, lit: &'a Lit) {
        if let Lit::Str(text) = lit {
            self.found.push(text.value());
        }
    }

    fn visit_macro(&mut self, found: &'a Macro) {
        self.found.extend(first_literal(found));
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let name = joined(path);
        match name.split_once("::") {
            None => self.passes_on |= name.starts_with(char::is_lowercase),
            Some((_, last)) => {
                let last = last.rsplit("::").next().unwrap_or(last);
                self.found.extend(table(&name, "code").or_else(|| (self.constant)(last)));
            }
        }
    }

    fn visit_expr_method_call(&mut self, call: &'a syn::ExprMethodCall) {
        if let Expr::Path(receiver) = &*call.receiver {
            let name = joined(&receiver.path);
            if let Some(text) = table(&name, &call.method.to_string()) {
                self.found.push(text);
                return;
            }
        }
        self.passes_on |=
            ["code", "as_str", "next_step", "fixed_step"].iter().any(|name| call.method == name);
        visit::visit_expr_method_call(self, call);
    }
}

/// What the two tables of the wire say for one of their variants.
fn table(path: &str, method: &str) -> Option<String> {
    let (kind, name) = path.split_once("::")?;
    let text = match kind {
        "ProblemCode" => {
            let code = ProblemCode::ALL.iter().find(|code| format!("{code:?}") == name)?;
            if method == "next_step" { code.next_step() } else { code.as_str() }
        }
        "FilingRefusal" => {
            let code = FilingRefusal::ALL.into_iter().find(|code| format!("{code:?}") == name)?;
            if method == "next_step" { code.next_step() } else { code.code() }
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// The text that a macro such as `format!` begins with.
pub(super) fn first_literal(found: &Macro) -> Option<String> {
    let first = found.tokens.clone().into_iter().next()?;
    match syn::parse2::<Lit>(first.into()).ok()? {
        Lit::Str(text) => Some(text.value()),
        _ => None,
    }
}
