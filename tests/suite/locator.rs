//! Finding things as people and screen readers do, by role and accessible name, and acting on them with real mouse and key events.

use serde_json::{Value, json};

use crate::page::Page;
use crate::{LOOK_AGAIN, until, within};

/// A function that gives the text in an element, without what is not laid out, and without the line breaks that only the layout made.
pub(crate) const SEEN: &str = "function () {
    const seen = node => node.nodeType === Node.TEXT_NODE ? node.data
        : node.nodeType !== Node.ELEMENT_NODE || node.hidden || !node.checkVisibility() ? ''
        : [...node.childNodes].map(seen).join('') + (/^(DIV|P|LI|TR|FORM|SECTION)$/.test(node.tagName) ? '\\n' : '');
    return seen(this);
}";

/// A function that gives the middle of an element, where a click there would hit it, or its label.
pub(crate) const HITS: &str = "function () {
    this.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
    const target = this.labels?.[0] && this.offsetWidth < 2 ? this.labels[0] : this;
    const box = target.getBoundingClientRect();
    const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
    const hit = document.elementFromPoint(x, y);
    const hits = hit && (this.contains(hit) || hit.closest('label')?.control === this);
    return hits ? [x, y] : null;
}";

/// A way to find one thing in the page. It is looked for anew at each use.
#[derive(Clone)]
pub(crate) struct Locator<'page> {
    pub(crate) page: &'page Page,
    /// From the outermost inwards.
    steps: Vec<Step>,
}

#[derive(Clone, Debug)]
struct Step {
    role: &'static str,
    name: Name,
}

#[derive(Clone, Debug)]
enum Name {
    Is(String),
    Begins(String),
    Holds(Vec<String>),
}

impl Name {
    fn fits(&self, name: &str) -> bool {
        match self {
            Self::Is(expected) => name == expected,
            Self::Begins(start) => name.starts_with(start.as_str()),
            Self::Holds(parts) => parts.iter().all(|part| name.contains(part.as_str())),
        }
    }
}

/// What was found: a node of the accessibility tree.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    node: i64,
    /// Its accessible name.
    pub(crate) name: String,
    disabled: bool,
    /// Its properties (`checked`, `selected`, `expanded`, …), its value and its description.
    properties: Vec<(String, Value)>,
}

impl Found {
    /// A property of the accessibility tree, such as `checked`, or its `value` or `description`; text as text.
    pub(crate) fn property(&self, name: &str) -> Option<String> {
        let (_, value) = self.properties.iter().find(|(found, _)| found == name)?;
        Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
    }

    fn read(node: &Value) -> Option<Self> {
        let listed = node["properties"].as_array().map(Vec::as_slice).unwrap_or_default();
        let properties: Vec<(String, Value)> = listed
            .iter()
            .filter_map(|property| Some((property["name"].as_str()?.to_owned(), property["value"]["value"].clone())))
            .chain(["value", "description"].map(|name| (name.to_owned(), node[name]["value"].clone())))
            .collect();
        let disabled = properties.iter().any(|(name, value)| name == "disabled" && *value == true);
        let name = node["name"]["value"].as_str().unwrap_or_default().to_owned();
        Some(Self { node: node["backendDOMNodeId"].as_i64()?, name, disabled, properties })
    }
}

impl<'page> Locator<'page> {
    /// The whole page.
    pub(crate) fn new(page: &'page Page) -> Self {
        Self { page, steps: vec![] }
    }

    /// In this one, what has this role and exactly this name.
    pub(crate) fn get(&self, role: &'static str, name: &str) -> Self {
        self.step(role, Name::Is(name.to_owned()))
    }

    /// In this one, what has this role and a name that begins so.
    pub(crate) fn get_begins(&self, role: &'static str, name: &str) -> Self {
        self.step(role, Name::Begins(name.to_owned()))
    }

    /// In this one, what has this role and a name that holds all of these.
    pub(crate) fn get_holding(&self, role: &'static str, parts: &[&str]) -> Self {
        self.step(role, Name::Holds(parts.iter().map(|part| (*part).to_owned()).collect()))
    }

    fn step(&self, role: &'static str, name: Name) -> Self {
        let mut steps = self.steps.clone();
        steps.push(Step { role, name });
        Self { page: self.page, steps }
    }

    /// Everything that fits now.
    pub(crate) async fn all(&self) -> Vec<Found> {
        let document = self.page.command("DOM.getDocument", json!({ "depth": 0 })).await;
        let mut scopes = vec![document["root"]["backendNodeId"].as_i64().expect("a document has a node")];
        let mut found = vec![];
        for step in &self.steps {
            found.clear();
            for scope in scopes {
                let query = json!({ "backendNodeId": scope, "role": step.role });
                // What has gone meanwhile holds nothing.
                let Ok(answer) = self.page.try_command("Accessibility.queryAXTree", query).await else { continue };
                let nodes = answer["nodes"].as_array().map(Vec::as_slice).unwrap_or_default();
                let seen = nodes.iter().filter(|node| node["ignored"] != true && node["backendDOMNodeId"] != scope);
                found.extend(seen.filter_map(Found::read).filter(|node| step.name.fits(&node.name)));
            }
            scopes = found.iter().map(|node| node.node).collect();
        }
        found
    }

