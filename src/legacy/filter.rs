//! `$filter` and `$orderby`, from OData's words to SQL with bound values. It knows the list of
//! columns, and nothing of HTTP or of the database's connection.
//!
//! A client's words never become SQL text: names come from the list of columns, values are bound.
//!
//! Nulls follow OData V4 (URL Conventions §5.1.1.1): `eq` and `ne` are two-valued (`x eq null`
//! asks for emptiness, `x eq 'a'` is false and `x ne 'a'` true on an empty `x`); `gt ge lt le`
//! with null are false; a function of null is null, `not null` is null, and a row whose whole
//! condition is null is left out. Text is compared letter for letter, so case matters unless both
//! sides are lower case; `tolower` knows Unicode. (Invented: a real Bizagi's comparison follows
//! its database's collation.) `not` binds closer than `eq`, so a negated comparison needs
//! parentheses.

mod token;

use rusqlite::types::Value as Cell;

use self::token::{Token, tokens};
use super::columns::{Column, Kind, Table};
use super::store::{Condition, datetime, guid};

/// How long an expression may be, in bytes.
const LENGTH: usize = 16 * 1024;
/// How deep parentheses, `not` and functions may be nested.
const DEPTH: usize = 32;
/// How many operators and functions an expression may have; SQLite itself stops at 1000 levels.
const OPERATORS: usize = 500;

/// Why an expression was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FilterError {
    /// A string literal has no end.
    #[error("a string literal is not closed")]
    Unterminated,
    /// The expression is too long, too deep or has too many operators.
    #[error("the expression is too long or too complex")]
    TooComplex,
    /// The entity has no such property.
    #[error("property '{name}' does not exist on entity '{entity}'")]
    UnknownProperty {
        /// What was asked for.
        name: String,
        /// The entity.
        entity: &'static str,
    },
    /// Something else was expected.
    #[error("expected {expected}")]
    Expected {
        /// What was expected.
        expected: &'static str,
    },
    /// The two sides cannot be compared, or the function cannot take its argument.
    #[error("the types do not fit the operator '{operator}'")]
    Types {
        /// The operator or function.
        operator: String,
    },
}

/// What an operand is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Null,
    Truth,
    /// A `tinyint` column: compared with a number or with a boolean.
    Flag,
    Number,
    Text,
    DateTime,
    Guid,
    /// Several texts: compared with nothing but itself.
    Texts,
}

/// A piece of SQL, its values and what it is.
#[derive(Clone, Debug)]
struct Piece {
    sql: String,
    values: Vec<Cell>,
    sort: Sort,
}

/// The condition that a `$filter` means on `table`. With `loose`, text is compared as an
/// accent-insensitive collation does.
pub(crate) fn condition(
    table: &'static Table,
    text: &str,
    loose: bool,
) -> Result<Condition, FilterError> {
    let mut parser = Parser::new(table, text, loose)?;
    let piece = parser.either()?;
    parser.end()?;
    let piece = truth(piece, "$filter")?;
    Ok(Condition { sql: piece.sql, values: piece.values })
}

/// The `ORDER BY` terms that an `$orderby` means, each followed by a comma. Text is ordered
/// without regard to case; nulls come first when ascending.
pub(crate) fn order(table: &'static Table, text: &str) -> Result<String, FilterError> {
    let mut parser = Parser::new(table, text, false)?;
    let mut sql = String::new();
    loop {
        let piece = parser.operand()?;
        if !piece.values.is_empty() || piece.sort == Sort::Null {
            return Err(FilterError::Expected { expected: "a property" });
        }
        sql.push_str(&piece.sql);
        if piece.sort == Sort::Text {
            sql.push_str(" COLLATE fold");
        }
        if parser.next_if_word(&["desc"]).is_some() {
            sql.push_str(" DESC");
        } else {
            let _ = parser.next_if_word(&["asc"]);
        }
        sql.push_str(", ");
        if parser.peek() == Some(&Token::Comma) {
            parser.at += 1;
        } else {
            parser.end()?;
            return Ok(sql);
        }
    }
}

struct Parser {
    table: &'static Table,
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    operators: usize,
    loose: bool,
}

impl Parser {
    fn new(table: &'static Table, text: &str, loose: bool) -> Result<Self, FilterError> {
        if text.len() > LENGTH {
            return Err(FilterError::TooComplex);
        }
        Ok(Self { table, tokens: tokens(text)?, at: 0, depth: 0, operators: 0, loose })
    }

