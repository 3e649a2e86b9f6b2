//! CSV tables whose cells know where they stand.

use super::format::Column;
use super::text::{Source, check_id, list, whole};
use crate::error::{Diagnostic, Diagnostics, Origin, Place};

/// One cell: its text without surrounding blanks, and where it begins.
#[derive(Clone, Debug)]
pub(super) struct Cell {
    pub(super) text: String,
    line: u32,
    column: u32,
}

/// A table as it was written: a header, and rows of as many cells.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) file: String,
    pub(super) header: Vec<Cell>,
    pub(super) rows: Vec<Vec<Cell>>,
    /// Whether rows were left out because their cells do not fit the header.
    pub(super) lost_rows: bool,
}

impl Table {
    /// The table of a file; none, and a fault, if it has no header that could be read.
    pub(super) fn read(source: &Source, faults: &mut Diagnostics) -> Option<Self> {
        let mut records = records(source, faults).into_iter();
        let Some(header) = records.next() else {
            faults.push(
                Diagnostic::new("an empty table")
                    .at(Some(source.place(0)))
                    .expected("a row of column names, and rows below it"),
            );
            return None;
        };
        if let [only] = header.as_slice()
            && let Some((separator, name)) = [(';', "semicolons"), ('\t', "tabs")]
                .into_iter()
                .find(|(separator, _)| only.text.contains(*separator))
        {
            let at = only.text.chars().take_while(|&c| c != separator).count();
            let mut place = only.place(&source.name);
            place.column += at as u32;
            faults.push(
                Diagnostic::new(format!("a table whose cells are separated by {name}"))
                    .at(Some(place))
                    .expected("commas between cells, and points before decimals"),
            );
            return None;
        }
        let mut table = Self {
            file: source.name.clone(),
            header,
            rows: Vec::new(),
            lost_rows: false,
        };
        for (i, cell) in table.header.iter().enumerate() {
            let name = &cell.text;
            if table.header[..i].iter().any(|before| before.text == *name) {
                faults.push(
                    Diagnostic::new(format!("two columns `{name}`"))
                        .at(Some(cell.place(&table.file)))
                        .expected("each column once"),
                );
            }
        }
        for row in records {
            if row.len() == table.header.len() {
                table.rows.push(row);
            } else {
                table.lost_rows = true;
                let (found, width) = (row.len(), table.header.len());
                let place = row[found.min(width + 1) - 1].place(&table.file);
                let cells = if found == 1 { "cell" } else { "cells" };
                faults.push(
                    Diagnostic::new(format!("a row of {found} {cells}"))
                        .at(Some(place))
                        .expected(format!("{width}, as in the header")),
                );
            }
        }
        Some(table)
    }

    /// The table read by the columns it may have.
    pub(super) fn sheet<'t>(&'t self, known: &[Column], faults: &mut Diagnostics) -> Sheet<'t> {
        let mut taken_for = Vec::new();
        for cell in &self.header {
            if known.iter().all(|column| column.name != cell.text) {
                let fault = unknown_column(&cell.text, known).at(Some(cell.place(&self.file)));
                taken_for.extend(fault.nearest.clone());
                faults.push(fault);
            }
        }
        let columns = known
            .iter()
            .map(|column| {
                let at = self.header.iter().position(|cell| cell.text == column.name);
                // A column under a name that is nearly right is one fault, not two.
                if at.is_none() && column.required && !taken_for.iter().any(|n| n == column.name) {
                    faults.push(
                        Diagnostic::new(format!("no column `{}`", column.name))
                            .at(Some(self.header[0].place(&self.file)))
                            .expected(format!(
                                "the columns {}",
                                known.iter().map(|c| c.name).collect::<Vec<_>>().join(", ")
                            )),
                    );
                }
                (column.name, at)
            })
            .collect();
        Sheet {
            table: self,
            columns,
        }
    }
}

