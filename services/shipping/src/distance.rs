//! Distances on the Earth.

use crate::places::Point;

/// The Earth's mean radius as defined by the IUGG, in metres.
const RADIUS: f64 = 6_371_008.8;
/// The number of units of [`Point`] in one degree.
const UNITS_PER_DEGREE: f64 = 100_000.0;

/// Returns the great-circle distance in metres by the haversine formula. It treats the Earth as a sphere, an error of at
/// most 0.5 %.
#[expect(clippy::float_arithmetic, reason = "a distance is measured, not counted; prices never touch a float")]
pub fn metres(from: Point, to: Point) -> u64 {
    let radians = |units: i32| (f64::from(units) / UNITS_PER_DEGREE).to_radians();
    // The haversine form stays exact for small distances, where the cosine formula cancels out.
    let haversine = |angle: f64| (angle / 2.0).sin().powi(2);
    let (from_latitude, to_latitude) = (radians(from.latitude), radians(to.latitude));
    let across = haversine(radians(to.longitude) - radians(from.longitude));
    let chord = haversine(to_latitude - from_latitude) + from_latitude.cos() * to_latitude.cos() * across;
    // Rounding may push the chord of two antipodes above 1, for which asin is NaN.
    (2.0 * RADIUS * chord.clamp(0.0, 1.0).sqrt().asin()).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HALF_AROUND: u64 = 20_015_114;

    fn point(latitude: i32, longitude: i32) -> Point {
        Point { latitude, longitude }
    }

    #[test]
    fn known_distances_come_out_within_one_percent() {
        let berlin = point(5_252_437, 1_341_053);
        let london = point(5_150_853, -12_574);
        let new_york = point(4_071_427, -7_400_597);
        let sydney = point(-3_386_785, 15_120_732);
        let tokyo = point(3_568_950, 13_969_171);
        let los_angeles = point(3_405_223, -11_824_368);
        for (from, to, kilometres) in [
            (berlin, london, 932),
            (london, new_york, 5_570),
            (berlin, sydney, 16_090),
            (tokyo, los_angeles, 8_815),
            (sydney, los_angeles, 12_050),
        ] {
            let measured = metres(from, to);
            assert!(measured.abs_diff(kilometres * 1000) < kilometres * 10, "{measured} m, not {kilometres} km");
        }
    }

    #[test]
    fn the_date_line_is_no_gap() {
        assert!(metres(point(0, 17_999_000), point(0, -17_999_000)) < 2_300);
    }

    #[test]
    fn opposite_points_are_half_a_circumference_apart() {
        assert_eq!(metres(point(0, 0), point(0, 18_000_000)), HALF_AROUND);
        assert_eq!(metres(point(9_000_000, 0), point(-9_000_000, 0)), HALF_AROUND);
    }

    fn anywhere() -> impl Strategy<Value = Point> {
        (-9_000_000i32..=9_000_000, -18_000_000i32..=18_000_000)
            .prop_map(|(latitude, longitude)| Point { latitude, longitude })
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_and_at_most_half_around(a in anywhere(), b in anywhere()) {
            prop_assert_eq!(metres(a, b), metres(b, a));
            prop_assert!(metres(a, b) <= HALF_AROUND);
            prop_assert_eq!(metres(a, a), 0);
        }

        #[test]
        fn no_detour_is_shorter(a in anywhere(), b in anywhere(), c in anywhere()) {
            prop_assert!(metres(a, c) <= metres(a, b) + metres(b, c) + 2);
        }
    }
}
