//! Inconsistencies of stock, described for audits.

use serde::Deserialize;
use std::fmt;

/// A level that contradicts its history or the active reservations.
#[derive(Debug, Deserialize)]
pub struct InconsistentLevel {
    /// The SKU of the level.
    #[serde(rename = "_id")]
    pub sku: String,
    /// The stored units on hand.
    pub on_hand: i64,
    /// The sum of the history.
    pub history: i64,
    /// The stored reserved units.
    pub reserved: i64,
    /// The sum of the active reservations.
    pub active: i64,
    /// The stored part of the shortfall that is backordered.
    #[serde(rename = "ahead")]
    pub backordered: i64,
    /// The stored part of the shortfall that is lost.
    #[serde(rename = "missing")]
    pub lost: i64,
    /// The stored overselling policy.
    pub oversell: String,
}

impl fmt::Display for InconsistentLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sku, on_hand, history, reserved, active, backordered, lost, oversell } = self;
        write!(
            f,
            "SKU {sku}: on hand {on_hand} (history {history}), reserved {reserved} (active reservations {active}), \
             backordered {backordered}, lost {lost}, oversell {oversell}"
        )
    }
}