impl Cell {
    pub(super) fn place(&self, file: &str) -> Place {
        Place {
            file: file.to_owned(),
            line: self.line,
            column: self.column,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    pub(super) fn origin(&self, file: &str) -> Origin {
        Origin::new(file, self.line, self.column, Vec::new())
    }

    /// The number in the cell; nothing, and a fault, if it holds anything else.
    pub(super) fn number(&self, file: &str, faults: &mut Diagnostics) -> Option<f64> {
        match self.text.parse::<f64>() {
            Ok(number) if number.is_finite() => Some(number),
            parsed => {
                let expected = if parsed.is_err() && self.text.contains(',') {
                    "a number with a point before its decimals"
                } else {
                    "a finite number"
                };
                faults.push(
                    Diagnostic::new(format!("`{}` is not a number", self.text))
                        .at(Some(self.place(file)))
                        .expected(expected),
                );
                None
            }
        }
    }
}

/// The records of a CSV text, comments and rows of nothing but empty cells left out.
fn records(source: &Source, faults: &mut Diagnostics) -> Vec<Vec<Cell>> {
    let text = source.text.as_str();
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    let mut records = Vec::new();
    let mut record = csv::StringRecord::new();
    let (mut end, mut line, mut counted) = (0, 1, 0);
    loop {
        let start = skip(text, end);
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => return records,
            Err(error) => {
                faults.push(Diagnostic::new(error.to_string()).at(Some(whole(&source.name))));
                return records;
            }
        }
        end = reader.position().byte() as usize;
        line += text[counted..start].matches('\n').count() as u32;
        counted = start;
        let (places, open) = cell_places(&text[start..end], line);
        if let Some((line, column)) = open {
            let place = Place {
                file: source.name.clone(),
                line,
                column,
            };
            faults.push(
                Diagnostic::new("a quoted cell without end")
                    .at(Some(place))
                    .expected("a closing quotation mark"),
            );
        }
        if record.iter().any(|cell| !cell.trim().is_empty()) {
            let cells = record.iter().zip(places);
            records.push(
                cells
                    .map(|(cell, (line, column))| Cell {
                        text: cell.trim().to_owned(),
                        line,
                        column,
                    })
                    .collect(),
            );
        }
    }
}

/// The byte from `from` on where the next record begins: after line ends and comments.
fn skip(text: &str, from: usize) -> usize {
    let mut rest = text[from..].trim_start_matches(['\r', '\n']);
    while rest.starts_with('#') {
        rest = rest.split_once('\n').map_or("", |(_, after)| after);
        rest = rest.trim_start_matches(['\r', '\n']);
    }
    text.len() - rest.len()
}

/// Line and column where a cell begins.
type At = (u32, u32);

/// Where each cell of a record begins; and where the last one does, if its quotes never close.
///
/// The csv crate says where a record begins but not where its cells do.
fn cell_places(record: &str, line: u32) -> (Vec<At>, Option<At>) {
    let (mut line, mut column) = (line, 1);
    let mut places = vec![(line, column)];
    let (mut quoted, mut at_start, mut just_closed) = (false, true, false);
    for c in record.chars() {
        let begins = at_start;
        let reopens = just_closed;
        (at_start, just_closed) = (false, false);
        column += 1;
        match c {
            '"' if quoted => (quoted, just_closed) = (false, true),
            '"' if begins || reopens => quoted = true,
            ',' if !quoted => {
                places.push((line, column));
                at_start = true;
            }
            '\n' => (line, column) = (line + 1, 1),
            _ => {}
        }
    }
    let open = places.last().copied().filter(|_| quoted);
    (places, open)
}

/// A column nobody reads: one in another unit, or one of another name.
fn unknown_column(found: &str, known: &[Column]) -> Diagnostic {
    for column in known {
        if let Some((stem, unit)) = column.stem()
            && let Some(rest) = found.strip_prefix(stem)
            && (rest.is_empty() || rest.starts_with('_'))
            && known.iter().all(|other| other.name != found)
        {
            let mut fault =
                Diagnostic::new(format!("column `{found}` is in another unit")).expected(unit);
            fault.nearest = Some(column.name.to_owned());
            return fault;
        }
    }
    Diagnostic::new(format!("unknown column `{found}`"))
        .expected(list(known.iter().map(|column| column.name)))
        .nearest(found, known.iter().map(|column| column.name))
}

/// A table with its columns found.
pub(super) struct Sheet<'t> {
    table: &'t Table,
    columns: Vec<(&'static str, Option<usize>)>,
}

impl<'t> Sheet<'t> {
    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_, 't>> {
        self.table
            .rows
            .iter()
            .map(|cells| Row { sheet: self, cells })
    }
}

