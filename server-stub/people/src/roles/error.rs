//! Why a policy file does not count.

/// Why a policy file does not count. What was in force before stays in force.
#[derive(Debug, thiserror::Error)]
pub enum RolesError {
    /// It is not Cedar.
    #[error("not a policy file: {0}")]
    Syntax(String),
    /// A policy has no name, so no log line could say that it decided.
    #[error("a policy has no @id: {0}")]
    Unnamed(String),
    /// Two policies have one name.
    #[error("two policies have the @id {0:?}")]
    Twice(String),
    /// A name of other characters than lower-case letters, digits and hyphens, or longer than 64.
    #[error("not a policy name: {0:?}")]
    Name(String),
    /// It is a template.
    #[error("templates are not used here: {0:?}")]
    Template(String),
    /// It speaks of something that the schema does not have.
    #[error("the policies do not fit the schema: {0}")]
    Invalid(String),
    /// It is larger than 256 KiB.
    #[error("larger than 256 KiB")]
    TooLarge,
}

impl RolesError {
    /// A word for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "policy_syntax",
            Self::Unnamed(_) => "policy_unnamed",
            Self::Twice(_) => "policy_twice",
            Self::Name(_) => "policy_name",
            Self::Template(_) => "policy_template",
            Self::Invalid(_) => "policy_invalid",
            Self::TooLarge => "policy_too_large",
        }
    }

    /// What to do.
    pub fn next_step(&self) -> &'static str {
        match self {
            Self::Syntax(_) => "Mend the line; docs.cedarpolicy.com has the grammar.",
            Self::Unnamed(_) => "Write @id(\"a-name\") above the policy.",
            Self::Twice(_) => "Give one of the two another @id.",
            Self::Name(_) => "Use lower-case letters, digits and hyphens, at most 64.",
            Self::Template(_) => "Write the policy out in full.",
            Self::Invalid(_) => "Compare it with policies/people.cedarschema.",
            Self::TooLarge => "Write fewer policies.",
        }
    }
}
