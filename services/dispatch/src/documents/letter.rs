//! The head that letters have in common: an address with facts beside it.

use super::layout::{Align, Column, Layout, Style};

/// The margin of a letter in points.
pub const MARGIN: f32 = 56.0;
const ADDRESS_WIDTH: f32 = 250.0;
/// The columns of the facts: label and value.
const FACTS: [Column; 2] =
    [Column { x: 330.0, width: 100.0, align: Align::Left }, Column { x: 435.0, width: 104.0, align: Align::Right }];

/// Lets `address` write into the column of the address, writes facts with their labels beside it, and continues below both.
pub fn address_and_facts(
    layout: &mut Layout,
    style: Style,
    address: impl FnOnce(&mut Layout, Column),
    facts: &[(&str, String)],
) {
    let top = layout.y();
    let column = Column { width: ADDRESS_WIDTH, ..layout.full_width() };
    address(layout, column);
    let below = layout.y();
    layout.move_to(top);
    for (label, value) in facts {
        layout.row(&[(FACTS[0], style, label), (FACTS[1], style, value)]);
    }
    layout.move_to(below.max(layout.y()));
}
