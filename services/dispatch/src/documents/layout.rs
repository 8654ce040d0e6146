//! Lays texts and lines out on pages. Lengths are in points, 1/72 inch, from the upper left corner of a page.

use super::fonts::{FontWeight, text_width};

/// A4 in points (ISO 216).
pub const A4: PageSize = PageSize { width: 595.0, height: 842.0 };
/// A label of 100 by 150 millimetres, the usual size of parcel labels, in points.
pub const LABEL: PageSize = PageSize { width: 283.5, height: 425.2 };
/// The width of a module of a barcode in points, if there is room for it: 0.42 millimetres, which hand scanners read well.
const MAX_MODULE: f32 = 1.2;
/// The height of a line in relation to the size of its font.
const LINE_HEIGHT: f32 = 1.35;

/// The size of all pages of a document.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageSize {
    pub width: f32,
    pub height: f32,
}

/// The look of a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Style {
    pub size: f32,
    pub weight: FontWeight,
}

/// A regular text of the given size.
pub const fn regular(size: f32) -> Style {
    Style { size, weight: FontWeight::Regular }
}

/// A bold text of the given size.
pub const fn bold(size: f32) -> Style {
    Style { size, weight: FontWeight::Bold }
}

/// Something to be drawn on a page.
#[derive(Debug, Clone, PartialEq)]
pub enum Mark {
    /// A text that begins at `x` on the baseline `y`.
    Text { x: f32, y: f32, style: Style, text: String },
    /// A horizontal line from `x` to the right, with its upper edge at `y`.
    Rule { x: f32, y: f32, width: f32 },
    /// A bar of a barcode from `x` to the right and from `y` downwards.
    Bar { x: f32, y: f32, width: f32, height: f32 },
}

/// The side of a column at which its texts are aligned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    Left,
    Right,
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Column {
    pub x: f32,
    pub width: f32,
    pub align: Align,
}

/// Pages that are filled from top to bottom.
#[derive(Debug)]
pub struct Layout {
    pub size: PageSize,
    margin: f32,
    pub pages: Vec<Vec<Mark>>,
    /// The upper edge of what comes next.
    y: f32,
}

impl Layout {
    /// Creates a layout with one empty page.
    pub fn new(size: PageSize, margin: f32) -> Self {
        Self { size, margin, pages: vec![Vec::new()], y: margin }
    }

    /// Returns the width between the margins.
    pub fn width(&self) -> f32 {
        self.size.width - 2.0 * self.margin
    }

    /// Returns the column between the margins.
    pub fn full_width(&self) -> Column {
        Column { x: self.margin, width: self.width(), align: Align::Left }
    }

    /// Returns the upper edge of what comes next.
    pub const fn y(&self) -> f32 {
        self.y
    }

    /// Continues at `y`, such as beside a block that was written before.
    pub const fn move_to(&mut self, y: f32) {
        self.y = y;
    }

    /// Leaves space above what comes next.
    pub fn space(&mut self, height: f32) {
        self.y += height;
    }