/// A row of a table, read by the names of its columns.
///
/// What is asked for and not there, or not readable, is nothing and a fault; a column that the
/// whole table lacks was a fault of its own already.
pub(super) struct Row<'s, 't> {
    sheet: &'s Sheet<'t>,
    cells: &'t [Cell],
}

impl<'t> Row<'_, 't> {
    fn cell(&self, column: &str) -> Option<&'t Cell> {
        let mut known = self.sheet.columns.iter();
        let known = known.find(|(name, _)| *name == column);
        debug_assert!(known.is_some(), "{}: {column}", self.file());
        #[cfg(test)]
        super::format::asked::note(self.file(), column);
        Some(&self.cells[known?.1?])
    }

    /// The file of the row.
    pub(super) fn file(&self) -> &'t str {
        &self.sheet.table.file
    }

    /// The place of a cell, or of the row where it has none.
    pub(super) fn place(&self, column: &str) -> Place {
        self.cell(column)
            .unwrap_or(&self.cells[0])
            .place(self.file())
    }

    /// Where the row and each of its cells stand.
    pub(super) fn origin(&self) -> Origin {
        let fields = self.sheet.columns.iter().filter_map(|&(name, at)| {
            let cell = &self.cells[at?];
            Some((name.to_owned(), cell.line, cell.column))
        });
        let first = &self.cells[0];
        Origin::new(self.file(), first.line, first.column, fields.collect())
    }

    /// The text of a cell that may be empty.
    pub(super) fn text(&self, column: &str) -> Option<&'t str> {
        let cell = self.cell(column)?;
        (!cell.is_empty()).then_some(&*cell.text)
    }

    fn filled(&self, column: &str, faults: &mut Diagnostics) -> Option<&'t Cell> {
        let cell = self.cell(column)?;
        if cell.is_empty() {
            faults.push(
                Diagnostic::new(format!("no `{column}`"))
                    .at(Some(cell.place(self.file())))
                    .expected("a cell that is not empty"),
            );
            return None;
        }
        Some(cell)
    }

    /// The text of a cell that must not be empty.
    pub(super) fn need_text(&self, column: &str, faults: &mut Diagnostics) -> Option<&'t str> {
        self.filled(column, faults).map(|cell| &*cell.text)
    }

    /// The id that a cell declares.
    pub(super) fn need_id(&self, column: &str, faults: &mut Diagnostics) -> Option<&'t str> {
        let cell = self.filled(column, faults)?;
        check_id(&cell.text, cell.place(self.file()), faults);
        Some(&cell.text)
    }

    /// The number in a cell that may be empty.
    pub(super) fn number(&self, column: &str, faults: &mut Diagnostics) -> Option<f64> {
        let cell = self.cell(column).filter(|cell| !cell.is_empty())?;
        cell.number(self.file(), faults)
    }

    /// The number in a cell that must not be empty.
    pub(super) fn need_number(&self, column: &str, faults: &mut Diagnostics) -> Option<f64> {
        self.filled(column, faults)?.number(self.file(), faults)
    }

    /// The whole number in a cell that may be empty.
    pub(super) fn whole(&self, column: &str, faults: &mut Diagnostics) -> Option<u32> {
        let cell = self.cell(column).filter(|cell| !cell.is_empty())?;
        let number = cell.text.parse().ok();
        if number.is_none() {
            faults.push(
                Diagnostic::new(format!("`{}` is not a whole number", cell.text))
                    .at(Some(cell.place(self.file())))
                    .expected("a whole number of at least 0"),
            );
        }
        number
    }

    /// One of a few words.
    pub(super) fn need_word<T: Copy>(
        &self,
        column: &str,
        what: &str,
        words: &[(&str, T)],
        faults: &mut Diagnostics,
    ) -> Option<T> {
        let cell = self.filled(column, faults)?;
        let word = words.iter().find(|(word, _)| *word == cell.text);
        if word.is_none() {
            let known = words.iter().map(|&(word, _)| word);
            faults.push(super::text::unknown(
                what,
                &cell.text,
                known,
                cell.place(self.file()),
            ));
        }
        word.map(|&(_, value)| value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::format::{may, must};

    fn read(text: &str) -> (Option<Table>, String) {
        let source = Source {
            name: "t.csv".into(),
            text: text.into(),
        };
        let mut faults = Diagnostics::new();
        let table = Table::read(&source, &mut faults);
        (table, faults.to_string())
    }

    fn places(text: &str) -> Vec<(String, u32, u32)> {
        let (table, faults) = read(text);
        assert_eq!(faults, "");
        let table = table.unwrap();
        let cells = table.header.iter().chain(table.rows.iter().flatten());
        cells.map(|c| (c.text.clone(), c.line, c.column)).collect()
    }

    #[test]
    fn cells_know_their_places() {
        let text = "# note\r\n\r\na,b\r\n\"x, \"\"y\"\"\",2\r\n# more\r\nтечёт,4\r\n,\r\n";
        let expected = [
            ("a", 3, 1),
            ("b", 3, 3),
            ("x, \"y\"", 4, 1),
            ("2", 4, 12),
            ("течёт", 6, 1),
            ("4", 6, 7),
        ];
        let expected = expected.map(|(text, line, column)| (text.to_owned(), line, column));
        assert_eq!(places(text), expected);
    }

    #[test]
    fn a_cell_may_go_over_lines() {
        let cells = places("a,b\n\"1\n2\",3\n4,5");
        assert_eq!(cells[3], ("3".to_owned(), 3, 4));
        assert_eq!(cells[4], ("4".to_owned(), 4, 1));
    }

    #[test]
    fn tables_that_are_not_tables_are_told_apart() {
        for (text, fault) in [
            ("", "t.csv:1:1: an empty table"),
            ("# only words\n\n", "t.csv:1:1: an empty table"),
            (
                "a;b\n1;2\n",
                "t.csv:1:2: a table whose cells are separated by semicolons",
            ),
            ("a,b\n1,2,3\n", "t.csv:2:5: a row of 3 cells; expected 2"),
            ("a,b\n1\n", "t.csv:2:1: a row of 1 cell; expected 2"),
            ("a,b\n1,\"2\n", "t.csv:2:3: a quoted cell without end"),
            ("a,b,a\n", "t.csv:1:5: two columns `a`"),
        ] {
            let (_, faults) = read(text);
            assert!(faults.starts_with(fault), "{faults}");
        }
    }

    #[test]
    fn columns_are_taken_by_name_and_unit() {
        let known = [
            must("reach", ""),
            may("capacity_m3s", "", ""),
            may("lag_days", "", ""),
        ];
        for (header, fault) in [
            (
                "reach,capacity_m3",
                "t.csv:1:7: column `capacity_m3` is in another unit; expected m3/s; did you mean `capacity_m3s`?",
            ),
            (
                "reach,lag",
                "t.csv:1:7: column `lag` is in another unit; expected days; did you mean `lag_days`?",
            ),
            (
                "reech,lag_days",
                "t.csv:1:1: unknown column `reech`; expected reach, capacity_m3s or lag_days; did you mean `reach`?",
            ),
            (
                "lag_days",
                "t.csv:1:1: no column `reach`; expected the columns reach, capacity_m3s, lag_days",
            ),
        ] {
            let (table, _) = read(header);
            let mut faults = Diagnostics::new();
            table.unwrap().sheet(&known, &mut faults);
            assert_eq!(faults.to_string(), fault);
        }
    }
}
