//! Doc comments and names, as Python will have them. This file never knows what is documented or named.

use syn::{Attribute, Expr, ExprLit, Lit, Meta};

/// The text of the doc comments.
pub(crate) fn docs(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => match &meta.value {
            Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
            // Text that is included is known later than macros are.
            _ => None,
        },
        _ => None,
    });
    // A comment has a space after its slashes.
    let lines = lines.map(|line| line.strip_prefix(' ').map(str::to_owned).unwrap_or(line));
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// The name of a case: `NotFound` is `not_found`, `HTTPError` is `http_error`.
pub(crate) fn case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (at, letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|at| letters.get(at));
        let after_small = before.is_some_and(|before| before.is_lowercase() || before.is_ascii_digit());
        let before_small = letters.get(at + 1).is_some_and(|after| after.is_lowercase());
        let word =
            letter.is_uppercase() && (after_small || before_small) && before.is_some_and(|before| *before != '_');
        if word {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn comments_become_text() {
        let item: syn::ItemFn = parse_quote! {
            /// Adds.
            ///
            ///   Indented.
            #[must_use]
            #[doc = include_str!("x.md")]
            fn add() {}
        };
        assert_eq!(docs(&item.attrs), "Adds.\n\n  Indented.");
    }

    #[test]
    fn cases_are_named_as_in_wit() {
        for (rust, python) in [
            ("Red", "red"),
            ("NotFound", "not_found"),
            ("HTTPError", "http_error"),
            ("Utf8Text", "utf8_text"),
            ("A", "a"),
            ("XY", "xy"),
            ("snake_case", "snake_case"),
        ] {
            assert_eq!(case(rust), python);
        }
    }
}
