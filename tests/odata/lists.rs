//! Lists from a service that gives at most seven rows at once, and a link to the next ones.

use std::collections::BTreeSet;

use super::rows::person;
use super::stage::Stage;

#[tokio::test(flavor = "multi_thread")]
async fn pages_have_no_gap_and_no_duplicate() {
    let stage = Stage::set().await;
    let entra = stage.idp("entra");
    for number in 1..=20 {
        stage.people.add(person(&format!("p+{number:02}"))).await;
    }
    // One request for all follows the links.
    let all = entra.list(&[("filter", "userName co \"P+\"")]).await;
    assert_eq!((all.resources().len(), &all.json["totalResults"]), (20, &20.into()));
    for count in [1, 3, 7, 8, 20] {
        let (mut start, mut seen) = (1, Vec::new());
        while seen.len() < 20 {
            let (from, most) = (start.to_string(), count.to_string());
            let page = entra.list(&[("startIndex", &from), ("count", &most)]).await;
            let ids: Vec<String> = page.ids().into_iter().map(str::to_owned).collect();
            assert_eq!(page.json["totalResults"], 20);
            assert!(!ids.is_empty() && ids.len() <= count, "{page}");
            start += ids.len();
            seen.extend(ids);
        }
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), 20, "{count}: {seen:?}");
    }
    let sorted = entra.list(&[("sortBy", "userName"), ("sortOrder", "descending")]).await;
    let names: Vec<&str> =
        sorted.resources().iter().map(|person| person["userName"].as_str().unwrap()).collect();
    let expected: Vec<String> = (1..=20).rev().map(|number| format!("p+{number:02}")).collect();
    assert_eq!(names, expected);
    let none = entra.list(&[("count", "0")]).await;
    assert_eq!((none.resources().len(), &none.json["totalResults"]), (0, &20.into()));
    let beyond = entra.list(&[("startIndex", "21")]).await;
    assert!(beyond.resources().is_empty());
}
