//! The words that a name expression may use.
//!
//! Each takes and makes text; an empty value is empty text. What a word cannot take is an error,
//! and the record then carries its display name.

use handlebars::{
    Context, Handlebars, Helper, HelperDef, HelperResult, Output, RenderContext, RenderError,
    RenderErrorReason, no_escape,
};
use iso_currency::Currency;
use serde_json::Value;
use std::sync::LazyLock;
use time::format_description::well_known::Iso8601;
use time::{Date, PrimitiveDateTime};

/// Blocks that may stand in an expression.
pub(super) const BLOCKS: &[&str] = &["if", "unless"];

/// Words of handlebars itself that stay: comparisons for `#if`, with their number of arguments.
const COMPARISONS: &[(&str, usize, Option<usize>)] = &[
    ("eq", 2, Some(2)),
    ("ne", 2, Some(2)),
    ("gt", 2, Some(2)),
    ("gte", 2, Some(2)),
    ("lt", 2, Some(2)),
    ("lte", 2, Some(2)),
    ("and", 2, None),
    ("or", 2, None),
    ("not", 1, Some(1)),
];

/// Words of handlebars that are taken away: they loop, reach elsewhere or write to the log.
const REMOVED: &[&str] = &["each", "with", "lookup", "raw", "log", "len"];

/// One word of our own.
struct Function {
    name: &'static str,
    usage: &'static str,
    least: usize,
    most: usize,
    make: fn(&[&Value]) -> Result<String, String>,
}

const FUNCTIONS: &[Function] = &[
    Function {
        name: "date",
        usage: "{{ date object.field \"%Y-%m-%d\" }}",
        least: 1,
        most: 2,
        make: date,
    },
    Function {
        name: "upper",
        usage: "{{ upper object.field }}",
        least: 1,
        most: 1,
        make: |given| Ok(text(given[0]).to_uppercase()),
    },
    Function {
        name: "lower",
        usage: "{{ lower object.field }}",
        least: 1,
        most: 1,
        make: |given| Ok(text(given[0]).to_lowercase()),
    },
    Function {
        name: "title",
        usage: "{{ title object.field }}",
        least: 1,
        most: 1,
        make: |given| Ok(title(&text(given[0]))),
    },
    Function {
        name: "pad",
        usage: "{{ pad object.field 5 }} or {{ pad object.field 5 \"0\" }}",
        least: 2,
        most: 3,
        make: pad,
    },
    Function {
        name: "slice",
        usage: "{{ slice object.field 0 10 }}",
        least: 2,
        most: 3,
        make: slice,
    },
    Function {
        name: "replace",
        usage: "{{ replace object.field \"old\" \"new\" }}",
        least: 3,
        most: 3,
        make: |given| match text(given[1]).as_str() {
            "" => Err("replace needs a text to look for".into()),
            old => Ok(text(given[0]).replace(old, &text(given[2]))),
        },
    },
    Function {
        name: "default",
        usage: "{{ default object.field \"otherwise\" }}",
        least: 2,
        most: 2,
        make: |given| {
            let value = text(given[0]);
            Ok(if value.trim().is_empty() {
                text(given[1])
            } else {
                value
            })
        },
    },
    Function {
        name: "money",
        usage: "{{ money object.amount_total object.currency_id }}",
        least: 1,
        most: 2,
        make: money,
    },
];

/// Stands for `object.company_id`, wherever a field may stand.
pub(super) const COMPANY: &str = "company";

/// Least and most arguments of a word; `None` for what is not one.
pub(super) fn arity(name: &str) -> Option<(usize, Option<usize>)> {
    let own = FUNCTIONS.iter().find(|function| function.name == name);
    let own = own.map(|function| (function.least, Some(function.most)));
    own.or_else(|| {
        let kept = COMPARISONS.iter().find(|comparison| comparison.0 == name);
        kept.map(|comparison| (comparison.1, comparison.2))
    })
}

/// How a word is written.
pub(super) fn usage(name: &str) -> String {
    match FUNCTIONS.iter().find(|function| function.name == name) {
        Some(function) => function.usage.to_owned(),
        None => format!("{{{{#if ({name} object.field …)}}}}"),
    }
}

/// Every word.
pub(super) fn names() -> Vec<&'static str> {
    let own = FUNCTIONS.iter().map(|function| function.name);
    own.chain([COMPANY])
        .chain(COMPARISONS.iter().map(|comparison| comparison.0))
        .collect()
}

/// Knows the words, escapes nothing and holds no partials.
pub(super) fn registry() -> &'static Handlebars<'static> {
    static REGISTRY: LazyLock<Handlebars<'static>> = LazyLock::new(|| {
        let mut registry = Handlebars::new();
        registry.register_escape_fn(no_escape);
        registry.set_prevent_indent(true);
        for name in REMOVED {
            registry.unregister_helper(name);
        }
        for function in FUNCTIONS {
            registry.register_helper(function.name, Box::new(function));
        }
        registry
    });
    &REGISTRY
}

impl HelperDef for &'static Function {
    fn call<'reg: 'rc, 'rc>(
        &self,
        call: &Helper<'rc>,
        _: &'reg Handlebars<'reg>,
        _: &'rc Context,
        _: &mut RenderContext<'reg, 'rc>,
        out: &mut dyn Output,
    ) -> HelperResult {
        let given: Vec<&Value> = call.params().iter().map(|param| param.value()).collect();
        let made = (self.make)(&given)
            .map_err(|message| RenderError::from(RenderErrorReason::Other(message)))?;
        out.write(&made)?;
        Ok(())
    }
}

