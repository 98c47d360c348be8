//! `time`: a point in time as the upstream writes it: seconds or milliseconds since 1970, JSON of
//! the old .NET kind, or a text of a pattern in a zone. (.NET's own count is `ticks`.)

use jiff::Timestamp;
use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};

use super::{Definition, EQUALITY, Refusal, Shown, Transform, date_time};
use crate::diagnostic::reader::{Key, Placed, Table, key};
use crate::record::{Operator, Operators};
use crate::value::{Type, Value, spelled};

pub(super) const DEFINITION: Definition = Definition {
    name: "time",
    prose: "a dateTime as the upstream writes it: a count since 1970, or a text of a pattern",
    shown: &[
        Shown::of(
            r#"via = { time = "%d/%m/%Y" }"#,
            date_time("2026-03-01T08:30:00Z"),
            Value::text("01/03/2026"),
            date_time("2026-03-01T00:00:00Z"),
        ),
        Shown::of(
            r#"via = { time = "%Y-%m-%d %H:%M:%S", zone = "America/Bogota" }"#,
            date_time("2026-03-01T08:30:00Z"),
            Value::text("2026-03-01 03:30:00"),
            date_time("2026-03-01T08:30:00Z"),
        ),
        Shown::of(
            r#"via = { time = "seconds" }"#,
            date_time("2026-03-01T09:30:00+01:00"),
            Value::Integer(1_772_353_800),
            date_time("2026-03-01T08:30:00Z"),
        ),
        Shown::of(
            r#"via = { time = "milliseconds" }"#,
            date_time("2026-03-01T08:30:00.25Z"),
            Value::Integer(1_772_353_800_250),
            date_time("2026-03-01T08:30:00.25Z"),
        ),
        Shown::of(
            r#"via = { time = "/Date(ms)/" }"#,
            date_time("2026-03-01T08:30:00Z"),
            Value::text("/Date(1772353800000)/"),
            date_time("2026-03-01T08:30:00Z"),
        ),
    ],
    keys: KEYS,
    read,
};

const KEYS: &[Key] = &[
    key(
        "time",
        "`seconds` or `milliseconds` since 1970, `/Date(ms)/`, or a pattern of strftime such as `%Y-%m-%d`",
    )
    .required("`seconds`, `milliseconds`, `/Date(ms)/` or a pattern"),
    key(
        "zone",
        "where a pattern's time is told: `UTC`, which is usual, `-05:00` or `America/Bogota`",
    ),
];

#[derive(Debug)]
enum Form {
    Seconds,
    Milliseconds,
    Json,
    Pattern(Box<str>, TimeZone),
}

fn read(table: Option<&Table<'_>>) -> Option<Box<dyn Transform>> {
    let table = table?;
    let form = table.required_text("time")?;
    let named = match form.value.as_str() {
        "seconds" => Some(Form::Seconds),
        "milliseconds" => Some(Form::Milliseconds),
        "/Date(ms)/" => Some(Form::Json),
        _ => None,
    };
    let Some(named) = named else { return pattern(table, form) };
    if table.has("zone") {
        table.sink().error(
            &table.span_of_key("zone"),
            format!("`{}` is the same in every zone", form.value),
            Some("expected `zone` beside a pattern alone".to_owned()),
            None,
        );
        return None;
    }
    Some(Box::new(named))
}

fn pattern(table: &Table<'_>, written: Placed<String>) -> Option<Box<dyn Transform>> {
    let sink = table.sink();
    if !written.value.contains('%') {
        sink.unknown(
            &written.span,
            "form of a time",
            &written.value,
            ["seconds", "milliseconds", "/Date(ms)/", "%Y-%m-%d"],
        );
        return None;
    }
    let zone = match table.text("zone") {
        None => TimeZone::UTC,
        Some(name) => zone(&name.value).or_else(|| {
            sink.error(
                &name.span,
                format!("there is no time zone `{}`", name.value),
                Some("expected `UTC`, an offset such as `-05:00`, or a name of the IANA database such as `America/Bogota`".to_owned()),
                None,
            );
            None
        })?,
    };
    let form = Form::Pattern(written.value.into(), zone);
    if !form.names_a_day() {
        sink.error(
            &written.span,
            "what the pattern writes cannot be read back as the same day",
            Some("expected conversions of strftime that name year, month and day, and one of `%H` and `%I %p` where there is an hour".to_owned()),
            None,
        );
        return None;
    }
    Some(Box::new(form))
}

