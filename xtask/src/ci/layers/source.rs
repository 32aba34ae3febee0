//! What the checks need to know of a Rust file, read from its tokens: comments and strings are not code here, and
//! macros are looked into like everything else.

use super::Finding;
use crate::tree::Tree;
use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};

pub(crate) struct Source {
    pub(crate) path: String,
    /// The whole file is compiled for tests only.
    pub(crate) is_test: bool,
    /// Lines outside `#[cfg(test)]` items.
    pub(crate) lines: usize,
    pub(crate) functions: Vec<Function>,
    pub(crate) paths: Vec<Path>,
}

pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// From `fn` to the closing brace; 0 without a body.
    pub(crate) lines: usize,
    /// The receiver does not count.
    pub(crate) arguments: usize,
}

/// Names joined by `::`, one for each leaf of a `use`. A leading `::` is an empty first segment.
pub(crate) struct Path {
    pub(crate) line: usize,
    pub(crate) segments: Vec<String>,
    /// How many `mod name { … }` of the same file it stands in.
    pub(crate) inline_depth: usize,
}

/// Every Rust file of the tree; a finding for each that cannot be read.
pub(crate) fn read(tree: &Tree) -> (Vec<Source>, Vec<Finding>) {
    let (mut sources, mut findings) = (Vec::new(), Vec::new());
    let mut test_modules = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with(".rs")) {
        match text.parse::<TokenStream>() {
            Ok(tokens) => {
                let mut reader = Reader::default();
                reader.read(tokens, 0);
                let home = module_directory(path);
                test_modules.extend(reader.test_modules.iter().map(|name| format!("{home}{name}")));
                sources.push(Source {
                    path: path.to_owned(),
                    is_test: reader.whole_file_is_test || is_test_directory(path),
                    lines: text.lines().count() - reader.test_lines,
                    functions: reader.functions,
                    paths: reader.paths,
                });
            }
            Err(error) => findings.push(format!("{path}:{}: {error}", error.span().start().line)),
        }
    }
    for source in &mut sources {
        let module = source.path.trim_end_matches(".rs");
        let below = |test: &String| {
            module.strip_prefix(test).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        source.is_test |= test_modules.iter().any(below);
    }
    (sources, findings)
}

/// Integration tests and benches; `tests/src` is a library like any other.
fn is_test_directory(path: &str) -> bool {
    let path = path.strip_prefix("tests/src/").unwrap_or(path);
    let mut directories: Vec<&str> = path.split('/').collect();
    directories.pop();
    directories.iter().any(|name| matches!(*name, "tests" | "benches"))
}

/// Where the files of a file's modules lie.
fn module_directory(path: &str) -> String {
    let stem = path.trim_end_matches(".rs");
    match stem.rsplit_once('/') {
        Some((directory, "mod" | "lib" | "main")) => format!("{directory}/"),
        _ => format!("{stem}/"),
    }
}

#[derive(Default)]
struct Reader {
    functions: Vec<Function>,
    paths: Vec<Path>,
    /// Names in `#[cfg(test)] mod name;`.
    test_modules: Vec<String>,
    test_lines: usize,
    whole_file_is_test: bool,
}

