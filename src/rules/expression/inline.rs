//! Odoo's inline form: `{{ object.name ||| fallback }}`, where the fallback is plain text.
//!
//! Source of facts: Odoo 19 `odoo/tools/rendering_tools.py` (`INLINE_TEMPLATE_REGEX`).

use super::ExpressionFault;

/// An expression in handlebars' own words, and which character of the original each came from.
pub(super) struct Written {
    pub text: String,
    /// By character of `text`: the character of the original, from 0.
    origin: Vec<usize>,
}

impl Written {
    fn push(&mut self, text: &str, origin: usize) {
        self.text.push_str(text);
        self.origin.extend(text.chars().map(|_| origin));
    }

    /// The character of the original, from 1, that a line and column (both from 1) point at.
    pub fn position(&self, line: usize, column: usize) -> usize {
        let before: usize = self
            .text
            .split_inclusive('\n')
            .take(line.saturating_sub(1))
            .map(|line| line.chars().count())
            .sum();
        let place = before + column.saturating_sub(1);
        let last = self.origin.last().map_or(0, |last| last + 1);
        self.origin.get(place).copied().unwrap_or(last) + 1
    }
}

/// Turns every `{{ value ||| fallback }}` into `{{default value "fallback"}}`.
pub(super) fn rewrite(text: &str) -> Result<Written, ExpressionFault> {
    let signs: Vec<char> = text.chars().collect();
    let mut written = Written {
        text: String::with_capacity(text.len()),
        origin: Vec::with_capacity(signs.len()),
    };
    let mut at = 0;
    while at < signs.len() {
        let inner = at + 2;
        let end = if starts(&signs, at, "{{") {
            close(&signs, inner)
        } else {
            None
        };
        match end {
            Some(end) => match bar(&signs, inner, end) {
                Some(bar) => {
                    fallback(&signs, (inner, bar, end), &mut written)?;
                    at = end + 2;
                }
                None => {
                    copy(&signs, at, end + 2, &mut written);
                    at = end + 2;
                }
            },
            None => {
                copy(&signs, at, at + 1, &mut written);
                at += 1;
            }
        }
    }
    Ok(written)
}

fn copy(signs: &[char], from: usize, until: usize, written: &mut Written) {
    for (place, sign) in signs.iter().enumerate().take(until).skip(from) {
        written.push(sign.encode_utf8(&mut [0; 4]), place);
    }
}

fn starts(signs: &[char], at: usize, word: &str) -> bool {
    word.chars()
        .enumerate()
        .all(|(offset, sign)| signs.get(at + offset) == Some(&sign))
}

/// Where the `}}` stands that closes a value; one inside quotes does not count, unless no other
/// does (a fallback is plain text and may hold one quote).
fn close(signs: &[char], from: usize) -> Option<usize> {
    let plain = || (from..signs.len()).find(|at| starts(signs, *at, "}}"));
    unquoted(signs, from, signs.len(), "}}")
        .filter(|end| bar(signs, from, *end).is_none())
        .or_else(plain)
}

/// Where the `|||` stands.
fn bar(signs: &[char], from: usize, end: usize) -> Option<usize> {
    unquoted(signs, from, end, "|||")
}

fn unquoted(signs: &[char], from: usize, end: usize, word: &str) -> Option<usize> {
    let mut quote = None;
    for at in from..end {
        match (quote, signs[at]) {
            (None, _) if starts(signs, at, word) => return Some(at),
            (None, sign @ ('"' | '\'')) => quote = Some(sign),
            (Some(open), sign) if open == sign => quote = None,
            _ => {}
        }
    }
    None
}

/// Writes one value with its fallback.
fn fallback(
    signs: &[char],
    (from, bar, end): (usize, usize, usize),
    written: &mut Written,
) -> Result<(), ExpressionFault> {
    let first = (from..bar).find(|at| !signs[*at].is_whitespace());
    let Some(first) = first.filter(|at| !"#/>!&^*~{".contains(signs[*at])) else {
        return Err(ExpressionFault {
            position: bar + 1,
            message: "||| needs a value before it, as in {{ object.field ||| otherwise }}".into(),
        });
    };
    let last = (first..bar)
        .rfind(|at| !signs[*at].is_whitespace())
        .unwrap_or(first)
        + 1;
    let nested = signs[first..last].iter().any(|sign| sign.is_whitespace());
    let otherwise: String = signs[bar + 3..end].iter().collect();
    written.push("{{default ", first);
    written.push(if nested { "(" } else { "" }, first);
    copy(signs, first, last, written);
    written.push(if nested { ") " } else { " " }, bar);
    let quoted = serde_json::Value::from(otherwise.trim()).to_string();
    written.push(&quoted, bar + 3);
    written.push("}}", end);
    Ok(())
}
