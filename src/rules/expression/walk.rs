//! A walk over a parsed expression: refuses what it may not use, and notes the fields it needs.
//!
//! Every path is rewritten to one flat key (`object.project_id.name` → the key
//! `project_id.name`), so that records are rendered from the flat map they are read into.

use super::functions;
use handlebars::template::{HelperTemplate, Parameter, Template, TemplateElement};
use handlebars::{Path, PathSeg};
use std::collections::BTreeSet;

/// Most steps of a path through relations.
const MOST_STEPS: usize = 8;

/// What is wrong, by line and column of the rewritten text, both from 1.
pub(super) struct WalkFault {
    pub line: usize,
    pub column: usize,
    pub message: String,
}

/// Walks a template, its blocks included. `within` is where the block opens that it belongs to.
pub(super) fn flatten(
    template: &mut Template,
    within: (usize, usize),
    fields: &mut BTreeSet<String>,
) -> Result<(), WalkFault> {
    for (number, element) in template.elements.iter_mut().enumerate() {
        // Handlebars keeps no place for an `else if`.
        let place = template.mapping.get(number);
        let (line, column) = place.map_or(within, |place| (place.0, place.1));
        let fault = |message| WalkFault {
            line,
            column,
            message,
        };
        match element {
            TemplateElement::RawString(_) | TemplateElement::Comment(_) => {}
            TemplateElement::Expression(value) | TemplateElement::HtmlExpression(value) => {
                expression(value, fields).map_err(fault)?;
            }
            TemplateElement::HelperBlock(block) => {
                head(block, fields).map_err(fault)?;
                for inner in [&mut block.template, &mut block.inverse]
                    .into_iter()
                    .flatten()
                {
                    flatten(inner, (line, column), fields)?;
                }
            }
            _ => return Err(fault("partials and decorators cannot be used here".into())),
        }
    }
    Ok(())
}

/// The opening of a block: `{{#if object.active}}`.
fn head(block: &mut HelperTemplate, fields: &mut BTreeSet<String>) -> Result<(), String> {
    let name = block.name.as_name().unwrap_or_default();
    if !functions::BLOCKS.contains(&name) {
        let known = functions::BLOCKS.join(" and #");
        return Err(format!("#{name} cannot be used here; #{known} can"));
    }
    if block.params.len() != 1 || !block.hash.is_empty() || block.block_param.is_some() {
        return Err(format!("#{name} takes exactly one value"));
    }
    parameter(&mut block.params[0], fields)
}

/// A value or a call: `{{ object.name }}`, `{{ upper object.name }}`.
fn expression(value: &mut HelperTemplate, fields: &mut BTreeSet<String>) -> Result<(), String> {
    let name = value.name.as_name().unwrap_or_default().to_owned();
    let bare = value.params.is_empty() && value.hash.is_empty();
    match functions::arity(&name) {
        Some((least, most)) => {
            if !value.hash.is_empty() {
                return Err(format!("{name} takes no named arguments"));
            }
            let given = value.params.len();
            if given < least || most.is_some_and(|most| given > most) {
                return Err(format!("{name} is written {}", functions::usage(&name)));
            }
            value
                .params
                .iter_mut()
                .try_for_each(|given| parameter(given, fields))
        }
        None if bare => parameter(&mut value.name, fields),
        None => {
            let known = functions::names().join(", ");
            Err(format!(
                "{name} is not a function; the functions are {known}"
            ))
        }
    }
}

fn parameter(given: &mut Parameter, fields: &mut BTreeSet<String>) -> Result<(), String> {
    match given {
        Parameter::Literal(_) => Ok(()),
        Parameter::Subexpression(inner) => match inner.element.as_mut() {
            TemplateElement::Expression(value) => expression(value, fields),
            _ => Err("only a value or a function can stand in parentheses".into()),
        },
        Parameter::Path(path) => {
            let dotted = field(path)?;
            let flat = vec![PathSeg::Named(dotted.clone())];
            *path = Path::Relative((flat, format!("object.{dotted}")));
            fields.insert(dotted);
            Ok(())
        }
        other => {
            let name = other.as_name().unwrap_or_default();
            Err(format!(
                "{name} is not known; a field is written object.{name}"
            ))
        }
    }
}

/// The dotted path of a field: `object.project_id.name` → `project_id.name`.
fn field(path: &Path) -> Result<String, String> {
    let Path::Relative((steps, written)) = path else {
        return Err("names with @ cannot be used here; a field is written object.field".into());
    };
    let mut names = Vec::with_capacity(steps.len());
    for step in steps {
        match step {
            PathSeg::Named(name) => names.push(name.as_str()),
            _ => {
                return Err(format!(
                    "{written} is not known; a field is written object.field"
                ));
            }
        }
    }
    match names.split_first() {
        Some((&functions::COMPANY, [])) => Ok("company_id".to_owned()),
        Some((&"object", [])) => Err("object alone has no name; write object.field".into()),
        Some((&"object", rest)) if rest.len() > MOST_STEPS => Err(format!(
            "{written} goes through more than {MOST_STEPS} relations"
        )),
        Some((&"object", rest)) => match rest.iter().find(|name| !is_field(name)) {
            Some(wrong) => Err(format!("{wrong} is not the name of a field")),
            None => Ok(rest.join(".")),
        },
        _ => Err(format!(
            "{written} is not known; a field is written object.field"
        )),
    }
}

fn is_field(name: &str) -> bool {
    let legal = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    !name.starts_with(|sign: char| sign.is_ascii_digit()) && name.chars().all(legal)
}
