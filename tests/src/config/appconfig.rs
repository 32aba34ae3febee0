//! AppConfig's `specfile.xml`: the settings of an app in `dict`, and how consoles show them in `presentation`.

use std::collections::{HashMap, HashSet};

use roxmltree::Node;

use super::{Checked, elements, no_text, wrong};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Text,
    Boolean,
    Integer,
    Real,
    Date,
}

/// A declared setting.
struct Declared {
    kind: Type,
    array: bool,
    /// What it may be; empty where anything of its type may stand.
    values: Vec<String>,
}

/// Checks the whole file; returns how many settings it declares.
pub fn check(root: Node<'_, '_>) -> Checked<usize> {
    no_text(root)?;
    let mut seen = HashSet::new();
    for node in elements(root) {
        let name = node.tag_name().name();
        if !["version", "bundleId", "dict", "presentation"].contains(&name) {
            return wrong(node, format!("<{name}> is not known here"));
        }
        if !seen.insert(name) {
            return wrong(node, format!("<{name}> stands twice"));
        }
    }
    for name in ["version", "bundleId"] {
        if text_of(child(root, name)?).is_empty() {
            return wrong(root, format!("<{name}> is empty"));
        }
    }
    let declared = dict(child(root, "dict")?)?;
    if let Some(node) = elements(root).find(|node| node.has_tag_name("presentation")) {
        presentation(node, &declared)?;
    }
    Ok(declared.len())
}

fn child<'a, 'i>(node: Node<'a, 'i>, name: &str) -> Checked<Node<'a, 'i>> {
    match elements(node).find(|node| node.has_tag_name(name)) {
        Some(child) => Ok(child),
        None => wrong(node, format!("<{}> has no <{name}>", node.tag_name().name())),
    }
}

fn text_of<'a>(node: Node<'a, '_>) -> &'a str {
    node.text().unwrap_or_default().trim()
}

fn required<'a>(node: Node<'a, '_>, name: &str) -> Checked<&'a str> {
    match node.attribute(name) {
        Some(value) if !value.trim().is_empty() => Ok(value),
        Some(_) | None => wrong(node, format!("<{}> has no {name}", node.tag_name().name())),
    }
}

fn type_of(name: &str) -> Option<(Type, bool)> {
    let (base, array) = name.strip_suffix("Array").map_or((name, false), |base| (base, true));
    let kind = match base {
        "string" => Type::Text,
        "boolean" => Type::Boolean,
        "integer" => Type::Integer,
        "float" | "double" => Type::Real,
        "date" => Type::Date,
        _ => return None,
    };
    Some((kind, array))
}

fn dict<'a>(node: Node<'a, '_>) -> Checked<HashMap<&'a str, Declared>> {
    no_text(node)?;
    let mut declared = HashMap::new();
    for node in elements(node) {
        let name = node.tag_name().name();
        let Some((kind, array)) = type_of(name) else {
            return wrong(node, format!("<{name}> is no type of setting"));
        };
        let key = required(node, "keyName")?;
        let setting = setting(node, kind, array)?;
        if declared.insert(key, setting).is_some() {
            return wrong(node, format!("the key {key:?} stands twice: give each setting its own"));
        }
    }
    Ok(declared)
}

fn setting(node: Node<'_, '_>, kind: Type, array: bool) -> Checked<Declared> {
    no_text(node)?;
    let (mut values, mut defaults, mut bounds) = (Vec::new(), Vec::new(), None);
    for part in elements(node) {
        match part.tag_name().name() {
            "defaultValue" => defaults = listed(part, kind)?,
            "constraint" => {
                bounds = Some(part);
                if let Some(list) = elements(part).find(|node| node.has_tag_name("values")) {
                    values = listed(list, kind)?.into_iter().map(str::to_owned).collect();
                }
            }
            other => return wrong(part, format!("<{other}> is not known in a setting")),
        }
    }
    if !array && defaults.len() > 1 {
        return wrong(node, "a single setting has more than one default");
    }
    for default in defaults {
        if !values.is_empty() && !values.iter().any(|value| value == default) {
            return wrong(node, format!("the default {default:?} is not among the allowed values"));
        }
        if let Some(constraint) = bounds {
            within(constraint, kind, default)?;
        }
    }
    Ok(Declared { kind, array, values })
}

/// The values below a node, each of its type. A variable of the management system has none.
fn listed<'a>(node: Node<'a, '_>, kind: Type) -> Checked<Vec<&'a str>> {
    let mut values = Vec::new();
    for value in elements(node) {
        match value.tag_name().name() {
            "value" if fits(kind, text_of(value)) => values.push(text_of(value)),
            "value" => return wrong(value, format!("{:?} is not of its setting's type", text_of(value))),
            "userVariable" => {}
            other => return wrong(value, format!("<{other}> is not known here")),
        }
    }
    Ok(values)
}

