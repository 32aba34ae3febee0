//! Android's `app_restrictions.xml`, as `RestrictionsManager` documents it.

use std::collections::HashSet;

use roxmltree::Node;

use super::{Checked, elements, no_text, wrong};

const NS: &str = "http://schemas.android.com/apk/res/android";
const ATTRIBUTES: [&str; 7] =
    ["key", "title", "description", "restrictionType", "defaultValue", "entries", "entryValues"];
/// Consoles show no deeper nesting.
const DEPTH: usize = 4;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Bool,
    Text,
    Integer,
    Choice,
    MultiSelect,
    Hidden,
    Bundle,
    BundleArray,
}

impl Type {
    fn read(name: &str) -> Option<Self> {
        Some(match name {
            "bool" => Self::Bool,
            "string" => Self::Text,
            "integer" => Self::Integer,
            "choice" => Self::Choice,
            "multi-select" => Self::MultiSelect,
            "hidden" => Self::Hidden,
            "bundle" => Self::Bundle,
            "bundle_array" => Self::BundleArray,
            _ => return None,
        })
    }
}

/// Checks the whole file; returns how many settings it has, nested ones included.
pub fn check(root: Node<'_, '_>) -> Checked<usize> {
    if root.tag_name().namespace().is_some() {
        return wrong(root, "<restrictions> must have no namespace");
    }
    level(root, 0)
}

fn level(parent: Node<'_, '_>, depth: usize) -> Checked<usize> {
    no_text(parent)?;
    let (mut keys, mut count) = (HashSet::new(), 0);
    for node in elements(parent) {
        if node.tag_name().name() != "restriction" || node.tag_name().namespace().is_some() {
            return wrong(
                node,
                format!("<{}> is not known here: only <restriction> is", node.tag_name().name()),
            );
        }
        if depth == DEPTH {
            return wrong(node, "nested too deeply: consoles show four levels");
        }
        let key = attribute(node, "key")?;
        if !keys.insert(key.to_owned()) {
            return wrong(node, format!("the key {key:?} stands twice: give each setting its own"));
        }
        count += 1 + restriction(node, key, depth)?;
    }
    Ok(count)
}

fn attribute<'a>(node: Node<'a, '_>, name: &str) -> Checked<&'a str> {
    match node.attribute((NS, name)) {
        Some(value) if !value.trim().is_empty() => Ok(value),
        Some(_) => wrong(node, format!("android:{name} is empty")),
        None => wrong(node, format!("android:{name} is missing")),
    }
}

fn restriction(node: Node<'_, '_>, key: &str, depth: usize) -> Checked<usize> {
    for attribute in node.attributes() {
        let ours = attribute.namespace() == Some(NS);
        if attribute.namespace().is_none() || ours && !ATTRIBUTES.contains(&attribute.name()) {
            return wrong(node, format!("{key:?} has an attribute {:?} that is not known", attribute.name()));
        }
    }
    attribute(node, "title")?;
    let name = attribute(node, "restrictionType")?;
    let Some(kind) = Type::read(name) else {
        let known = "bool, string, integer, choice, multi-select, hidden, bundle, bundle_array";
        return wrong(node, format!("{key:?} has the type {name:?}: the types are {known}"));
    };
    entries(node, key, kind)?;
    default(node, key, kind)?;
    nested(node, key, kind, depth)
}

/// A choice needs two arrays: what people read, and what the app gets.
fn entries(node: Node<'_, '_>, key: &str, kind: Type) -> Checked {
    let chooses = matches!(kind, Type::Choice | Type::MultiSelect);
    for name in ["entries", "entryValues"] {
        match (node.attribute((NS, name)), chooses) {
            (Some(value), true) if value.starts_with("@array/") => {}
            (Some(_), true) => return wrong(node, format!("{key:?}: android:{name} must name an @array")),
            (None, true) => return wrong(node, format!("{key:?} is a choice without android:{name}")),
            (Some(_), false) => return wrong(node, format!("{key:?} is no choice and has android:{name}")),
            (None, false) => {}
        }
    }
    Ok(())
}

fn default(node: Node<'_, '_>, key: &str, kind: Type) -> Checked {
    let Some(value) = node.attribute((NS, "defaultValue")) else { return Ok(()) };
    let resource = |kind: &str| value.starts_with(&format!("@{kind}/"));
    let fits = match kind {
        Type::Bool => resource("bool") || matches!(value, "true" | "false"),
        Type::Integer => resource("integer") || value.parse::<i32>().is_ok(),
        Type::MultiSelect => resource("array"),
        Type::Text | Type::Choice | Type::Hidden => {
            !value.starts_with('@') || resource("string") || value.starts_with("@null")
        }
        Type::Bundle | Type::BundleArray => false,
    };
    if fits {
        Ok(())
    } else {
        wrong(node, format!("{key:?} has the default {value:?}, which is not of its type"))
    }
}

fn nested(node: Node<'_, '_>, key: &str, kind: Type, depth: usize) -> Checked<usize> {
    let mut children = elements(node);
    match kind {
        Type::Bundle => {
            if children.next().is_none() {
                return wrong(node, format!("the bundle {key:?} is empty"));
            }
            level(node, depth + 1)
        }
        Type::BundleArray => {
            let only = children.next().filter(|_| children.next().is_none());
            if only.is_none_or(|only| only.attribute((NS, "restrictionType")) != Some("bundle")) {
                return wrong(node, format!("the bundle_array {key:?} must hold exactly one bundle"));
            }
            level(node, depth + 1)
        }
        _ if children.next().is_some() => wrong(node, format!("{key:?} cannot hold other settings")),
        _ => {
            no_text(node)?;
            Ok(0)
        }
    }
}
