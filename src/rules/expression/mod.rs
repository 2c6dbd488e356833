//! Name expressions: handlebars on `object`, and Odoo's own `{{ object.name ||| fallback }}`.
//!
//! An expression knows the fields it needs before it is rendered, so that they are read in
//! batches. It cannot loop, call partials or reach anything but `object`: it always ends, at
//! 4 KB at most. `functions` are the words it may use, `inline` reads Odoo's own form.

mod functions;
mod inline;
#[cfg(test)]
mod tests;
mod walk;

use super::Values;
use handlebars::{Context, Output, RenderContext, Renderable as _, Template};
use serde_json::Value;
use std::collections::BTreeSet;
use std::io;

/// Longest expression, in bytes.
pub const MOST_TEXT: usize = 2000;
/// Longest name that an expression may make, in bytes.
pub const MOST_NAME: usize = 4096;

/// Why an expression cannot be used, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name expression is wrong at character {position}: {message}")]
pub struct ExpressionFault {
    /// The first character is 1.
    pub position: usize,
    /// What is wrong and what to write instead.
    pub message: String,
}

/// Why an expression made no name of a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoName {
    /// All its fields are empty.
    #[error("the name expression makes an empty name")]
    Empty,
    /// It makes more than [`MOST_NAME`] bytes.
    #[error("the name expression makes a name of more than 4 KB")]
    Long,
    /// A word was given what it cannot take, or a field could not be read.
    #[error("the name expression fails: {0}")]
    Failed(String),
}

/// A name expression, checked and ready.
#[derive(Clone, Debug)]
pub struct Expression {
    template: Template,
    fields: BTreeSet<String>,
}

impl Expression {
    /// Checks an expression. Everything that can be known without a record is refused here:
    /// syntax, unknown words, wrong numbers of arguments, names other than `object`.
    pub fn parse(text: &str) -> Result<Self, ExpressionFault> {
        if text.len() > MOST_TEXT {
            return Err(ExpressionFault {
                position: text.chars().take(MOST_TEXT).count(),
                message: format!("it is longer than {MOST_TEXT} bytes; shorten it"),
            });
        }
        let written = inline::rewrite(text)?;
        let mut template = Template::compile(&written.text).map_err(|error| {
            let (line, column) = error.pos().unwrap_or((1, 1));
            ExpressionFault {
                position: written.position(line, column),
                message:
                    "a value is written {{ object.field }}, a function {{ upper object.field }}, \
                          each closed by }}"
                        .to_owned(),
            }
        })?;
        let mut fields = BTreeSet::new();
        walk::flatten(&mut template, (1, 1), &mut fields).map_err(|fault| ExpressionFault {
            position: written.position(fault.line, fault.column),
            message: fault.message,
        })?;
        Ok(Expression { template, fields })
    }

    /// The fields that it needs, as dotted paths from the record: `project_id.name`.
    pub fn fields(&self) -> &BTreeSet<String> {
        &self.fields
    }

    /// The name of one record. `values` holds a value for each of [`Self::fields`], null for an
    /// empty one; one that is missing could not be read. Line breaks become spaces, and the ends
    /// are trimmed.
    pub fn render(&self, values: &Values) -> Result<String, NoName> {
        if let Some(unread) = self.fields.iter().find(|path| !values.contains(path)) {
            return Err(NoName::Failed(format!("the field {unread} cannot be read")));
        }
        let context = Context::wraps(values).map_err(|error| NoName::Failed(error.to_string()))?;
        let mut name = Name::default();
        let mut state = RenderContext::new(None);
        let rendered = self
            .template
            .render(functions::registry(), &context, &mut state, &mut name);
        if name.overflown {
            return Err(NoName::Long);
        }
        rendered.map_err(|error| NoName::Failed(error.reason().to_string()))?;
        let spaced = name.text.replace(char::is_control, " ");
        match spaced.trim() {
            "" => Err(NoName::Empty),
            trimmed => Ok(trimmed.to_owned()),
        }
    }
}

/// Takes what is rendered, up to the limit.
#[derive(Default)]
struct Name {
    text: String,
    overflown: bool,
}

impl Output for Name {
    fn write(&mut self, part: &str) -> io::Result<()> {
        if self.text.len() + part.len() > MOST_NAME {
            self.overflown = true;
            return Err(io::Error::other("the name is too long"));
        }
        self.text.push_str(part);
        Ok(())
    }
}

/// A field's value as an expression sees it: Odoo's `False` is null (unless the field is a
/// boolean), a many2one is its display name, and names of several records are joined by commas.
pub fn plain(value: &Value, is_boolean: bool) -> Value {
    match value {
        Value::Bool(false) if !is_boolean => Value::Null,
        Value::Array(parts) => match parts.as_slice() {
            [Value::Number(_), Value::String(name)] => Value::String(name.clone()),
            _ => {
                let texts: Vec<String> = parts.iter().map(functions::text).collect();
                let filled: Vec<String> = texts.into_iter().filter(|t| !t.is_empty()).collect();
                if filled.is_empty() {
                    Value::Null
                } else {
                    Value::String(filled.join(", "))
                }
            }
        },
        other => other.clone(),
    }
}