fn fits(kind: Type, text: &str) -> bool {
    match kind {
        Type::Text => true,
        Type::Boolean => matches!(text, "true" | "false"),
        Type::Integer => text.parse::<i64>().is_ok(),
        Type::Real => text.parse::<f64>().is_ok_and(f64::is_finite),
        Type::Date => {
            text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok()
        }
    }
}

fn within(constraint: Node<'_, '_>, kind: Type, value: &str) -> Checked {
    if !matches!(kind, Type::Integer | Type::Real) {
        return Ok(());
    }
    let number = |text: &str| text.parse::<f64>().ok();
    for (name, outside) in [("min", std::cmp::Ordering::Less), ("max", std::cmp::Ordering::Greater)] {
        let Some(bound) = constraint.attribute(name) else { continue };
        let Some(limit) = number(bound) else {
            return wrong(constraint, format!("{name}={bound:?} is no number"));
        };
        if number(value).and_then(|value| value.partial_cmp(&limit)) == Some(outside) {
            return wrong(constraint, format!("the default {value} is outside {name}={bound}"));
        }
    }
    Ok(())
}

fn presentation(node: Node<'_, '_>, declared: &HashMap<&str, Declared>) -> Checked {
    no_text(node)?;
    let locale = required(node, "defaultLocale")?;
    let mut shown = HashSet::new();
    for node in elements(node) {
        match node.tag_name().name() {
            "field" => field(node, locale, declared, &mut shown)?,
            "fieldGroup" => {
                said(child(node, "name")?, locale)?;
                for node in elements(node).filter(|node| node.has_tag_name("field")) {
                    field(node, locale, declared, &mut shown)?;
                }
            }
            other => return wrong(node, format!("<{other}> is not known in <presentation>")),
        }
    }
    Ok(())
}

fn field<'a>(
    node: Node<'a, '_>,
    locale: &str,
    declared: &HashMap<&str, Declared>,
    shown: &mut HashSet<&'a str>,
) -> Checked {
    let key = required(node, "keyName")?;
    let Some(setting) = declared.get(key) else {
        return wrong(node, format!("the field {key:?} shows a setting that <dict> does not declare"));
    };
    if !shown.insert(key) {
        return wrong(node, format!("the field {key:?} stands twice"));
    }
    let how = required(node, "type")?;
    let fits = match how {
        "input" | "hidden" | "multilineinput" => !setting.array,
        "checkbox" => setting.kind == Type::Boolean && !setting.array,
        "select" => !setting.array,
        "multiselect" | "list" => setting.array,
        "datetime" => setting.kind == Type::Date,
        _ => return wrong(node, format!("the field {key:?} has the type {how:?}, which is not known")),
    };
    if !fits {
        return wrong(node, format!("the field {key:?} cannot be shown as {how:?}"));
    }
    said(child(node, "label")?, locale)?;
    if let Some(node) = elements(node).find(|node| node.has_tag_name("description")) {
        said(node, locale)?;
    }
    options(node, key, how, locale, setting)
}

/// A text in the default language is there; it may be empty.
fn said(node: Node<'_, '_>, locale: &str) -> Checked {
    for language in elements(node) {
        if !language.has_tag_name("language") {
            return wrong(language, format!("<{}> is not known here", language.tag_name().name()));
        }
        required(language, "value")?;
    }
    let there = elements(node).any(|language| language.attribute("value") == Some(locale));
    if there { Ok(()) } else { wrong(node, format!("there is no text in the default language {locale}")) }
}

fn options(node: Node<'_, '_>, key: &str, how: &str, locale: &str, setting: &Declared) -> Checked {
    let list = elements(node).find(|node| node.has_tag_name("options"));
    match (list, how) {
        (None, "select" | "multiselect") => {
            wrong(node, format!("the field {key:?} offers nothing to choose"))
        }
        (None, _) => Ok(()),
        (Some(list), _) => {
            for option in elements(list) {
                let value = option.attribute("value").unwrap_or_default();
                let allowed = setting.values.is_empty() || setting.values.iter().any(|known| known == value);
                if !option.has_tag_name("option") || !fits(setting.kind, value) || !allowed {
                    return wrong(
                        option,
                        format!("the field {key:?} offers {value:?}, which <dict> does not allow"),
                    );
                }
                said(option, locale)?;
            }
            Ok(())
        }
    }
}
