/**
 * One run of the Go program: its global object, its beginning and its end.
 */

import evaluate, { type GoRuntime } from 'go:wasm_exec';
import type { Host } from './host';
import { worker } from './worker';

/** Answers requests under our path; given by the program, see wasmhttp.Serve. One that has ended gives nothing. */
export type Handler = (request: Request) => Promise<Response> | undefined;

/** The `wasmhttp` that go-wasm-http-server expects. */
export interface WasmHTTP {
  path: string;
  setHandler(handler: Handler): void;
}

type Fs = Parameters<typeof evaluate>[1];

export class GoRun {
  /** Resolves with the reason when the program has ended, however it did. */
  readonly ended: Promise<string>;
  #end!: (reason: string) => void;
  #go: GoRuntime;
  #databases = new Set<IDBDatabase>();

  /** Makes a run that sees wasmhttp and bgfetchHost; start() begins it. */
  constructor(wasmhttp: WasmHTTP, bgfetchHost: Host) {
    this.ended = new Promise((resolve) => (this.#end = resolve));
    const indexedDB = trackDatabases(this.#databases);
    const globalObject = programGlobal({ wasmhttp, bgfetchHost, indexedDB });
    const Go = evaluate(globalObject, {
      writeSync: (fd, bytes) => (globalObject as { fs: Fs }).fs.writeSync(fd, bytes),
    });
    this.#go = new Go();
    this.#go.exit = (code) => this.#finish(`The program exited with code ${code}.`);
    const resume = this.#go._resume.bind(this.#go);
    this.#go._resume = () => {
      try {
        if (!this.#go.exited) resume();
      } catch (error) {
        this.kill(`The program broke down: ${error}`);
      }
    };
  }

  get importObject(): WebAssembly.Imports {
    return this.#go.importObject;
  }

  start(instance: WebAssembly.Instance): void {
    this.#go.run(instance).catch((error) => this.kill(`The program broke down: ${error}`));
  }

  /**
   * Ends the program where it stands: no callback or timer enters it any more.
   * It is told nothing.
   */
  kill(reason: string): void {
    this.#go.exited = true;
    this.#finish(reason);
  }

  #finish(reason: string): void {
    for (const timeout of this.#go._scheduledTimeouts.values()) clearTimeout(timeout);
    this.#go._scheduledTimeouts.clear();
    for (const database of this.#databases) database.close();
    this.#end(reason);
  }
}

/**
 * What the program sees as its global object: the worker's, with some
 * properties of its own. So neither Go's glue (`Go`, `fs`, `process`, `path`) nor
 * ours shows in the site's global object, and two runs do not see each other.
 */
function programGlobal(own: Record<string, unknown>): object {
  const bound = new Map<unknown, unknown>();
  return new Proxy(own, {
    has: (_, name) => name in own || name in worker,
    get(_, name) {
      if (Object.hasOwn(own, name)) return own[name as string];
      const value: unknown = Reflect.get(worker, name);
      // Operations of the global object insist on the real one; classes, which
      // have a prototype, stay what they are.
      if (typeof value !== 'function' || 'prototype' in value) return value;
      if (!bound.has(value)) bound.set(value, (value as CallableFunction).bind(worker));
      return bound.get(value);
    },
  });
}

/**
 * An IDBFactory whose connections are known, so that they can be closed: an
 * open one would block a newer worker which deletes or upgrades the database.
 */
function trackDatabases(databases: Set<IDBDatabase>): Pick<IDBFactory, 'open' | 'deleteDatabase' | 'cmp'> {
  return {
    open(...args) {
      const request = indexedDB.open(...args);
      request.addEventListener('success', () => {
        const database = request.result;
        databases.add(database);
        database.addEventListener('close', () => databases.delete(database));
        database.addEventListener('versionchange', () => database.close());
      });
      return request;
    },
    deleteDatabase: (name) => indexedDB.deleteDatabase(name),
    cmp: (first, second) => indexedDB.cmp(first, second),
  };
}