    /// Waits until exactly one thing fits.
    pub(crate) async fn wait(&self) -> Found {
        let mut last = vec![];
        let looking = async {
            loop {
                last = self.all().await;
                if last.len() == 1 {
                    return last[0].clone();
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let found = tokio::time::timeout(crate::DEADLINE, looking).await;
        found.unwrap_or_else(|_| panic!("{} of {:?}, not one: {last:?}", last.len(), self.steps))
    }

    /// Waits until nothing fits any more.
    pub(crate) async fn wait_gone(&self) {
        until(&format!("end of {:?}", self.steps), async || self.all().await.is_empty()).await;
    }

    /// Waits until `count` things fit.
    pub(crate) async fn wait_count(&self, count: usize) -> Vec<Found> {
        until(&format!("{count} of {:?}", self.steps), async || self.all().await.len() == count).await;
        self.all().await
    }

    /// Waits until one thing fits whose property has this value, `checked` `true` for example.
    pub(crate) async fn wait_property(&self, property: &str, value: &str) {
        let fits = async || matches!(self.all().await.as_slice(), [found] if found.property(property).as_deref() == Some(value));
        until(&format!("{property}={value} of {:?}", self.steps), fits).await;
    }

    /// The text in it, without what is not laid out, and without the line breaks that only the layout made.
    pub(crate) async fn text(&self) -> String {
        let found = self.wait().await;
        let text = self.try_call(&found, SEEN, json!([])).await;
        text.and_then(|text| text.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Waits until its text is as it should be, and returns it.
    pub(crate) async fn wait_text(&self, fits: impl Fn(&str) -> bool) -> String {
        let mut last = String::new();
        let looking = async {
            loop {
                last = self.text().await;
                if fits(&last) {
                    return last.clone();
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        let text = tokio::time::timeout(crate::DEADLINE, looking).await;
        text.unwrap_or_else(|_| panic!("the text of {:?} stays {last:?}", self.steps))
    }

    /// Clicks it in its middle, once it is there alone, enabled and not covered.
    pub(crate) async fn click(&self) {
        let at = self.place().await;
        self.page.mouse(&[("mouseMoved", at), ("mousePressed", at), ("mouseReleased", at)], "").await;
    }

    /// The same, with a key held.
    pub(crate) async fn click_holding(&self, key: &str) {
        let at = self.place().await;
        self.page.mouse(&[("mouseMoved", at), ("mousePressed", at), ("mouseReleased", at)], key).await;
    }

    /// Draws from its middle to that of another.
    pub(crate) async fn drag_to(&self, other: &Self) {
        let (from, to) = (self.place().await, other.place().await);
        let half = ((from.0 + to.0) / 2.0, (from.1 + to.1) / 2.0);
        self.page
            .mouse(&[("mouseMoved", from), ("mousePressed", from), ("mouseMoved", half), ("mouseMoved", to), ("mouseReleased", to)], "")
            .await;
    }

    /// Its middle, once it is there alone, enabled and not covered.
    async fn place(&self) -> (f64, f64) {
        within(&format!("place of {:?}", self.steps), async {
            loop {
                let found = self.wait().await;
                if let Some(point) = self.point(&found).await {
                    return point;
                }
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        })
        .await
    }

    /// The middle of what was found, where a click there would hit it, or its label.
    async fn point(&self, found: &Found) -> Option<(f64, f64)> {
        if found.disabled {
            return None;
        }
        let point = self.try_call(found, HITS, json!([])).await?;
        Some((point[0].as_f64()?, point[1].as_f64()?))
    }

    /// Clicks into it and replaces what stands there, key by key.
    pub(crate) async fn fill(&self, text: &str) {
        self.click().await;
        self.page.press("Control+a").await;
        self.page.press("Backspace").await;
        self.page.type_text(text).await;
    }

    /// Chooses the entry of a list by its text, with the arrow keys.
    pub(crate) async fn choose(&self, entry: &str) {
        const CHOSEN: &str = "function () { return this.selectedOptions[0]?.text }";
        const COUNT: &str = "function () { return this.options.length }";
        let found = self.wait().await;
        self.focus().await;
        let count = self.try_call(&found, COUNT, json!([])).await.and_then(|count| count.as_i64()).expect("it has options");
        self.page.press("Home").await;
        for _ in 0..count {
            if self.try_call(&found, CHOSEN, json!([])).await.is_some_and(|chosen| chosen == entry) {
                return;
            }
            self.page.press("ArrowDown").await;
        }
        panic!("{:?} has no entry {entry:?}", self.steps);
    }

    /// Gives it the keyboard's focus.
    pub(crate) async fn focus(&self) {
        let found = self.wait().await;
        self.page.command("DOM.focus", json!({ "backendNodeId": found.node })).await;
    }

    /// Puts a file into the file field in it, as the system's dialog would.
    pub(crate) async fn choose_file(&self, path: &std::path::Path) {
        let found = self.wait().await;
        let files = json!({ "backendNodeId": found.node, "files": [path] });
        self.page.command("DOM.setFileInputFiles", files).await;
    }

    /// Calls a JavaScript function on what was found; nothing where that has gone meanwhile.
    pub(crate) async fn try_call(&self, found: &Found, function: &str, arguments: Value) -> Option<Value> {
        let object = self.page.try_command("DOM.resolveNode", json!({ "backendNodeId": found.node })).await.ok()?;
        let id = object["object"]["objectId"].as_str()?;
        let call = json!({ "objectId": id, "functionDeclaration": function, "arguments": arguments, "returnByValue": true });
        let answer = self.page.try_command("Runtime.callFunctionOn", call).await.ok()?;
        assert!(answer.get("exceptionDetails").is_none(), "{function}: {answer}");
        Some(answer["result"]["value"].clone()).filter(|value| !value.is_null())
    }
}
