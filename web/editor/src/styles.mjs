// Where the editor's style sheets go. The page's security policy lets no <style> stand in the document, and a sheet that is made by a program is none: CodeMirror
// itself makes such sheets inside a shadow root, where the page's keys, fields and colours would not reach the editor.

import { StyleModule } from "style-mod";

const sheet = new CSSStyleSheet();
let mounted = [];

// Called with every module of a view, the later ones going before the earlier; what another view brought stays below.
StyleModule.mount = (_root, modules) => {
  const wanted = [modules].flat();
  const others = mounted.filter((module) => !wanted.includes(module));
  if (!mounted.length) document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  mounted = [...others, ...wanted];
  sheet.replaceSync(mounted.map((module) => module.getRules()).join("\n"));
};
