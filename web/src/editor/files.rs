//! The scripts that are open, in the order of their tabs, and how they are written down to be found again.

use serde::{Deserialize, Serialize};

use super::{FileName, Mistake};
use crate::script::ScriptId;

/// How many scripts may be open.
const MOST_FILES: usize = 24;

/// The longest text, and all of them together, in bytes of UTF-8: what a browser keeps beside the trace.
const MOST_TEXT: usize = 256 << 10;
const MOST_KEPT: usize = 512 << 10;

/// A script that is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Which it is.
    pub id: ScriptId,
    /// What it is called.
    pub name: FileName,
    /// What stands in it.
    pub text: String,
}

/// The scripts that are open, one of which is shown, and the one that was closed last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Files {
    files: Vec<File>,
    chosen: usize,
    closed: Option<(usize, File)>,
}

impl Files {
    /// The longest text that a script may have, in bytes of UTF-8.
    pub const MOST_TEXT: usize = MOST_TEXT;

    /// All of them, in order.
    pub fn all(&self) -> &[File] {
        &self.files
    }

    /// The one that is shown.
    pub fn chosen(&self) -> Option<&File> {
        self.files.get(self.chosen)
    }

    /// One of them.
    pub fn get(&self, id: ScriptId) -> Option<&File> {
        self.files.iter().find(|file| file.id == id)
    }

    /// The one of that name.
    pub fn named(&self, name: &str) -> Option<&File> {
        self.files.iter().find(|file| file.name.as_str() == name)
    }

    /// The name of the one that was closed last and can be brought back.
    pub fn closed(&self) -> Option<&FileName> {
        self.closed.as_ref().map(|(_, file)| &file.name)
    }

    /// Whether there is room for one more.
    pub fn has_room(&self) -> bool {
        self.files.len() < MOST_FILES
    }

    /// Opens a script behind the others and shows it; a name that is taken gets a number.
    pub fn open(&mut self, id: ScriptId, name: FileName, text: String) {
        let name = name.free(|name| self.files.iter().any(|file| file.name == *name));
        self.files.push(File { id, name, text });
        self.chosen = self.files.len() - 1;
    }

    /// Shows that one.
    pub fn choose(&mut self, id: ScriptId) {
        self.chosen = self.files.iter().position(|file| file.id == id).unwrap_or(self.chosen);
    }

    /// Notes what stands in that one now.
    pub fn write_into(&mut self, id: ScriptId, text: String) {
        if let Some(file) = self.files.iter_mut().find(|file| file.id == id) {
            file.text = text;
        }
    }

    /// Calls that one something else.
    ///
    /// # Errors
    ///
    /// What was written is no name; see [`Mistake`].
    pub fn rename(&mut self, id: ScriptId, written: &str) -> Result<(), Mistake> {
        let name = FileName::new(written)?.free(|name| self.files.iter().any(|file| file.id != id && file.name == *name));
        if let Some(file) = self.files.iter_mut().find(|file| file.id == id) {
            file.name = name;
        }
        Ok(())
    }

    /// Closes that one; its neighbour is shown. It can be brought back until the next is closed, or until [`let_go`](Self::let_go).
    pub fn close(&mut self, id: ScriptId) {
        let Some(at) = self.files.iter().position(|file| file.id == id) else { return };
        let file = self.files.remove(at);
        if at < self.chosen || self.chosen == self.files.len() {
            self.chosen = self.chosen.saturating_sub(1);
        }
        // An empty one is no loss.
        self.closed = (!file.text.trim().is_empty()).then_some((at, file));
    }

    /// Forgets the one that was closed last.
    pub fn let_go(&mut self) {
        self.closed = None;
    }

    /// Brings back the one that was closed last, where it was, as `id`.
    pub fn bring_back(&mut self, id: ScriptId) {
        if let Some((at, file)) = self.closed.take() {
            self.chosen = at.min(self.files.len());
            self.files.insert(self.chosen, File { id, ..file });
        }
    }

    /// All that can be kept, and whether that is everything.
    pub fn write(&self) -> (String, bool) {
        let mut room = MOST_KEPT;
        let mut fits = |file: &&File| {
            let fits = file.text.len() <= MOST_TEXT.min(room);
            room -= if fits { file.text.len() } else { 0 };
            fits
        };
        let kept: Vec<Kept> =
            self.files.iter().filter(&mut fits).map(|file| Kept { name: file.name.as_str().into(), text: file.text.clone() }).collect();
        let is_all = kept.len() == self.files.len();
        let chosen = self.chosen().and_then(|chosen| kept.iter().position(|file| file.name == chosen.name.as_str())).unwrap_or(0);
        (serde_json::to_string(&AllKept { scripts: kept, chosen }).unwrap_or_default(), is_all)
    }

