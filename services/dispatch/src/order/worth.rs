//! What returned pieces are worth.

use super::{Order, ReturnState};
use chassis::Problem;
use contracts::Sku;
use contracts::dispatch::{NOT_RETURNABLE, ReturnLine};

impl Order {
    /// What the customer paid for these pieces, after those of earlier returns: the total of each line, which has its part
    /// of the discount and its tax, is divided among its pieces by largest remainder, so that all of them come to it.
    pub(super) fn worth(&self, pieces: &[ReturnLine]) -> i64 {
        pieces.iter().map(|piece| self.worth_of(piece)).sum()
    }

    fn worth_of(&self, piece: &ReturnLine) -> i64 {
        let earlier = self.returns.iter().filter(|one| one.state != ReturnState::Requested);
        let mut skipped: u32 = earlier.map(|one| one.pieces(&piece.sku)).sum();
        let (mut wanted, mut worth) = (piece.quantity.get(), 0);
        for line in self.record.cart.lines.iter().filter(|line| line.sku == piece.sku) {
            let (all, gone) = (line.quantity.get(), skipped.min(line.quantity.get()));
            let taken = wanted.min(all - gone);
            worth += first_pieces(line.total.amount, all, gone + taken) - first_pieces(line.total.amount, all, gone);
            skipped -= gone;
            wanted -= taken;
        }
        worth
    }

    /// What shipping cost, when with these pieces everything has come back.
    pub(super) fn shipping_back(&self, id: u32, accepted: &[ReturnLine]) -> Result<i64, Problem> {
        let come = |sku: &Sku| -> u32 {
            let earlier = self.returns.iter().filter(|one| one.id != id && one.state != ReturnState::Requested);
            let now = accepted.iter().filter(|line| line.sku == *sku).map(|line| line.quantity.get());
            earlier.map(|one| one.pieces(sku)).chain(now).sum()
        };
        let bought = |sku: &Sku| -> u32 {
            let lines = self.record.cart.lines.iter().filter(|line| line.sku == *sku);
            lines.map(|line| line.quantity.get()).sum()
        };
        if self.record.cart.lines.iter().any(|line| come(&line.sku) < bought(&line.sku)) {
            return Err(NOT_RETURNABLE.detail("Shipping is given back when everything was returned."));
        }
        Ok(self.record.cart.shipping.total.amount)
    }
}

/// What the first `count` of `pieces` equal pieces are worth that cost `total` together: each its share rounded down, and
/// what is left goes, one unit each, to the first.
fn first_pieces(total: i64, pieces: u32, count: u32) -> i64 {
    let (pieces, count) = (i64::from(pieces).max(1), i64::from(count));
    total / pieces * count + count.min(total % pieces)
}
