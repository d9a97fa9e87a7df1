// The worker in which a script's interpreter runs: boots Pyodide, hands Python the calls of this page, and carries what they answer.
//
// What Python does with them is in the `.py` files beside this one; how the page carries calls out is in web/src/session/scripts. A call blocks its Python thread by
// JSPI: Python enters by `callPromising` and waits by `run_sync`, while this event loop goes on.

const FILES = [
  "_addresses.py",
  "_arguments.py",
  "_console.py",
  "_constants.py",
  "_descriptors.py",
  "_errors.py",
  "_fresh.py",
  "_program.py",
  "_socket.py",
  "_socket_options.py",
  "_threads.py",
  "_tracebacks.py",
  "_transfers.py",
  "_waiting.py",
  "_without_tls.py",
  "select.py",
  "ssl.py",
];

// Where they lie in the interpreter's file system. Tracebacks leave out what lies there.
const FOLDER = "/lib/playground";

const MAIN_THREAD = 1;

// A wait that is shorter than this is not told: nobody could see it.
const UNSEEN_MS = 30;

// Writes and characters under way, beyond which a program waits for the page.
const MOST_WRITES = 128;
const MOST_CHARACTERS = 1 << 18;

let program;
let interrupts = null;
let last = 0;
// What waits, by number: calls, sleeps, locks.
const waits = new Map();

function say(message, bytes) {
  postMessage([JSON.stringify(message), bytes ?? null], bytes ? [bytes.buffer] : []);
}

// Begins a wait of a thread; the promise gets what settles it first: a value, `false` at its end, `null` where the program is interrupted.
function begin(thread) {
  const seq = ++last;
  const wait = { seq, thread };
  wait.promise = new Promise((resolve) => {
    wait.settle = (value) => {
      if (!waits.delete(seq)) return false;
      clearTimeout(wait.end);
      clearTimeout(wait.telling);
      if (wait.isTold) say({ said: "goes on", seq });
      resolve(value);
      return true;
    };
  });
  waits.set(seq, wait);
  return wait;
}

// Writes that the page has not taken yet.
const printing = { writes: 0, characters: [], waiting: [] };

function characters() {
  return printing.characters.reduce((sum, count) => sum + count, 0);
}

// What Python imports as `_page`.
const page = {
  // Makes a call; `limit_ms` ends a `select`, which answers nevertheless.
  call(thread, line, json, bytes, limit_ms) {
    const wait = begin(thread);
    wait.isCall = true;
    if (limit_ms !== undefined) wait.end = setTimeout(() => say({ said: "cancel", seq: wait.seq }), limit_ms);
    say({ said: "call", seq: wait.seq, thread, line: line ?? null, call: JSON.parse(json) }, bytes);
    return wait.promise;
  },

  // Makes a call whose answer nobody waits for.
  call_and_go_on(thread, line, json) {
    say({ said: "call", seq: ++last, thread, line: line ?? null, call: JSON.parse(json) });
  },

  // Waits until somebody settles it, or until it ends.
  wait(thread, name, line, ms) {
    const wait = begin(thread);
    if (ms !== undefined) wait.end = setTimeout(() => wait.settle(false), Math.min(ms, 2 ** 31 - 1));
    wait.telling = setTimeout(() => {
      wait.isTold = true;
      say({ said: "waits", seq: wait.seq, thread, name, line: line ?? null });
    }, UNSEEN_MS);
    return wait;
  },

  // Hands text to the page; returns whether the program should wait before it writes more.
  print(error, text) {
    printing.writes += 1;
    printing.characters.push(text.length);
    say({ said: "printed", error, text });
    return printing.writes >= MOST_WRITES || (printing.writes > 1 && characters() >= MOST_CHARACTERS);
  },

  // Waits until the page took enough.
  room(thread) {
    const wait = begin(thread);
    printing.waiting.push(wait);
    return wait.promise;
  },

  // Runs a function of Python on a stack of its own.
  spawn(run) {
    setTimeout(() => run.callPromising().finally(() => run.destroy()).catch(broke), 0);
  },

  // Interrupts the main thread, where another one was interrupted in its place.
  interrupt_main() {
    interrupt();
  },

  // Ends the waits of all threads but the main one, so that they end.
  end_threads() {
    for (const wait of [...waits.values()]) if (wait.thread !== MAIN_THREAD) wait.settle(null);
  },

  evaluated(goes_on) {
    say({ said: "evaluated", goes_on });
  },

  over(how, line) {
    say({ said: "over", how, line: line ?? null });
  },
};

// Settles what the main thread waits for; a call of the page is cancelled there.
function interrupt() {
  for (const wait of [...waits.values()]) {
    if (wait.thread !== MAIN_THREAD) continue;
    if (wait.isCall) say({ said: "cancel", seq: wait.seq });
    wait.settle(null);
  }
}

async function boot(python, shared) {
  if (!("Suspending" in WebAssembly)) throw new Error("WebAssembly cannot wait here (no JSPI)");
  const { loadPyodide } = await import(`${python}pyodide.mjs`);
  const [pyodide, sources] = await Promise.all([loadPyodide({ indexURL: python, convertNullToNone: true, enableRunUntilComplete: false }), Promise.all(FILES.map(source))]);
  if (shared) {
    interrupts = new Int32Array(shared);
    pyodide.setInterruptBuffer(interrupts);
  }
  pyodide.registerJsModule("_page", page);
  pyodide.FS.mkdirTree(FOLDER);
  FILES.forEach((name, index) => pyodide.FS.writeFile(`${FOLDER}/${name}`, sources[index]));
  program = pyodide.runPython(`import sys\nsys.path.insert(0, "${FOLDER}")\nimport _program\n_program`);
  program.install();
  say({ said: "ready" });
}

async function source(name) {
  const response = await fetch(new URL(name, import.meta.url));
  if (!response.ok) throw new Error(`${name} is missing (${response.status})`);
  return response.text();
}

// What is called rejects where there is no interpreter any more: `os._exit` ended it, or it broke.
function broke(error) {
  if (error?.name === "Exit") say({ said: "exited", status: error.status });
  // Calls by way of C take of the browser's stack, which has an end of its own.
  else if (error instanceof RangeError || error?.name === "InternalError") say({ said: "lost", text: null });
  else say({ said: "lost", text: String(error) });
}

const heard = {
  boot(python, shared) {
    boot(python, shared).catch((error) => say({ said: "failed", text: String(error) }));
  },

  run(name, text) {
    program.run.callPromising(name, text).catch(broke);
  },

  evaluate(text) {
    program.evaluate.callPromising(text).catch(broke);
  },

  give_up() {
    program.give_up();
  },

  answer(json, bytes) {
    const { seq } = JSON.parse(json);
    waits.get(seq)?.settle([json, bytes]);
  },

  took(writes) {
    printing.writes -= writes;
    printing.characters.splice(0, writes);
    for (const wait of printing.waiting.splice(0)) wait.settle(true);
  },

  interrupt() {
    // Where the interpreter saw it while it computed, it is done.
    if (interrupts && Atomics.exchange(interrupts, 0, 0) === 0) return;
    interrupt();
  },
};

onmessage = ({ data: [name, ...parts] }) => heard[name](...parts);
