//! Periods: spans of whole days that move with today.

use serde_json::{Value, json};
use time::{Date, Duration, Month, Weekday};

/// Where a period lies, seen from today.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the start of the unit `count` units before the present one, until the end of today.
    /// It never ends before today, so that what is made today has its folder today.
    Last,
    /// The unit that today is in; with a count over 1, the next ones too.
    This,
    /// From today until the end of the unit `count` units after the present one.
    Next,
}

/// What is counted. Weeks start on Monday.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Day,
    Week,
    Month,
    Quarter,
    Year,
}

/// How the field is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldKind {
    Date,
    /// In UTC, as Odoo stores it; the bounds of a day are UTC too.
    Datetime,
}

/// Only records whose date lies in a span relative to today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    /// A stored date or datetime field of the rule's model.
    pub field: String,
    pub kind: FieldKind,
    pub direction: Direction,
    /// 0 counts as 1.
    pub count: u32,
    pub unit: Unit,
}

impl Period {
    /// First day, and the day after the last. Beyond the years 1 to 9999 the bound is the edge of
    /// the calendar.
    pub fn span(&self, today: Date) -> (Date, Date) {
        let count = i64::from(self.count.max(1));
        let tomorrow = later(today, 1, Unit::Day);
        let present = start(today, self.unit);
        match self.direction {
            Direction::Last => (later(present, -count, self.unit), tomorrow),
            Direction::This => (present, later(present, count, self.unit)),
            Direction::Next => (today, later(present, count + 1, self.unit)),
        }
    }

    /// The terms that a domain gains, to be joined by *and*.
    pub fn terms(&self, today: Date) -> [Value; 2] {
        let (from, until) = self.span(today);
        let bound = |day: Date| match self.kind {
            FieldKind::Date => day.to_string(),
            FieldKind::Datetime => format!("{day} 00:00:00"),
        };
        [
            json!([self.field, ">=", bound(from)]),
            json!([self.field, "<", bound(until)]),
        ]
    }
}

/// First day of the unit that a day is in.
fn start(day: Date, unit: Unit) -> Date {
    let first = |month: u8| {
        let month = Month::try_from(month).expect("a month of the same calendar");
        Date::from_calendar_date(day.year(), month, 1).expect("every month has a first day")
    };
    match unit {
        Unit::Day => day,
        Unit::Week => day
            .checked_sub(Duration::days(i64::from(
                day.weekday().number_days_from_monday(),
            )))
            .unwrap_or(Date::MIN),
        Unit::Month => first(day.month().into()),
        Unit::Quarter => first((u8::from(day.month()) - 1) / 3 * 3 + 1),
        Unit::Year => first(1),
    }
}

/// The first day of a unit, moved by whole units.
fn later(first: Date, count: i64, unit: Unit) -> Date {
    let months = match unit {
        Unit::Day | Unit::Week => {
            let days = count.saturating_mul(if unit == Unit::Day { 1 } else { 7 });
            let edge = if days < 0 { Date::MIN } else { Date::MAX };
            return Duration::DAY
                .checked_mul(i32::try_from(days).unwrap_or(i32::MAX))
                .and_then(|span| first.checked_add(span))
                .unwrap_or(edge)
                .clamp(earliest(), latest());
        }
        Unit::Month => count,
        Unit::Quarter => count.saturating_mul(3),
        Unit::Year => count.saturating_mul(12),
    };
    let whole = i64::from(first.year()) * 12 + i64::from(u8::from(first.month())) - 1;
    let moved = whole.saturating_add(months);
    let month = u8::try_from(moved.rem_euclid(12)).expect("a remainder of 12") + 1;
    i32::try_from(moved.div_euclid(12))
        .ok()
        .zip(Month::try_from(month).ok())
        .and_then(|(year, month)| Date::from_calendar_date(year, month, 1).ok())
        .unwrap_or(if months < 0 { earliest() } else { latest() })
        .clamp(earliest(), latest())
}

/// Postgres and Odoo write years with four digits.
fn earliest() -> Date {
    Date::from_ordinal_date(1, 1).expect("every year has a first day")
}

fn latest() -> Date {
    Date::from_calendar_date(9999, Month::December, 31).expect("december has 31 days")
}