    /// Writes texts below each other into a column. Long ones are wrapped.
    pub fn block<'t>(&mut self, column: Column, style: Style, lines: impl IntoIterator<Item = &'t str>) {
        for line in lines {
            self.row(&[(column, style, line)]);
        }
    }

    /// Writes texts beside each other. The row is as high as its highest text, and stays on one page.
    pub fn row(&mut self, cells: &[(Column, Style, &str)]) {
        let wrapped: Vec<_> = cells.iter().map(|(column, style, text)| wrap(text, *style, column.width)).collect();
        let height = |(lines, (_, style, _)): (&Vec<String>, &(Column, Style, &str))| height_of(lines.len(), *style);
        let height = wrapped.iter().zip(cells).map(height).fold(0.0, f32::max);
        if self.y + height > self.size.height - self.margin && self.y > self.margin {
            self.pages.push(Vec::new());
            self.y = self.margin;
        }
        for (lines, (column, style, _)) in wrapped.into_iter().zip(cells) {
            let mut baseline = self.y + style.size;
            for text in lines {
                let x = match column.align {
                    Align::Left => column.x,
                    Align::Right => column.x + column.width - text_width(&text, style.weight, style.size),
                };
                self.draw(Mark::Text { x, y: baseline, style: *style, text });
                baseline += style.size * LINE_HEIGHT;
            }
        }
        self.y += height;
    }

    /// Draws a line between the margins, with some space around it.
    pub fn rule(&mut self) {
        let rule = Mark::Rule { x: self.margin, y: self.y + 3.0, width: self.width() };
        self.draw(rule);
        self.y += 7.0;
    }

    /// Draws the modules of a barcode, as wide as the margins allow for. The margins are its quiet zones.
    pub fn barcode(&mut self, modules: &[bool], height: f32) {
        // The number is small enough to be exact.
        #[expect(clippy::cast_precision_loss)]
        let module = (self.width() / modules.len() as f32).min(MAX_MODULE);
        let mut x = self.margin;
        for bar in modules.chunk_by(|left, right| left == right) {
            #[expect(clippy::cast_precision_loss)]
            let width = bar.len() as f32 * module;
            if bar.first() == Some(&true) {
                self.draw(Mark::Bar { x, y: self.y, width, height });
            }
            x += width;
        }
        self.y += height;
    }

    fn draw(&mut self, mark: Mark) {
        if let Some(page) = self.pages.last_mut() {
            page.push(mark);
        }
    }
}

fn height_of(lines: usize, style: Style) -> f32 {
    // A document has few lines, so the number is exact.
    #[expect(clippy::cast_precision_loss)]
    let lines = lines as f32;
    lines * style.size * LINE_HEIGHT
}

/// Breaks a text into lines that fit into `width`. Words that are wider are broken between letters.
fn wrap(text: &str, style: Style, width: f32) -> Vec<String> {
    let fits = |line: &str| text_width(line, style.weight, style.size) <= width;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let (count, Some(line)) = (lines.len(), lines.last_mut()) else { break };
        let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if fits(&joined) {
            *line = joined;
            continue;
        }
        if !(line.is_empty() && count == 1) {
            lines.push(String::new());
        }
        for letter in word.chars() {
            let Some(line) = lines.last_mut() else { break };
            line.push(letter);
            if !fits(line) && line.chars().count() > 1 {
                line.pop();
                lines.push(letter.to_string());
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_wrapped_into_their_column() {
        let width = 100.0;
        let text = "A waxed jacket of organic cotton, with Donaudampfschifffahrtsgesellschaftskapitänsmützenhalter";
        let lines = wrap(text, regular(10.0), width);
        assert!(lines.len() > 3, "{lines:?}");
        assert!(lines.iter().all(|line| text_width(line, FontWeight::Regular, 10.0) <= width), "{lines:?}");
        assert_eq!(lines.concat().replace(' ', ""), text.replace(' ', ""), "nothing is lost");
        assert_eq!(wrap("", regular(10.0), width), [""]);
    }

    #[test]
    fn a_row_that_does_not_fit_begins_a_page() {
        let mut layout = Layout::new(A4, 50.0);
        let column = layout.full_width();
        for _ in 0..80 {
            layout.block(column, regular(10.0), ["line"]);
        }
        assert_eq!(layout.pages.len(), 2);
        let is_inside = |mark: &Mark| matches!(mark, Mark::Text { y, .. } if (50.0..792.0).contains(y));
        assert!(layout.pages.iter().flatten().all(is_inside));
        assert_eq!(layout.pages.iter().map(Vec::len).sum::<usize>(), 80);
    }

    #[test]
    fn amounts_are_aligned_at_their_right_edge() {
        let mut layout = Layout::new(A4, 50.0);
        let column = Column { x: 400.0, width: 145.0, align: Align::Right };
        layout.block(column, regular(10.0), ["9.00", "1,009.00"]);
        let right = |mark: &Mark| match mark {
            Mark::Text { x, text, .. } => x + text_width(text, FontWeight::Regular, 10.0),
            Mark::Rule { .. } | Mark::Bar { .. } => 0.0,
        };
        assert!(layout.pages[0].iter().all(|mark| (right(mark) - 545.0).abs() < 0.01));
    }
}
