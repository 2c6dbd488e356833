//! Splits: one split folder for each value of a field, between a rule's folder and its records'.
//!
//! A split folder is known by the value, never by its name: a renamed country renames its folder.

use serde_json::Value;
use std::sync::Arc;

/// Longest text that tells values of a text field apart, in characters.
const MOST_TEXT: usize = 200;

/// By which field a rule is split.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// A stored field of the rule's model.
    pub field: String,
    pub kind: SplitKind,
    /// Split folders by value, of choices only: several values may share one.
    pub names: Vec<SplitName>,
}

/// What values a split's field has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SplitKind {
    /// A many2one to this model: one folder for each record that is pointed to, which only those
    /// see who may read that record.
    Record(Arc<str>),
    /// A selection or a boolean.
    Choice,
    Text,
    /// A date or datetime, by this unit.
    Date(DateUnit),
}

/// How finely dates are split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateUnit {
    Year,
    Quarter,
    Month,
    Day,
}

/// The split folder of some values of a choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitName {
    /// Names it for good.
    pub key: String,
    pub name: String,
    /// Technical values; those of a boolean are `true` and `false`.
    pub values: Vec<String>,
}

/// The folder that a record's value asks for. Its key says what kind of value it is, so that a rule
/// that is split otherwise from now on takes no folder of the old values for one of the new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SplitFolder {
    /// Tells it from the others of its rule, for good.
    pub key: String,
    /// Never empty.
    pub name: String,
    /// Model and id of what the value points to.
    pub record: Option<(Arc<str>, i64)>,
}

impl Split {
    /// The split folder of a value as Odoo tells it. `None` for an empty one: such a record
    /// stands in the rule's own folder.
    pub fn folder(&self, value: &Value) -> Option<SplitFolder> {
        match &self.kind {
            SplitKind::Record(model) => {
                let [Value::Number(id), Value::String(name)] = value.as_array()?.as_slice() else {
                    return None;
                };
                Some(SplitFolder {
                    key: format!("{model}:{id}"),
                    name: filled(name).unwrap_or_else(|| id.to_string()),
                    record: id.as_i64().map(|id| (Arc::clone(model), id)),
                })
            }
            SplitKind::Choice => {
                let value = match value {
                    Value::String(value) => value.clone(),
                    Value::Bool(value) => value.to_string(),
                    _ => return None,
                };
                let named = self.names.iter().find(|name| name.values.contains(&value));
                match named {
                    Some(named) => Some(SplitFolder {
                        key: named.key.clone(),
                        name: filled(&named.name).unwrap_or(value),
                        record: None,
                    }),
                    // An empty selection is `false`; a boolean always has both its names.
                    None if value == "false" || value.is_empty() => None,
                    None => Some(SplitFolder {
                        key: format!("={value}"),
                        name: value,
                        record: None,
                    }),
                }
            }
            SplitKind::Text => {
                let text = filled(value.as_str()?)?;
                let name: String = text.chars().take(MOST_TEXT).collect();
                Some(SplitFolder {
                    key: format!("text:{name}"),
                    name,
                    record: None,
                })
            }
            SplitKind::Date(unit) => {
                let name = unit.name(value.as_str()?)?;
                Some(SplitFolder {
                    key: format!("date:{name}"),
                    name,
                    record: None,
                })
            }
        }
    }
}

impl DateUnit {
    /// `2026`, `2026-Q1`, `2026-01` or `2026-01-31`, of a date as Odoo writes it. Datetimes count
    /// by their day in UTC.
    fn name(self, date: &str) -> Option<String> {
        let (year, month, day) = (date.get(0..4)?, date.get(5..7)?, date.get(8..10)?);
        let number: u8 = month.parse().ok()?;
        Some(match self {
            DateUnit::Year => year.to_owned(),
            DateUnit::Quarter => format!("{year}-Q{}", number.saturating_sub(1) / 3 + 1),
            DateUnit::Month => format!("{year}-{month}"),
            DateUnit::Day => format!("{year}-{month}-{day}"),
        })
    }
}

/// A name without control signs and outer spaces, if there is any.
fn filled(name: &str) -> Option<String> {
    let spaced = name.replace(char::is_control, " ");
    Some(spaced.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn split(kind: SplitKind, names: &[(&str, &str, &[&str])]) -> Split {
        let names = names.iter().map(|(key, name, values)| SplitName {
            key: (*key).into(),
            name: (*name).into(),
            values: values.iter().map(|value| (*value).into()).collect(),
        });
        Split {
            field: "x".into(),
            kind,
            names: names.collect(),
        }
    }

    fn told(split: &Split, value: Value) -> Option<(String, String)> {
        let folder = split.folder(&value)?;
        Some((folder.key, folder.name))
    }

    fn pair(key: &str, name: &str) -> Option<(String, String)> {
        Some((key.into(), name.into()))
    }

    #[test]
    fn b103_a_split_makes_a_folder_of_each_value() {
        let country = split(SplitKind::Record("res.country".into()), &[]);
        let austria = country.folder(&json!([7, "Austria"])).expect("a folder");
        assert_eq!(austria.record, Some(("res.country".into(), 7)));
        assert_eq!(
            told(&country, json!([7, "Austria"])),
            pair("res.country:7", "Austria")
        );
        assert_eq!(
            told(&country, json!([7, " \n"])),
            pair("res.country:7", "7")
        );
        assert_eq!(told(&country, json!(false)), None);
        let city = split(SplitKind::Text, &[]);
        assert_eq!(told(&city, json!(" Graz\u{7}")), pair("text:Graz", "Graz"));
        assert_eq!(told(&city, json!("  ")), None);
        assert_eq!(told(&city, json!(false)), None);
    }

    #[test]
    fn b103_values_of_a_choice_may_share_a_folder() {
        let state = split(
            SplitKind::Choice,
            &[
                ("1", "Quotations", &["draft", "sent"]),
                ("=sale", "Sales Order", &["sale"]),
            ],
        );
        assert_eq!(told(&state, json!("sent")), pair("1", "Quotations"));
        assert_eq!(told(&state, json!("sale")), pair("=sale", "Sales Order"));
        assert_eq!(told(&state, json!("later")), pair("=later", "later"));
        assert_eq!(told(&state, json!(false)), None);
        let company = split(
            SplitKind::Choice,
            &[
                ("1", "Companies", &["true"]),
                ("2", "Individuals", &["false"]),
            ],
        );
        assert_eq!(told(&company, json!(true)), pair("1", "Companies"));
        assert_eq!(told(&company, json!(false)), pair("2", "Individuals"));
    }

    #[test]
    fn b103_dates_are_split_by_their_unit() {
        let by = |unit, date: &str| split(SplitKind::Date(unit), &[]).folder(&json!(date));
        let name = |unit, date| by(unit, date).expect("a folder").name;
        assert_eq!(name(DateUnit::Year, "2026-11-24"), "2026");
        assert_eq!(name(DateUnit::Quarter, "2026-11-24 10:00:00"), "2026-Q4");
        assert_eq!(name(DateUnit::Quarter, "2026-03-31"), "2026-Q1");
        assert_eq!(name(DateUnit::Month, "2026-11-24 10:00:00"), "2026-11");
        assert_eq!(name(DateUnit::Day, "2026-11-24 10:00:00"), "2026-11-24");
        assert_eq!(by(DateUnit::Day, "soon"), None);
        assert_eq!(by(DateUnit::Year, ""), None);
    }
}
