//! What a mapping file says of a REST server's calls, declared as data; and the facts that follow
//! from it, so that nothing is stated twice.

use crate::record::{
    Elsewhere, Facts, Operator, Operators, OptionDefinition, OptionKind, Options, Paging, Reach,
    Tree,
};

/// What can be put into the address of a row.
pub(super) const KEY: &[&str] = &["key"];
/// What can be put into an update.
pub(super) const UPDATED: &[&str] = &["key", "row"];
/// What can be put into a create.
pub(super) const CREATED: &[&str] = &["row"];
/// What can be put into a search, by these places.
pub(super) const SEARCHED: &[&str] = &["criteria", "sort", "page", "size", "offset"];
pub(super) const CRITERIA: usize = 0;
pub(super) const SORTED: usize = 1;
pub(super) const PAGE: usize = 2;
pub(super) const SIZE: usize = 3;
pub(super) const OFFSET: usize = 4;
/// What can be put into a comparison, by these places.
const COMPARED: &[&str] = &["field", "value"];
const FIELD: &[&str] = &["field"];

use OptionDefinition as Is;
use OptionKind::{
    Choice, Conditions, Group, Names, Number, Path, Pattern, Place, Source, Template, Text,
};

const HOW: &str = "the method";
const WHERE: &str =
    "the path below the base URL; without it the collection, and the key where one row is meant";
const PARAMETERS: &str = "the parameters of the query: name = text";
const BODY: &str = "the body";

/// The places in each table of an operation, which begins alike.
pub(super) const METHOD: usize = 0;
pub(super) const PATH: usize = 1;
pub(super) const QUERY: usize = 2;
pub(super) const CONTENT: usize = 3;

const READ_TABLE: &[OptionDefinition] = &[
    Is::usual("method", HOW, Choice(&["GET", "POST"]), "GET").reaching(Reach::Leading),
    Is::optional("path", WHERE, Path(KEY)).reaching(Reach::Own),
    Is::optional("query", PARAMETERS, OptionKind::Tree(KEY)),
    Is::optional("body", BODY, OptionKind::Tree(KEY)),
    Is::usual("row", "where the row stands in the answer", Place, "."),
];
/// The place of the row in a table of an operation.
pub(super) const ROW: usize = 4;

const CREATE_TABLE: &[OptionDefinition] = &[
    Is::usual("method", HOW, Choice(&["POST", "PUT"]), "POST").reaching(Reach::Leading),
    Is::optional("path", WHERE, Path(&[])).reaching(Reach::Own),
    Is::optional("query", PARAMETERS, OptionKind::Tree(&[])),
    Is::optional("body", "the body around `{row}`", OptionKind::Tree(CREATED)),
    Is::optional("row", "where the row stands in the answer, if it does", Place),
    Is::usual("key", "where the new row's key stands in the answer", Source, "header:Location"),
];
/// The place of the new key.
pub(super) const NEW_KEY: usize = 5;

const UPDATE_TABLE: &[OptionDefinition] = &[
    Is::usual("method", HOW, Choice(&["PUT", "PATCH", "POST"]), "PUT").reaching(Reach::Leading),
    Is::optional("path", WHERE, Path(KEY)).reaching(Reach::Own),
    Is::optional("query", PARAMETERS, OptionKind::Tree(KEY)),
    Is::optional("body", "the body around `{row}`", OptionKind::Tree(UPDATED)),
    Is::optional("row", "where the row stands in the answer, if it does", Place),
    Is::usual(
        "send",
        "`whole`: the row as it was read, with the changes in it; `changed`: the changes alone",
        Choice(&["whole", "changed"]),
        "whole",
    ),
];
/// The place of what an update sends.
pub(super) const SEND: usize = 5;