/// A zone by its name, or by its offset from UTC.
fn zone(name: &str) -> Option<TimeZone> {
    if name.starts_with(['+', '-']) {
        let (hours, minutes) = name.get(1..)?.split_once(':')?;
        let number = |text: &str, most: i32| {
            let is_written = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|number: &i32| is_written && *number <= most)
        };
        let seconds = number(hours, 25)? * 3600 + number(minutes, 59)? * 60;
        let signed = if name.starts_with('-') { -seconds } else { seconds };
        return Some(TimeZone::fixed(Offset::from_seconds(signed).ok()?));
    }
    TimeZone::get(name).ok()
}

impl Form {
    /// Whether what a pattern writes is read back as the same day, and as the same hour where it
    /// writes one.
    fn names_a_day(&self) -> bool {
        let Self::Pattern(_, zone) = self else { return true };
        // Night and early afternoon, winter and summer, on days that no month can be taken for.
        let nights = [(3, 13), (8, 31)].map(|(month, day)| {
            zone.to_timestamp(jiff::civil::date(2026, month, day).at(1, 29, 59, 0)).ok()
        });
        nights.into_iter().all(|night| {
            let Some(second) = night.map(Timestamp::as_second) else { return false };
            let after = |hours: i64| Timestamp::from_second(second + hours * 3600).ok();
            let text = |hours| after(hours).and_then(|time| self.text(time));
            let read = text(0).and_then(|text| self.instant(&text));
            let is_near = |read: Timestamp| (second - read.as_second()).unsigned_abs() < 86_400;
            let is_half_a_clock = text(0) == text(12) && text(0) != text(1);
            read.is_some_and(is_near)
                && read.and_then(|read| self.text(read)) == text(0)
                && !is_half_a_clock
        })
    }

    fn text(&self, time: Timestamp) -> Option<String> {
        match self {
            Self::Pattern(pattern, zone) => {
                strtime::format(&**pattern, &time.to_zoned(zone.clone())).ok()
            }
            _ => Some(format!("/Date({})/", counted(time, 1_000_000)?)),
        }
    }

    fn instant(&self, text: &str) -> Option<Timestamp> {
        let Self::Pattern(pattern, zone) = self else {
            let inside = text.strip_prefix("/Date(")?.strip_suffix(")/")?;
            // An offset may follow; it says where the clock hung and not when it was.
            let end = inside.get(1..)?.find(['+', '-']).map_or(inside.len(), |at| at + 1);
            return at(inside.get(..end)?.parse().ok()?, 1_000_000);
        };
        let read = strtime::parse(&**pattern, text).ok()?;
        if let Ok(time) = read.to_timestamp() {
            return Some(time);
        }
        let civil = match read.to_datetime() {
            Ok(civil) => civil,
            Err(_) => read.to_date().ok()?.at(0, 0, 0, 0),
        };
        // Of an hour that is told twice, the first; one that is left out is told as the next.
        zone.to_timestamp(civil).ok()
    }
}

/// Whole steps since 1970, of so many nanoseconds.
fn counted(time: Timestamp, step: i128) -> Option<i64> {
    i64::try_from(time.as_nanosecond().div_euclid(step)).ok()
}

fn at(steps: i64, step: i128) -> Option<Timestamp> {
    Timestamp::from_nanosecond(i128::from(steps).checked_mul(step)?).ok()
}

