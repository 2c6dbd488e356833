//! Reads XML-RPC answers.

use super::value::{Fault, FaultCode, Value};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::Reader;
use quick_xml::events::{BytesRef, Event};
use std::borrow::Cow;
use std::collections::HashSet;
use std::sync::Arc;

/// Deepest nesting of arrays and structs that is read; hostile input must not exhaust the stack.
pub const MOST_DEPTH: usize = 64;

/// Why an answer is none. Never holds the document: it may be large, and secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    #[error("it is not text in UTF-8")]
    NotUtf8,
    #[error("it is not well-formed XML at byte {at}: {why}")]
    NotXml { at: u64, why: String },
    #[error("it nests deeper than {MOST_DEPTH}")]
    TooDeep,
    #[error("{0} stands where {1} was expected")]
    Unexpected(String, &'static str),
    #[error("it holds a {0} that cannot be read")]
    BadValue(&'static str),
}

type Result<T> = std::result::Result<T, DecodeError>;

/// Reads a `methodResponse`: its one value, or its fault.
pub fn response(document: &[u8]) -> Result<std::result::Result<Value, Fault>> {
    let document = std::str::from_utf8(document).map_err(|_| DecodeError::NotUtf8)?;
    let mut parser = Parser::new(document);
    parser.enter("methodResponse")?;
    let outcome = match parser.start("params or fault")?.as_ref() {
        "params" => {
            parser.enter("param")?;
            parser.enter("value")?;
            let value = parser.value(0)?;
            parser.leave("the end of param")?;
            parser.leave("the end of params")?;
            Ok(value)
        }
        "fault" => {
            parser.enter("value")?;
            let value = parser.value(0)?;
            parser.leave("the end of fault")?;
            Err(fault(value)?)
        }
        other => return Err(DecodeError::Unexpected(tag(other), "params or fault")),
    };
    parser.leave("the end of methodResponse")?;
    Ok(outcome)
}

fn fault(value: Value) -> Result<Fault> {
    let Value::Struct(members) = value else {
        return Err(DecodeError::BadValue("fault"));
    };
    let (mut code, mut text) = (None, String::new());
    for (name, value) in members {
        match (name.as_ref(), value) {
            ("faultCode", Value::Int(number)) => code = Some(FaultCode::Number(number)),
            ("faultCode", Value::String(word)) => code = Some(FaultCode::Word(word)),
            ("faultString", Value::String(string)) => text = string,
            _ => {}
        }
    }
    let code = code.ok_or(DecodeError::BadValue("fault"))?;
    Ok(Fault { code, text })
}

fn tag(name: &str) -> String {
    // A tag of a foreign document may be anything; enough of it to recognise an HTML page.
    format!("<{}>", name.chars().take(40).collect::<String>())
}

struct Parser<'a> {
    reader: Reader<&'a [u8]>,
    names: HashSet<Arc<str>>,
}

impl<'a> Parser<'a> {
    fn new(document: &'a str) -> Self {
        let mut reader = Reader::from_str(document);
        reader.config_mut().expand_empty_elements = true;
        Parser {
            reader,
            names: HashSet::new(),
        }
    }

