//! Managed configuration as files: the ones that consoles import, made from the core's one list of settings, and a checker
//! for such files, ours or another app's.

mod android;
mod appconfig;
mod generate;
mod values;

use roxmltree::Node;

pub use generate::{FILES, Generated, generate};
pub use values::{read_managed, read_values, take_up_certificate};

/// Largest file that is looked at, in bytes.
const MOST: usize = 1 << 20;

/// A file that a console would refuse, or show wrongly.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFileError {
    /// Longer than any such file is.
    #[error("the file is longer than a mebibyte: is it the right one?")]
    TooLarge,
    /// No XML, or XML with a document type of its own.
    #[error("not readable as XML ({0}): correct it")]
    Xml(#[from] roxmltree::Error),
    /// Another kind of file.
    #[error("the file begins with <{0}>: it is neither <restrictions> nor <managedAppConfiguration>")]
    Unknown(String),
    /// Something in it is wrong.
    #[error("line {line}: {what}")]
    Wrong {
        /// Counted from 1.
        line: u32,
        /// What, and what to do.
        what: String,
    },
    /// No property list or JSON object.
    #[error("not readable as a dictionary of values ({0}): correct it")]
    Values(String),
}

impl ConfigFileError {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooLarge => "file_too_large",
            Self::Xml(_) => "xml_invalid",
            Self::Unknown(_) => "file_unknown",
            Self::Wrong { .. } => "schema_invalid",
            Self::Values(_) => "values_invalid",
        }
    }
}

/// What kind of schema a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemaKind {
    /// Android's `app_restrictions.xml`.
    Android,
    /// AppConfig's `specfile.xml`.
    AppConfig,
}

/// Checks a schema as consoles read it: `app_restrictions.xml` or `specfile.xml`. Returns which it is and how many settings it has.
pub fn check_schema(text: &str) -> Result<(SchemaKind, usize), ConfigFileError> {
    if text.len() > MOST {
        return Err(ConfigFileError::TooLarge);
    }
    let document = roxmltree::Document::parse(text.trim_start_matches('\u{feff}'))?;
    let root = document.root_element();
    match root.tag_name().name() {
        "restrictions" => Ok((SchemaKind::Android, android::check(root)?)),
        "managedAppConfiguration" => Ok((SchemaKind::AppConfig, appconfig::check(root)?)),
        other => Err(ConfigFileError::Unknown(other.to_owned())),
    }
}

type Checked<T = ()> = Result<T, ConfigFileError>;

fn wrong<T>(node: Node<'_, '_>, what: impl Into<String>) -> Checked<T> {
    let line = node.document().text_pos_at(node.range().start).row;
    Err(ConfigFileError::Wrong { line, what: what.into() })
}

fn elements<'a, 'i: 'a>(node: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    node.children().filter(Node::is_element)
}

/// No text but white space between elements.
fn no_text(node: Node<'_, '_>) -> Checked {
    let text =
        |child: &Node<'_, '_>| child.is_text() && child.text().is_some_and(|text| !text.trim().is_empty());
    match node.children().find(text) {
        Some(_) => {
            wrong(node, format!("<{}> holds text between its elements: remove it", node.tag_name().name()))
        }
        None => Ok(()),
    }
}
