//! Texts that a regular expression matches: a few short ones, always the same, so that a mapping is
//! tried on values that get past its own patterns.

use regex_syntax::hir::{Class, Hir, HirKind};

/// How many texts of a pattern are tried.
const TRIES: usize = 12;

/// The most characters that one of them gets.
const LONGEST: usize = 256;

/// Some texts that the whole of `pattern` matches; none where it is no pattern, or where only a
/// look-around decides.
#[must_use]
pub fn matching(pattern: &str) -> Vec<String> {
    let Ok(hir) = regex_syntax::parse(pattern) else { return Vec::new() };
    let Ok(regex) = super::file::whole(pattern) else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for number in 0..TRIES {
        let mut text = String::new();
        let mut choices = Choices { number, step: 0 };
        write(&hir, &mut choices, &mut text);
        if regex.is_match(&text) && !found.contains(&text) {
            found.push(text);
        }
    }
    found
}

/// What the `number`th text takes where there is a choice: always the same, and different from the
/// other texts'.
struct Choices {
    number: usize,
    step: usize,
}

impl Choices {
    /// One of so many.
    fn of(&mut self, many: usize) -> usize {
        self.step += 1;
        // The first text takes every first choice; the others wander (Knuth's multiplicative hash).
        let mixed = (self.number * self.step).wrapping_mul(2_654_435_761) >> 7;
        mixed % many.max(1)
    }
}

fn write(hir: &Hir, choices: &mut Choices, text: &mut String) {
    if text.len() >= LONGEST {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => text.extend(letter(class, choices)),
        HirKind::Repetition(repeated) => {
            let most = repeated.max.unwrap_or(repeated.min.saturating_add(4));
            let span = most.saturating_sub(repeated.min).min(4);
            let more = choices.of(span as usize + 1);
            for _ in 0..(repeated.min as usize).saturating_add(more).min(LONGEST) {
                write(&repeated.sub, choices, text);
            }
        }
        HirKind::Capture(group) => write(&group.sub, choices, text),
        HirKind::Concat(parts) => parts.iter().for_each(|part| write(part, choices, text)),
        HirKind::Alternation(parts) => {
            if let Some(part) = parts.get(choices.of(parts.len())) {
                write(part, choices, text);
            }
        }
    }
}

/// A letter of a class: those that people write before those that only Unicode knows.
fn letter(class: &Class, choices: &mut Choices) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.iter().map(|r| (r.start(), r.end())).collect(),
        Class::Bytes(class) => {
            class.iter().map(|r| (char::from(r.start()), char::from(r.end()))).collect()
        }
    };
    let holds = |letter: &char| ranges.iter().any(|(from, to)| (from..=to).contains(&letter));
    let usual: Vec<char> = "aZ0k-9_.@ 'ñé漢".chars().filter(holds).collect();
    match usual.get(choices.of(usual.len())) {
        Some(letter) => Some(*letter),
        None => ranges.first().map(|(from, _)| *from),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_match_and_differ() {
        for pattern in [
            "[A-Za-z0-9!$*+.=_~#-]+(@[A-Za-z0-9!$*+.=_~#-]+)?",
            r"\S(.*\S)?",
            "(?i)(?<name>[^@]+)@.+",
            r"\d{4}-\d{2}",
            "a|b|ccc",
        ] {
            let texts = matching(pattern);
            let regex = regex::Regex::new(&format!("^(?:{pattern})$")).expect("a pattern");
            assert!(texts.len() > 2, "{pattern}: {texts:?}");
            assert!(texts.iter().all(|text| regex.is_match(text)), "{pattern}: {texts:?}");
        }
        assert_eq!(matching("abc"), ["abc"]);
        assert!(matching("(").is_empty());
        assert!(matching("a{100000}").iter().all(|text| text.len() <= LONGEST));
    }
}