impl Reader {
    fn read(&mut self, tokens: TokenStream, depth: usize) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            at = self.step(&tokens, at, depth);
        }
    }

    /// Reads what starts at `at`; returns where the next thing starts.
    fn step(&mut self, tokens: &[TokenTree], at: usize, depth: usize) -> usize {
        if let Some(end) = self.test_item(tokens, at, depth) {
            return end;
        }
        if word(tokens, at) == "mod" && !word(tokens, at + 1).is_empty() {
            if let Some(body) = group(tokens, at + 2, Delimiter::Brace) {
                self.read(body.stream(), depth + 1);
                return at + 3;
            }
            return at + 2;
        }
        if word(tokens, at) == "fn" {
            self.functions.extend(function(tokens, at));
        }
        if matches!(word(tokens, at).as_str(), "use" | "extern") {
            return self.import(tokens, at, depth);
        }
        if starts_path(tokens, at) {
            return self.path(tokens, at, depth, &[], false);
        }
        if let TokenTree::Group(group) = &tokens[at] {
            self.read(group.stream(), depth);
        }
        at + 1
    }

    /// Skips an item under `#[cfg(test)]`, counting its lines.
    fn test_item(&mut self, tokens: &[TokenTree], at: usize, depth: usize) -> Option<usize> {
        if sign(tokens, at) != Some('#') {
            return None;
        }
        let inner = usize::from(sign(tokens, at + 1) == Some('!'));
        if !is_cfg_test(&group(tokens, at + 1 + inner, Delimiter::Bracket)?.stream()) {
            return None;
        }
        if inner == 1 {
            self.whole_file_is_test |= depth == 0;
            return None;
        }
        let end = item_end(tokens, at + 2);
        let rest = &tokens[at + 2..end];
        if let Some(module) = rest.iter().position(|token| token.to_string() == "mod")
            && sign(rest, module + 2) == Some(';')
        {
            self.test_modules.push(word(rest, module + 1));
        }
        let last = tokens[end - 1].span().end().line;
        self.test_lines += last - tokens[at].span().start().line + 1;
        Some(end)
    }

    fn import(&mut self, tokens: &[TokenTree], at: usize, depth: usize) -> usize {
        let at =
            if word(tokens, at) == "extern" && word(tokens, at + 1) == "crate" { at + 2 } else { at + 1 };
        if let Some(list) = group(tokens, at, Delimiter::Brace).filter(|_| word(tokens, at - 1) == "use") {
            self.list(list, depth, &[]);
            return at + 1;
        }
        if starts_path(tokens, at) || !word(tokens, at).is_empty() {
            return self.path(tokens, at, depth, &[], true);
        }
        at
    }

    /// The leaves of `{a::b, c}`.
    fn list(&mut self, list: &Group, depth: usize, prefix: &[String]) {
        let tokens: Vec<TokenTree> = list.stream().into_iter().collect();
        for leaf in tokens.split(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')) {
            if !leaf.is_empty() {
                self.path(leaf, 0, depth, prefix, true);
            }
        }
    }

    /// Reads names joined by `::`, and the list that may end them. A name alone counts only where `alone` says so.
    fn path(
        &mut self,
        tokens: &[TokenTree],
        mut at: usize,
        depth: usize,
        prefix: &[String],
        alone: bool,
    ) -> usize {
        let line = tokens[at].span().start().line;
        let mut segments = prefix.to_vec();
        let first = segments.len();
        if joint(tokens, at) {
            segments.push(String::new());
            at += 2;
        }
        loop {
            let name = word(tokens, at);
            if !name.is_empty() {
                segments.push(name);
            } else if sign(tokens, at) == Some('*') {
                segments.push("*".to_owned());
            } else if let Some(list) = group(tokens, at, Delimiter::Brace) {
                self.list(list, depth, &segments);
                return at + 1;
            } else {
                break;
            }
            at += 1;
            if !joint(tokens, at) {
                break;
            }
            at += 2;
        }
        if alone || segments.len() > first + 1 {
            self.paths.push(Path { line, segments, inline_depth: depth });
        }
        at
    }
}

/// An identifier, also a raw one, or nothing.
fn word(tokens: &[TokenTree], at: usize) -> String {
    match tokens.get(at) {
        Some(TokenTree::Ident(ident)) => ident.to_string().trim_start_matches("r#").to_owned(),
        _ => String::new(),
    }
}

fn sign(tokens: &[TokenTree], at: usize) -> Option<char> {
    match tokens.get(at)? {
        TokenTree::Punct(punct) => Some(punct.as_char()),
        _ => None,
    }
}

fn group(tokens: &[TokenTree], at: usize, delimiter: Delimiter) -> Option<&Group> {
    match tokens.get(at)? {
        TokenTree::Group(group) if group.delimiter() == delimiter => Some(group),
        _ => None,
    }
}

/// Whether `::` stands there.
fn joint(tokens: &[TokenTree], at: usize) -> bool {
    sign(tokens, at) == Some(':') && sign(tokens, at + 1) == Some(':')
}