const DELETE_TABLE: &[OptionDefinition] = &[
    Is::usual("method", HOW, Choice(&["DELETE", "POST"]), "DELETE").reaching(Reach::Leading),
    Is::optional("path", WHERE, Path(KEY)).reaching(Reach::Own),
    Is::optional("query", PARAMETERS, OptionKind::Tree(KEY)),
    Is::optional("body", BODY, OptionKind::Tree(KEY)),
];

const SEARCH_TABLE: &[OptionDefinition] = &[
    Is::usual("method", HOW, Choice(&["GET", "POST"]), "GET").reaching(Reach::Leading),
    Is::optional("path", WHERE, Path(&[])).reaching(Reach::Own),
    Is::optional("query", PARAMETERS, OptionKind::Tree(SEARCHED)),
    Is::optional("body", BODY, OptionKind::Tree(SEARCHED)),
    Is::usual("rows", "where the array of rows stands in the answer", Place, "."),
    Is::optional("total", "where it stands how many rows there are in all", Source),
    Is::optional("next", "where the link to the next page stands", Source),
    Is::usual("first_page", "the number of the first page", Number, "1"),
    Is::usual(
        "criteria",
        "where comparisons stand: as parameters of the `query`, or for `{criteria}` in the body as \
         `members` of one object or as a `list`",
        Choice(&["query", "members", "list"]),
        "query",
    ),
    Is::optional("compare", "how each comparison is written", Group(COMPARE_TABLE)),
    Is::usual(
        "literal",
        "the pattern of the texts that may stand in a comparison; nothing else ever does",
        Pattern,
        "(?s).*",
    ),
    Is::optional("names", "what the search calls a field, where it is not its name", Names)
        .reaching(Reach::Own),
    Is::optional("sort", "how the order is written for `{sort}`", Group(SORT_TABLE)),
];
pub(super) const ROWS: usize = 4;
pub(super) const TOTAL: usize = 5;
pub(super) const NEXT: usize = 6;
pub(super) const FIRST_PAGE: usize = 7;
pub(super) const STYLE: usize = 8;
pub(super) const COMPARE: usize = 9;
pub(super) const LITERAL: usize = 10;
pub(super) const NAMES: usize = 11;
pub(super) const SORT: usize = 12;

const COMPARE_TABLE: &[OptionDefinition] = &[
    Is::optional("eq", "equal", OptionKind::Tree(COMPARED)),
    Is::optional("ne", "not equal", OptionKind::Tree(COMPARED)),
    Is::optional("gt", "greater", OptionKind::Tree(COMPARED)),
    Is::optional("ge", "greater or equal", OptionKind::Tree(COMPARED)),
    Is::optional("lt", "less", OptionKind::Tree(COMPARED)),
    Is::optional("le", "less or equal", OptionKind::Tree(COMPARED)),
    Is::optional("contains", "a part of the text", OptionKind::Tree(COMPARED)),
    Is::optional("startswith", "the beginning of the text", OptionKind::Tree(COMPARED)),
    Is::optional("endswith", "the end of the text", OptionKind::Tree(COMPARED)),
    Is::optional("absent", "the field holds nothing", OptionKind::Tree(FIELD)),
    Is::optional("present", "the field holds something", OptionKind::Tree(FIELD)),
];
/// The operators of the table's first places.
const COMPARISONS: [Operator; 9] = [
    Operator::Eq,
    Operator::Ne,
    Operator::Gt,
    Operator::Ge,
    Operator::Lt,
    Operator::Le,
    Operator::Contains,
    Operator::StartsWith,
    Operator::EndsWith,
];
const ABSENT: usize = 9;
const PRESENT: usize = 10;

const SORT_TABLE: &[OptionDefinition] = &[
    Is::usual("ascending", "one field, smallest first", Template(FIELD), "{field}"),
    Is::usual("descending", "one field, greatest first", Template(FIELD), "-{field}"),
    Is::usual("separator", "what stands between two", Text, ","),
];
pub(super) const ASCENDING: usize = 0;
pub(super) const DESCENDING: usize = 1;
pub(super) const SEPARATOR: usize = 2;