/// A value as text: empty for null, a list joined by commas.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let texts: Vec<String> = parts.iter().map(text).collect();
            texts.join(", ")
        }
        other => other.to_string(),
    }
}

/// Every word with a capital first letter, the rest as it is.
fn title(text: &str) -> String {
    let mut start = true;
    let mut titled = String::with_capacity(text.len());
    for sign in text.chars() {
        if start {
            titled.extend(sign.to_uppercase());
        } else {
            titled.push(sign);
        }
        start = !(sign.is_alphanumeric() || sign == '\'' || sign == '’');
    }
    titled
}

fn pad(given: &[&Value]) -> Result<String, String> {
    let value = text(given[0]);
    let width = given[1]
        .as_u64()
        .and_then(|width| usize::try_from(width).ok());
    let width = width
        .filter(|width| *width <= 100)
        .ok_or("pad needs a width from 0 to 100")?;
    let fill = given.get(2).map_or("0".to_owned(), |fill| text(fill));
    let mut signs = fill.chars();
    let (Some(sign), None) = (signs.next(), signs.next()) else {
        return Err("pad fills with exactly one sign".into());
    };
    let missing = width.saturating_sub(value.chars().count());
    if value.is_empty() {
        return Ok(value);
    }
    Ok(std::iter::repeat_n(sign, missing)
        .chain(value.chars())
        .collect())
}

/// Signs from a start to an end (not included); negative ones count from the end.
fn slice(given: &[&Value]) -> Result<String, String> {
    let signs: Vec<char> = text(given[0]).chars().collect();
    let place = |value: &Value| {
        let place = value.as_i64().ok_or("slice needs whole numbers")?;
        let from_end = usize::try_from(place.unsigned_abs()).unwrap_or(usize::MAX);
        Ok::<usize, String>(if place < 0 {
            signs.len().saturating_sub(from_end)
        } else {
            from_end.min(signs.len())
        })
    };
    let start = place(given[1])?;
    let end = given.get(2).map_or(Ok(signs.len()), |end| place(end))?;
    Ok(signs.get(start..end).unwrap_or_default().iter().collect())
}

/// An amount with as many decimals as its currency has (ISO 4217), and that behind it:
/// `1234.50 EUR`. An empty amount is nothing; without a currency there are two decimals.
fn money(given: &[&Value]) -> Result<String, String> {
    if given[0].is_null() {
        return Ok(String::new());
    }
    let amount = given[0].as_f64().ok_or("money needs a number")?;
    let code = given.get(1).map_or(String::new(), |code| text(code));
    let code = code.trim();
    let decimals = Currency::from_code(code).and_then(Currency::exponent);
    let decimals = usize::from(decimals.unwrap_or(2));
    let written = format!("{amount:.decimals$} {code}");
    // Nobody owes less than nothing.
    let is_nothing = written
        .chars()
        .all(|sign| !sign.is_ascii_digit() || sign == '0');
    let written = written.trim_end();
    Ok(match written.strip_prefix('-').filter(|_| is_nothing) {
        Some(nothing) => nothing.to_owned(),
        None => written.to_owned(),
    })
}

/// A date or datetime of Odoo in another form. The form is written as in Odoo (strftime).
fn date(given: &[&Value]) -> Result<String, String> {
    let value = text(given[0]);
    if value.trim().is_empty() {
        return Ok(String::new());
    }
    let iso = value.replacen(' ', "T", 1);
    let moment = PrimitiveDateTime::parse(&iso, &Iso8601::DATE_TIME)
        .or_else(|_| Date::parse(&iso, &Iso8601::DATE).map(Date::midnight))
        // Without the value: not everybody who sees what is wrong with a rule sees its records.
        .map_err(|_| "date is given what is not a date")?;
    let form = given
        .get(1)
        .map_or("%Y-%m-%d".to_owned(), |form| text(form));
    let mut written = String::new();
    let mut signs = form.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '%' => written.push_str(&part(moment, signs.next())?),
            other => written.push(other),
        }
    }
    Ok(written)
}

/// One part of a moment by its letter.
fn part(moment: PrimitiveDateTime, letter: Option<char>) -> Result<String, String> {
    let month = u8::from(moment.month());
    Ok(match letter {
        Some('Y') => format!("{:04}", moment.year()),
        Some('y') => format!("{:02}", moment.year().rem_euclid(100)),
        Some('m') => format!("{month:02}"),
        Some('d') => format!("{:02}", moment.day()),
        Some('B') => moment.month().to_string(),
        Some('b') => moment.month().to_string().chars().take(3).collect(),
        Some('A') => moment.weekday().to_string(),
        Some('a') => moment.weekday().to_string().chars().take(3).collect(),
        Some('j') => format!("{:03}", moment.ordinal()),
        Some('V') => format!("{:02}", moment.iso_week()),
        Some('G') => format!("{:04}", moment.date().to_iso_week_date().0),
        Some('q') => ((month - 1) / 3 + 1).to_string(),
        Some('H') => format!("{:02}", moment.hour()),
        Some('M') => format!("{:02}", moment.minute()),
        Some('S') => format!("{:02}", moment.second()),
        Some('%') => "%".to_owned(),
        Some(other) => return Err(format!("%{other} is not a part of a date")),
        None => return Err("the form of a date ends with a lone %".into()),
    })
}
