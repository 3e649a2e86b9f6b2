//! TOML tables read key by key, every value with its place.

use std::str::FromStr;

use jiff::civil::Date;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::format;
use super::text::{Source, fault_of, list};
use crate::error::{Diagnostic, Diagnostics, Error, Origin, Place};

/// The document of a file; none, and all its faults of syntax, if it has any.
pub(super) fn parse<'a>(
    source: &'a Source,
    faults: &mut Diagnostics,
) -> Option<Spanned<DeTable<'a>>> {
    let (table, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        let at = error.span().map_or(0, |span| span.start);
        faults.push(Diagnostic::new(error.message()).at(Some(source.place(at))));
    }
    errors.is_empty().then_some(table)
}

/// A value, and the file it stands in.
#[derive(Clone, Copy)]
pub(super) struct Value<'a> {
    source: &'a Source,
    value: &'a Spanned<DeValue<'a>>,
}

impl<'a> Value<'a> {
    pub(super) fn place(self) -> Place {
        self.source.place(self.value.span().start)
    }

    /// A fault of this value.
    pub(super) fn fault(
        self,
        message: impl Into<String>,
        expected: impl Into<String>,
    ) -> Diagnostic {
        Diagnostic::new(message)
            .at(Some(self.place()))
            .expected(expected)
    }

    /// The value is of the wrong type.
    fn wrong(self, expected: &str, faults: &mut Diagnostics) {
        let found = match self.value.get_ref() {
            DeValue::String(text) => format!("the text \"{text}\""),
            DeValue::Integer(number) => format!("the number {number}"),
            DeValue::Float(number) => format!("the number {number}"),
            DeValue::Boolean(value) => format!("the word {value}"),
            DeValue::Datetime(time) => format!("the date {time}"),
            DeValue::Array(_) => "a list".to_owned(),
            DeValue::Table(_) => "a table".to_owned(),
        };
        faults.push(self.fault(found, expected));
    }

