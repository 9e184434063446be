// A small HTTP server in the runner that pages and workers under test talk to:
// they report console lines and events, so that these survive a browser that is
// killed, and are read in the same way in every browser. For WebKit it also
// carries the driver's commands to the agent in the page (drivers/webkit.mjs).
import fs from 'node:fs';
import http from 'node:http';
import { within } from './processes.mjs';

const dir = new URL('..', import.meta.url);
/** Pages of the WebKit driver: path -> file. */
const files = {
  '/tab.html': 'drivers/webkit/tab.html',
  '/hosts.html': 'drivers/webkit/hosts.html',
  '/client.html': 'drivers/webkit/client.html',
  '/agent.html': 'drivers/webkit/agent.html',
  '/agent.js': 'static/agent.js',
};

/** How long a report is held for one of the same realm that was sent before it: that may have been lost, in ms. */
const HELD_AT_MOST = 2000;

/** What one test's pages and workers reported, in the order in which each of them did. */
export class Reports {
  lines = [];
  #waiting = new Set();
  /** By realm: the number of the next report, and those that came before it. */
  #realms = new Map();

  add({ realm, ...report }) {
    if (realm === undefined) return this.#deliver(report);
    if (!this.#realms.has(realm)) this.#realms.set(realm, { next: 1, held: new Map() });
    const its = this.#realms.get(realm);
    if (report.number < its.next) return this.#deliver(report); // it came too late
    its.held.set(report.number, report);
    this.#deliverNext(its);
    if (its.held.has(report.number)) setTimeout(() => this.#deliverUpTo(its, report.number), HELD_AT_MOST).unref();
  }

  #deliverNext(its) {
    for (let report; (report = its.held.get(its.next)); its.next++) {
      its.held.delete(its.next);
      this.#deliver(report);
    }
  }

  /** Waits no longer for what was sent before that number. */
  #deliverUpTo(its, number) {
    while (its.next < number) {
      this.#deliverNext(its);
      if (its.next < number) its.next++;
    }
    this.#deliverNext(its);
  }

  #deliver(report) {
    this.lines.push(report);
    for (const waiter of this.#waiting) {
      if (waiter.test(report)) {
        this.#waiting.delete(waiter);
        waiter.resolve(report);
      }
    }
  }

  all(test) {
    return this.lines.filter(test);
  }

  /** The first report, from number `from` on, that passes the test. */
  wait(what, test, { timeout = 60_000, from = 0 } = {}) {
    const there = this.lines.slice(from).find(test);
    if (there) return Promise.resolve(there);
    const waiter = { test };
    const promise = new Promise((resolve) => (waiter.resolve = resolve));
    this.#waiting.add(waiter);
    return within(timeout, what, promise).finally(() => this.#waiting.delete(waiter));
  }
}

/** One tab that an agent serves: commands wait until its document asks for them. */
export class AgentTab {
  url = '';
  document = '';
  #poll = null;
  #queue = [];
  #running = new Map();
  #navigations = new Set();
  #next = 0;

  /** The agent of a document asks for its next command. */
  polled(document, url, response) {
    if (document !== this.document) {
      this.document = document;
      this.url = url;
      for (const settle of this.#running.values()) settle(new Error('the page was left while code ran in it'));
      this.#running.clear();
      this.#queue = [];
      for (const resolve of this.#navigations) resolve();
      this.#navigations.clear();
    }
    this.#poll?.end('null');
    this.#poll = response;
    response.on('close', () => {
      if (this.#poll === response) this.#poll = null;
    });
    this.#flush();
  }

  #flush() {
    if (!this.#poll || this.#queue.length === 0) return;
    this.#poll.end(JSON.stringify(this.#queue.shift()));
    this.#poll = null;
  }

  answered({ id, result }) {
    this.#running.get(id)?.(null, result);
    this.#running.delete(id);
  }

  /** Runs code in the tab; resolves with the text that it returns. */
  run(code) {
    const id = ++this.#next;
    return new Promise((resolve, reject) => {
      this.#running.set(id, (error, result) => (error ? reject(error) : resolve(result)));
      this.#queue.push({ id, code });
      this.#flush();
    });
  }

  /** Resolves when the agent of the next document has loaded. */
  nextDocument() {
    return new Promise((resolve) => this.#navigations.add(resolve));
  }

  /** Sends a command whose answer nobody waits for. */
  send(code) {
    this.#queue.push({ id: 0, code });
    this.#flush();
  }
}

export class Channel {
  #server = http.createServer((request, response) => this.#serve(request, response));
  #reports = new Map();
  #tabs = new Map();

  async start() {
    await new Promise((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    return this;
  }

  /** Where the pages and workers of a test report to. */
  address(test) {
    return `http://127.0.0.1:${this.port}/${test}`;
  }

  reports(test) {
    if (!this.#reports.has(test)) this.#reports.set(test, new Reports());
    return this.#reports.get(test);
  }

  tab(name) {
    if (!this.#tabs.has(name)) this.#tabs.set(name, new AgentTab());
    return this.#tabs.get(name);
  }

  async #serve(request, response) {
    const url = new URL(request.url, `http://127.0.0.1:${this.port}`);
    response.setHeader('Access-Control-Allow-Origin', '*');
    response.setHeader('Cache-Control', 'no-store');
    const [, first, ...rest] = url.pathname.split('/');
    if (request.method === 'POST') {
      let body = '';
      for await (const part of request.setEncoding('utf8')) body += part;
      if (first === 'agent') this.tab(rest.join('/')).answered(JSON.parse(body));
      else this.reports(first).add({ from: 'somebody', at: Date.now(), ...JSON.parse(body) });
      response.end();
    } else if (first === 'agent') {
      this.tab(rest.join('/')).polled(url.searchParams.get('document'), url.searchParams.get('url'), response);
    } else if (url.pathname in files) {
      response.setHeader('Content-Type', url.pathname.endsWith('.js') ? 'text/javascript' : 'text/html');
      response.end(fs.readFileSync(new URL(files[url.pathname], dir)));
    } else {
      response.statusCode = 404;
      response.end();
    }
  }

  async close() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
