//! Tables of name expressions.

use super::*;
use proptest::prelude::*;
use serde_json::json;

fn values() -> Values {
    called("Design <b>&\"x\" the house")
}

fn called(name: &str) -> Values {
    let values = json!({
        "name": name,
        "project_id": "Office",
        "project_id.name": "Office",
        "project_id.partner_id.name": "Azure Interior",
        "partner_id.name": null,
        "number": 42,
        "company_id": "Ours",
        "date": "2026-11-24",
        "date_order": "2026-01-02 03:04:05",
        "active": true,
        "tag_ids.name": "Urgent, Paid",
        "note": "two\nlines ",
    });
    let values = values.as_object().expect("an object").clone();
    values.into_iter().collect()
}

fn rendered(text: &str) -> String {
    let expression = Expression::parse(text).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    expression
        .render(&values())
        .unwrap_or_else(|fault| panic!("{text}: {fault}"))
}

#[test]
fn b20_an_expression_is_the_name() {
    let table = [
        (
            "{{ object.project_id.name }} {{ object.name }}",
            "Office Design <b>&\"x\" the house",
        ),
        (
            "{{object.project_id.partner_id.name}} / {{object.number}}",
            "Azure Interior / 42",
        ),
        ("{{object.project_id}}", "Office"),
        ("{{object.tag_ids.name}}", "Urgent, Paid"),
        ("{{{object.name}}}", "Design <b>&\"x\" the house"),
        ("Fixed", "Fixed"),
        ("-{{object.partner_id.name}}-", "--"),
        ("{{object.note}}!", "two lines !"),
        ("  {{object.number}}  ", "42"),
        ("{{#if object.active}}on{{else}}off{{/if}}", "on"),
        (
            "{{#unless object.partner_id.name}}nobody{{/unless}}",
            "nobody",
        ),
        (
            "{{#if (and (gt object.number 40) (eq object.project_id \"Office\"))}}big{{/if}}",
            "big",
        ),
        (
            "{{#if object.partner_id.name}}a{{else if object.number}}b{{/if}}",
            "b",
        ),
        ("{{! said nowhere }}{{object.number}}", "42"),
    ];
    for (text, expected) in table {
        assert_eq!(rendered(text), expected, "{text}");
    }
}

