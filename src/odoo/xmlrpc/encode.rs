//! Writes XML-RPC calls.

use super::value::Value;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The body of a call.
pub fn call(method: &str, params: &[Value]) -> String {
    let mut out = String::with_capacity(512);
    out.push_str("<?xml version=\"1.0\"?><methodCall><methodName>");
    text(&mut out, method);
    out.push_str("</methodName><params>");
    for param in params {
        out.push_str("<param>");
        value(&mut out, param);
        out.push_str("</param>");
    }
    out.push_str("</params></methodCall>");
    out
}

/// Appends `<value>…</value>`.
///
/// Whole numbers of any size are written as `int`, which Odoo reads; `i8` is unknown to some.
pub fn value(out: &mut String, of: &Value) {
    out.push_str("<value>");
    match of {
        Value::Nil => out.push_str("<nil/>"),
        Value::Bool(value) => tagged(out, "boolean", if *value { "1" } else { "0" }),
        Value::Int(value) => tagged(out, "int", &value.to_string()),
        // Debug writes the shortest text that reads back as the same number.
        Value::Double(value) => tagged(out, "double", &format!("{value:?}")),
        Value::String(value) => tagged(out, "string", value),
        Value::Bytes(value) => tagged(out, "base64", &STANDARD.encode(value)),
        Value::DateTime(value) => tagged(out, "dateTime.iso8601", value),
        Value::Array(values) => {
            out.push_str("<array><data>");
            for each in values {
                value(out, each);
            }
            out.push_str("</data></array>");
        }
        Value::Struct(members) => {
            out.push_str("<struct>");
            for (name, member) in members {
                out.push_str("<member>");
                tagged(out, "name", name);
                value(out, member);
                out.push_str("</member>");
            }
            out.push_str("</struct>");
        }
    }
    out.push_str("</value>");
}

fn tagged(out: &mut String, tag: &str, content: &str) {
    out.push('<');
    out.push_str(tag);
    out.push('>');
    text(out, content);
    out.push_str("</");
    out.push_str(tag);
    out.push('>');
}

/// Escapes, and leaves out what XML 1.0 (§2.2) cannot hold: one such sign in a name would make
/// the server refuse the whole call. A carriage return is written as a reference, since a parser
/// turns a bare one into a line feed (§2.11).
fn text(out: &mut String, content: &str) {
    for sign in content.chars() {
        match sign {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\r' => out.push_str("&#13;"),
            '\t' | '\n' => out.push(sign),
            '\0'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => {}
            _ => out.push(sign),
        }
    }
}
