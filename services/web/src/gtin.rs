//! Global Trade Item Numbers: the numbers in barcodes.

/// Returns the digits of a GTIN without spaces and hyphens, or `None` if the barcode is none.
///
/// A GTIN has 8, 12, 13 or 14 digits. The last one makes the sum of all digits, of which every second one counted from the
/// right, without the last, counts three times, a multiple of ten (GS1 General Specifications, 7.9.1).
pub fn gtin(barcode: &str) -> Option<String> {
    let digits: String = barcode.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if !matches!(digits.len(), 8 | 12 | 13 | 14) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let weights = [1, 3].into_iter().cycle();
    let sum: u32 = digits.bytes().rev().zip(weights).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    // Numbers of zeros only are placeholders.
    (sum.is_multiple_of(10) && sum > 0).then_some(digits).filter(|digits| !is_restricted(digits))
}

/// Returns true for numbers that shops assign themselves, for goods by weight and coupons (GS1 General Specifications, 1.4.3
/// and 2.1.11): other companies use the same ones.
fn is_restricted(digits: &str) -> bool {
    let thirteen = format!("{digits:0>13}");
    let prefix = thirteen.get(thirteen.len() - 13..).unwrap_or_default();
    digits.len() > 8
        && ["02", "04", "05", "2", "981", "982", "983", "984", "99"].iter().any(|start| prefix.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_with_a_right_check_digit_are_gtins() {
        for (barcode, digits) in [
            ("4006381333931", "4006381333931"),
            ("036000291452", "036000291452"),
            ("96385074", "96385074"),
            ("978-0-306-40615-7", "9780306406157"),
            ("10012345678902", "10012345678902"),
        ] {
            assert_eq!(gtin(barcode).as_deref(), Some(digits));
        }
    }

    #[test]
    fn other_barcodes_are_not() {
        for barcode in
            ["2012345678903", "", "4006381333930", "400638133393", "ABC-123", "0000000000000", "4006381333931X"]
        {
            assert_eq!(gtin(barcode), None, "{barcode}");
        }
    }
}