#[test]
fn b20_odoos_inline_form_has_a_fallback() {
    let table = [
        (
            "{{ object.partner_id.name ||| No customer }}",
            "No customer",
        ),
        ("{{ object.number ||| No number }}", "42"),
        (
            "{{object.partner_id.name|||don't say \"x\" & y}}",
            "don't say \"x\" & y",
        ),
        ("{{ object.partner_id.name ||| }}-", "-"),
        (
            "a{{ object.partner_id.name ||| b }}c{{ object.partner_id.name|||d }}e",
            "abcde",
        ),
        ("{{ upper object.project_id ||| x }}", "OFFICE"),
        (
            "{{ upper object.partner_id.name ||| it's }} {{ object.number }}",
            "it's 42",
        ),
        (
            "{{ default object.partner_id.name \"a ||| b\" }}",
            "a ||| b",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(rendered(text), expected, "{text}");
    }
}

#[test]
fn b20_the_functions() {
    let table = [
        ("{{date object.date}}", "2026-11-24"),
        (
            "{{date object.date \"%d.%m.%y %B %b %A %a %j Q%q W%V %G %%\"}}",
            "24.11.26 November Nov Tuesday Tue 328 Q4 W48 2026 %",
        ),
        (
            "{{date object.date_order \"%Y/%m %H:%M:%S\"}}",
            "2026/01 03:04:05",
        ),
        ("{{date object.partner_id.name \"%Y\"}}-", "-"),
        ("{{upper object.project_id}}", "OFFICE"),
        ("{{lower object.project_id}}", "office"),
        ("{{title \"the don't-do LIST\"}}", "The Don't-Do LIST"),
        ("{{pad object.number 5}}", "00042"),
        ("{{pad object.number 4 \"_\"}}", "__42"),
        ("{{pad object.number 1}}", "42"),
        ("{{pad object.partner_id.name 3}}-", "-"),
        ("{{slice object.project_id 0 3}}", "Off"),
        ("{{slice object.project_id -3}}", "ice"),
        ("{{slice object.project_id 4 2}}-", "-"),
        ("{{replace object.project_id \"f\" \"F\"}}", "OFFice"),
        ("{{default object.partner_id.name \"None\"}}", "None"),
        ("{{money object.number \"EUR\"}}", "42.00 EUR"),
        ("{{money object.number \"JPY\"}}", "42 JPY"),
        ("{{money object.number \"KWD\"}}", "42.000 KWD"),
        ("{{money object.number \"shells\"}}", "42.00 shells"),
        ("{{money object.number}}", "42.00"),
        ("{{money -0.001 \"EUR\"}}", "0.00 EUR"),
        ("{{money -3.5 \"EUR\"}}", "-3.50 EUR"),
        ("{{money object.partner_id.name \"EUR\"}}-", "-"),
        ("{{company}} {{upper company}}", "Ours OURS"),
        ("{{ company ||| nobody }}", "Ours"),
        (
            "{{upper (slice (replace object.name \"Design\" \"d\") 0 1)}}",
            "D",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(rendered(text), expected, "{text}");
    }
}

#[test]
fn b20_an_expression_tells_the_fields_it_needs() {
    let fields = |text| {
        Expression::parse(text)
            .unwrap()
            .fields()
            .iter()
            .cloned()
            .collect()
    };
    let found: Vec<String> = fields(
        "{{object.name}} {{#if (eq object.stage_id.name \"x\")}}{{upper object.a.b.c}}\
         {{else if object.d}}{{date object.e}}{{else}}{{object.f ||| g}}{{/if}}",
    );
    assert_eq!(found, ["a.b.c", "d", "e", "f", "name", "stage_id.name"]);
    assert_eq!(fields("plain"), Vec::<String>::new());
}

#[test]
fn b21_what_cannot_work_is_refused_with_its_place() {
    let long = format!("{{{{object.name}}}}{}", "x".repeat(MOST_TEXT));
    let table = [
        ("{{object.name}} {{object.}}", 26),
        ("ab {{ object.name", 18),
        ("{{object.name or 'x'}}", 15),
        ("a{{#if object.a}}b{{else each object.b}}c{{/if}}", 2),
        ("é {{ record.name }}", 3),
        ("{{ object }}", 1),
        ("{{ name }}", 1),
        ("{{ uper object.name }}", 1),
        ("{{object.name}}{{ upper }}", 16),
        ("{{object.name}}{{ pad object.name }}", 16),
        ("{{#each object.tag_ids}}x{{/each}}", 1),
        ("{{#with object}}x{{/with}}", 1),
        ("{{lookup object 'name'}}", 1),
        ("{{> other}}", 1),
        ("{{#*inline \"a\"}}x{{/inline}}", 1),
        ("{{@root.object.name}}", 1),
        ("{{../object.name}}", 1),
        ("{{object.[a b]}}", 1),
        ("{{upper object.name x=1}}", 1),
        ("{{#if object.name includeZero=true}}x{{/if}}", 1),
        ("{{{{raw}}}}x{{{{/raw}}}}", 1),
        ("x{{ ||| y }}", 5),
        (
            "{{ object.name ||| y }}{{ object.name ||| yy }}{{ oops }}",
            48,
        ),
        (long.as_str(), MOST_TEXT),
    ];
    for (text, position) in table {
        match Expression::parse(text) {
            Ok(_) => panic!("{text} is taken"),
            Err(fault) => assert_eq!(fault.position, position, "{text}: {fault}"),
        }
    }
    let fault = Expression::parse("{{ uper object.name }}")
        .unwrap_err()
        .to_string();
    assert!(
        fault.starts_with("the name expression is wrong at character 1: uper is not a function")
    );
    assert!(fault.contains("upper"), "{fault}");
}

#[test]
fn b21_u5_an_empty_or_failing_expression_makes_no_name() {
    let outcome = |text: &str| Expression::parse(text).unwrap().render(&values());
    assert_eq!(outcome("{{object.partner_id.name}} "), Err(NoName::Empty));
    assert_eq!(outcome(""), Err(NoName::Empty));
    let failed = |message: &str| Err(NoName::Failed(message.into()));
    assert_eq!(
        outcome("{{date object.project_id}}"),
        failed("date is given what is not a date")
    );
    assert_eq!(
        outcome("{{date object.date \"%Q\"}}"),
        failed("%Q is not a part of a date")
    );
    assert_eq!(
        outcome("{{pad object.number 1000}}"),
        failed("pad needs a width from 0 to 100")
    );
    assert_eq!(
        outcome("{{slice object.name \"x\"}}"),
        failed("slice needs whole numbers")
    );
    assert_eq!(
        outcome("{{object.gone}}"),
        failed("the field gone cannot be read")
    );
    let long = called(&"x".repeat(MOST_NAME - 2));
    let twice = Expression::parse("{{object.name}}{{object.number}}").unwrap();
    assert_eq!(twice.render(&long).map(|name| name.len()), Ok(MOST_NAME));
    let thrice = Expression::parse("{{object.name}}{{object.number}}.").unwrap();
    assert_eq!(thrice.render(&long), Err(NoName::Long));
}

#[test]
fn odoos_false_is_empty_and_relations_are_names() {
    assert_eq!(plain(&json!(false), false), Value::Null);
    assert_eq!(plain(&json!(false), true), json!(false));
    assert_eq!(plain(&json!([3, "Azure"]), false), json!("Azure"));
    assert_eq!(plain(&json!([]), false), Value::Null);
    assert_eq!(plain(&json!(["a", null, "b"]), false), json!("a, b"));
    assert_eq!(plain(&json!(1.5), false), json!(1.5));
}

#[test]
fn the_rule_form_tells_every_word_as_it_is_written() {
    let form = include_str!("../../../odoo_addon/attache/static/src/expression/functions.js");
    let told: Vec<(&str, String)> = form
        .lines()
        .filter_map(|line| line.strip_prefix("    ")?.split_once(": "))
        .map(|(name, usage)| (name, usage.trim_end_matches(',').to_owned()))
        .map(|(name, usage)| (name, usage[1..usage.len() - 1].to_owned()))
        .collect();
    let known = functions::names().into_iter();
    let known = known.filter(|name| *name != functions::COMPANY);
    let known: Vec<(&str, String)> = known.map(|name| (name, functions::usage(name))).collect();
    assert_eq!(told, known);
}

proptest! {
    #[test]
    fn b21_no_text_breaks_the_parser_and_positions_lie_inside(text in "[{}|#/ a-c.\"'é(]{0,40}") {
        if let Err(fault) = Expression::parse(&text) {
            prop_assert!(fault.position >= 1);
            prop_assert!(fault.position <= text.chars().count() + 1, "{}", fault);
        }
    }

    #[test]
    fn b20_a_value_comes_out_as_it_went_in(value in "[^\\p{C}\\s][^\\p{C}]{0,30}[^\\p{C}\\s]") {
        let values = called(&value);
        let name = Expression::parse("{{object.name}}").unwrap().render(&values);
        prop_assert_eq!(name, Ok(value.clone()));
        let fallback = value.replace(['|', '}', '{'], "");
        let text = format!("x{{{{ object.partner_id.name ||| {fallback} }}}}");
        let name = Expression::parse(&text).unwrap().render(&values);
        prop_assert_eq!(name, Ok(format!("x{}", fallback.trim()).trim().to_owned()));
    }
}
