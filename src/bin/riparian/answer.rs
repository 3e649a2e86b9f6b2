//! What a subcommand says: an answer, or why there is none.

use std::borrow::Cow;
use std::error::Error as _;
use std::path::{Path, PathBuf};

use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use riparian::{Diagnostic, Error};
use serde_json::{Value, json};

/// The exit codes, as the help tells them.
pub(crate) mod code {
    pub(crate) const OK: u8 = 0;
    pub(crate) const FAILED: u8 = 1;
    pub(crate) const USAGE: u8 = 2;
    pub(crate) const SHORTFALL: u8 = 3;
    pub(crate) const STOPPED: u8 = 130;
}

/// What goes to standard output, and the exit code.
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) code: u8,
}

impl Answer {
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            code: code::OK,
        }
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self::text(format!("{value:#}\n"))
    }

    /// The same, with the exit code of a shortfall where there is one and it was asked about.
    pub(crate) fn strict(mut self, strict: bool, shortfall: bool) -> Self {
        if strict && shortfall {
            self.code = code::SHORTFALL;
        }
        self
    }
}

/// Why there is no answer.
pub(crate) enum Failure {
    /// The crate says no; the files its faults name are below a folder.
    Crate { error: Error, sources: Sources },
    /// The command itself does.
    Told { message: String, code: u8 },
}

/// Where the lines of faulty files are found.
#[derive(Clone, Default)]
pub(crate) struct Sources {
    folder: PathBuf,
    /// What came from standard input, by the name it was given.
    texts: Vec<(String, String)>,
}

impl Sources {
    /// Files named from a folder.
    pub(crate) fn of(folder: &Path) -> Self {
        Self {
            folder: folder.to_owned(),
            texts: Vec::new(),
        }
    }

    /// The same, and a text that is in no file.
    pub(crate) fn and(mut self, name: &str, text: &str) -> Self {
        self.texts.push((name.to_owned(), text.to_owned()));
        self
    }

    fn path(&self, file: &str) -> String {
        if self.texts.iter().any(|(name, _)| name == file) {
            return file.to_owned();
        }
        // What is extended lies beside the folder, not below it.
        let beside = file.strip_prefix("../").zip(self.folder.parent());
        let path = beside.map_or_else(|| self.folder.join(file), |(file, dir)| dir.join(file));
        path.display().to_string()
    }

    /// A line, counted from 1, if it can be read.
    fn line(&self, file: &str, line: u32) -> Option<String> {
        let text = match self.texts.iter().find(|(name, _)| name == file) {
            Some((_, text)) => text.clone(),
            None => String::from_utf8_lossy(&std::fs::read(self.path(file)).ok()?).into_owned(),
        };
        let at = (line as usize).checked_sub(1)?;
        text.lines().nth(at).map(str::to_owned)
    }
}