impl Transform for Form {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let refused = || Refusal::new("a dateTime such as `2026-03-01T08:30:00Z`");
        let Value::DateTime(text) = value else { return Err(refused()) };
        let time = crate::value::instant(&text).ok_or_else(refused)?;
        match self {
            Self::Seconds => counted(time, 1_000_000_000).map(Value::Integer),
            Self::Milliseconds => counted(time, 1_000_000).map(Value::Integer),
            Self::Json | Self::Pattern(..) => self
                .text(time)
                // A year may have more digits than the pattern, or none that it can tell.
                .filter(|text| {
                    self.instant(text).and_then(|time| self.text(time)).as_ref() == Some(text)
                })
                .map(|text| Value::Text(text.into())),
        }
        .ok_or_else(refused)
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let time = match (self, &value) {
            (Self::Seconds, Value::Integer(seconds)) => at(*seconds, 1_000_000_000),
            (Self::Milliseconds, Value::Integer(steps)) => at(*steps, 1_000_000),
            (Self::Json | Self::Pattern(..), Value::Text(text)) => self.instant(text.trim()),
            _ => None,
        };
        let time = time.ok_or_else(|| Refusal::new("a time in the form that the mapping says"))?;
        Ok(Value::DateTime(spelled(time)))
    }

    fn upstream_type(&self, scim: Type) -> Result<Type, &'static str> {
        match (scim, self) {
            (Type::DateTime, Self::Seconds | Self::Milliseconds) => Ok(Type::Integer),
            (Type::DateTime, _) => Ok(Type::String),
            _ => Err("a dateTime"),
        }
    }

    /// A count leaves out what is finer than a step, so that `ge` and `lt` would not be exact.
    fn keeps(&self) -> Operators {
        match self {
            Self::Seconds | Self::Milliseconds => EQUALITY.with(Operator::Gt).with(Operator::Le),
            Self::Json | Self::Pattern(..) => EQUALITY,
        }
    }

    fn loses(&self) -> Option<&'static str> {
        Some(match self {
            Self::Seconds => "fractions of a second",
            Self::Milliseconds | Self::Json => "fractions of a millisecond",
            Self::Pattern(..) => "what the pattern does not tell",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pattern: &str, name: &str) -> Form {
        Form::Pattern(pattern.into(), zone(name).expect("a zone"))
    }

    #[test]
    fn a_zone_is_a_name_or_an_offset() {
        for good in ["UTC", "Europe/Berlin", "-05:00", "+05:30"] {
            assert!(zone(good).is_some(), "{good}");
        }
        for bad in ["", "Europe/Berlinn", "+5", "-0500", "+05:60", "+99:00", "+-1:00"] {
            assert!(zone(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn an_hour_that_is_told_twice_is_stored_as_it_is_printed() {
        let berlin = form("%Y-%m-%d %H:%M", "Europe/Berlin");
        let later = berlin.inward(date_time("2026-10-25T01:30:00Z")).expect("a time");
        assert_eq!(later, Value::text("2026-10-25 02:30"));
        let printed = berlin.outward(later.clone()).expect("a time");
        assert_eq!(printed, date_time("2026-10-25T00:30:00Z"));
        assert_eq!(berlin.inward(printed), Ok(later));
    }

    #[test]
    fn before_1970_counts_go_down() {
        let time = date_time("1969-12-31T23:59:59.5Z");
        assert_eq!(Form::Seconds.inward(time.clone()), Ok(Value::Integer(-1)));
        assert_eq!(Form::Json.inward(time), Ok(Value::text("/Date(-500)/")));
        let with_offset = Value::text("/Date(1409202000000-0500)/");
        assert_eq!(Form::Json.outward(with_offset), Ok(date_time("2014-08-28T05:00:00Z")));
        assert!(Form::Json.outward(Value::text("/Date()/")).is_err());
        assert!(Form::Seconds.outward(Value::Integer(i64::MAX)).is_err());
    }
}
