//! Writes laid out pages as PDF.

use super::fonts::FontWeight;
use super::layout::{Layout, Mark};
use krilla::Document;
use krilla::color::rgb;
use krilla::error::KrillaError;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};

/// The thickness of a line in points.
const RULE: f32 = 0.6;

/// The reason why a document cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum PdfError {
    /// A built-in font cannot be read.
    #[error("a font of the program cannot be read")]
    Font,
    /// A page has no valid size.
    #[error("a page has no valid size")]
    PageSize,
    /// The document cannot be encoded.
    #[error("the document cannot be encoded")]
    Encoding(#[from] KrillaError),
}

/// Writes a document with a title and its language as a BCP 47 tag.
///
/// # Errors
/// See [`PdfError`].
pub fn write(layout: &Layout, title: &str, language: &str) -> Result<Vec<u8>, PdfError> {
    let font = |weight: FontWeight| Font::new(weight.data().into(), 0).ok_or(PdfError::Font);
    let (regular, bold) = (font(FontWeight::Regular)?, font(FontWeight::Bold)?);
    let mut document = Document::new();
    document.set_metadata(
        Metadata::new().title(title.to_owned()).language(language.to_owned()).creator("ShopStack".to_owned()),
    );
    let size = layout.size;
    for marks in &layout.pages {
        let settings = PageSettings::from_wh(size.width, size.height).ok_or(PdfError::PageSize)?;
        let mut page = document.start_page_with(settings);
        let mut surface = page.surface();
        surface.set_fill(Some(black()));
        for mark in marks {
            match mark {
                Mark::Text { x, y, style, text } => {
                    let font = if style.weight == FontWeight::Bold { &bold } else { &regular };
                    let (start, direction) = (Point::from_xy(*x, *y), TextDirection::Auto);
                    surface.draw_text(start, font.clone(), style.size, text, false, direction);
                }
                Mark::Rule { x, y, width } => fill(&mut surface, Rect::from_xywh(*x, *y, *width, RULE)),
                Mark::Bar { x, y, width, height } => fill(&mut surface, Rect::from_xywh(*x, *y, *width, *height)),
            }
        }
        surface.finish();
        page.finish();
    }
    Ok(document.finish()?)
}

fn fill(surface: &mut Surface<'_>, rect: Option<Rect>) {
    let mut path = PathBuilder::new();
    if let Some(rect) = rect {
        path.push_rect(rect);
    }
    if let Some(path) = path.finish() {
        surface.draw_path(&path);
    }
}

fn black() -> Fill {
    Fill { paint: rgb::Color::black().into(), opacity: NormalizedF32::ONE, rule: FillRule::default() }
}
