/**
 * Answers with stored bytes: the program says which, here they are streamed from
 * the Cache API, without passing through it.
 */

import type { BodySource } from '../shared/body-source';
import { type GivenPart, type Part, type ServedBody, STORED_BODY, type StoredPart } from '../shared/plan';
import type { Snapshot } from '../shared/protocol';
import { StoredBody } from '../shared/stored-body';
import type { Transport } from '../shared/transport';
import { crc32 } from './crc32';

export class Served {
  #transport: Transport;
  /** What is being sent, by unique id. */
  #sources = new Map<string, BodySource>();

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /**
   * The response with the bytes that an answer of the program names, or the answer
   * itself where it names none. `done` is called when nothing more is sent of it.
   */
  async response(answer: Response, done: () => void): Promise<Response> {
    if (!answer.headers.has(STORED_BODY)) {
      done();
      return answer;
    }
    const { parts } = (await answer.json()) as ServedBody;
    const headers = new Headers(answer.headers);
    headers.delete(STORED_BODY);
    const { status, statusText } = answer;
    return new Response(this.#stream(parts, done), { status, statusText, headers });
  }

  /** Whether a body of the background fetch is being sent. */
  isSent(uniqueId: string): boolean {
    return (this.#sources.get(uniqueId)?.open.size ?? 0) > 0;
  }

  /**
   * To be waited for before the bodies of what has settled are deleted: who reads
   * them learns where all of their bytes are.
   */
  async hold(snapshots: Snapshot[]): Promise<void> {
    const settled = snapshots.filter(({ result }) => result !== '');
    const open = settled.flatMap(({ uniqueId }) => [...(this.#sources.get(uniqueId)?.open ?? [])]);
    await Promise.all(open.map((body) => body.hold()));
  }

  /** The parts, one after the other; nothing is read before somebody asks. */
  #stream(parts: Part[], done: () => void): ReadableStream<Uint8Array> {
    const summed = parts.some((part) => part.plan === undefined && part.sums);
    const sums: number[] = [];
    /** Index of the part that comes, or is coming. */
    let at = 0;
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    const next = async (): Promise<Uint8Array | undefined> => {
      for (; at < parts.length; at++, reader = undefined) {
        const part = parts[at]!;
        if (part.plan === undefined) {
          at++;
          return given(part, sums);
        }
        reader ??= this.#open(part).getReader();
        const { done, value } = await reader.read();
        if (done) continue;
        if (summed) sums[at] = crc32(sums[at] ?? 0, value);
        return value;
      }
      return undefined;
    };
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            const bytes = await next();
            if (bytes) return controller.enqueue(bytes);
            done();
            controller.close();
          } catch (error) {
            done();
            controller.error(error);
          }
        },
        cancel: (reason) => {
          done();
          at = parts.length;
          return reader?.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }

  #open({ plan, from, to, first }: StoredPart): ReadableStream<Uint8Array> {
    const [, uniqueId] = /^fetches\/([^/]+)/.exec(plan)!;
    return new StoredBody(this.#source(uniqueId!), plan, { from, to: to < 0 ? Infinity : to, first }).stream;
  }

  #source(uniqueId: string): BodySource {
    for (const [key, { open }] of this.#sources) if (open.size === 0) this.#sources.delete(key);
    const source = this.#sources.get(uniqueId) ?? {
      transport: this.#transport,
      path: `fetches/${uniqueId}`,
      open: new Set<StoredBody>(),
    };
    this.#sources.set(uniqueId, source);
    return source;
  }
}

/** The bytes of the part, with the sums of those before. */
function given({ bytes, sums: places = [] }: GivenPart, sums: number[]): Uint8Array {
  const result = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  const view = new DataView(result.buffer);
  for (const { at, of } of places) view.setUint32(at, sums[of] ?? 0, true);
  return result;
}