    /// The text, if it is one.
    pub(super) fn as_text(self) -> Option<&'a str> {
        self.value.get_ref().as_str()
    }

    pub(super) fn text(self, faults: &mut Diagnostics) -> Option<&'a str> {
        let text = self.as_text();
        if text.is_none() {
            self.wrong("a text in quotation marks", faults);
        }
        text
    }

    /// One of a few words.
    pub(super) fn word<T: Clone>(
        self,
        what: &str,
        words: &[(&str, T)],
        faults: &mut Diagnostics,
    ) -> Option<T> {
        let text = self.text(faults)?;
        let word = words.iter().find(|(word, _)| *word == text);
        if word.is_none() {
            let known = words.iter().map(|(word, _)| *word);
            faults.push(super::text::unknown(what, text, known, self.place()));
        }
        word.map(|(_, value)| value.clone())
    }

    /// A quantity with its unit, in quotation marks.
    pub(super) fn quantity<T: FromStr<Err = Error>>(
        self,
        example: &str,
        faults: &mut Diagnostics,
    ) -> Option<T> {
        let expected = format!("a number with its unit, as in \"{example}\"");
        self.parsed(&expected, faults)
    }

    /// What a text says.
    pub(super) fn parsed<T: FromStr<Err = Error>>(
        self,
        expected: &str,
        faults: &mut Diagnostics,
    ) -> Option<T> {
        let Some(text) = self.as_text() else {
            self.wrong(expected, faults);
            return None;
        };
        match text.parse() {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                faults.push(fault_of(&error).at(Some(self.place())));
                None
            }
        }
    }

    pub(super) fn number(self, faults: &mut Diagnostics) -> Option<f64> {
        let number = match self.value.get_ref() {
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .ok()
                .map(|n| n as f64),
            DeValue::Float(number) => number.as_str().parse().ok().filter(|n: &f64| n.is_finite()),
            _ => None,
        };
        if number.is_none() {
            self.wrong("a finite number", faults);
        }
        number
    }

    pub(super) fn whole(self, faults: &mut Diagnostics) -> Option<u32> {
        let number = match self.value.get_ref() {
            DeValue::Integer(number) => u32::from_str_radix(number.as_str(), number.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong("a whole number of at least 0", faults);
        }
        number
    }

    pub(super) fn date(self, faults: &mut Diagnostics) -> Option<Date> {
        let date = match self.value.get_ref() {
            DeValue::Datetime(found) if found.time.is_none() => found.date.and_then(|date| {
                let year = i16::try_from(date.year).ok()?;
                Date::new(year, date.month as i8, date.day as i8).ok()
            }),
            _ => None,
        };
        if date.is_none() {
            self.wrong(
                "a date without quotation marks or time, as in 2024-04-01",
                faults,
            );
        }
        date
    }

    /// The items of a list.
    pub(super) fn list(self, expected: &str, faults: &mut Diagnostics) -> Option<Vec<Value<'a>>> {
        let Some(array) = self.value.get_ref().as_array() else {
            self.wrong(expected, faults);
            return None;
        };
        let source = self.source;
        Some(array.iter().map(|value| Value { source, value }).collect())
    }

    pub(super) fn is_list(self) -> bool {
        self.value.get_ref().is_array()
    }

    /// The word `true`, for a key that is there or not.
    pub(super) fn yes(self, faults: &mut Diagnostics) -> Option<()> {
        let yes = self.is_yes().then_some(());
        if yes.is_none() {
            self.wrong("the word true, or no such line", faults);
        }
        yes
    }

    pub(super) fn is_yes(self) -> bool {
        matches!(self.value.get_ref(), DeValue::Boolean(true))
    }

    /// The value without its place; none, and a fault, for a number that is none.
    fn plain(self, faults: &mut Diagnostics) -> Option<toml::Value> {
        let source = self.source;
        Some(match self.value.get_ref() {
            DeValue::String(text) => text.as_ref().into(),
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(number.as_str(), number.radix()).ok();
                if number.is_none() {
                    self.wrong("a whole number of 64 bits", faults);
                }
                number?.into()
            }
            DeValue::Float(_) => self.number(faults)?.into(),
            DeValue::Boolean(value) => (*value).into(),
            DeValue::Datetime(time) => (*time).into(),
            DeValue::Array(items) => {
                let items = items
                    .iter()
                    .map(|value| Value { source, value }.plain(faults));
                toml::Value::Array(items.collect::<Option<_>>()?)
            }
            DeValue::Table(table) => {
                let entries = table.iter().map(|(key, value)| {
                    let value = Value { source, value }.plain(faults)?;
                    Some((key.get_ref().to_string(), value))
                });
                toml::Value::Table(entries.collect::<Option<_>>()?)
            }
        })
    }

    /// Where the values within a value stand, by their names behind that of the value.
    fn places(self, name: String, places: &mut Vec<(String, u32, u32)>) {
        let source = self.source;
        if let Some(table) = self.value.get_ref().as_table() {
            for (key, value) in table {
                let name = format!("{name}.{}", key.get_ref());
                Value { source, value }.places(name, places);
            }
        } else if let Some(items) = self.value.get_ref().as_array() {
            for (i, value) in items.iter().enumerate() {
                Value { source, value }.places(format!("{name}.{i}"), places);
            }
        }
        let place = self.place();
        places.push((name, place.line, place.column));
    }

    /// The keys of a table.
    pub(super) fn keys(
        self,
        known: &'static format::Keys,
        faults: &mut Diagnostics,
    ) -> Option<Keys<'a>> {
        let Some(table) = self.value.get_ref().as_table() else {
            self.wrong(known.expected, faults);
            return None;
        };
        Some(Keys::new(
            self.source,
            self.value.span().start,
            table,
            known,
        ))
    }
}

struct Entry<'a> {
    key: &'a str,
    at: usize,
    value: Value<'a>,
}

