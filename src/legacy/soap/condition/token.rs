//! The words of a condition, in SQL Server's spelling.

use super::{ConditionError, Suspicion};

/// One token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `(`
    Open,
    /// `)`
    Close,
    /// `= <> != < <= > >=`
    Operator(&'static str),
    /// A string literal, its doubled apostrophes undone.
    Text(String),
    /// An integer literal, of any size.
    Number(String),
    /// A name or keyword, as it stands.
    Word(String),
    /// A name in brackets.
    Bracketed(String),
    /// A character that means nothing here.
    Other(char),
}

/// The operators, the longer ones first.
const OPERATORS: &[(&str, &str)] =
    &[("<>", "<>"), ("!=", "<>"), ("<=", "<="), (">=", ">="), ("=", "="), ("<", "<"), (">", ">")];

/// The tokens of `text`. What only an injection brings ends it.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ConditionError> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let second = rest.chars().nth(1);
        let behind = |bytes: usize| rest.get(bytes..).unwrap_or_default();
        rest = match (first, second) {
            ('\'', _) => literal(behind(1), &mut tokens)?,
            ('N' | 'n', Some('\'')) => literal(behind(2), &mut tokens)?,
            ('-', Some('-')) | ('/', Some('*')) | ('*', Some('/')) => {
                return Err(Suspicion::Comment.into());
            }
            (';', _) => return Err(Suspicion::Semicolon.into()),
            ('(', _) => push(&mut tokens, Token::Open, behind(1)),
            (')', _) => push(&mut tokens, Token::Close, behind(1)),
            ('[', _) => match behind(1).split_once(']') {
                Some((name, behind)) => {
                    push(&mut tokens, Token::Bracketed(name.to_owned()), behind)
                }
                None => push(&mut tokens, Token::Other('['), behind(1)),
            },
            ('-', Some(digit)) if digit.is_ascii_digit() => number(rest, &mut tokens),
            (digit, _) if digit.is_ascii_digit() => number(rest, &mut tokens),
            (letter, _) if is_word(letter) => {
                let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default().to_owned();
                push(&mut tokens, Token::Word(word), behind(end))
            }
            _ => match OPERATORS.iter().find(|(spelling, _)| rest.starts_with(spelling)) {
                Some((spelling, operator)) => {
                    push(&mut tokens, Token::Operator(operator), behind(spelling.len()))
                }
                None => push(&mut tokens, Token::Other(first), behind(first.len_utf8())),
            },
        }
        .trim_start();
    }
    Ok(tokens)
}

fn push<'t>(tokens: &mut Vec<Token>, token: Token, rest: &'t str) -> &'t str {
    tokens.push(token);
    rest
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Reads a string literal behind its first apostrophe and answers what follows it.
fn literal<'t>(text: &'t str, tokens: &mut Vec<Token>) -> Result<&'t str, ConditionError> {
    let mut literal = String::new();
    let mut rest = text;
    loop {
        let (piece, behind) = rest.split_once('\'').ok_or(Suspicion::Quote)?;
        literal.push_str(piece);
        match behind.strip_prefix('\'') {
            Some(behind) => {
                literal.push('\'');
                rest = behind;
            }
            None => return Ok(push(tokens, Token::Text(literal), behind)),
        }
    }
}

fn number<'t>(text: &'t str, tokens: &mut Vec<Token>) -> &'t str {
    let end = text
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || *at == 0))
        .map_or(text.len(), |(at, _)| at);
    let (digits, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    push(tokens, Token::Number(digits.to_owned()), rest)
}
