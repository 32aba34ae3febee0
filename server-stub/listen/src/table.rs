//! Rows under headings, each column as wide as its widest text.

/// A table for a terminal; `none` where there is no row.
pub fn table<const N: usize>(headings: [&str; N], rows: &[[String; N]], none: &str) -> String {
    if rows.is_empty() {
        return format!("{none}\n");
    }
    let headings = headings.map(str::to_owned);
    let all = || std::iter::once(&headings).chain(rows);
    let wide = |text: &String| text.chars().count();
    let mut text = String::new();
    for row in all() {
        let cells = row.iter().enumerate().map(|(at, cell)| {
            let width = all().filter_map(|row| row.get(at)).map(wide).max().unwrap_or(0);
            format!("{cell:<width$}")
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_their_headings_and_nothing_is_said_in_words() {
        let rows = [["R5CT1".to_owned(), "Pixel 9".to_owned()], ["é".to_owned(), String::new()]];
        assert_eq!(table(["SERIAL", "MODEL"], &rows, "none"), "SERIAL  MODEL\nR5CT1   Pixel 9\né\n");
        assert_eq!(table(["SERIAL", "MODEL"], &[], "No phone matches."), "No phone matches.\n");
    }
}
