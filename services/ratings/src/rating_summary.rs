//! Rating summaries of products: exact counts by score, and the average that follows from them.

use contracts::ProductId;
use contracts::ratings::{Rating, RatingSummary as RatingSummaryView, Score};

/// The number of published reviews of a product by score.
///
/// Storing counts instead of an average keeps every update exact. The API returns it as [`RatingSummaryView`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RatingSummary {
    /// The number of reviews with one to five stars.
    pub histogram: [u64; 5],
}

impl RatingSummary {
    /// Returns the number of reviews.
    pub fn count(&self) -> u64 {
        self.histogram.iter().sum()
    }

    /// Returns the sum of all scores.
    pub fn sum(&self) -> u64 {
        self.histogram.iter().zip(1..).map(|(count, score)| count * score).sum()
    }

    /// Returns the average with two decimals, rounded half to even, or `None` without reviews.
    pub fn average(&self) -> Option<String> {
        // Integers of 128 bits: floating point would round some averages wrongly, and the products cannot overflow.
        let (sum, count) = (u128::from(self.sum()) * 100, u128::from(self.count()));
        let hundredths = sum.checked_div(count)?;
        // Doubling the remainder compares it with one half without a fraction.
        let twice_the_remainder = (sum - hundredths * count) * 2;
        let round_up = twice_the_remainder > count || (twice_the_remainder == count && hundredths % 2 == 1);
        let hundredths = hundredths + u128::from(round_up);
        Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
    }

    /// Returns the rating that the API shows beside a product.
    pub fn rating(&self, product_id: ProductId) -> Rating {
        Rating { product_id, average: self.average(), count: self.count() }
    }

    /// Returns the summary that the API shows above the reviews of a product.
    pub fn view(&self) -> RatingSummaryView {
        RatingSummaryView { average: self.average(), count: self.count(), histogram: self.histogram }
    }
}

/// Returns the change of the histogram when the counted score of a review changes; `None` is a review that does not count.
pub fn histogram_delta(before: Option<Score>, after: Option<Score>) -> [i64; 5] {
    let counted = |score: Option<Score>, stars: u8| i64::from(score.is_some_and(|score| score.get() == stars));
    [1, 2, 3, 4, 5].map(|stars| counted(after, stars) - counted(before, stars))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn average(histogram: [u64; 5]) -> Option<String> {
        RatingSummary { histogram }.average()
    }

    #[test]
    fn no_reviews_have_no_average() {
        assert_eq!(average([0; 5]), None);
    }

    #[test]
    fn averages_have_two_decimals() {
        assert_eq!(average([0, 0, 0, 0, 1]).as_deref(), Some("5.00"));
        assert_eq!(average([1, 0, 0, 0, 2]).as_deref(), Some("3.67"));
        assert_eq!(average([2, 0, 0, 0, 1]).as_deref(), Some("2.33"));
    }

    #[test]
    fn halves_are_rounded_to_even() {
        assert_eq!(average([0, 0, 7, 1, 0]).as_deref(), Some("3.12"), "25 stars in 8 reviews: 3.125");
        assert_eq!(average([0, 0, 5, 3, 0]).as_deref(), Some("3.38"), "27 stars in 8 reviews: 3.375");
    }

    #[test]
    fn a_changed_score_is_counted_at_its_new_value() {
        assert_eq!(histogram_delta(Score::new(2), Score::new(5)), [0, -1, 0, 0, 1]);
        assert_eq!(histogram_delta(None, Score::new(1)), [1, 0, 0, 0, 0]);
        assert_eq!(histogram_delta(Score::new(3), Score::new(3)), [0; 5]);
    }

    proptest! {
        #[test]
        fn the_rounding_error_is_at_most_half_a_hundredth(histogram in prop::array::uniform5(0_u64..1 << 40)) {
            let summary = RatingSummary { histogram };
            let Some(text) = summary.average() else { return Ok(()) };
            let average: i128 = text.replace('.', "").parse().unwrap();
            let (sum, count) = (i128::from(summary.sum()), i128::from(summary.count()));
            prop_assert!((average * count - sum * 100).abs() * 2 <= count);
            prop_assert!((100..=500).contains(&average));
        }
    }
}
