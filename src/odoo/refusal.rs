//! What Odoo says when it refuses, as a kind and a sentence that tells a person what to do.
//!
//! JSON-2 answers an exception as `{name, message, …}` with a status, XML-RPC as a fault: 1 with a
//! traceback, 2 for what a person is told, 3 access denied, 4 a missing right
//! (Odoo 19, `http.py` and `rpc/controllers/xmlrpc.py`).

use super::http::shown;
use super::transport::Endpoint;
use super::xmlrpc::{Fault, FaultCode};
use super::{ErrorKind, OdooError};
use std::time::Duration;

/// Longest piece of Odoo's own text in a message.
const MOST_TEXT: usize = 300;

/// What was asked, for the message.
#[derive(Clone, Debug)]
pub struct Asked<'a> {
    pub endpoint: &'a Endpoint,
    pub model: &'a str,
    pub method: &'a str,
}

impl<'a> Asked<'a> {
    /// A call of `model`.`method`.
    pub fn new(endpoint: &'a Endpoint, model: &'a str, method: &'a str) -> Self {
        Asked {
            endpoint,
            model,
            method,
        }
    }

    fn of_addon(&self) -> bool {
        self.model.starts_with("attache.")
    }
}

#[derive(serde::Deserialize)]
struct Exception {
    name: String,
    message: String,
}

/// A JSON-2 answer that is no success.
pub fn json2(asked: &Asked<'_>, status: u16, body: &[u8]) -> OdooError {
    let exception = serde_json::from_slice::<Exception>(body);
    match (status, exception) {
        (401, _) => unauthorized(asked),
        (_, Ok(Exception { name, message })) if name.ends_with(".AccessDenied") => {
            forbidden(asked, &message)
        }
        (_, Ok(Exception { name, message })) => named(asked, &name, &message),
        (404, Err(_)) if is_no_database(body) => wrong_database(asked),
        (404, Err(_)) => not_there(asked, status),
        (403, Err(_)) => forbidden(asked, "the server or a proxy before it says 403"),
        (413, Err(_)) => OdooError::new(
            ErrorKind::Invalid,
            "a proxy before Odoo refuses the call as too large: raise its limit for request bodies",
        ),
        _ => no_data(asked),
    }
}

/// An answer of one of the addon's own routes that is no success.
pub fn route(asked: &Asked<'_>, status: u16, body: &[u8]) -> OdooError {
    match status {
        404 if !is_no_database(body) => missing_model(asked),
        _ => json2(asked, status, body),
    }
}

/// Odoo's page for a request that no database serves (`NOT_FOUND_NODB` of its `http.py`).
pub fn is_no_database(body: &[u8]) -> bool {
    String::from_utf8_lossy(body).contains("No database is selected")
}

/// An XML-RPC fault.
pub fn fault(asked: &Asked<'_>, fault: &Fault) -> OdooError {
    let text = fault.text.as_str();
    match &fault.code {
        FaultCode::Number(2) => warning(asked, text),
        FaultCode::Number(3) => unauthorized(asked),
        FaultCode::Number(4) => forbidden(asked, text),
        FaultCode::Number(_) => raised(asked, text),
        FaultCode::Word(word) => {
            let (head, told) = word.split_once("\n\n").unwrap_or((word, text));
            match head.strip_prefix("warning -- ").unwrap_or(head) {
                "AccessDenied" => unauthorized(asked),
                "AccessError" => forbidden(asked, told),
                "MissingError" => not_found(told),
                "UserError" | "Warning" => warning(asked, told),
                _ => raised(asked, text),
            }
        }
    }
}

/// The last line of a traceback that names an exception.
fn raised(asked: &Asked<'_>, traceback: &str) -> OdooError {
    let found = traceback.lines().rev().find_map(|line| {
        let (name, message) = line.split_once(": ").unwrap_or((line, ""));
        let is_name = |sign: char| sign.is_alphanumeric() || "._".contains(sign);
        (!name.is_empty() && name.chars().all(is_name)).then_some((name, message))
    });
    match found {
        Some((name, message)) => named(asked, name, message),
        None => named(asked, "an error", traceback),
    }
}

/// What people are told by fault 2, which has no class.
fn warning(asked: &Asked<'_>, text: &str) -> OdooError {
    if text.starts_with("Object ") && text.ends_with(" doesn't exist") {
        missing_model(asked)
    } else if text.starts_with("Record does not exist or has been deleted") {
        not_found(text)
    } else {
        invalid(text)
    }
}

