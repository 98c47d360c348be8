//! A SQL condition as the SOAP layer takes it, in `<Filters>` and `businessKey`: from a client's
//! words to SQL with bound values. It knows the list of columns, and nothing of XML or HTTP.
//!
//! "`<Filters>` works exactly as a WHERE clause in SQL": the real server pastes it into its own
//! statement. Here a small part of SQL is read (comparisons of a column with a literal, `LIKE`,
//! `IS [NOT] NULL`, `AND`, `OR`, `NOT`, parentheses), a client's words never become SQL text, and
//! what only an injection would bring is told apart as a [`Suspicion`].
//!
//! Text compares without regard to case, as under SQL Server's default collation; nulls are SQL's,
//! three-valued: a comparison with an empty column, or with `NULL`, is true for no row.

mod token;

use rusqlite::types::Value as Cell;

use self::token::{Token, tokens};
use crate::legacy::columns::{Column, Kind, Table};
use crate::legacy::store::{Condition, datetime, guid};

/// How long a condition may be, in bytes.
const LENGTH: usize = 16 * 1024;
/// How deep parentheses and `NOT` may be nested.
const DEPTH: usize = 32;
/// How many comparisons a condition may have; SQLite itself stops at 1000 levels.
const COMPARISONS: usize = 250;

/// Words that no condition of one column and one value has: they begin other statements.
const FOREIGN: &[&str] = &[
    "alter",
    "begin",
    "cast",
    "char",
    "convert",
    "create",
    "declare",
    "delete",
    "drop",
    "exec",
    "execute",
    "exists",
    "grant",
    "having",
    "insert",
    "into",
    "merge",
    "openrowset",
    "select",
    "shutdown",
    "sp_executesql",
    "truncate",
    "union",
    "update",
    "waitfor",
    "xp_cmdshell",
];

/// The keywords that are read here, beside `NULL`: none is a column's name.
const KEYWORDS: &[&str] = &["and", "or", "not", "is", "like", "escape"];

/// What only an injection brings into a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Suspicion {
    /// A string literal has no end.
    #[error("unclosed quotation mark")]
    Quote,
    /// `--` or `/*` outside of a literal.
    #[error("comment")]
    Comment,
    /// `;` outside of a literal.
    #[error("second statement")]
    Semicolon,
    /// A keyword of another statement outside of a literal.
    #[error("keyword of another statement")]
    Keyword,
    /// A comparison that says nothing of the row: of two literals, or of two columns.
    #[error("comparison without a column and a value")]
    Tautology,
    /// Something that can follow no literal follows one, so the literal ended too early.
    #[error("text after a literal")]
    Remainder,
}

/// Why a condition was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ConditionError {
    /// It looks like an injection.
    #[error("incorrect syntax: {0}")]
    Suspicious(#[from] Suspicion),
    /// It is too long, too deep or has too many comparisons.
    #[error("the condition is too long or too complex")]
    TooComplex,
    /// The entity has no such column; another entity's columns cannot be asked for.
    #[error("column not found: {name}")]
    UnknownColumn {
        /// What was asked for.
        name: String,
    },
    /// Something else was expected.
    #[error("incorrect syntax: expected {expected}")]
    Expected {
        /// What was expected.
        expected: &'static str,
    },
    /// The literal cannot be compared with the column.
    #[error("conversion failed for column '{column}'")]
    Conversion {
        /// The column.
        column: &'static str,
    },
}

/// A literal of the condition.
#[derive(Clone, Debug)]
enum Literal {
    Null,
    Number(String),
    Text(String),
}

/// One side of a comparison.
#[derive(Clone, Debug)]
enum Operand {
    Column(&'static Column),
    Literal(Literal),
}

/// The condition that a text means on `table`. With `loose`, text is compared as an
/// accent-insensitive collation does.
pub(crate) fn condition(
    table: &'static Table,
    text: &str,
    loose: bool,
) -> Result<Condition, ConditionError> {
    if text.len() > LENGTH {
        return Err(ConditionError::TooComplex);
    }
    let tokens = tokens(text)?;
    let foreign = |word: &String| FOREIGN.contains(&word.to_ascii_lowercase().as_str());
    if tokens.iter().any(|token| matches!(token, Token::Word(word) if foreign(word))) {
        return Err(Suspicion::Keyword.into());
    }
    suspicion(&tokens).map_or(Ok(()), Err)?;
    let mut parser = Parser { table, tokens, at: 0, depth: 0, comparisons: 0, loose };
    let whole = parser.either()?;
    match parser.peek() {
        None => Ok(whole),
        Some(_) => Err(parser.unexpected("AND, OR or the end")),
    }
}

/// What is suspicious wherever it stands, also in a condition that is wrong otherwise.
fn suspicion(tokens: &[Token]) -> Option<Suspicion> {
    let literal = |token: &Token| matches!(token, Token::Text(_) | Token::Number(_));
    let follows = |token: &Token| match token {
        Token::Close | Token::Operator(_) => true,
        Token::Word(word) => KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword)),
        _ => false,
    };
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| literal(token)) {
        match (token, tokens.get(at + 1), tokens.get(at + 2)) {
            (_, Some(Token::Operator(_)), Some(other)) if literal(other) => {
                return Some(Suspicion::Tautology);
            }
            (_, Some(next), _) if !follows(next) => return Some(Suspicion::Remainder),
            _ => {}
        }
    }
    None
}