const LIST_TABLE: &[OptionDefinition] = &[
    Is::usual("method", HOW, Choice(&["GET", "POST"]), "GET").reaching(Reach::Leading),
    Is::optional("path", WHERE, Path(&[])).reaching(Reach::Own),
    Is::optional("query", PARAMETERS, OptionKind::Tree(SEARCHED)),
    Is::optional("body", BODY, OptionKind::Tree(SEARCHED)),
    Is::usual("rows", "where the array of rows stands in the answer", Place, "."),
    Is::optional("total", "where it stands how many rows there are in all", Source),
    Is::optional("next", "where the link to the next page stands", Source),
];

/// What a mapping file may say, by these places.
pub(super) const OPTIONS: &[OptionDefinition] = &[
    Is::usual("media_type", "the media type of every body", Text, "application/json"),
    Is::optional("success", "what must hold of the body of every success", Conditions),
    Is::usual(
        "clear",
        "how a field that is cleared is written: `null`, `empty` (a text as \"\"), or `omit`",
        Choice(&["null", "empty", "omit"]),
        "null",
    ),
    Is::optional("read", "how one row is read", Group(READ_TABLE)),
    Is::optional("create", "how a row is added", Group(CREATE_TABLE)),
    Is::optional("update", "how a row is changed", Group(UPDATE_TABLE)),
    Is::optional("delete", "how a row is removed; unsaid, none can be", Group(DELETE_TABLE)),
    Is::optional("search", "how rows are searched", Group(SEARCH_TABLE)),
    Is::optional(
        "list",
        "how all rows are read, where that is not a search without comparisons",
        Group(LIST_TABLE),
    )
    .reaching(Reach::Own),
];
pub(super) const MEDIA_TYPE: usize = 0;
pub(super) const SUCCESS: usize = 1;
pub(super) const CLEAR: usize = 2;
pub(super) const READ: usize = 3;
pub(super) const CREATE: usize = 4;
pub(super) const UPDATE: usize = 5;
pub(super) const DELETE: usize = 6;
pub(super) const SEARCH: usize = 7;
pub(super) const LIST: usize = 8;

/// What may be said again of a collection that a reference leads to: nothing is written there.
pub(super) const ELSEWHERE: Elsewhere = Elsewhere {
    options: &["success", "read", "search", "list"],
    // Where nobody says that a row can be read, it may be that it can only be searched.
    reads: |options| options.is_group_said(READ),
    fits: fits_elsewhere,
};

/// Whether it is known where the other collection is asked. A search by POST that is sent to the
/// collection itself may add a row.
fn fits_elsewhere(people: &Options, there: &Options) -> Result<(), &'static str> {
    let is_placed = |options: &Options, place: usize| {
        options.group(place).is_some_and(|operation| operation.template(PATH).is_some())
    };
    let is_missing = |place: usize| is_placed(people, place) && !is_placed(there, place);
    if is_missing(SEARCH) {
        return Err("expected a `path` in `search`, as that of the people has one");
    }
    if there.is_group_said(READ) && is_missing(READ) {
        return Err("expected a `path` in `read`, as that of the people has one");
    }
    Ok(())
}

/// Whether an operation puts something in at that hole of its query or body.
pub(super) fn uses(operation: &Options, hole: usize) -> bool {
    [QUERY, CONTENT].into_iter().any(|place| operation.tree(place).is_some_and(|t| t.uses(hole)))
}

/// How a comparison with that operator is written.
pub(super) fn comparison(search: &Options, operator: Operator) -> Option<&Tree> {
    let place = COMPARISONS.iter().position(|known| *known == operator)?;
    search.group(COMPARE)?.tree(place)
}

/// How it is written that a field holds nothing, or something.
pub(super) fn absence(search: &Options, absent: bool) -> Option<&Tree> {
    search.group(COMPARE)?.tree(if absent { ABSENT } else { PRESENT })
}

