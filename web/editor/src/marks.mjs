// What is shown at lines: where the program is and how long it waits there, what went wrong, which lines belong to what is chosen elsewhere.

import { RangeSet, StateEffect, StateField } from "@codemirror/state";
import { Decoration, EditorView, GutterMarker, WidgetType, gutterLineClass } from "@codemirror/view";

const place = StateEffect.define();
const fault = StateEffect.define();
const light = StateEffect.define();

// A sentence behind or below a line. The page says the same outside of the text, so that it is not read as a part of the program.
class Note extends WidgetType {
  constructor(text, kind) {
    super();
    Object.assign(this, { text, kind });
  }

  eq(other) {
    return other.text === this.text && other.kind === this.kind;
  }

  toDOM() {
    const note = document.createElement("span");
    note.className = `cm-note cm-note-${this.kind}`;
    note.setAttribute("aria-hidden", "true");
    note.textContent = this.text;
    return note;
  }

  updateDOM(note) {
    if (!note.classList.contains(`cm-note-${this.kind}`)) return false;
    note.textContent = this.text;
    return true;
  }
}

class LineClass extends GutterMarker {
  constructor(name) {
    super();
    this.elementClass = name;
  }
}

const GUTTER = Object.fromEntries(["running", "waiting", "paused", "fault", "lit"].map((kind) => [kind, new LineClass(`cm-at-${kind}`)]));
const LINE = Object.fromEntries(Object.keys(GUTTER).map((kind) => [kind, Decoration.line({ class: `cm-line-${kind}` })]));

const none = { place: null, fault: null, lit: [] };

// The marks as they were set, the places of the fault and of the lit lines following what is written above them.
const marks = StateField.define({
  create: () => none,
  update(value, transaction) {
    const moved = (at) => transaction.changes.mapPos(at, 1);
    if (transaction.docChanged) {
      value = {
        place: value.place && { ...value.place, at: moved(value.place.at) },
        fault: value.fault && { ...value.fault, at: moved(value.fault.at) },
        lit: value.lit.map(moved),
      };
    }
    for (const effect of transaction.effects) {
      if (effect.is(place)) value = { ...value, place: effect.value };
      if (effect.is(fault)) value = { ...value, fault: effect.value };
      if (effect.is(light)) value = { ...value, lit: effect.value };
    }
    return value;
  },
  provide: (field) => [
    EditorView.decorations.from(field, (value) => (view) => decorations(value, view.state)),
    gutterLineClass.from(field, gutterMarks),
  ],
});

// One mark for each line: where the program is goes before what went wrong, and that before what is lit.
function byLine(value, state) {
  const lines = new Map();
  const put = (at, kind) => lines.set(state.doc.lineAt(Math.min(at, state.doc.length)).from, kind);
  value.lit.forEach((at) => put(at, "lit"));
  if (value.fault) put(value.fault.at, "fault");
  if (value.place) put(value.place.at, value.place.kind);
  return [...lines].sort(([one], [other]) => one - other);
}

function decorations(value, state) {
  const found = byLine(value, state).map(([from, kind]) => LINE[kind].range(from));
  const note = (at, widget) => found.push(Decoration.widget({ widget, side: 1 }).range(state.doc.lineAt(Math.min(at, state.doc.length)).to));
  if (value.place?.note) note(value.place.at, new Note(value.place.note, value.place.kind));
  if (value.fault?.note) note(value.fault.at, new Note(value.fault.note, "fault"));
  return Decoration.set(found, true);
}

function gutterMarks(value) {
  const found = [...value.lit.map((at) => [at, "lit"])];
  if (value.fault) found.push([value.fault.at, "fault"]);
  if (value.place) found.push([value.place.at, value.place.kind]);
  return RangeSet.of(found.map(([at, kind]) => GUTTER[kind].range(at)), true);
}

const start = (state, line) => (line >= 1 && line <= state.doc.lines ? state.doc.line(line).from : null);

// Says where the program is: `kind` is running, waiting or paused; line 0 is nowhere.
export function markPlace(view, line, kind, note) {
  const at = start(view.state, line);
  view.dispatch({ effects: place.of(at === null ? null : { at, kind, note }) });
}

// Says what went wrong at a line; line 0 is nothing.
export function markFault(view, line, note) {
  const at = start(view.state, line);
  view.dispatch({ effects: fault.of(at === null ? null : { at, note }) });
}

// Lights lines, and brings the first of them into view.
export function lightLines(view, lines) {
  const found = lines.map((line) => start(view.state, line)).filter((at) => at !== null);
  const effects = [light.of(found)];
  if (found.length) effects.push(EditorView.scrollIntoView(found[0], { y: "nearest", yMargin: 24 }));
  view.dispatch({ effects });
}

export const marking = marks;