const _: () = assert!(Weekday::Monday.number_days_from_monday() == 0);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::date;

    fn period(direction: Direction, count: u32, unit: Unit) -> Period {
        Period {
            field: "date_order".into(),
            kind: FieldKind::Date,
            direction,
            count,
            unit,
        }
    }

    #[test]
    fn b6_a_period_is_a_span_that_moves_with_today() {
        use Direction::{Last, Next, This};
        use Unit::{Day, Month, Quarter, Week, Year};
        // 2026-11-24 is a Tuesday.
        let today = date!(2026 - 11 - 24);
        let table = [
            (Last, 1, Day, date!(2026 - 11 - 23), date!(2026 - 11 - 25)),
            (Last, 7, Day, date!(2026 - 11 - 17), date!(2026 - 11 - 25)),
            (Last, 1, Week, date!(2026 - 11 - 16), date!(2026 - 11 - 25)),
            (Last, 3, Month, date!(2026 - 08 - 01), date!(2026 - 11 - 25)),
            (
                Last,
                12,
                Month,
                date!(2025 - 11 - 01),
                date!(2026 - 11 - 25),
            ),
            (
                Last,
                1,
                Quarter,
                date!(2026 - 07 - 01),
                date!(2026 - 11 - 25),
            ),
            (Last, 2, Year, date!(2024 - 01 - 01), date!(2026 - 11 - 25)),
            (This, 1, Day, date!(2026 - 11 - 24), date!(2026 - 11 - 25)),
            (This, 1, Week, date!(2026 - 11 - 23), date!(2026 - 11 - 30)),
            (This, 1, Month, date!(2026 - 11 - 01), date!(2026 - 12 - 01)),
            (
                This,
                1,
                Quarter,
                date!(2026 - 10 - 01),
                date!(2027 - 01 - 01),
            ),
            (This, 1, Year, date!(2026 - 01 - 01), date!(2027 - 01 - 01)),
            (This, 2, Week, date!(2026 - 11 - 23), date!(2026 - 12 - 07)),
            (Next, 1, Day, date!(2026 - 11 - 24), date!(2026 - 11 - 26)),
            (Next, 1, Week, date!(2026 - 11 - 24), date!(2026 - 12 - 07)),
            (Next, 2, Month, date!(2026 - 11 - 24), date!(2027 - 02 - 01)),
            (
                Next,
                1,
                Quarter,
                date!(2026 - 11 - 24),
                date!(2027 - 04 - 01),
            ),
            (Next, 1, Year, date!(2026 - 11 - 24), date!(2028 - 01 - 01)),
        ];
        for (direction, count, unit, from, until) in table {
            let asked = period(direction, count, unit);
            assert_eq!(asked.span(today), (from, until), "{asked:?}");
        }
        let week = period(Last, 1, Week);
        assert_eq!(week.span(date!(2026 - 11 - 29)).0, date!(2026 - 11 - 16));
        assert_eq!(week.span(date!(2026 - 11 - 30)).0, date!(2026 - 11 - 23));
        let zero = period(Last, 0, Day);
        assert_eq!(zero.span(today), period(Last, 1, Day).span(today));
    }

    #[test]
    fn b6_a_datetime_is_bounded_in_utc_by_half_open_days() {
        let mut asked = period(Direction::This, 1, Unit::Month);
        let today = date!(2024 - 02 - 29);
        assert_eq!(
            asked.terms(today),
            [
                json!(["date_order", ">=", "2024-02-01"]),
                json!(["date_order", "<", "2024-03-01"])
            ]
        );
        asked.kind = FieldKind::Datetime;
        assert_eq!(
            asked.terms(today),
            [
                json!(["date_order", ">=", "2024-02-01 00:00:00"]),
                json!(["date_order", "<", "2024-03-01 00:00:00"])
            ]
        );
    }

    #[test]
    fn a_period_beyond_the_calendar_ends_at_its_edge() {
        let today = date!(2026 - 11 - 24);
        for unit in [
            Unit::Day,
            Unit::Week,
            Unit::Month,
            Unit::Quarter,
            Unit::Year,
        ] {
            let last = period(Direction::Last, u32::MAX, unit).span(today);
            assert_eq!(last.0, earliest(), "{unit:?}");
            let next = period(Direction::Next, u32::MAX, unit).span(today);
            assert_eq!(next.1, latest(), "{unit:?}");
        }
    }

    proptest! {
        #[test]
        fn b6_every_span_holds_today_and_never_moves_back(
            ordinal in 0_i64..20_000,
            count in 0_u32..40,
            direction in prop_oneof![
                Just(Direction::Last), Just(Direction::This), Just(Direction::Next)
            ],
            unit in prop_oneof![
                Just(Unit::Day), Just(Unit::Week), Just(Unit::Month),
                Just(Unit::Quarter), Just(Unit::Year)
            ],
        ) {
            let today = date!(2000 - 01 - 01) + Duration::days(ordinal);
            let asked = period(direction, count, unit);
            let (from, until) = asked.span(today);
            prop_assert!(from <= today && today < until);
            let (next_from, next_until) = asked.span(today + Duration::DAY);
            prop_assert!(from <= next_from && until <= next_until);
        }
    }
}
