//! The inputs of the property tests.

use proptest::prelude::*;

#[derive(Debug, Clone)]
pub enum TestInput {
    Succeeds,
    /// The step takes effect, and its response arrives later or never.
    Begins,
    Ends,
    ResponseLost,
    Fails(u8),
    /// The outcome is unknown; true if the step took effect.
    OutcomeUnknown(bool),
    Cancel,
    /// Staff capture the rest of the payment.
    Capture,
    Resume,
    Resolve(bool),
    Settled,
    Refund(u8, i64),
    /// A shipment by its index gets a status.
    Moved(u8, u8),
    /// Units of a shipment are shipped apart.
    Split(u8, u32),
    UpdateRepeated,
    Wake,
    Time(i64),
    RefundFails,
    CaptureFails,
    ChargedBack(i64),
    Discrepancy,
    Return(u32),
    /// The customer withdraws from some units, or from everything that is left.
    Withdraw(Option<u32>),
    RefundUnits(u8, u32),
    Receive(u8, u32, bool, bool),
    Reject(u8),
}

pub fn input() -> impl Strategy<Value = TestInput> {
    use TestInput::*;
    prop_oneof![
        12 => Just(Succeeds),
        3 => Just(Begins),
        4 => Just(Ends),
        2 => Just(ResponseLost),
        4 => (0u8..4).prop_map(Fails),
        2 => any::<bool>().prop_map(OutcomeUnknown),
        2 => Just(Cancel),
        1 => Just(Capture),
        2 => Just(Resume),
        2 => any::<bool>().prop_map(Resolve),
        1 => Just(Settled),
        2 => (0u8..3, 1i64..3000).prop_map(|(key, amount)| Refund(key, amount)),
        6 => (0u8..3, 0u8..3).prop_map(|(shipment, status)| Moved(shipment, status)),
        2 => (0u8..3, 1u32..7).prop_map(|(shipment, units)| Split(shipment, units)),
        1 => Just(UpdateRepeated),
        1 => Just(Wake),
        3 => (1i64..700).prop_map(Time),
        1 => Just(RefundFails),
        1 => Just(CaptureFails),
        1 => (1i64..3000).prop_map(ChargedBack),
        1 => Just(Discrepancy),
        4 => (1u32..9).prop_map(Return),
        3 => prop::option::of(1u32..9).prop_map(Withdraw),
        2 => (3u8..6, 1u32..9).prop_map(|(key, units)| RefundUnits(key, units)),
        4 => (0u8..4, 1u32..9, any::<bool>(), any::<bool>()).prop_map(|(a, b, c, d)| Receive(a, b, c, d)),
        1 => (0u8..4).prop_map(Reject),
    ]
}

/// Steps of an order that has not left, and whatever could undo it.
pub fn input_that_may_undo() -> impl Strategy<Value = TestInput> {
    prop_oneof![
        6 => Just(TestInput::Succeeds),
        3 => Just(TestInput::Cancel),
        1 => Just(TestInput::Capture),
        2 => Just(TestInput::Resolve(false)),
        1 => Just(TestInput::CaptureFails),
        1 => Just(TestInput::Discrepancy),
        1 => (0u8..4).prop_map(TestInput::Fails),
        1 => (1i64..700).prop_map(TestInput::Time),
    ]
}
