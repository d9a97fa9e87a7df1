//! Which of CPython's tests are of something else than TCP and what stands on it.

/// Parts of the names of tests that are not run, and of what they are instead.
pub(crate) const OTHERS: &[(&str, &str)] = &[];
