//! The period of the right of withdrawal, with the public holidays that it does not end on.

use contracts::Country;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// The length of the period, Directive 2011/83/EU, article 9 (1).
const PERIOD_DAYS: i64 = 14;
/// One line for each country and year, with the month and day of each holiday from Monday to Friday.
const HOLIDAYS: &str = include_str!("../../data/holidays.txt");

/// Returns the end of the right of a consumer in `country` for goods of which the last were delivered at this time.
///
/// The day of the delivery does not count, and a period that would end on a Saturday, a Sunday or a public holiday ends on the
/// next working day (Regulation (EEC, Euratom) 1182/71, article 3). The day ends where it ends last on Earth, since the time
/// zone of the customer is not known.
pub fn withdrawal_deadline(delivered_at: Timestamp, country: Country) -> Timestamp {
    let delivered = delivered_at.to_zoned(TimeZone::UTC).date();
    let mut last_day = delivered.saturating_add(PERIOD_DAYS.days());
    // Ends, since not all days of a year are holidays, and the last day that can be represented is none.
    while !is_working_day(last_day, country) {
        last_day = last_day.saturating_add(1.day());
    }
    let day_after = last_day.saturating_add(1.day());
    let midnight = day_after.to_zoned(TimeZone::UTC).map_or(delivered_at, |zoned| zoned.timestamp());
    midnight.saturating_add(SignedDuration::from_hours(12)).unwrap_or(midnight)
}

fn is_working_day(day: Date, country: Country) -> bool {
    !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) && !is_holiday(day, country)
}

fn is_holiday(day: Date, country: Country) -> bool {
    let (line, day) = (format!("{} {} ", country.code(), day.year()), format!("{:02}{:02}", day.month(), day.day()));
    let holidays = HOLIDAYS.lines().find_map(|candidate| candidate.strip_prefix(&line));
    holidays.is_some_and(|holidays| holidays.split(' ').any(|holiday| holiday == day))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_period_ends_on_the_next_working_day_of_the_country() {
        for (delivered, country, end) in [
            ("2026-12-01", "DE", "2026-12-15"),
            // A Saturday.
            ("2026-11-28", "DE", "2026-12-14"),
            // Christmas on a Friday, and in the United Kingdom a substitute for the day after it.
            ("2026-12-11", "DE", "2026-12-28"),
            ("2026-12-11", "GB", "2026-12-29"),
            // Good Friday and Easter Monday, which Sweden has and Luxembourg has in part.
            ("2027-03-12", "SE", "2027-03-30"),
            ("2027-03-12", "LU", "2027-03-26"),
            // The national holiday of Belgium is an ordinary day elsewhere.
            ("2027-07-07", "BE", "2027-07-22"),
            ("2027-07-07", "NL", "2027-07-21"),
            // The Day of Repentance is a holiday of one state of Germany.
            ("2026-11-04", "DE", "2026-11-19"),
            // Countries and years without a list.
            ("2026-12-11", "US", "2026-12-25"),
            ("2060-12-10", "DE", "2060-12-24"),
        ] {
            let delivered: Timestamp = format!("{delivered}T18:00:00Z").parse().unwrap();
            let end: Date = end.parse().unwrap();
            let day_after = end.tomorrow().unwrap().to_zoned(TimeZone::UTC).unwrap().timestamp();
            let deadline = withdrawal_deadline(delivered, country.parse().unwrap());
            assert_eq!(deadline, day_after + SignedDuration::from_hours(12), "{delivered} {country}");
        }
    }

    #[test]
    fn every_country_with_the_right_has_its_holidays_for_the_years_to_come() {
        let mut countries: Vec<&str> =
            HOLIDAYS.lines().filter(|line| !line.starts_with('#')).map(|line| &line[..2]).collect();
        countries.dedup();
        assert_eq!(countries.len(), 31);
        for country in countries {
            let country: Country = country.parse().unwrap();
            assert!(contracts::dispatch::has_withdrawal_right(country), "{country:?}");
            for year in 2026..=2040 {
                let days = (0..366).map(|day| jiff::civil::date(year, 1, 1).saturating_add(day.days()));
                assert!(days.filter(|day| is_holiday(*day, country)).count() >= 3, "{country:?} {year}");
            }
        }
    }
}