fn starts_path(tokens: &[TokenTree], at: usize) -> bool {
    // After `>` it goes on from a type: `<T as Trait>::name`.
    let leading = joint(tokens, at) && (at == 0 || sign(tokens, at - 1) != Some('>'));
    leading || !word(tokens, at).is_empty() && joint(tokens, at + 1)
}

fn is_cfg_test(attribute: &TokenStream) -> bool {
    let text = attribute.to_string();
    let words: Vec<&str> = text.split(|sign: char| !sign.is_alphanumeric() && sign != '_').collect();
    words.first() == Some(&"cfg")
        && words.contains(&"test")
        && !words.contains(&"not")
        && !words.contains(&"any")
}

/// Past the item that starts at `at`, behind its attributes: a body, a `;`, or a `,` after a field, variant or arm.
fn item_end(tokens: &[TokenTree], at: usize) -> usize {
    const ITEMS: [&str; 10] =
        ["fn", "impl", "struct", "enum", "trait", "mod", "use", "const", "static", "type"];
    let mut is_item = false;
    for (index, token) in tokens.iter().enumerate().skip(at) {
        match token {
            TokenTree::Ident(ident) => is_item |= ITEMS.contains(&ident.to_string().as_str()),
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                // `use a::{b, c};` goes on to its semicolon.
                return index + 1 + usize::from(sign(tokens, index + 1) == Some(';'));
            }
            TokenTree::Punct(punct) if punct.as_char() == ';' => return index + 1,
            TokenTree::Punct(punct) if punct.as_char() == ',' && !is_item => return index + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// The function whose `fn` stands at `at`; nothing for a function pointer's type.
fn function(tokens: &[TokenTree], at: usize) -> Option<Function> {
    let name = Some(word(tokens, at + 1)).filter(|name| !name.is_empty())?;
    let start = tokens[at].span().start().line;
    let angles = outside_angles(&tokens[at + 2..]);
    let arguments = angles
        .iter()
        .map(|index| at + 2 + index)
        .find(|index| group(tokens, *index, Delimiter::Parenthesis).is_some())?;
    let mut lines = 0;
    for index in arguments + 1..tokens.len() {
        if let Some(body) = group(tokens, index, Delimiter::Brace) {
            lines = body.span_close().end().line - start + 1;
            break;
        }
        if sign(tokens, index) == Some(';') {
            break;
        }
    }
    let list = group(tokens, arguments, Delimiter::Parenthesis)?;
    Some(Function { name, line: start, lines, arguments: count_arguments(list) })
}

fn count_arguments(list: &Group) -> usize {
    let tokens: Vec<TokenTree> = list.stream().into_iter().collect();
    let outside = outside_angles(&tokens);
    let commas = outside.iter().filter(|index| sign(&tokens, **index) == Some(',')).count();
    let trailing = usize::from(sign(&tokens, tokens.len().wrapping_sub(1)) == Some(','));
    let receiver = tokens.iter().find_map(|token| match token {
        TokenTree::Ident(ident) if *ident != "mut" && !is_lifetime_before(&tokens, ident) => {
            Some(*ident == "self")
        }
        _ => None,
    });
    let all = if tokens.is_empty() { 0 } else { commas + 1 - trailing };
    all - usize::from(receiver == Some(true))
}

/// Whether the identifier is a lifetime's name, as in `&'a self`.
fn is_lifetime_before(tokens: &[TokenTree], ident: &proc_macro2::Ident) -> bool {
    let place = tokens.iter().position(|token| matches!(token, TokenTree::Ident(found) if found == ident));
    place.is_some_and(|index| index > 0 && sign(tokens, index - 1) == Some('\''))
}

/// The places of the tokens that no `<…>` encloses. The `>` of `->` and `=>` closes nothing.
fn outside_angles(tokens: &[TokenTree]) -> Vec<usize> {
    let mut depth = 0_usize;
    let mut outside = Vec::new();
    for index in 0..tokens.len() {
        match sign(tokens, index) {
            Some('<') => depth += 1,
            Some('>')
                if !matches!(
                    index.checked_sub(1).and_then(|before| sign(tokens, before)),
                    Some('-' | '=')
                ) =>
            {
                depth = depth.saturating_sub(1);
            }
            _ if depth == 0 => outside.push(index),
            _ => {}
        }
    }
    outside
}