/// A condition without its literals: every one becomes `?`. Two statements of one shape differ in
/// values only, so a value that changes the shape has been taken for SQL.
pub(crate) fn shape(text: &str) -> String {
    let Ok(tokens) = tokens(text) else { return "(broken)".to_owned() };
    let words: Vec<String> = tokens
        .into_iter()
        .map(|token| match token {
            Token::Open => "(".to_owned(),
            Token::Close => ")".to_owned(),
            Token::Operator(operator) => operator.to_owned(),
            Token::Text(_) | Token::Number(_) => "?".to_owned(),
            Token::Word(word) | Token::Bracketed(word) => word,
            Token::Other(character) => character.to_string(),
        })
        .collect();
    words.join(" ")
}

struct Parser {
    table: &'static Table,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    comparisons: usize,
    loose: bool,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn next_if_word(&mut self, wanted: &str) -> bool {
        let is =
            matches!(self.peek(), Some(Token::Word(word)) if word.eq_ignore_ascii_case(wanted));
        self.at += usize::from(is);
        is
    }

    /// Behind a literal the rest is suspicious, elsewhere only wrong.
    fn unexpected(&self, expected: &'static str) -> ConditionError {
        let before = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        match before {
            Some(Token::Text(_) | Token::Number(_)) => Suspicion::Remainder.into(),
            _ => ConditionError::Expected { expected },
        }
    }

    fn either(&mut self) -> Result<Condition, ConditionError> {
        self.chain("or", " OR ", Self::both)
    }

    fn both(&mut self) -> Result<Condition, ConditionError> {
        self.chain("and", " AND ", Self::negation)
    }

    fn chain(
        &mut self,
        word: &str,
        sql: &str,
        inner: fn(&mut Self) -> Result<Condition, ConditionError>,
    ) -> Result<Condition, ConditionError> {
        let mut whole = inner(self)?;
        while self.next_if_word(word) {
            let next = inner(self)?;
            whole.sql.push_str(sql);
            whole.sql.push_str(&next.sql);
            whole.values.extend(next.values);
        }
        whole.sql = format!("({})", whole.sql);
        Ok(whole)
    }

    fn negation(&mut self) -> Result<Condition, ConditionError> {
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(ConditionError::TooComplex);
        }
        let condition = if self.next_if_word("not") {
            let inner = self.negation()?;
            Condition { sql: format!("(NOT {})", inner.sql), values: inner.values }
        } else if self.peek() == Some(&Token::Open) {
            self.at += 1;
            let inner = self.either()?;
            if self.peek() != Some(&Token::Close) {
                return Err(self.unexpected("AND, OR or a closing parenthesis"));
            }
            self.at += 1;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(condition)
    }

    fn comparison(&mut self) -> Result<Condition, ConditionError> {
        self.comparisons += 1;
        if self.comparisons > COMPARISONS {
            return Err(ConditionError::TooComplex);
        }
        let left = self.operand()?;
        if self.next_if_word("is") {
            let not = if self.next_if_word("not") { "NOT " } else { "" };
            if !self.next_if_word("null") {
                return Err(self.unexpected("NULL"));
            }
            let Operand::Column(column) = left else { return Err(Suspicion::Tautology.into()) };
            let sql = format!("\"{}\" IS {not}NULL", column.name);
            return Ok(Condition { sql, values: Vec::new() });
        }
        let not = self.next_if_word("not");
        if self.next_if_word("like") {
            let right = self.operand()?;
            let right = self.escaped(right)?;
            return self.like(&left, right, not);
        }
        let operator = match self.peek() {
            Some(Token::Operator(operator)) if !not => *operator,
            _ if not => return Err(self.unexpected("LIKE")),
            // A literal on its own (`OR 1`) is suspicious too.
            _ => return Err(self.unexpected("an operator")),
        };
        self.at += 1;
        let right = self.operand()?;
        match (left, right) {
            (Operand::Column(column), Operand::Literal(literal)) => {
                self.compare(column, operator, literal)
            }
            (Operand::Literal(literal), Operand::Column(column)) => {
                let turned = match operator {
                    "<" => ">",
                    "<=" => ">=",
                    ">" => "<",
                    ">=" => "<=",
                    same => same,
                };
                self.compare(column, turned, literal)
            }
            _ => Err(Suspicion::Tautology.into()),
        }
    }

