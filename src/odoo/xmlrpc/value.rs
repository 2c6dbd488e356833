//! The values of XML-RPC, and what they are in JSON.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::sync::Arc;

/// One value as XML-RPC has it (<http://xmlrpc.com/spec.md>, with `nil`, `i8` and `biginteger`).
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Nil,
    Bool(bool),
    Int(i64),
    Double(f64),
    String(String),
    /// `base64`.
    Bytes(Vec<u8>),
    /// `dateTime.iso8601`, as it came.
    DateTime(String),
    Array(Vec<Value>),
    /// Members in the order in which they came; equal names share one allocation.
    Struct(Vec<(Arc<str>, Value)>),
}

/// What a server says instead of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub code: FaultCode,
    pub text: String,
}

/// `/xmlrpc/2` and the specification number their faults, Odoo's old `/xmlrpc` words them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FaultCode {
    Number(i64),
    Word(String),
}

impl From<Value> for serde_json::Value {
    /// Bytes become base64 text, a time becomes `YYYY-MM-DD HH:MM:SS` (as Odoo writes both), and
    /// a double that JSON cannot hold becomes null.
    fn from(value: Value) -> Self {
        use serde_json::Value as Json;
        match value {
            Value::Nil => Json::Null,
            Value::Bool(value) => Json::Bool(value),
            Value::Int(value) => Json::from(value),
            Value::Double(value) => Json::from(value),
            Value::String(value) => Json::String(value),
            Value::Bytes(value) => Json::String(STANDARD.encode(value)),
            Value::DateTime(value) => Json::String(spaced(&value)),
            Value::Array(values) => Json::Array(values.into_iter().map(Json::from).collect()),
            Value::Struct(members) => Json::Object(
                members
                    .into_iter()
                    .map(|(name, value)| (name.as_ref().to_owned(), Json::from(value)))
                    .collect(),
            ),
        }
    }
}

impl From<&serde_json::Value> for Value {
    /// A whole number beyond 64 signed bits becomes a double.
    fn from(value: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match value {
            Json::Null => Value::Nil,
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => Value::Int(whole),
                None => Value::Double(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(value) => Value::String(value.clone()),
            Json::Array(values) => Value::Array(values.iter().map(Value::from).collect()),
            Json::Object(members) => Value::Struct(
                members
                    .iter()
                    .map(|(name, value)| (Arc::from(name.as_str()), Value::from(value)))
                    .collect(),
            ),
        }
    }
}

/// `20261124T13:28:37` → `2026-11-24 13:28:37`; any other writing stays.
fn spaced(time: &str) -> String {
    match (time.get(..8), time.get(8..9), time.get(9..)) {
        (Some(day), Some("T"), Some(clock)) if day.bytes().all(|sign| sign.is_ascii_digit()) => {
            format!("{}-{}-{} {clock}", &day[..4], &day[4..6], &day[6..])
        }
        _ => time.to_owned(),
    }
}
