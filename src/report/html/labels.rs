//! The words of the page, in the languages of the basin.

use std::collections::HashMap;

/// A language of the basin.
///
/// English is complete. The labels of the others were written without a native speaker and say so
/// on the page. What comes from the scenario or from a treaty, and the reasons of a shortfall, stay
/// in their own language.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Russian.
    Russian,
    /// Kazakh.
    Kazakh,
    /// Tajik.
    Tajik,
    /// Uzbek, in Latin letters.
    Uzbek,
    /// Kyrgyz.
    Kyrgyz,
}

impl Language {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::English,
        Self::Russian,
        Self::Kazakh,
        Self::Tajik,
        Self::Uzbek,
        Self::Kyrgyz,
    ];

    /// Its code (ISO 639-1), as in the `lang` of a page.
    ///
    /// ```
    /// use riparian::report::html::Language;
    ///
    /// assert_eq!(Language::Tajik.code(), "tg");
    /// assert_eq!(Language::from_code("ky"), Some(Language::Kyrgyz));
    /// ```
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Russian => "ru",
            Self::Kazakh => "kk",
            Self::Tajik => "tg",
            Self::Uzbek => "uz",
            Self::Kyrgyz => "ky",
        }
    }

    /// The language of a code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|language| language.code() == code)
    }
}

/// The catalogue: a row a label, a column a language; an empty field stands for the English one.
const CATALOGUE: &str = include_str!("labels.csv");

/// The labels in one language.
#[derive(Clone, Debug)]
pub(super) struct Labels {
    pub(super) language: Language,
    words: HashMap<String, String>,
}

impl Labels {
    pub(super) fn of(language: Language) -> Self {
        let mut table = csv::Reader::from_reader(CATALOGUE.as_bytes());
        let headers = table.headers().cloned().unwrap_or_default();
        let column = headers.iter().position(|code| code == language.code());
        let mut words = HashMap::new();
        for row in table.records().flatten() {
            let own = column.and_then(|at| row.get(at)).unwrap_or_default();
            let word = if own.is_empty() { &row[1] } else { own };
            words.insert(row[0].to_owned(), word.to_owned());
        }
        Self { language, words }
    }

    /// A label by its key.
    ///
    /// # Panics
    ///
    /// If the catalogue has no such key.
    pub(super) fn get(&self, key: &str) -> &str {
        let word = self.words.get(key);
        word.unwrap_or_else(|| panic!("the catalogue of labels has no `{key}`"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_has_every_language_and_english_is_complete() {
        let mut table = csv::Reader::from_reader(CATALOGUE.as_bytes());
        let headers: Vec<String> = table.headers().unwrap().iter().map(Into::into).collect();
        let codes = Language::ALL.map(Language::code);
        assert_eq!(headers[1..], codes);
        let mut keys = std::collections::BTreeSet::new();
        for row in table.records() {
            let row = row.expect("as many fields as languages");
            // What only translations have to say is not said in English.
            let for_translations = ["unchecked", "english-inside"].contains(&&row[0]);
            assert_eq!(row[1].is_empty(), row[0] == *"unchecked", "{row:?}");
            assert!(
                for_translations || row.iter().all(|word| !word.is_empty()),
                "{row:?}"
            );
            assert!(keys.insert(row[0].to_owned()), "{} twice", &row[0]);
        }
    }
}
