// The editor of the page's scripts: one view, a document for each script with its history and its marks. What a script is, is run and is kept as is decided in Rust
// (src/ui/script*.rs); nothing here knows of Python but its grammar.

import "./styles.mjs";
import { closeBrackets, closeBracketsKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { python } from "@codemirror/lang-python";
import { bracketMatching, indentOnInput, indentUnit, syntaxHighlighting } from "@codemirror/language";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { Compartment, EditorState, Prec } from "@codemirror/state";
import { EditorView, highlightActiveLine, highlightActiveLineGutter, keymap, lineNumbers, placeholder } from "@codemirror/view";
import { classHighlighter } from "@lezer/highlight";
import { lightLines, markFault, markPlace, marking } from "./marks.mjs";
import { theme } from "./theme.mjs";

export class Editor {
  #words = new Compartment();
  #spoken = { attributes: {}, hint: "", phrases: {} };
  #states = new Map();
  #shown = null;
  #told;
  #view;

  // `changed()` hears of every change of the shown text, `run()` of Ctrl+Enter, `chose(line)` of the line that somebody put the cursor into.
  constructor(changed, run, chose) {
    this.#told = { changed, run, chose };
    this.#view = new EditorView({ state: this.#fresh("") });
  }

  // What the text box is called and described by, what stands in an empty one, and CodeMirror's own words, in the language of the page.
  speak(label, description, hint, phrases) {
    this.#spoken = { attributes: { "aria-label": label, "aria-describedby": description, tabindex: "0" }, hint, phrases };
    this.#view.dispatch({ effects: this.#words.reconfigure(this.#language()) });
  }

  // Puts the editor into an element of the page; it leaves the one that it was in.
  attach(parent) {
    parent.replaceChildren(this.#view.dom);
    this.#view.requestMeasure();
  }

  // Shows the document of that key, with its history; `text` where there is none yet.
  show(key, text) {
    if (this.#shown !== null) this.#states.set(this.#shown, this.#view.state);
    const known = this.#states.get(key);
    this.#shown = key;
    this.#view.setState(known ?? this.#fresh(text));
    // A document that was put away may speak another language.
    this.#view.dispatch({ effects: this.#words.reconfigure(this.#language()) });
  }

  // The shown document.
  text() {
    return this.#view.state.doc.toString();
  }

  // Forgets the document of that key.
  forget(key) {
    this.#states.delete(key);
    if (this.#shown === key) this.#shown = null;
  }

  place(line, kind, note) {
    markPlace(this.#view, line, kind, note);
  }

  fault(line, note) {
    markFault(this.#view, line, note);
  }

  light(lines) {
    lightLines(this.#view, Array.from(lines));
  }

  // Brings a line into view, as far as needed.
  reveal(line) {
    const { doc } = this.#view.state;
    if (line >= 1 && line <= doc.lines) {
      this.#view.dispatch({ effects: EditorView.scrollIntoView(doc.line(line).from, { y: "nearest", yMargin: 24 }) });
    }
  }

  #language() {
    const { attributes, hint, phrases } = this.#spoken;
    return [EditorView.contentAttributes.of(attributes), EditorState.phrases.of(phrases), placeholder(hint)];
  }

  #fresh(text) {
    const chose = (view, at) => this.#told.chose(view.state.doc.lineAt(at).number);
    const run = () => (this.#told.run(), true);
    return EditorState.create({
      doc: text,
      extensions: [
        this.#words.of(this.#language()),
        lineNumbers({ domEventHandlers: { mousedown: (view, block) => (chose(view, block.from), false) } }),
        history(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        bracketMatching(),
        closeBrackets(),
        indentOnInput(),
        indentUnit.of("    "),
        EditorState.tabSize.of(4),
        EditorView.lineWrapping,
        highlightSelectionMatches(),
        search(),
        python(),
        syntaxHighlighting(classHighlighter),
        marking,
        theme,
        Prec.highest(keymap.of([{ key: "Mod-Enter", run }])),
        keymap.of([...closeBracketsKeymap, ...defaultKeymap, ...searchKeymap, ...historyKeymap, indentWithTab]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.#told.changed();
          if (update.transactions.some((one) => one.isUserEvent("select"))) chose(update.view, update.state.selection.main.head);
        }),
      ],
    });
  }
}