    /// Reads what was kept, with the distrust that everything from outside gets; `id` gives each its own.
    pub fn read(text: &str, mut id: impl FnMut() -> ScriptId) -> Self {
        let Ok(kept) = serde_json::from_str::<AllKept>(text) else { return Self::default() };
        let mut files = Self::default();
        for file in kept.scripts.into_iter().take(MOST_FILES).filter(|file| file.text.len() <= MOST_TEXT) {
            files.open(id(), FileName::made_of(&file.name), file.text);
        }
        files.chosen = kept.chosen.min(files.files.len().saturating_sub(1));
        files
    }
}

#[derive(Serialize, Deserialize)]
struct AllKept {
    scripts: Vec<Kept>,
    chosen: usize,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    name: String,
    text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opened(names: &[&str]) -> Files {
        let mut files = Files::default();
        for (number, name) in names.iter().enumerate() {
            files.open(ScriptId(number as u64), FileName::new(name).unwrap(), format!("# {name}"));
        }
        files
    }

    fn names(files: &Files) -> Vec<&str> {
        files.all().iter().map(|file| file.name.as_str()).collect()
    }

    #[test]
    fn names_are_told_apart() {
        let mut files = opened(&["a", "a", "b"]);
        assert_eq!(names(&files), ["a.py", "a_2.py", "b.py"]);
        files.rename(ScriptId(2), "a").unwrap();
        assert_eq!(names(&files), ["a.py", "a_2.py", "a_3.py"]);
        files.rename(ScriptId(0), "a.py").unwrap();
        assert_eq!(names(&files)[0], "a.py", "its own name is free to it");
        assert_eq!(files.rename(ScriptId(0), "/"), Err(Mistake::Forbidden('/')));
    }

    #[test]
    fn what_is_closed_can_be_brought_back_where_it_was() {
        let mut files = opened(&["a", "b", "c"]);
        files.choose(ScriptId(1));
        files.close(ScriptId(1));
        assert_eq!((names(&files), files.chosen().unwrap().name.as_str()), (vec!["a.py", "c.py"], "c.py"));
        assert_eq!(files.closed().unwrap().as_str(), "b.py");
        files.bring_back(ScriptId(9));
        assert_eq!((names(&files), files.chosen().unwrap().id), (vec!["a.py", "b.py", "c.py"], ScriptId(9)));
        files.close(ScriptId(2));
        assert_eq!(files.chosen().unwrap().name.as_str(), "b.py", "the neighbour of the last is the one before");
        files.choose(ScriptId(0));
        files.write_into(ScriptId(9), "  \n".to_owned());
        files.close(ScriptId(9));
        assert!(files.closed().is_none(), "an empty one is no loss");
        files.close(ScriptId(0));
        assert!(files.chosen().is_none() && files.all().is_empty());
    }

    #[test]
    fn what_was_written_down_is_found_again() {
        let mut files = opened(&["a", "b", "c"]);
        files.choose(ScriptId(1));
        let (text, is_all) = files.write();
        assert!(is_all);
        let mut next = 100;
        let read = Files::read(&text, || {
            next += 1;
            ScriptId(next)
        });
        assert_eq!((names(&read), read.chosen().unwrap().name.as_str()), (vec!["a.py", "b.py", "c.py"], "b.py"));
        assert_eq!(read.all()[2], File { id: ScriptId(103), name: FileName::new("c").unwrap(), text: "# c".to_owned() });
    }

    #[test]
    fn nothing_that_was_kept_does_harm() {
        for text in ["", "{}", "[1]", r#"{"scripts":[{"name":"x"}],"chosen":0}"#] {
            assert!(Files::read(text, || ScriptId(0)).all().is_empty(), "{text}");
        }
        let read = Files::read(r#"{"scripts":[{"name":"../<b>","text":"1"}],"chosen":99}"#, || ScriptId(0));
        assert_eq!(read.chosen().unwrap().name.as_str(), "b.py");
    }

    #[test]
    fn what_is_too_long_is_left_out_and_that_is_said() {
        let mut files = opened(&["a", "b"]);
        files.write_into(ScriptId(0), "x".repeat(MOST_TEXT + 1));
        let (text, is_all) = files.write();
        assert!(!is_all);
        assert_eq!(names(&Files::read(&text, || ScriptId(0))), ["b.py"]);
        for number in 2..MOST_FILES as u64 {
            assert!(files.has_room());
            files.open(ScriptId(number), FileName::new("c").unwrap(), "y".repeat(MOST_TEXT));
        }
        assert!(!files.has_room());
        assert!(files.write().0.len() < 2 * MOST_KEPT);
    }
}