    /// The next event that carries something.
    fn event(&mut self) -> Result<Event<'a>> {
        loop {
            match self.reader.read_event() {
                Ok(Event::Comment(_) | Event::PI(_) | Event::Decl(_) | Event::DocType(_)) => {}
                Ok(event) => return Ok(event),
                Err(error) => {
                    return Err(DecodeError::NotXml {
                        at: self.reader.error_position(),
                        why: error.to_string(),
                    });
                }
            }
        }
    }

    /// The next event, white space between tags left out.
    fn markup(&mut self, expected: &'static str) -> Result<Event<'a>> {
        loop {
            match self.event()? {
                Event::Text(text) if is_blank(&text.xml10_content()) => {}
                Event::Text(_) | Event::CData(_) | Event::GeneralRef(_) => {
                    return Err(DecodeError::Unexpected("text".to_owned(), expected));
                }
                Event::Eof => {
                    return Err(DecodeError::Unexpected("the end".to_owned(), expected));
                }
                event => return Ok(event),
            }
        }
    }

    fn start(&mut self, expected: &'static str) -> Result<Cow<'a, str>> {
        match self.markup(expected)? {
            Event::Start(start) => Ok(Cow::Owned(start.local_name().as_ref().to_owned())),
            _ => Err(DecodeError::Unexpected(
                "a closing tag".to_owned(),
                expected,
            )),
        }
    }

    /// Goes into the element `name`, which must be next.
    fn enter(&mut self, name: &'static str) -> Result<()> {
        let found = self.start(name)?;
        if found == name {
            Ok(())
        } else {
            Err(DecodeError::Unexpected(tag(&found), name))
        }
    }

    /// Goes into the element `name` (true), or out of the one around it (false).
    fn enter_or_leave(&mut self, name: &'static str) -> Result<bool> {
        match self.markup(name)? {
            Event::Start(start) if start.local_name().as_ref() == name => Ok(true),
            Event::Start(start) => {
                let found = tag(start.local_name().as_ref());
                Err(DecodeError::Unexpected(found, name))
            }
            _ => Ok(false),
        }
    }

    /// Goes out of the present element; the reader has checked that the names agree.
    fn leave(&mut self, expected: &'static str) -> Result<()> {
        match self.markup(expected)? {
            Event::End(_) => Ok(()),
            _ => Err(DecodeError::Unexpected("a tag".to_owned(), expected)),
        }
    }

    /// The text up to the end of the present element.
    fn text(&mut self) -> Result<Cow<'a, str>> {
        let mut text = Cow::Borrowed("");
        loop {
            match self.event()? {
                Event::End(_) => return Ok(text),
                event => append(&mut text, event)?,
            }
        }
    }

    /// A value, its opening tag already read; reads the closing one too.
    fn value(&mut self, depth: usize) -> Result<Value> {
        let mut text = Cow::Borrowed("");
        loop {
            match self.event()? {
                // No type tag: a string, blanks and all.
                Event::End(_) => return Ok(Value::String(text.into_owned())),
                Event::Start(start) if is_blank(&text) => {
                    let value = self.typed(start.local_name().as_ref(), depth)?;
                    self.leave("the end of value")?;
                    return Ok(value);
                }
                event => append(&mut text, event)?,
            }
        }
    }

    fn typed(&mut self, name: &str, depth: usize) -> Result<Value> {
        match name {
            "string" => Ok(Value::String(self.text()?.into_owned())),
            "int" | "i4" | "i8" | "i1" | "i2" | "biginteger" => {
                self.parsed("number", |text| text.parse().ok().map(Value::Int))
            }
            "boolean" => self.parsed("boolean", |text| match text {
                "1" | "true" => Some(Value::Bool(true)),
                "0" | "false" => Some(Value::Bool(false)),
                _ => None,
            }),
            "double" | "float" => {
                self.parsed("number", |text| text.parse().ok().map(Value::Double))
            }
            "dateTime.iso8601" => {
                self.parsed("time", |text| Some(Value::DateTime(text.to_owned())))
            }
            "base64" => {
                let mut text = self.text()?.into_owned();
                text.retain(|sign| !sign.is_ascii_whitespace());
                let bytes = STANDARD.decode(text);
                bytes
                    .map(Value::Bytes)
                    .map_err(|_| DecodeError::BadValue("base64"))
            }
            "nil" => self.parsed("nil", |text| text.is_empty().then_some(Value::Nil)),
            "array" | "struct" if depth >= MOST_DEPTH => Err(DecodeError::TooDeep),
            "array" => self.array(depth + 1),
            "struct" => self.members(depth + 1),
            other => Err(DecodeError::Unexpected(tag(other), "a type of XML-RPC")),
        }
    }

    fn parsed(
        &mut self,
        what: &'static str,
        parse: impl Fn(&str) -> Option<Value>,
    ) -> Result<Value> {
        let text = self.text()?;
        parse(text.trim()).ok_or(DecodeError::BadValue(what))
    }

    fn array(&mut self, depth: usize) -> Result<Value> {
        let mut values = Vec::new();
        self.enter("data")?;
        while self.enter_or_leave("value")? {
            values.push(self.value(depth)?);
        }
        self.leave("the end of array")?;
        Ok(Value::Array(values))
    }

    fn members(&mut self, depth: usize) -> Result<Value> {
        let mut members = Vec::new();
        while self.enter_or_leave("member")? {
            self.enter("name")?;
            let name = self.text()?;
            let name = self.interned(&name);
            self.enter("value")?;
            members.push((name, self.value(depth)?));
            self.leave("the end of member")?;
        }
        Ok(Value::Struct(members))
    }

    /// The same names come again in each of thousands of rows.
    fn interned(&mut self, name: &str) -> Arc<str> {
        if let Some(known) = self.names.get(name) {
            return Arc::clone(known);
        }
        let new: Arc<str> = Arc::from(name);
        self.names.insert(Arc::clone(&new));
        new
    }
}

fn append<'a>(text: &mut Cow<'a, str>, event: Event<'a>) -> Result<()> {
    let more = match event {
        Event::Text(part) => part.xml10_content(),
        Event::CData(part) => part.xml10_content(),
        Event::GeneralRef(reference) => Cow::Owned(resolved(&reference)?.to_string()),
        Event::Start(start) => {
            let found = tag(start.local_name().as_ref());
            return Err(DecodeError::Unexpected(found, "text"));
        }
        _ => return Err(DecodeError::Unexpected("the end".to_owned(), "text")),
    };
    if text.is_empty() {
        *text = more;
    } else {
        text.to_mut().push_str(&more);
    }
    Ok(())
}

/// The sign that a reference stands for. One that no text can hold becomes U+FFFD: the rest of a
/// long answer is still good.
fn resolved(reference: &BytesRef<'_>) -> Result<char> {
    let name: &str = reference;
    match name {
        "amp" => return Ok('&'),
        "lt" => return Ok('<'),
        "gt" => return Ok('>'),
        "quot" => return Ok('"'),
        "apos" => return Ok('\''),
        _ => {}
    }
    let number = name
        .strip_prefix('#')
        .map(|digits| match digits.strip_prefix('x') {
            Some(hex) => u32::from_str_radix(hex, 16),
            None => digits.parse(),
        });
    match number {
        Some(Ok(0)) => Ok('\u{fffd}'),
        Some(Ok(number)) => Ok(char::from_u32(number).unwrap_or('\u{fffd}')),
        _ => Err(DecodeError::BadValue("reference")),
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|sign| sign.is_ascii_whitespace())
}
