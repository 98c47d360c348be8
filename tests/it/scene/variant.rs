//! A mapping file with something of what stands in its comments in place, as the comment says.

/// The text with the variant of that name, which stands in the text `of`; panics when there is
/// none.
pub(crate) fn variant(original: &str, of: &str, name: &str) -> String {
    let start = of.find(&format!("# variant \"{name}\"")).expect("a variant of that name");
    let rest = &of[start..];
    let end = rest.find("\n\n").unwrap_or(rest.len());
    let block = &rest[..end];
    let mut text = String::new();
    let mut skips = false;
    for part in original.split_inclusive("\n\n") {
        let is_user_name = part.contains("\nscim  = \"userName\"")
            || part.starts_with("[[attribute]]\nscim  = \"userName\"");
        skips |= part.contains("- variants of userName");
        if !(is_user_name || skips || part.starts_with("[[example]]")) {
            text.push_str(part);
        }
    }
    for line in block.lines() {
        if let Some(replacement) = line.strip_prefix("#^ ") {
            let key = replacement.split_whitespace().next().expect("a key");
            let old = text.lines().find(|old| old.starts_with(key)).expect("the key").to_owned();
            text = text.replace(&old, replacement);
        } else if let Some(line) = line.strip_prefix("#:") {
            text.push_str(line.trim_start());
            text.push('\n');
        }
    }
    text
}

/// The text with its commented custom property of type dateTime, `HireDate`, in place.
pub(crate) fn hire_date(text: &str) -> String {
    let start = text.find("# One more, of type dateTime").expect("the commented property");
    let (before, rest) = text.split_at(start);
    let (block, after) = rest.split_once("\n\n").expect("a paragraph");
    let lines: String = block
        .lines()
        .filter_map(|line| line.strip_prefix("#: "))
        .flat_map(|line| [line, "\n"])
        .collect();
    format!("{before}{lines}\n{after}")
}
