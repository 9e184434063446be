// Processes that are gone when the run is over, whatever happened.
//
// A browser is a tree of processes, some of which leave their parent's session.
// All of them inherit the environment, so each start gets a tag in it, and the
// tag, the parentage and the session together find every one.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';

const TAG = 'BGFETCH_TEST_PROCESS';
const live = new Set();

/** A tag to put into the environment of a program that is to be killed later. */
export function newTag() {
  const tag = randomUUID();
  live.add(tag);
  return { tag, env: { [TAG]: tag } };
}

/** Starts a program with a tag; `killTag(child.tag)` ends it and its children. */
export function start(command, args, { env = {}, ...options } = {}) {
  const { tag, env: tagged } = newTag();
  const child = spawn(command, args, {
    detached: true,
    ...options,
    env: { ...process.env, ...env, ...tagged },
  });
  child.tag = tag;
  return child;
}

function read(path) {
  try {
    return fs.readFileSync(path, 'latin1');
  } catch {
    return ''; // it ended meanwhile, or is not ours to read
  }
}

/** [{pid, ppid, session, zombie, tag, command}] of all processes. */
function table() {
  const rows = [];
  for (const name of fs.readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = read(`/proc/${name}/stat`);
    if (!stat) continue;
    // The second field is a name in brackets that may hold anything.
    const [state, ppid, , session] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    rows.push({
      pid: Number(name),
      ppid: Number(ppid),
      session: Number(session),
      zombie: state === 'Z',
      tag: read(`/proc/${name}/environ`).match(new RegExp(`${TAG}=([0-9a-f-]+)`))?.[1],
      command: read(`/proc/${name}/cmdline`),
    });
  }
  return rows;
}

/** Living processes that were started with the tag, and all that came from them. */
export function processesOf(tag) {
  const rows = table();
  const found = new Set(rows.filter((row) => row.tag === tag).map((row) => row.pid));
  const sessions = new Set(rows.filter((row) => found.has(row.pid) && row.session === row.pid).map((row) => row.session));
  for (let grew = true; grew; ) {
    grew = false;
    for (const row of rows) {
      if (found.has(row.pid)) continue;
      if (found.has(row.ppid) || sessions.has(row.session)) {
        found.add(row.pid);
        grew = true;
      }
    }
  }
  return rows.filter((row) => found.has(row.pid) && !row.zombie);
}

function signalAll(tag) {
  const rows = processesOf(tag);
  for (const { pid } of rows) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // it was faster
    }
  }
  return rows.length;
}

/** SIGKILL to the whole tree; resolves when none of it is left. */
export async function killTag(tag, timeoutMs = 10_000) {
  const deadline = Date.now() + timeoutMs;
  while (signalAll(tag) > 0) {
    if (Date.now() > deadline) throw new Error(`processes survive SIGKILL: ${JSON.stringify(processesOf(tag))}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  live.delete(tag);
}

/** Ends everything that was started here; synchronous, for the last moment. */
export function killEverything() {
  for (const tag of live) {
    for (let i = 0; i < 50 && signalAll(tag) > 0; i++);
  }
}

process.on('exit', killEverything);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(130));
}

/** The promise, or an error that says what took too long. */
export async function within(ms, what, promise) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing after ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
