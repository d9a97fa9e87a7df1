// How the editor looks: in the page's own colours, which are variables of its style sheets, so that light, dark and high contrast need nothing here.

import { EditorView } from "@codemirror/view";

const NOTE = { fontFamily: "var(--sans)", fontSize: "0.75rem", marginInlineStart: "1rem", paddingInline: "0.375rem", borderRadius: "4px" };

export const theme = EditorView.theme({
  "&": { height: "100%", color: "var(--ink)", backgroundColor: "var(--panel)", fontSize: "var(--code-size, var(--small))" },
  "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.5" },
  ".cm-content": { caretColor: "var(--ink)", paddingBlock: "var(--s2)" },
  ".cm-gutters": { color: "var(--muted)", backgroundColor: "var(--sunken)", borderInlineEnd: "1px solid var(--line)" },
  ".cm-lineNumbers .cm-gutterElement": { minWidth: "2.25rem", paddingInline: "0.25rem 0.5rem", cursor: "pointer" },
  ".cm-placeholder": { color: "var(--muted)" },
  ".cm-activeLine": { backgroundColor: "transparent" },
  "&.cm-focused .cm-activeLine": { backgroundColor: "color-mix(in srgb, var(--ink) 4%, transparent)" },
  ".cm-activeLineGutter": { color: "var(--ink)", backgroundColor: "transparent" },
  ".cm-selectionMatch": { backgroundColor: "var(--accent-soft)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--accent-soft)", outline: "1px solid var(--accent)" },
  "&.cm-focused .cm-nonmatchingBracket": { backgroundColor: "var(--bad-soft)" },
  ".cm-searchMatch": { backgroundColor: "var(--wait-soft)", outline: "1px solid var(--wait)" },
  ".cm-line ::selection, .cm-line::selection": { backgroundColor: "color-mix(in srgb, var(--accent) 30%, transparent) !important" },

  ".cm-line-running": { backgroundColor: "var(--accent-soft) !important", boxShadow: "inset 3px 0 var(--accent)" },
  ".cm-line-waiting": { backgroundColor: "var(--wait-soft) !important", boxShadow: "inset 3px 0 var(--wait)" },
  ".cm-line-paused": { backgroundColor: "var(--accent-soft) !important", boxShadow: "inset 3px 0 var(--accent)" },
  ".cm-line-fault": { backgroundColor: "var(--bad-soft) !important", boxShadow: "inset 3px 0 var(--bad)" },
  ".cm-line-lit": { backgroundColor: "var(--received-soft) !important", boxShadow: "inset 3px 0 var(--received)" },
  ".cm-gutterElement.cm-at-running, .cm-gutterElement.cm-at-paused": { color: "var(--accent)", fontWeight: "700" },
  ".cm-gutterElement.cm-at-waiting": { color: "var(--wait)", fontWeight: "700" },
  ".cm-gutterElement.cm-at-fault": { color: "var(--bad)", fontWeight: "700" },
  ".cm-gutterElement.cm-at-lit": { color: "var(--received)", fontWeight: "700" },
  ".cm-note": { ...NOTE, display: "inline-block", color: "var(--accent)", whiteSpace: "pre-wrap", userSelect: "none" },
  ".cm-note-waiting": { color: "var(--wait)", fontWeight: "600" },
  ".cm-note-fault": { color: "var(--bad)", fontWeight: "600" },

  ".cm-panels": { color: "var(--ink)", backgroundColor: "var(--sunken)", fontFamily: "var(--sans)" },
  ".cm-panels.cm-panels-bottom": { borderTop: "1px solid var(--line)" },
  ".cm-panel.cm-search": { fontSize: "var(--small)" },
  ".cm-panel.cm-search label": { display: "inline-flex", alignItems: "center", fontSize: "var(--small)", minHeight: "1.5rem" },
  ".cm-textfield": { width: "auto", color: "inherit", backgroundColor: "var(--panel)", border: "1px solid var(--edge)", fontSize: "var(--small)" },
  ".cm-button": { minHeight: "1.5rem", color: "inherit", backgroundImage: "none", backgroundColor: "var(--panel)", border: "1px solid var(--edge)", fontSize: "var(--small)" },
  ".cm-panel.cm-search [name=close]": { color: "inherit", minWidth: "1.5rem", minHeight: "1.5rem" },

  ".tok-keyword, .tok-operatorKeyword": { color: "var(--code-keyword)" },
  ".tok-string, .tok-string2": { color: "var(--code-string)" },
  ".tok-number, .tok-bool, .tok-atom": { color: "var(--code-number)" },
  ".tok-comment": { color: "var(--muted)", fontStyle: "italic" },
  ".tok-definition, .tok-className, .tok-typeName": { color: "var(--code-name)" },
});
