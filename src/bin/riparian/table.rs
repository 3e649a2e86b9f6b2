//! Tables of text, aligned.

use riparian::settlement::Status;

/// A colour of a terminal.
#[derive(Clone, Copy)]
enum Colour {
    Green,
    Yellow,
    Red,
}

/// A cell: text to the left, figures to the right.
#[derive(Clone)]
pub(crate) struct Cell {
    text: String,
    right: bool,
    colour: Option<Colour>,
}

impl Cell {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            right: false,
            colour: None,
        }
    }

    pub(crate) fn right(text: impl Into<String>) -> Self {
        Self {
            right: true,
            ..Self::text(text)
        }
    }

    /// A figure to a tenth, or a dash where there is none.
    pub(crate) fn figure(value: Option<f64>) -> Self {
        Self::right(value.map_or_else(|| "-".to_owned(), tenths))
    }

    /// A verdict, readable without its colour.
    pub(crate) fn verdict(status: Status, text: String) -> Self {
        Self {
            colour: Some(match status {
                Status::Met => Colour::Green,
                Status::Short | Status::Exceeded => Colour::Red,
                Status::Excused | Status::Cancelled | Status::Pending => Colour::Yellow,
            }),
            ..Self::text(text)
        }
    }
}

/// A figure to a tenth; what rounds to nothing has no sign.
pub(crate) fn tenths(value: f64) -> String {
    let text = format!("{value:.1}");
    if text == "-0.0" { "0.0".into() } else { text }
}

pub(crate) struct Table {
    header: Vec<String>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    pub(crate) fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self {
            header: header.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row with a cell for each column.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn draw(&self, colours: bool) -> String {
        let wide = |text: &str| text.chars().count();
        let widths: Vec<usize> = (self.header.iter().enumerate())
            .map(|(i, head)| {
                let cells = self.rows.iter().map(|row| wide(&row[i].text));
                cells.chain([wide(head)]).max().unwrap_or(0)
            })
            .collect();
        // A head stands over its figures.
        let first = self.rows.first();
        let heads = self.header.iter().enumerate().map(|(i, head)| Cell {
            right: first.is_some_and(|row| row[i].right),
            ..Cell::text(head)
        });
        let mut text = String::new();
        for row in std::iter::once(heads.collect()).chain(self.rows.iter().cloned()) {
            let cells: Vec<String> = (row.iter().zip(&widths))
                .map(|(cell, &width)| {
                    let blanks = " ".repeat(width - wide(&cell.text));
                    let words = paint(cell, colours);
                    if cell.right {
                        blanks + &words
                    } else {
                        words + &blanks
                    }
                })
                .collect();
            text += cells.join("  ").trim_end();
            text.push('\n');
        }
        text
    }
}

fn paint(cell: &Cell, colours: bool) -> String {
    let number = match cell.colour.filter(|_| colours) {
        None => return cell.text.clone(),
        Some(Colour::Green) => 32,
        Some(Colour::Yellow) => 33,
        Some(Colour::Red) => 31,
    };
    format!("\x1b[{number}m{}\x1b[0m", cell.text)
}
