/** The messages of pages: requests, and watches. See shared/protocol.ts. */

import { groupQuery } from '../shared/group-name';
import { makeProblem } from '../shared/problem';
import {
  ALIVE_INTERVAL_MS,
  MARK,
  PROTOCOL,
  type AliveMessage,
  type GroupSnapshot,
  type PartMessage,
  type ReplyMessage,
  type RequestMessage,
  type RetiredMessage,
  type Snapshot,
  type SnapshotsMessage,
  type WatchMessage,
} from '../shared/protocol';
import type { BodyParts } from '../shared/request-body';
import type { OwnRoutes } from '../shared/routes';
import { afterSilence } from '../shared/silence';
import { differenceOf, VERSION } from '../shared/version';
import type { ActiveWorker } from './active-worker';
import type { Lifetime } from './lifetime';
import { Retired } from './lock';
import { noteChange } from './network';
import type { Program } from './program';
import type { Watchers } from './watchers';
import { worker } from './worker';

type Message = RequestMessage | WatchMessage;

/** Requests that are answered without the program, by `METHOD path`: the JSON of the reply. */
export type OwnAnswers = { [R in keyof OwnRoutes]: () => Promise<OwnRoutes[R]> };

/**
 * Adds the listener. It has to be the first for messages: those of ours are not
 * for the site's listeners.
 */
export function listenForMessages(
  program: Program,
  watchers: Watchers,
  lifetime: Lifetime,
  activeWorker: ActiveWorker,
  own: OwnAnswers,
): void {
  worker.addEventListener('message', (event) => {
    const message = event.data as Message | null;
    const port = event.ports[0];
    if (typeof message !== 'object' || message === null || !(MARK in message)) {
      void lifetime.hold(event);
      return;
    }
    event.stopImmediatePropagation();
    if (!port) return;
    if (program.retired) return void (message[MARK] === 'request' && retire(port));
    // Pages write to the active worker alone.
    activeWorker.active();
    const answered =
      message[MARK] === 'request'
        ? answer(message, port, program, own)
        : watch(message, port, program, watchers, lifetime, (event.source as Client | null)?.id);
    void lifetime.hold(event, answered);
  });
}

/** Who lost the lock turns the page to its successor. */
function retire(port: MessagePort): void {
  port.postMessage({ type: 'retired' } satisfies RetiredMessage);
}

function sayAlive(port: MessagePort): void {
  port.postMessage({ type: 'alive', version: VERSION } satisfies AliveMessage);
}

async function answer(message: RequestMessage, port: MessagePort, program: Program, own: OwnAnswers): Promise<void> {
  const reply = (status: number, body: string): void => {
    port.postMessage({ type: 'reply', status, body } satisfies ReplyMessage);
  };
  const alive = (): void => {
    if (!program.retired) sayAlive(port);
  };
  alive();
  if (message.protocol !== PROTOCOL) {
    const detail = differenceOf(message.version, VERSION, worker.location.href);
    return reply(400, JSON.stringify(makeProblem(400, 'Versions differ', detail)));
  }
  const timer = setInterval(alive, ALIVE_INTERVAL_MS);
  try {
    const ownAnswer = own[`${message.method} ${message.path}` as keyof OwnAnswers] as OwnAnswers[keyof OwnAnswers] | undefined;
    if (ownAnswer) return reply(200, JSON.stringify(await ownAnswer()));
    const { status, body } = await program.request(
      message.method,
      message.path,
      message.body,
      new Map([...(message.bodies ?? [])].map(([handle, body]) => [handle, partsFrom(port, handle, body)])),
    );
    reply(status, body);
  } catch (error) {
    if (!(error instanceof Retired)) throw error;
    retire(port);
  } finally {
    clearInterval(timer);
  }
}

/** The page may be gone: a part that does not come within this ends the request. */
const PART_WITHIN_MS = 30_000;

/** What a large body of the page is stored from, one part at a time. */
function partsFrom(port: MessagePort, handle: string, body: Blob | { size: number }): BodyParts {
  if (body instanceof Blob) return body;
  return {
    size: body.size,
    slice: (offset) =>
      new Promise((resolve, reject) => {
        const silence = afterSilence(PART_WITHIN_MS, () =>
          reject(new TypeError('The page did not provide the body of its request.')),
        );
        port.onmessage = ({ data }) => {
          silence.end();
          resolve(data);
        };
        port.postMessage({ type: 'part', handle, offset } satisfies PartMessage);
      }),
  };
}

/** Always sends a word, if only that nothing is known: the page listens for one. */
async function watch(
  { client, protocol, uniqueIds, groups = [], awake }: WatchMessage,
  port: MessagePort,
  program: Program,
  watchers: Watchers,
  lifetime: Lifetime,
  id?: string,
): Promise<void> {
  sayAlive(port);
  if (protocol !== PROTOCOL) return;
  if (watchers.add(client, port, id) || awake) noteChange();
  // A failure is told to the page by its requests.
  await lifetime.resume().catch(() => false);
  const snapshots: Snapshot[] = [];
  const gone: string[] = [];
  await Promise.all(
    uniqueIds.map(async (uniqueId) => {
      const latest = watchers.latest(uniqueId);
      if (latest) return void snapshots.push(latest);
      const { status, body } = await program.request('GET', `fetches/${encodeURIComponent(uniqueId)}`);
      if (status === 200) snapshots.push(JSON.parse(body));
      if (status === 404) gone.push(uniqueId);
    }),
  );
  const told: GroupSnapshot[] = [];
  for (const name of groups) {
    const { status, body } = await program.request('GET', `groups${groupQuery(name)}`);
    if (status === 200) told.push(JSON.parse(body));
  }
  watchers.remember(snapshots);
  port.postMessage({ type: 'snapshots', snapshots, groups: told, gone } satisfies SnapshotsMessage);
}
