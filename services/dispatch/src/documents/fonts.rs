//! The fonts of documents, and the widths of texts in them.

use std::sync::LazyLock;
use ttf_parser::Face;

static REGULAR: &[u8] = include_bytes!("../../fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../../fonts/NotoSans-Bold.ttf");

/// The weight of a font.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FontWeight {
    Regular,
    Bold,
}

impl FontWeight {
    /// Returns the file of the font.
    pub const fn data(self) -> &'static [u8] {
        match self {
            Self::Regular => REGULAR,
            Self::Bold => BOLD,
        }
    }

    fn face(self) -> Option<&'static Face<'static>> {
        static FACES: LazyLock<[Option<Face<'static>>; 2]> =
            LazyLock::new(|| [REGULAR, BOLD].map(|data| Face::parse(data, 0).ok()));
        FACES[self as usize].as_ref()
    }
}

/// Returns the width of a text in points.
pub fn text_width(text: &str, weight: FontWeight, size: f32) -> f32 {
    let Some(face) = weight.face() else { return 0.0 };
    let advance = |letter: char| face.glyph_hor_advance(face.glyph_index(letter).unwrap_or_default()).unwrap_or(0);
    let units: f32 = text.chars().map(|letter| f32::from(advance(letter))).sum();
    units * size / f32::from(face.units_per_em())
}
