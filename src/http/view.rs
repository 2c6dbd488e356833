//! How numbers, times and sentences are shown: the helpers that the templates call.

use super::state::now;
use handlebars::{
    Context, Handlebars, Helper, HelperResult, Output, RenderContext, handlebars_helper,
};
use time::OffsetDateTime;
use time::macros::format_description;

/// Makes the helpers known to the templates.
pub(super) fn register(templates: &mut Handlebars<'_>) {
    templates.register_helper("when", Box::new(when));
    templates.register_helper("sentence", Box::new(sentence_helper));
    templates.register_helper("number", Box::new(number_helper));
}

/// `{{when at}}`: a time in seconds since 1970 UTC as `<time>`, near ones by their distance.
fn when(
    helper: &Helper<'_>,
    _: &Handlebars<'_>,
    _: &Context,
    _: &mut RenderContext<'_, '_>,
    out: &mut dyn Output,
) -> HelperResult {
    let Some(at) = helper.param(0).and_then(|param| param.value().as_i64()) else {
        return Ok(out.write("–")?);
    };
    let precise = precise(at);
    // Digits and our own words only: nothing to escape.
    out.write(&format!(
        "<time datetime=\"{precise}\" title=\"{precise}\">{}</time>",
        distance(at, now())
    ))?;
    Ok(())
}

fn precise(at: i64) -> String {
    let format = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");
    OffsetDateTime::from_unix_timestamp(at)
        .ok()
        .and_then(|at| at.format(format).ok())
        .unwrap_or_else(|| at.to_string())
}

/// How far a time is from now.
fn distance(at: i64, now: i64) -> String {
    let away = now.abs_diff(at);
    let (count, unit) = match away {
        0..5 => return "now".into(),
        5..120 => (away, "s"),
        120..7200 => (away / 60, "min"),
        7200..172_800 => (away / 3600, "h"),
        _ => (away / 86_400, "days"),
    };
    if at > now {
        format!("in {count} {unit}")
    } else {
        format!("{count} {unit} ago")
    }
}

handlebars_helper!(sentence_helper: |text: str| sentence(text));
handlebars_helper!(number_helper: |count: u64| number(count));

/// `{{sentence text}}`: messages are kept lower case without a stop; people read sentences.
fn sentence(text: &str) -> String {
    let mut signs = text.trim().chars();
    let Some(first) = signs.next() else {
        return String::new();
    };
    let mut sentence: String = first.to_uppercase().chain(signs).collect();
    if !sentence.ends_with(['.', '!', '?', '…']) {
        sentence.push('.');
    }
    sentence
}

/// `{{number count}}`: thousands apart, by a thin space.
fn number(count: u64) -> String {
    let digits = count.to_string();
    let mut shown = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            shown.push('\u{202f}');
        }
        shown.push(digit);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_numbers_and_sentences_read_well() {
        let table = [
            (0, "now"),
            (-90, "90 s ago"),
            (-600, "10 min ago"),
            (7300, "in 2 h"),
            (-400_000, "4 days ago"),
        ];
        for (away, expected) in table {
            assert_eq!(distance(1_000_000 + away, 1_000_000), expected);
        }
        assert_eq!(precise(0), "1970-01-01T00:00:00Z");
        assert_eq!(precise(i64::MAX), i64::MAX.to_string());
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(sentence("the root is gone"), "The root is gone.");
        assert_eq!(sentence("why?"), "Why?");
        assert_eq!(sentence(""), "");
    }
}