    fn either(&mut self) -> Result<Piece, FilterError> {
        self.chain("or", " OR ", Self::both)
    }

    fn both(&mut self) -> Result<Piece, FilterError> {
        self.chain("and", " AND ", Self::comparison)
    }

    fn chain(
        &mut self,
        word: &'static str,
        sql: &str,
        inner: fn(&mut Self) -> Result<Piece, FilterError>,
    ) -> Result<Piece, FilterError> {
        let mut whole = inner(self)?;
        while self.next_if_word(&[word]).is_some() {
            self.count()?;
            let next = truth(inner(self)?, word)?;
            whole = truth(whole, word)?;
            whole.sql.push_str(sql);
            whole.sql.push_str(&next.sql);
            whole.values.extend(next.values);
        }
        // One pair of parentheses around the whole chain keeps each level apart.
        if whole.sort == Sort::Truth {
            whole.sql = format!("({})", whole.sql);
        }
        Ok(whole)
    }

    fn comparison(&mut self) -> Result<Piece, FilterError> {
        let mut left = self.unary()?;
        while let Some(word) = self.next_if_word(&["eq", "ne", "gt", "ge", "lt", "le"]) {
            self.count()?;
            let right = self.unary()?;
            left = compare(left, &word, right)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Piece, FilterError> {
        if self.next_if_word(&["not"]).is_none() {
            return self.operand();
        }
        self.count()?;
        self.enter()?;
        let mut piece = truth(self.unary()?, "not")?;
        self.depth -= 1;
        piece.sql = format!("(NOT {})", piece.sql);
        Ok(piece)
    }

    fn operand(&mut self) -> Result<Piece, FilterError> {
        match self.next() {
            Some(Token::Open) => {
                self.enter()?;
                let piece = self.either()?;
                self.expect(&Token::Close, "`)`")?;
                self.depth -= 1;
                Ok(piece)
            }
            Some(Token::Text(text)) => {
                let sql = if self.loose { "loose(?)" } else { "?" };
                Ok(bound(sql, Cell::Text(text), Sort::Text))
            }
            Some(Token::Word(word)) if self.peek() == Some(&Token::Open) => self.function(&word),
            Some(Token::Word(word)) => match literal(&word) {
                Some(piece) => Ok(piece),
                None => self.path(&word),
            },
            _ => Err(FilterError::Expected { expected: "a property, a value or `(`" }),
        }
    }

    fn function(&mut self, name: &str) -> Result<Piece, FilterError> {
        self.count()?;
        self.enter()?;
        self.expect(&Token::Open, "`(`")?;
        let text = |piece: Piece| match piece.sort {
            Sort::Text | Sort::Null => Ok(piece),
            _ => Err(FilterError::Types { operator: name.to_owned() }),
        };
        let matcher = match name {
            "tolower" => None,
            "contains" => Some("text_contains"),
            "startswith" => Some("text_starts"),
            "endswith" => Some("text_ends"),
            _ => {
                return Err(FilterError::Expected {
                    expected: "`contains`, `startswith`, `endswith` or `tolower`",
                });
            }
        };
        let first = text(self.either()?)?;
        let piece = match matcher {
            None => Piece {
                sql: format!("unicode_lower({})", first.sql),
                values: first.values,
                sort: first.sort,
            },
            Some(matcher) => {
                self.expect(&Token::Comma, "`,`")?;
                let second = text(self.either()?)?;
                let sql = format!("{matcher}({}, {})", first.sql, second.sql);
                let values = [first.values, second.values].concat();
                Piece { sql, values, sort: Sort::Truth }
            }
        };
        self.expect(&Token::Close, "`)`")?;
        self.depth -= 1;
        Ok(piece)
    }

    /// A property, or a property of the row that a navigation leads to (`department/name`).
    fn path(&self, word: &str) -> Result<Piece, FilterError> {
        let unknown = || FilterError::UnknownProperty {
            name: word.chars().take(100).collect(),
            entity: self.table.name,
        };
        let Some((way, name)) = word.split_once('/') else {
            let column = self.table.column(word).ok_or_else(unknown)?;
            return Ok(self.property(column, format!("\"{}\".\"{}\"", self.table.name, word)));
        };
        let way = self.table.navigation(way).ok_or_else(unknown)?;
        let other = Table::named(way.table).ok_or_else(unknown)?;
        let column = other.column(name).ok_or_else(unknown)?;
        let sql = format!(
            "(SELECT far.\"{}\" FROM \"{}\" AS far WHERE far.\"{}\" = \"{}\".\"{}\")",
            column.name, other.name, other.key, self.table.name, way.column
        );
        Ok(self.property(column, sql))
    }

    fn property(&self, column: &Column, sql: String) -> Piece {
        let sort = match column.kind {
            Kind::Integer | Kind::Ticks | Kind::Money => Sort::Number,
            Kind::TinyInt => Sort::Flag,
            Kind::Bit => Sort::Truth,
            Kind::Text(_) => Sort::Text,
            Kind::DateTime => Sort::DateTime,
            Kind::Guid => Sort::Guid,
            Kind::Texts => Sort::Texts,
        };
        let sql = if self.loose && sort == Sort::Text { format!("loose({sql})") } else { sql };
        Piece { sql, values: Vec::new(), sort }
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn next_if_word(&mut self, words: &[&str]) -> Option<String> {
        match self.peek() {
            Some(Token::Word(word)) if words.contains(&word.as_str()) => {
                let word = word.clone();
                self.at += 1;
                Some(word)
            }
            _ => None,
        }
    }

    fn expect(&mut self, token: &Token, expected: &'static str) -> Result<(), FilterError> {
        if self.next().as_ref() == Some(token) {
            Ok(())
        } else {
            Err(FilterError::Expected { expected })
        }
    }

    fn end(&self) -> Result<(), FilterError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(FilterError::Expected { expected: "an operator or the end" }),
        }
    }

    fn enter(&mut self) -> Result<(), FilterError> {
        self.depth += 1;
        if self.depth > DEPTH { Err(FilterError::TooComplex) } else { Ok(()) }
    }

    fn count(&mut self) -> Result<(), FilterError> {
        self.operators += 1;
        if self.operators > OPERATORS { Err(FilterError::TooComplex) } else { Ok(()) }
    }
}

fn bound(sql: &str, value: Cell, sort: Sort) -> Piece {
    Piece { sql: sql.to_owned(), values: vec![value], sort }
}

/// A literal other than a string, by its form.
fn literal(word: &str) -> Option<Piece> {
    let piece = match word {
        "null" => Piece { sql: "NULL".to_owned(), values: Vec::new(), sort: Sort::Null },
        "true" => bound("?", Cell::Integer(1), Sort::Truth),
        "false" => bound("?", Cell::Integer(0), Sort::Truth),
        _ => {
            if let Some(guid) = guid(word) {
                bound("?", Cell::Text(guid), Sort::Guid)
            } else if let Ok(number) = word.parse::<i64>() {
                bound("?", Cell::Integer(number), Sort::Number)
            } else if !word.starts_with(|c: char| c.is_ascii_digit() || c == '-') {
                return None;
            } else if let Ok(number) = word.parse::<f64>() {
                bound("?", Cell::Real(number), Sort::Number)
            } else {
                bound("?", Cell::Text(datetime(word)?), Sort::DateTime)
            }
        }
    };
    Some(piece)
}

fn truth(piece: Piece, operator: &str) -> Result<Piece, FilterError> {
    match piece.sort {
        Sort::Truth | Sort::Null => Ok(Piece { sort: Sort::Truth, ..piece }),
        _ => Err(FilterError::Types { operator: operator.to_owned() }),
    }
}

fn compare(left: Piece, operator: &str, right: Piece) -> Result<Piece, FilterError> {
    let fits = match (left.sort, right.sort) {
        (Sort::Null, _) | (_, Sort::Null) => true,
        (Sort::Flag, other) | (other, Sort::Flag) => {
            matches!(other, Sort::Flag | Sort::Number | Sort::Truth)
        }
        (one, other) => one == other,
    };
    if !fits {
        return Err(FilterError::Types { operator: operator.to_owned() });
    }
    let (left_sql, right_sql) = (left.sql, right.sql);
    // `IS` compares null with null and never answers null, which is what OData's eq means.
    let sql = match operator {
        "eq" => format!("({left_sql} IS {right_sql})"),
        "ne" => format!("({left_sql} IS NOT {right_sql})"),
        "gt" => format!("coalesce({left_sql} > {right_sql}, 0)"),
        "ge" => format!("coalesce({left_sql} >= {right_sql}, 0)"),
        "lt" => format!("coalesce({left_sql} < {right_sql}, 0)"),
        _ => format!("coalesce({left_sql} <= {right_sql}, 0)"),
    };
    Ok(Piece { sql, values: [left.values, right.values].concat(), sort: Sort::Truth })
}

#[cfg(test)]
mod tests;
