//! Sentences that stand in the code where they are said: refusals made on the spot, findings, and lines of a program's log.

use std::collections::BTreeMap;

use syn::visit::{self, Visit};
use syn::{Attribute, Expr, ExprCall, ExprMethodCall, File, Item, Lit, Local, Macro, Member, Pat};

use super::arms::first_literal;
use super::found::FOUND;
use super::read::{Known, Row, UNREAD, asked, row};
use super::words::{is_worded, literal, plain};

/// What stands in a file; `every` sentence of it where it checks something, and its triples where they are refusals.
pub(super) fn rows(file: &File, known: &Known, every: bool, refuses: bool) -> Vec<Row> {
    let mut loose = Loose { rows: Vec::new(), locals: BTreeMap::new(), known, every, refuses };
    file.items.iter().filter(|item| !is_test(item)).for_each(|item| loose.visit_item(item));
    loose.rows
}

fn is_test(item: &Item) -> bool {
    matches!(item, Item::Mod(item) if item.ident == "tests")
}

struct Loose<'k> {
    rows: Vec<Row>,
    /// What was last bound to a name.
    locals: BTreeMap<String, String>,
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
                let name = path.path.segments.last()?.ident.to_string();
                self.known.constants.get(&name).or_else(|| self.locals.get(&name)).cloned()
            }
            Expr::MethodCall(call) => self.text(&call.receiver),
            Expr::Reference(reference) => self.text(&reference.expr),
            _ => None,
        })
    }

    fn add(&mut self, code: &str, says: &str, step: Option<&str>) {
        let mut row = row(code, says, step);
        if row.asks.is_empty() {
            row.asks = asked(code).unwrap_or_default().to_owned();
        }
        if !self.rows.contains(&row) {
            self.rows.push(row);
        }
    }

    /// A code beside what is said with it; a code that is handed on from another message has its row there.
    fn coded(&mut self, code: Option<&Expr>, says: Option<&Expr>) {
        let Some(code) = code.filter(|code| !is_handed_on(code)) else { return };
        let says = says.and_then(|says| self.text(says)).unwrap_or_default();
        match self.text(code) {
            Some(code) => self.add(&code, &says, None),
            None => self.add(UNREAD, &says, None),
        }
    }

    fn check(&mut self, text: &str) {
        if self.every && text.contains(": ") && text.split(' ').count() > 4 {
            self.add("", text, None);
        }
    }
}

/// `refusal.code` or `error.code()`.
fn is_handed_on(code: &Expr) -> bool {
    match code {
        Expr::Field(field) => matches!(&field.member, Member::Named(name) if name == "code"),
        Expr::MethodCall(call) => call.method == "code",
        _ => false,
    }
}

fn called(call: &ExprCall) -> String {
    match &*call.func {
        Expr::Path(path) => {
            path.path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::")
        }
        _ => String::new(),
    }
}

impl<'a> Visit<'a> for Loose<'_> {
    /// Documentation is not said.
    fn visit_attribute(&mut self, _: &'a Attribute) {}

    fn visit_item_mod(&mut self, item: &'a syn::ItemMod) {
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_local(&mut self, local: &'a Local) {
        if let (Pat::Ident(name), Some(init)) = (&local.pat, &local.init) {
            let name = name.ident.to_string();
            match (&*init.expr, literal(&init.expr)) {
                (_, Some(text)) => drop(self.locals.insert(name, text)),
                (Expr::Match(found), None) if name == "code" => {
                    for arm in &found.arms {
                        let said = match &arm.pat {
                            Pat::Path(path) => Some(&path.path),
                            Pat::TupleStruct(path) => Some(&path.path),
                            _ => None,
                        };
                        let said = said.map(|path| {
                            path.segments.iter().map(|s| s.ident.to_string()).collect::<Vec<_>>().join("::")
                        });
                        let said = said.and_then(|said| self.known.said_by(&said)).unwrap_or_default();
                        if let Some(code) = literal(&arm.body) {
                            self.add(&code, said, None);
                        }
                    }
                }
                _ => drop(self.locals.remove(&name)),
            }
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_call(&mut self, call: &'a ExprCall) {
        let argument = |at: usize| call.args.iter().nth(at);
        match called(call).as_str() {
            "Refusal::new" => self.coded(argument(0), argument(1)),
            "Finding::error" | "Finding::warning" => self.coded(argument(1), argument(2)),
            "say" => {
                let text = |at: usize| argument(at).and_then(|argument| self.text(argument));
                if let (Some(code), Some(step)) = (text(0), text(2)) {
                    self.add(&code, &code.replace('_', " "), Some(&step));
                }
            }
            _ => {}
        }
        visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'a ExprMethodCall) {
        let report = matches!(&*call.receiver, Expr::Path(path) if path.path.is_ident("report"));
        if let (true, true, Some(code)) = (report, call.method == "find", call.args.first()) {
            let found = self.text(code).and_then(|code| FOUND.iter().find(|found| found.0 == code));
            match found {
                Some((code, says, asks)) => self.add(code, says, Some(asks)),
                None => self.add(UNREAD, &format!("a finding of verify, {:?}", self.text(code)), None),
            }
        }
        visit::visit_expr_method_call(self, call);
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
                Member::Named(name) => names.iter().any(|wanted| name == wanted),
                Member::Unnamed(_) => false,
            };
            made.fields.iter().find(named).and_then(|field| self.text(&field.expr))
        };
        if let Some(code) = field(&["code"]).filter(|code| !code.contains('{')) {
            let says = field(&["message", "advice", "next_step"]).unwrap_or_default();
            self.add(&code, &says, None);
        }
        visit::visit_expr_struct(self, made);
    }

    fn visit_lit_str(&mut self, text: &'a syn::LitStr) {
        self.check(&text.value());
    }

    fn visit_macro(&mut self, found: &'a Macro) {
        if let Some((code, says)) = logged(found) {
            self.add(&code, &says, None);
        }
        let Some(text) = first_literal(found) else { return };
        match text.split_once(": ").filter(|(code, says)| is_slug(code) && is_worded(&plain(says))) {
            Some((code, says)) => self.add(code, says, None),
            None => self.check(&text),
        }
    }
}

/// `code = "…"` in a line of the log, with the line's words.
fn logged(found: &Macro) -> Option<(String, String)> {
    let tokens: Vec<String> = found.tokens.clone().into_iter().map(|token| token.to_string()).collect();
    let text = |token: &String| match syn::parse_str::<Lit>(token) {
        Ok(Lit::Str(text)) => Some(text.value()),
        _ => None,
    };
    let code = tokens.windows(3).find(|three| three[0] == "code" && three[1] == "=")?;
    Some((text(&code[2])?, tokens.iter().rev().find_map(text)?))
}

/// What a code looks like in a text.
pub(super) fn is_slug(text: &str) -> bool {
    text.contains('_') && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}