/// A table being read: what nobody asks for is a fault at the [end](Keys::finish).
pub(super) struct Keys<'a> {
    place: Place,
    /// What may be asked for.
    known: &'static format::Keys,
    entries: Vec<Entry<'a>>,
    asked: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    /// The keys of a table that begins at a byte of its file, in the order they were written.
    pub(super) fn new(
        source: &'a Source,
        at: usize,
        table: &'a DeTable<'a>,
        known: &'static format::Keys,
    ) -> Self {
        let mut entries: Vec<_> = table
            .iter()
            .map(|(key, value)| Entry {
                key: key.get_ref(),
                at: key.span().start,
                value: Value { source, value },
            })
            .collect();
        entries.sort_by_key(|entry| entry.at);
        Self {
            place: source.place(at),
            known,
            entries,
            asked: Vec::new(),
        }
    }

    /// The same, with the keys of a base behind those that are here.
    pub(super) fn over(mut self, base: Self) -> Self {
        self.entries.extend(base.entries);
        self
    }

    /// Where the table begins.
    pub(super) fn place(&self) -> Place {
        self.place.clone()
    }

    /// Where the table and each of its values stand.
    pub(super) fn origin(&self) -> Origin {
        let fields = self.entries.iter().map(|entry| {
            let place = entry.value.place();
            (entry.key.to_owned(), place.line, place.column)
        });
        self.origin_with(fields.collect())
    }

    /// Where the table and each of its values stand, and those within them: `due`, `due.0`,
    /// `due.0.flow`.
    pub(super) fn deep_origin(&self) -> Origin {
        let mut fields = Vec::new();
        for entry in &self.entries {
            entry.value.places(entry.key.to_owned(), &mut fields);
        }
        self.origin_with(fields)
    }

    fn origin_with(&self, fields: Vec<(String, u32, u32)>) -> Origin {
        let Place { file, line, column } = &self.place;
        Origin::new(file, *line, *column, fields)
    }

    /// Whether a key is there, readable or not.
    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.iter().any(|entry| entry.key == key)
    }

    fn ask(&mut self, key: &'static str) {
        debug_assert!(self.known.has(key), "{}: {key}", self.known.expected);
        #[cfg(test)]
        format::asked::note(self.known.expected, key);
        self.asked.push(key);
    }

    /// The value of a key that may be missing.
    pub(super) fn get(&mut self, key: &'static str) -> Option<Value<'a>> {
        self.ask(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(entry.value)
    }

    /// The tables under a key, that of the base behind the own one.
    pub(super) fn tables(
        &mut self,
        key: &'static str,
        known: &'static format::Keys,
        faults: &mut Diagnostics,
    ) -> Option<Keys<'a>> {
        self.ask(key);
        let entries = self.entries.iter().filter(|entry| entry.key == key);
        entries
            .filter_map(|entry| entry.value.keys(known, faults))
            .reduce(Keys::over)
    }

    /// The value of a key that must be there.
    pub(super) fn need(
        &mut self,
        key: &'static str,
        faults: &mut Diagnostics,
    ) -> Option<Value<'a>> {
        let value = self.get(key);
        if value.is_none() {
            faults.push(
                Diagnostic::new(format!("no `{key}`"))
                    .at(Some(self.place()))
                    .expected(format!("a line `{key} = ...`")),
            );
        }
        value
    }

    /// The text of a key that may be missing.
    pub(super) fn text(&mut self, key: &'static str, faults: &mut Diagnostics) -> Option<&'a str> {
        self.get(key)?.text(faults)
    }

    /// The text of a key that must be there.
    pub(super) fn need_text(
        &mut self,
        key: &'static str,
        faults: &mut Diagnostics,
    ) -> Option<&'a str> {
        self.need(key, faults)?.text(faults)
    }

    /// Takes out all keys but some, with their values; none, and a fault, if a value is none.
    pub(super) fn take_others(
        &mut self,
        known: &[&str],
        faults: &mut Diagnostics,
    ) -> Option<toml::Table> {
        let (kept, others) = std::mem::take(&mut self.entries)
            .into_iter()
            .partition(|entry| known.contains(&entry.key));
        self.entries = kept;
        let others: Vec<Entry> = others;
        let values = others
            .into_iter()
            .map(|entry| Some((entry.key.to_owned(), entry.value.plain(faults)?)));
        values.collect()
    }

    /// All keys with their values and the places of the keys, for tables whose keys are names.
    pub(super) fn named(&self) -> impl Iterator<Item = (&'a str, Place, Value<'a>)> + '_ {
        let first = |key| self.entries.iter().position(|entry| entry.key == key);
        self.entries
            .iter()
            .enumerate()
            .filter(move |&(i, entry)| first(entry.key) == Some(i))
            .map(|(_, entry)| (entry.key, entry.value.source.place(entry.at), entry.value))
    }

    /// Faults for the keys that nobody asked for.
    pub(super) fn finish(self, faults: &mut Diagnostics) {
        for (key, place, _) in self.named() {
            if !self.asked.contains(&key) {
                faults.push(
                    Diagnostic::new(format!("unknown key `{key}`"))
                        .at(Some(place))
                        .expected(list(self.asked.iter()))
                        .nearest(key, self.asked.iter().copied()),
                );
            }
        }
    }
}
