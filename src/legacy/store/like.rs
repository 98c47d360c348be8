//! SQL Server's `LIKE`: `%` for any text, `_` for one character, `[abc]`, `[a-c]` and `[^a]` for
//! one of a set. It folds nothing; the caller does.

/// One piece of a pattern.
#[derive(Debug)]
enum Piece {
    Any,
    One,
    Literal(char),
    Set { ranges: Vec<(char, char)>, negated: bool },
}

impl Piece {
    fn takes(&self, character: char) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Literal(wanted) => *wanted == character,
            Self::Set { ranges, negated } => {
                ranges.iter().any(|(first, last)| (*first..=*last).contains(&character)) != *negated
            }
        }
    }
}

/// Whether `text` as a whole is like `pattern`.
pub(super) fn matches(text: &str, pattern: &str) -> bool {
    let (text, pieces) = (text.chars().collect::<Vec<_>>(), pieces(pattern));
    let (mut at, mut piece) = (0, 0);
    // Where to go on after a failure: behind the last `%`, one character further than before.
    let mut again: Option<(usize, usize)> = None;
    while let Some(character) = text.get(at) {
        match pieces.get(piece) {
            Some(Piece::Any) => {
                piece += 1;
                again = Some((at, piece));
            }
            Some(wanted) if wanted.takes(*character) => {
                at += 1;
                piece += 1;
            }
            _ => match &mut again {
                None => return false,
                Some((from, behind)) => {
                    *from += 1;
                    (at, piece) = (*from, *behind);
                }
            },
        }
    }
    pieces.iter().skip(piece).all(|piece| matches!(piece, Piece::Any))
}

fn pieces(pattern: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut rest = pattern;
    while let Some(character) = rest.chars().next() {
        let inside = rest.strip_prefix('[').and_then(|inside| inside.split_once(']'));
        if let Some((inside, behind)) = inside {
            pieces.push(set(inside));
            rest = behind;
            continue;
        }
        pieces.push(match character {
            '%' => Piece::Any,
            '_' => Piece::One,
            other => Piece::Literal(other),
        });
        rest = rest.get(character.len_utf8()..).unwrap_or_default();
    }
    pieces
}

fn set(inside: &str) -> Piece {
    let (negated, inside) = match inside.strip_prefix('^') {
        Some(inside) if !inside.is_empty() => (true, inside),
        _ => (false, inside),
    };
    let characters: Vec<char> = inside.chars().collect();
    let mut ranges = Vec::new();
    let mut rest = characters.as_slice();
    loop {
        rest = match rest {
            [first, '-', last, behind @ ..] => {
                ranges.push((*first, *last));
                behind
            }
            [one, behind @ ..] => {
                ranges.push((*one, *one));
                behind
            }
            [] => return Piece::Set { ranges, negated },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn patterns_match_as_in_sql_server() {
        for (text, pattern, expected) in [
            ("ana", "ana", true),
            ("ana", "an", false),
            ("ana", "a%", true),
            ("ana", "%n%", true),
            ("ana", "%x%", false),
            ("ana", "a_a", true),
            ("ana", "____", false),
            ("", "%", true),
            ("", "", true),
            ("abcabd", "%abd", true),
            ("50%", "50[%]", true),
            ("50x", "50[%]", false),
            ("a_b", "a[_]b", true),
            ("a[b", "a[[]b", true),
            ("é", "_", true),
            ("b", "[a-c]", true),
            ("d", "[a-c]", false),
            ("d", "[^a-c]", true),
            ("[", "[", true),
        ] {
            assert_eq!(matches(text, pattern), expected, "{text} LIKE {pattern}");
        }
    }
}
