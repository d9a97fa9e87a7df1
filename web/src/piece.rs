//! Pieces of the page that are fetched by themselves, after it can be used: functions that nothing reaches but through a table of them.
//!
//! With the feature `split` each is a Wasm file of its own, which the relay's build script makes (`relay/build/split.rs`). Without it, as with Trunk, all of them are in
//! the one file, and come at once by the same way.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

use leptos::prelude::*;

/// How a piece is fetched; nothing comes of it where the relay or the network fails. It can be tried again.
pub(crate) type Fetch<T> = fn() -> Pin<Box<dyn Future<Output = Option<&'static T>>>>;

type Waiting<T> = Box<dyn FnOnce(Option<&'static T>)>;

type Arrival<T> = Box<dyn FnOnce(&'static T)>;

/// How it stands with a piece, whose table is a `T`.
pub(crate) enum Stage<T: 'static> {
    /// Nobody wanted it yet.
    Away,
    /// It is being fetched.
    Coming,
    /// It is here.
    Here(&'static T),
    /// It did not come.
    Failed,
}

impl<T> Clone for Stage<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Stage<T> {}

/// A piece of the page.
pub(crate) struct Piece<T: 'static> {
    fetch: Fetch<T>,
    stage: ArcRwSignal<Stage<T>>,
    waiting: RefCell<Vec<Waiting<T>>>,
    arrival: RefCell<Option<Arrival<T>>>,
}

/// A piece, for as long as the page lives.
pub(crate) type At<T> = &'static std::thread::LocalKey<Piece<T>>;

impl<T: Sync + 'static> Piece<T> {
    /// A piece that nobody wanted yet.
    pub(crate) fn new(fetch: Fetch<T>) -> Self {
        Self { fetch, stage: ArcRwSignal::new(Stage::Away), waiting: RefCell::default(), arrival: RefCell::default() }
    }
}

/// What is done with its table when it is here, before anything is drawn of it; at once where it is.
pub(crate) fn on_arrival<T: Sync>(piece: At<T>, act: impl FnOnce(&'static T) + 'static) {
    if let Some(parts) = here(piece) {
        return act(parts);
    }
    piece.with(|piece| *piece.arrival.borrow_mut() = Some(Box::new(act)));
}

/// How it stands with a piece; tracked.
pub(crate) fn stage<T: Sync>(piece: At<T>) -> Stage<T> {
    piece.with(|piece| piece.stage.get())
}

/// Its table, where it is here.
pub(crate) fn here<T: Sync>(piece: At<T>) -> Option<&'static T> {
    match piece.with(|piece| piece.stage.get_untracked()) {
        Stage::Here(parts) => Some(parts),
        _ => None,
    }
}

/// Fetches a piece, unless it is here or on its way.
pub(crate) fn fetch<T: Sync>(piece: At<T>) {
    let (stage, fetch) = piece.with(|piece| (piece.stage.clone(), piece.fetch));
    if matches!(stage.get_untracked(), Stage::Coming | Stage::Here(_)) {
        return;
    }
    stage.set(Stage::Coming);
    wasm_bindgen_futures::spawn_local(async move {
        let parts = fetch().await;
        if let Some(parts) = parts
            && let Some(arrival) = piece.with(|piece| piece.arrival.take())
        {
            arrival(parts);
        }
        stage.set(parts.map_or(Stage::Failed, Stage::Here));
        for waiting in piece.with(|piece| piece.waiting.take()) {
            waiting(parts);
        }
    });
}

/// Calls `act` with the table of a piece: at once where that is here, otherwise when it is, or failed to come.
pub(crate) fn with<T: Sync>(piece: At<T>, act: impl FnOnce(Option<&'static T>) + 'static) {
    if let Some(parts) = here(piece) {
        return act(Some(parts));
    }
    piece.with(|piece| piece.waiting.borrow_mut().push(Box::new(act)));
    fetch(piece);
}

/// Makes a piece: its name here, the name of its file, what its table is, and that table. Nothing else may name what the table names, or that is in the page's first file.
macro_rules! piece {
    ($(#[$attribute:meta])* $vis:vis $piece:ident, $file:ident: $parts:ty = $table:expr) => {
        #[cfg(feature = "split")]
        #[leptos::wasm_split::wasm_split($file, fallible, wasm_split_path = leptos::wasm_split)]
        fn $file() -> Result<&'static $parts, leptos::wasm_split::SplitLoaderError> {
            static TABLE: $parts = $table;
            Ok(&TABLE)
        }

        #[cfg(not(feature = "split"))]
        async fn $file() -> Result<&'static $parts, std::convert::Infallible> {
            static TABLE: $parts = $table;
            Ok(&TABLE)
        }

        thread_local! {
            $(#[$attribute])*
            $vis static $piece: $crate::piece::Piece<$parts> = $crate::piece::Piece::new(|| Box::pin(async { $file().await.ok() }));
        }
    };
}
pub(crate) use piece;
