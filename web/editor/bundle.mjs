// Makes editor.js and LICENSES.txt of what package-lock.json names. To be run when src/ or a version changed, and its results committed, so that building the page
// needs no Node:
//
//     npm ci && npm run build && rm -r node_modules

import { build } from "esbuild";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const lock = JSON.parse(readFileSync("package-lock.json", "utf8")).packages;

const result = await build({
  entryPoints: ["src/editor.mjs"],
  outfile: "editor.js",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["chrome123", "firefox120", "safari17.5"],
  legalComments: "none",
  metafile: true,
  write: false,
});

const folders = Object.keys(result.metafile.inputs).map((path) => path.match(/^node_modules\/(@[^/]+\/)?[^/]+/)?.[0]).filter(Boolean);
const packages = [...new Set(folders)].sort();
const named = packages.map((folder) => `${folder.slice("node_modules/".length)} ${lock[folder].version}`);

const banner = `// Made by web/editor/bundle.mjs of ${named.join(", ")}; their licences: web/editor/LICENSES.txt\n`;
writeFileSync("editor.js", banner + result.outputFiles[0].text);

const license = (folder) => {
  const file = ["LICENSE", "LICENSE.md", "LICENSE.txt"].map((name) => `${folder}/${name}`).find(existsSync);
  if (!file) throw new Error(`${folder} has no licence`);
  return readFileSync(file, "utf8").trim();
};
const texts = packages.map((folder, index) => `${named[index]} (${lock[folder].license})\n\n${license(folder)}\n`);
writeFileSync("LICENSES.txt", `What web/editor/editor.js is made of besides web/editor/src.\n\n${texts.join("\n\n")}`);