/// An exception by its class.
pub fn named(asked: &Asked<'_>, name: &str, message: &str) -> OdooError {
    let class = name.rsplit('.').next().unwrap_or(name);
    let lost = message.contains("does not exist");
    match class {
        "AccessDenied" => unauthorized(asked),
        "AccessError" if message.starts_with("Database not found") => wrong_database(asked),
        "AccessError" => forbidden(asked, message),
        "MissingError" => not_found(message),
        "UserError" | "ValidationError" | "RedirectWarning" => warning(asked, message),
        "NotFound" | "KeyError" if message.contains("the model") => missing_model(asked),
        "NotFound" | "AttributeError" if lost => missing_method(asked),
        "OperationalError" | "RegistryError" if lost || message.contains("registry") => {
            wrong_database(asked)
        }
        "TypeError" | "UnprocessableEntity" if asked.of_addon() => incompatible(asked, message),
        "LockError"
        | "ConcurrencyError"
        | "SerializationFailure"
        | "LockNotAvailable"
        | "DeadlockDetected" => OdooError::new(
            ErrorKind::Busy(Duration::from_secs(1)),
            "somebody else is writing the same records in Odoo; it is tried again",
        ),
        "PoolError" | "OperationalError" | "InterfaceError" => OdooError::new(
            ErrorKind::Unavailable,
            format!("Odoo cannot reach its database just now: {}", line(message)),
        ),
        "ValueError" | "TypeError" | "UnprocessableEntity" => {
            invalid(&format!("{}.{}: {message}", asked.model, asked.method))
        }
        _ => OdooError::new(
            ErrorKind::Unexpected,
            format!(
                "Odoo failed in {}.{} ({name}: {}); its log says more",
                asked.model,
                asked.method,
                line(message)
            ),
        ),
    }
}

/// The key, or the password, does not open the database.
pub fn unauthorized(asked: &Asked<'_>) -> OdooError {
    let message = format!(
        "Odoo refuses the key of {} for the database {}: run `attache pair` again",
        asked.endpoint.login, asked.endpoint.database
    );
    OdooError::new(ErrorKind::Unauthorized, message)
}

/// An answer that is neither data nor a refusal of Odoo's.
pub fn no_data(asked: &Asked<'_>) -> OdooError {
    let message = format!(
        "{} did not answer {}.{} with data: check that it is the address of Odoo itself",
        shown(&asked.endpoint.url),
        asked.model,
        asked.method
    );
    OdooError::new(ErrorKind::Unexpected, message)
}

/// An answer that is not of the shape that the protocol says.
pub fn no_protocol(asked: &Asked<'_>, why: &str) -> OdooError {
    incompatible(asked, why)
}

/// A server that does not speak XML-RPC at all.
pub fn no_xmlrpc(asked: &Asked<'_>, status: u16) -> OdooError {
    match status {
        401 | 403 => forbidden(asked, &format!("a proxy before Odoo says {status}")),
        404 => not_there(asked, status),
        _ => no_data(asked),
    }
}

fn not_there(asked: &Asked<'_>, status: u16) -> OdooError {
    let message = format!(
        "{} has no such page (status {status}): check that it is the address of Odoo itself and that a proxy passes /json, /xmlrpc and /attache on",
        shown(&asked.endpoint.url)
    );
    OdooError::new(ErrorKind::Missing, message)
}

fn wrong_database(asked: &Asked<'_>) -> OdooError {
    let message = format!(
        "{} has no database named {}, or its dbfilter hides it: correct the name",
        shown(&asked.endpoint.url),
        asked.endpoint.database
    );
    OdooError::new(ErrorKind::WrongDatabase, message)
}

fn missing_model(asked: &Asked<'_>) -> OdooError {
    let message = if asked.of_addon() {
        format!(
            "the addon Attaché is not installed in the database {}: install it in Odoo's Apps",
            asked.endpoint.database
        )
    } else {
        format!(
            "Odoo has no model {}: install the app it belongs to",
            asked.model
        )
    };
    OdooError::new(ErrorKind::Missing, message)
}

fn missing_method(asked: &Asked<'_>) -> OdooError {
    if asked.of_addon() {
        return incompatible(asked, "it has no such method");
    }
    let message = format!("Odoo's {} has no method {}", asked.model, asked.method);
    OdooError::new(ErrorKind::Missing, message)
}

fn incompatible(asked: &Asked<'_>, why: &str) -> OdooError {
    let message = format!(
        "the addon in Odoo does not fit this sidecar at {}.{} ({}): upgrade the older of the two",
        asked.model,
        asked.method,
        line(why)
    );
    OdooError::new(ErrorKind::Incompatible, message)
}

fn forbidden(asked: &Asked<'_>, text: &str) -> OdooError {
    let remedy = match asked.of_addon() {
        true => "give it the group Attaché / Sidecar, or pair again",
        false => "give it the right in Odoo",
    };
    let message = format!(
        "{} may not call {}.{} in Odoo ({}): {remedy}",
        asked.endpoint.login,
        asked.model,
        asked.method,
        line(text)
    );
    OdooError::new(ErrorKind::Forbidden, message)
}

fn not_found(text: &str) -> OdooError {
    OdooError::new(
        ErrorKind::NotFound,
        format!("the record is gone in Odoo: {}", line(text)),
    )
}

fn invalid(text: &str) -> OdooError {
    OdooError::new(
        ErrorKind::Invalid,
        format!("Odoo refuses it: {}", line(text)),
    )
}

/// The first line that says something, not too long.
fn line(text: &str) -> String {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first = first.unwrap_or("no reason given").trim();
    let first = first.strip_suffix('.').unwrap_or(first);
    let mut short: String = first.chars().take(MOST_TEXT).collect();
    if short.len() < first.len() {
        short.push('…');
    }
    short
}
