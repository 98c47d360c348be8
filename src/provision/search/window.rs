//! A part of a list over pages of one size: which pages cover it, so that nobody is left out and
//! nobody is shown twice.

use crate::upstream::{self, Kind};

/// Some rows of a list, as an upstream with numbered pages is asked for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// How many rows a page has.
    pub(super) size: u32,
    /// How many rows stand before its first page: a multiple of the size.
    pub(super) skip: u64,
    /// How many rows at the beginning of the first page are not wanted.
    pub(super) lead: u64,
    /// How many pages it needs.
    pub(super) pages: u64,
}

impl Window {
    /// The pages that cover `top` rows behind `skip`, a page having `most` rows at the most, or
    /// always as many where it is `fixed`.
    ///
    /// One page where some size has one, the smallest of those; else two of the smallest size.
    pub(super) fn covering(skip: u64, top: u32, most: u32, fixed: bool) -> Self {
        let (top, most) = (top.max(1), most.max(1));
        let last = skip.saturating_add(u64::from(top) - 1);
        let is_one_page = |size: &u32| skip / u64::from(*size) == last / u64::from(*size);
        let size = match fixed {
            true => most,
            false => (top..=most).find(is_one_page).unwrap_or(top.min(most)),
        };
        let first = skip / u64::from(size);
        Self {
            size,
            skip: first * u64::from(size),
            lead: skip % u64::from(size),
            pages: last / u64::from(size) - first + 1,
        }
    }
}

/// A page that is not what was asked for, so that the next one would not begin where this ends.
#[derive(Debug, thiserror::Error)]
#[error("asked for pages of {asked} rows, found {found} on one that is not the last")]
struct Uneven {
    asked: u32,
    found: usize,
}

/// Whether a page is the last one.
///
/// # Errors
/// When it has more rows than were asked for, or fewer although there are more: then the upstream
/// has pages of another size, and rows would be lost between them.
pub(super) fn is_last(
    size: u32,
    skip: u64,
    found: usize,
    total: Option<u64>,
) -> Result<bool, upstream::Error> {
    let rows = u64::try_from(found).unwrap_or(u64::MAX);
    let is_short = rows < u64::from(size);
    let is_cut = is_short && total.is_some_and(|total| skip.saturating_add(rows) < total);
    // A page far behind the end has no rows, and the total says nothing of it.
    if rows > u64::from(size) || is_cut {
        return Err(upstream::Error::new(Kind::Garbled).because(Uneven { asked: size, found }));
    }
    Ok(is_short || total.is_some_and(|total| skip.saturating_add(rows) >= total))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// The rows that a server with numbered pages gives, without the lead and cut at `top`,
        /// are those that were asked for: no gap, and nothing twice.
        #[test]
        fn the_pages_hold_the_rows_that_are_wanted(
            rows in 0_u64..60,
            skip in 0_u64..70,
            top in 1_u32..40,
            more in 0_u32..30,
            fixed: bool,
        ) {
            let most = if fixed { more + 1 } else { top + more };
            let list: Vec<u64> = (0..rows).collect();
            let window = Window::covering(skip, top, most, fixed);
            let mut seen = Vec::new();
            let mut lead = window.lead;
            for page in 0..window.pages {
                let start = window.skip + page * u64::from(window.size);
                prop_assert_eq!(start % u64::from(window.size), 0);
                let of_page: Vec<u64> = list
                    .iter()
                    .copied()
                    .skip(usize::try_from(start).unwrap())
                    .take(usize::try_from(window.size).unwrap())
                    .collect();
                let is_last = is_last(window.size, start, of_page.len(), Some(rows));
                for row in of_page {
                    if lead > 0 { lead -= 1 } else { seen.push(row) }
                }
                if is_last.unwrap() {
                    break;
                }
            }
            seen.truncate(usize::try_from(top).unwrap());
            let wanted: Vec<u64> = list
                .iter()
                .copied()
                .skip(usize::try_from(skip).unwrap())
                .take(usize::try_from(top).unwrap())
                .collect();
            prop_assert_eq!(seen, wanted);
            prop_assert!(window.size <= most);
            prop_assert!(fixed || window.pages <= 2);
        }
    }

    #[test]
    fn the_usual_windows_are_one_page_as_it_is() {
        for (skip, top) in [(0, 5), (5, 5), (10, 5), (0, 100), (100, 100)] {
            let window = Window::covering(skip, top, 100, false);
            assert_eq!((window.size, window.skip, window.lead, window.pages), (top, skip, 0, 1));
        }
        let odd = Window::covering(2, 7, 100, false);
        assert_eq!((odd.size, odd.skip, odd.lead, odd.pages), (9, 0, 2, 1));
        let two = Window::covering(95, 10, 100, true);
        assert_eq!((two.size, two.skip, two.lead, two.pages), (100, 0, 95, 2));
        let far = Window::covering(u64::MAX, 1, 100, false);
        assert_eq!(far.pages, 1);
    }

    #[test]
    fn a_server_with_pages_of_another_size_is_noticed() {
        assert!(is_last(100, 0, 50, Some(70)).is_err());
        assert!(is_last(100, 0, 101, None).is_err());
        assert!(is_last(100, 0, 50, Some(50)).unwrap());
        assert!(is_last(100, 0, 50, None).unwrap());
        assert!(!is_last(100, 0, 100, None).unwrap());
        assert!(is_last(100, 900, 0, Some(50)).unwrap());
    }
}