    fn operand(&mut self) -> Result<Operand, ConditionError> {
        let name = match self.peek() {
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("null") => None,
            Some(Token::Word(word))
                if KEYWORDS.iter().any(|keyword| word.eq_ignore_ascii_case(keyword)) =>
            {
                return Err(self.unexpected("a column or a literal"));
            }
            Some(Token::Word(name) | Token::Bracketed(name)) => Some(name.clone()),
            Some(Token::Text(_) | Token::Number(_)) => None,
            _ => return Err(self.unexpected("a column or a literal")),
        };
        if let Some(name) = name {
            let column = self.table.columns.iter().find(|c| c.name.eq_ignore_ascii_case(&name));
            let unknown =
                || ConditionError::UnknownColumn { name: name.chars().take(100).collect() };
            let column = column.ok_or_else(unknown)?;
            self.at += 1;
            return Ok(Operand::Column(column));
        }
        Ok(Operand::Literal(match self.next() {
            Some(Token::Text(text)) => Literal::Text(text),
            Some(Token::Number(number)) => Literal::Number(number),
            _ => Literal::Null,
        }))
    }

    /// The pattern without the sign that `ESCAPE` names: what follows it stands for itself, which
    /// is said here as a set of one.
    fn escaped(&mut self, pattern: Operand) -> Result<Operand, ConditionError> {
        if !self.next_if_word("escape") {
            return Ok(pattern);
        }
        let (Operand::Literal(Literal::Text(pattern)), Operand::Literal(Literal::Text(sign))) =
            (pattern, self.operand()?)
        else {
            return Err(self.unexpected("a text"));
        };
        let mut signs = sign.chars();
        let (Some(sign), None) = (signs.next(), signs.next()) else {
            return Err(self.unexpected("one character"));
        };
        let (mut plain, mut characters) = (String::with_capacity(pattern.len()), pattern.chars());
        while let Some(character) = characters.next() {
            match (character == sign).then(|| characters.next()).flatten() {
                Some(literal) => plain.extend(['[', literal, ']']),
                None => plain.push(character),
            }
        }
        Ok(Operand::Literal(Literal::Text(plain)))
    }

    fn like(&self, left: &Operand, right: Operand, not: bool) -> Result<Condition, ConditionError> {
        let (Operand::Column(column), Operand::Literal(pattern)) = (left, right) else {
            return Err(Suspicion::Tautology.into());
        };
        let pattern = match (column.kind, pattern) {
            (Kind::Text(_), Literal::Text(pattern)) => Cell::Text(pattern),
            (Kind::Text(_), Literal::Null) => Cell::Null,
            _ => return Err(ConditionError::Conversion { column: column.name }),
        };
        let not = if not { "NOT " } else { "" };
        let sql = if self.loose {
            format!("({not}text_like(loose(\"{}\"), loose(?)))", column.name)
        } else {
            format!("({not}text_like(\"{}\", ?))", column.name)
        };
        Ok(Condition { sql, values: vec![pattern] })
    }

    fn compare(
        &self,
        column: &'static Column,
        operator: &str,
        literal: Literal,
    ) -> Result<Condition, ConditionError> {
        let name = column.name;
        let value = cell(column, literal).ok_or(ConditionError::Conversion { column: name })?;
        let sql = match (column.kind, self.loose) {
            (Kind::Text(_), true) => format!("loose(\"{name}\") {operator} loose(?)"),
            (Kind::Text(_), false) => format!("\"{name}\" COLLATE fold {operator} ?"),
            _ => format!("\"{name}\" {operator} ?"),
        };
        Ok(Condition { sql, values: vec![value] })
    }
}

/// The literal as the column's type; SQL Server converts text to numbers, bits and dates.
fn cell(column: &Column, literal: Literal) -> Option<Cell> {
    let number = match (&literal, column.kind) {
        (Literal::Null, _) => return Some(Cell::Null),
        (Literal::Number(digits), _) => digits.parse().ok(),
        (Literal::Text(text), Kind::Bit) if text.eq_ignore_ascii_case("true") => Some(1),
        (Literal::Text(text), Kind::Bit) if text.eq_ignore_ascii_case("false") => Some(0),
        (Literal::Text(text), _) => text.trim().parse().ok(),
    };
    match (column.kind, literal) {
        (Kind::Text(_), Literal::Text(text)) => Some(Cell::Text(text)),
        // SQL Server would turn the column into numbers and fail at the first that is none.
        (Kind::Text(_) | Kind::DateTime | Kind::Guid, Literal::Number(_)) => None,
        (Kind::DateTime, Literal::Text(text)) => datetime(&text).map(Cell::Text),
        (Kind::Guid, Literal::Text(text)) => guid(&text).map(Cell::Text),
        (Kind::Bit, _) => number.map(|number| Cell::Integer(i64::from(number != 0))),
        (Kind::Money, _) => number.map(|number| {
            #[expect(clippy::cast_precision_loss, reason = "money is kept as a double anyway")]
            Cell::Real(number as f64)
        }),
        // Not a column of this layer.
        (Kind::Texts, _) => None,
        (Kind::Integer | Kind::TinyInt | Kind::Ticks, _) => number.map(Cell::Integer),
        (_, Literal::Null) => Some(Cell::Null),
    }
}

#[cfg(test)]
mod tests;