impl Failure {
    /// An error of the crate about what lies in a folder.
    pub(crate) fn in_folder(folder: &Path) -> impl Fn(Error) -> Self + '_ {
        move |error| Self::Crate {
            error,
            sources: Sources::of(folder),
        }
    }

    pub(crate) fn told(message: impl Into<String>) -> Self {
        Self::Told {
            message: message.into(),
            code: code::FAILED,
        }
    }

    /// A command line that asks for something there is not.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::Told {
            message: message.into(),
            code: code::USAGE,
        }
    }

    pub(crate) fn io(path: &Path, doing: &str, error: &std::io::Error) -> Self {
        Self::told(format!("{}: {doing}: {error}", path.display()))
    }

    pub(crate) fn code(&self) -> u8 {
        match self {
            Self::Crate { .. } => code::FAILED,
            Self::Told { code, .. } => *code,
        }
    }

    /// For people: every fault with the line it stands in.
    pub(crate) fn drawn(&self, colours: bool) -> String {
        let renderer = if colours {
            Renderer::styled()
        } else {
            Renderer::plain()
        };
        if let Some((faults, sources)) = self.faults() {
            let drawn = faults.iter().map(|fault| draw(fault, sources, &renderer));
            let count = (faults.len() > 1).then(|| format!("{} faults", faults.len()));
            return drawn.chain(count).collect::<Vec<_>>().join("\n\n") + "\n";
        }
        let message = self.message();
        let title = Level::ERROR.primary_title(Cow::Borrowed(&*message));
        renderer.render(&[Group::with_title(title)]) + "\n"
    }

    /// For machines.
    pub(crate) fn json(&self) -> Value {
        let faults = self.faults().map_or_else(Vec::new, |(faults, _)| faults);
        let faults = faults.iter().map(|fault| {
            json!({
                "file": fault.place.as_ref().map(|place| &place.file),
                "line": fault.place.as_ref().map(|place| place.line),
                "column": fault.place.as_ref().map(|place| place.column),
                "message": fault.message,
                "expected": fault.expected,
                "nearest": fault.nearest,
            })
        });
        json!({ "error": self.message(), "faults": faults.collect::<Vec<_>>() })
    }

    fn faults(&self) -> Option<(Vec<&Diagnostic>, &Sources)> {
        match self {
            Self::Crate { error, sources } => {
                Some((error.diagnostics()?.iter().collect(), sources))
            }
            Self::Told { .. } => None,
        }
    }

    /// The message, with what lies beneath it.
    fn message(&self) -> String {
        match self {
            Self::Told { message, .. } => message.clone(),
            Self::Crate { error, .. } => {
                let mut message = error.to_string();
                let mut beneath = error.source();
                while let Some(cause) = beneath {
                    message = format!("{message}: {cause}");
                    beneath = cause.source();
                }
                message
            }
        }
    }
}

/// A fault, drawn under the line it stands in.
fn draw(fault: &Diagnostic, sources: &Sources, renderer: &Renderer) -> String {
    let expected = fault.expected.as_ref().map(|e| format!("expected {e}"));
    let help = fault
        .nearest
        .as_ref()
        .map(|n| format!("did you mean `{n}`?"));
    let mut group = Group::with_title(Level::ERROR.primary_title(&*fault.message));
    let mut said = false;
    if let Some(place) = &fault.place {
        let path = sources.path(&place.file);
        let line = sources.line(&place.file, place.line);
        group = match line {
            Some(line) => {
                let span = word(&line, place.column);
                let mark = AnnotationKind::Primary.span(span).label(expected.clone());
                said = true;
                let snippet = Snippet::source(line)
                    .line_start(place.line as usize)
                    .path(path)
                    .annotation(mark);
                group.element(snippet)
            }
            None if place.line == 0 => group.element(Origin::path(path)),
            None => {
                let (line, column) = (place.line as usize, place.column as usize);
                group.element(Origin::path(path).line(line).char_column(column))
            }
        };
    }
    if let Some(expected) = expected.filter(|_| !said) {
        group = group.element(Level::NOTE.message(expected));
    }
    if let Some(help) = help {
        group = group.element(Level::HELP.message(help));
    }
    renderer.render(&[group])
}

/// The bytes of the word that starts at a column, counted in characters from 1; 0 for the whole line.
fn word(line: &str, column: u32) -> std::ops::Range<usize> {
    let Some(skip) = (column as usize).checked_sub(1) else {
        return 0..line.len();
    };
    let start = line.char_indices().nth(skip).map_or(line.len(), |(i, _)| i);
    let rest = &line[start..];
    let quoted = rest.starts_with('"').then(|| rest[1..].find('"')).flatten();
    let length = match quoted {
        Some(end) => end + 2,
        None => rest
            .find([',', ';', '=', ']', '}', '#'])
            .map_or(rest, |end| &rest[..end])
            .trim_end()
            .len(),
    };
    // An empty cell is marked where it would stand.
    let one = rest.chars().next().map_or(0, char::len_utf8);
    start..start + length.max(one)
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn the_word_at_a_column() {
        assert_eq!(word("a,bc,d", 3), 2..4);
        assert_eq!(word("a,,d", 3), 2..3);
        assert_eq!(word("a,", 3), 2..2);
        assert_eq!(word("key = \"two words\" # why", 7), 6..17);
        assert_eq!(word("é,ß", 3), 3..5);
        assert_eq!(word("whole", 0), 0..5);
    }
}
