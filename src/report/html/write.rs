//! Small things every part of the page is written with.

use std::fmt;

/// Text as it may stand in HTML, between tags and in quoted attributes.
pub(super) struct Esc<'a>(pub(super) &'a str);

impl fmt::Display for Esc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
            f.write_str(&rest[..at])?;
            f.write_str(match rest.as_bytes()[at] {
                b'&' => "&amp;",
                b'<' => "&lt;",
                b'>' => "&gt;",
                b'"' => "&quot;",
                _ => "&#39;",
            })?;
            rest = &rest[at + 1..];
        }
        f.write_str(rest)
    }
}

/// A figure to a tenth, with a narrow space between thousands.
pub(super) fn figure(value: f64) -> String {
    grouped(&format!("{:.1}", value.abs()), value < 0.0)
}

/// A figure to a whole.
pub(super) fn whole(value: f64) -> String {
    grouped(&format!("{:.0}", value.abs()), value < 0.0)
}

fn grouped(digits: &str, negative: bool) -> String {
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let mut text = String::new();
    // No minus in front of a rounded nothing.
    if negative && digits.bytes().any(|digit| matches!(digit, b'1'..=b'9')) {
        text.push('\u{2212}');
    }
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    if !part.is_empty() {
        text.push('.');
        text.push_str(part);
    }
    text
}

/// A figure that may not be known.
pub(super) fn known(value: Option<f64>) -> String {
    value.map_or_else(|| "\u{2013}".to_owned(), figure)
}

/// A cell with a figure, sorted by its value.
pub(super) fn cell(value: Option<f64>) -> String {
    let sorted = value.map_or(String::new(), |value| format!(" data-sort=\"{value}\""));
    format!("<td class=\"n\"{sorted}>{}</td>", known(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_html_would_read_is_escaped() {
        let text = Esc("a<b & \"c\" it's >").to_string();
        assert_eq!(text, "a&lt;b &amp; &quot;c&quot; it&#39;s &gt;");
    }

    #[test]
    fn thousands_are_set_apart_and_nothing_has_no_sign() {
        assert_eq!(figure(1_234_567.04), "1\u{202f}234\u{202f}567.0");
        assert_eq!(figure(-824.16), "\u{2212}824.2");
        assert_eq!(figure(-0.01), "0.0");
        assert_eq!(whole(999.6), "1\u{202f}000");
        assert_eq!(known(None), "\u{2013}");
    }
}