/// The facts that follow from the options.
pub(super) fn adapt(options: &Options, facts: &mut Facts) {
    facts.deletes = options.is_group_said(DELETE);
    facts.representation = options.group(UPDATE).is_some_and(|update| update.place(ROW).is_some());
    let Some(search) = options.group(SEARCH) else { return };
    facts.operators = COMPARISONS
        .into_iter()
        .filter(|operator| comparison(search, *operator).is_some())
        .fold(Operators::NONE.with(Operator::And), Operators::with);
    facts.absence = absence(search, true).is_some() && absence(search, false).is_some();
    // What only one of the two can do is not done: a list without a filter is a search as well.
    let both = || [search, options.group(LIST).unwrap_or(search)].into_iter();
    let both = || both().take(1 + usize::from(options.is_group_said(LIST)));
    facts.sort = both().all(|operation| uses(operation, SORTED));
    facts.total = both().all(|operation| operation.source(TOTAL).is_some());
    facts.paging = if both().all(|operation| uses(operation, OFFSET)) {
        Paging::Upstream
    } else if both().all(|operation| uses(operation, PAGE)) {
        Paging::Pages { fixed: !both().all(|operation| uses(operation, SIZE)) }
    } else if both().all(|operation| operation.source(NEXT).is_some()) {
        Paging::Links
    } else {
        facts.paging
    };
}

/// Whether the options fit each other; what is expected where they do not.
pub(super) fn fits(options: &Options) -> Result<(), &'static str> {
    for place in [READ, CREATE, UPDATE, DELETE, SEARCH, LIST] {
        let Some(operation) = options.group(place) else { continue };
        if operation.text(METHOD) == Some("GET") && operation.tree(CONTENT).is_some() {
            return Err("expected no `body` beside `method = \"GET\"`");
        }
        if operation.tree(QUERY).is_some_and(|query| !query.is_flat()) {
            return Err("expected single values as parameters of a `query`");
        }
        let is_one = matches!(place, READ | UPDATE | DELETE);
        let path = operation.template(PATH);
        if is_one && path.is_some_and(|path| !path.uses(0)) && !uses(operation, 0) {
            return Err(
                "expected `{key}` in the `path`, `query` or `body` of what is done to one row",
            );
        }
        let row = if place == CREATE { 0 } else { 1 };
        let body = operation.tree(CONTENT).filter(|_| matches!(place, CREATE | UPDATE));
        if body.is_some_and(|body| !body.uses(row)) {
            return Err("expected `{row}` in the `body` of `create` and `update`");
        }
    }
    let is = |table: usize, place: usize, word: &str| {
        options.group(table).is_some_and(|table| table.text(place) == Some(word))
    };
    if is(UPDATE, SEND, "changed") && options.text(CLEAR) == Some("omit") {
        return Err(
            "expected `clear = \"null\"` or `\"empty\"`: what is left out of a change stays",
        );
    }
    let Some(search) = options.group(SEARCH) else { return Ok(()) };
    let forms = || (0..=PRESENT).filter_map(|place| search.group(COMPARE)?.tree(place));
    if is(SEARCH, STYLE, "query") {
        if uses(search, CRITERIA) {
            return Err("expected `criteria = \"members\"` or `\"list\"` for `{criteria}`");
        }
        if !forms().all(Tree::is_flat) {
            return Err("expected single values in `compare`, which are parameters of the query");
        }
    } else {
        let body = search.tree(CONTENT);
        if forms().next().is_some() && !body.is_some_and(|body| body.uses(CRITERIA)) {
            return Err("expected `{criteria}` in the `body` of `search`");
        }
        if is(SEARCH, STYLE, "members") && !forms().all(|form| matches!(form, Tree::Named(_))) {
            return Err("expected members in `compare`");
        }
    }
    Ok(())
}
