//! `ticks`: a point in time as .NET counts it, in 100-nanosecond steps since the year 1 (UTC).

use super::{Definition, EQUALITY, Refusal, Shown, Transform, date_time};
use crate::record::{Operator, Operators};
use crate::value::{Type, Value, spelled};

pub(super) const DEFINITION: Definition = Definition {
    name: "ticks",
    prose: "a dateTime as .NET ticks: 100-nanosecond steps since 0001-01-01T00:00:00Z",
    shown: &[Shown::of(
        r#"via = "ticks""#,
        date_time("2026-01-01T00:00:00Z"),
        Value::Integer(639_028_224_000_000_000),
        date_time("2026-01-01T00:00:00Z"),
    )],
    keys: &[],
    read: |_| Some(Box::new(Ticks)),
};

/// Ticks from .NET's origin to 1970-01-01T00:00:00Z (`DateTime.UnixEpoch.Ticks`).
const UNIX_EPOCH: i64 = 621_355_968_000_000_000;

/// How many ticks a second has.
const PER_SECOND: i64 = 10_000_000;

#[derive(Debug)]
struct Ticks;

impl Transform for Ticks {
    fn name(&self) -> &'static str {
        DEFINITION.name
    }

    fn inward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let Value::DateTime(text) = value else { return Err(Refusal::new("a dateTime")) };
        let refused = || Refusal::new("a dateTime between the years 1 and 9999");
        let time = crate::value::instant(&text).ok_or_else(refused)?;
        // Far from the largest number of 64 bits at either end of the calendar.
        let hundreds = i64::from(time.subsec_nanosecond().div_euclid(100));
        let ticks = UNIX_EPOCH + time.as_second() * PER_SECOND + hundreds;
        if ticks >= 0 { Ok(Value::Integer(ticks)) } else { Err(refused()) }
    }

    fn outward<'a>(&self, value: Value<'a>) -> Result<Value<'a>, Refusal> {
        let refused = || Refusal::new("a number of ticks between the years 1 and 9999");
        let Value::Integer(ticks) = value else { return Err(refused()) };
        let since_epoch = ticks.checked_sub(UNIX_EPOCH).ok_or_else(refused)?;
        let second = since_epoch.div_euclid(PER_SECOND);
        // Less than a thousand million.
        let nanosecond = (since_epoch.rem_euclid(PER_SECOND) * 100) as i32;
        let time = jiff::Timestamp::new(second, nanosecond).map_err(|_| refused())?;
        Ok(Value::DateTime(spelled(time)))
    }

    fn upstream_type(&self, scim: Type) -> Result<Type, &'static str> {
        if scim == Type::DateTime { Ok(Type::Integer) } else { Err("a dateTime") }
    }

    fn keeps(&self) -> Operators {
        EQUALITY.with(Operator::Gt).with(Operator::Ge).with(Operator::Lt).with(Operator::Le)
    }

    fn loses(&self) -> Option<&'static str> {
        Some("fractions of 100 nanoseconds")
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn they_are_whole_hundreds_of_nanoseconds(
            second in Timestamp::MIN.as_second()..=Timestamp::MAX.as_second(),
            nanosecond in prop_oneof![Just(0), -999_999_999..=999_999_999_i32],
        ) {
            let time = Timestamp::new(second, nanosecond).unwrap_or(Timestamp::UNIX_EPOCH);
            let hundreds = time.as_nanosecond().div_euclid(100) + i128::from(UNIX_EPOCH);
            let expected = i64::try_from(hundreds).ok().filter(|ticks| *ticks >= 0);
            // Years before the first have another spelling than a dateTime.
            let ticks = Ticks.inward(Value::DateTime(time.to_string().into())).ok();
            prop_assert_eq!(ticks, expected.map(Value::Integer), "{}", time);
        }
    }
}
