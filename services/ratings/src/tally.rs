//! What a product's published reviews add up to: counts per star, and what follows from them, exactly.

use contracts::ProductId;
use contracts::ratings::{Rating, RatingSummary, Score};

/// How many published reviews of a product gave one star, two, … five. Count, sum and average follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// The number of reviews by stars, from one to five.
    pub stars: [u64; 5],
}

impl Tally {
    /// How many reviews there are.
    pub fn count(&self) -> u64 {
        self.stars.iter().sum()
    }

    /// The sum of their scores.
    pub fn sum(&self) -> u64 {
        self.stars.iter().zip(1..).map(|(count, score)| count * score).sum()
    }

    /// Their average with two decimals, rounded half to even; none without reviews.
    pub fn average(&self) -> Option<String> {
        let (sum, count) = (u128::from(self.sum()) * 100, u128::from(self.count()));
        let hundredths = sum.checked_div(count)?;
        let twice_the_rest = (sum - hundredths * count) * 2;
        let up = twice_the_rest > count || (twice_the_rest == count && hundredths % 2 == 1);
        let hundredths = hundredths + u128::from(up);
        Some(format!("{}.{:02}", hundredths / 100, hundredths % 100))
    }

    /// What the world sees of it beside the product.
    pub fn rating(&self, product_id: ProductId) -> Rating {
        Rating { product_id, average: self.average(), count: self.count() }
    }

    /// What the world sees of it above the reviews.
    pub fn summary(&self) -> RatingSummary {
        RatingSummary { average: self.average(), count: self.count(), histogram: self.stars }
    }
}

/// What has to be added to the counts by stars when a review that counted as `before` counts as `after`.
pub fn change(before: Option<Score>, after: Option<Score>) -> [i64; 5] {
    let counted = |score: Option<Score>, stars: u8| i64::from(score.is_some_and(|score| score.get() == stars));
    [1, 2, 3, 4, 5].map(|stars| counted(after, stars) - counted(before, stars))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn average(stars: [u64; 5]) -> Option<String> {
        Tally { stars }.average()
    }

    #[test]
    fn nothing_has_no_average() {
        assert_eq!(average([0; 5]), None);
    }

    #[test]
    fn averages_have_two_decimals() {
        assert_eq!(average([0, 0, 0, 0, 1]).as_deref(), Some("5.00"));
        assert_eq!(average([1, 0, 0, 0, 2]).as_deref(), Some("3.67"));
        assert_eq!(average([2, 0, 0, 0, 1]).as_deref(), Some("2.33"));
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        assert_eq!(average([0, 0, 7, 1, 0]).as_deref(), Some("3.12"), "25 in 8 reviews are 3.125");
        assert_eq!(average([0, 0, 5, 3, 0]).as_deref(), Some("3.38"), "27 in 8 reviews are 3.375");
    }

    #[test]
    fn a_changed_score_moves_from_one_count_to_the_other() {
        assert_eq!(change(Score::new(2), Score::new(5)), [0, -1, 0, 0, 1]);
        assert_eq!(change(None, Score::new(1)), [1, 0, 0, 0, 0]);
        assert_eq!(change(Score::new(3), Score::new(3)), [0; 5]);
    }

    proptest! {
        #[test]
        fn the_average_is_never_off_by_more_than_half_a_hundredth(stars in prop::array::uniform5(0_u64..1 << 40)) {
            let tally = Tally { stars };
            let Some(text) = tally.average() else { return Ok(()) };
            let told: i128 = text.replace('.', "").parse().unwrap();
            let (sum, count) = (i128::from(tally.sum()), i128::from(tally.count()));
            prop_assert!((told * count - sum * 100).abs() * 2 <= count);
            prop_assert!((100..=500).contains(&told));
        }
    }
}
