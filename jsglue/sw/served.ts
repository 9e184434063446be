/**
 * Answers with stored bytes: the program says which, here they are streamed from
 * the Cache API, without passing through it.
 */

import type { Source } from '../shared/record';
import { type Part, type ServedBody, type Snapshot, STORED_BODY } from '../shared/protocol';
import { StoredBody } from '../shared/stored-body';
import type { Transport } from '../shared/transport';

export class Served {
  #transport: Transport;
  /** What is being sent, by unique id. */
  #sources = new Map<string, Source>();

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
    const left = [...parts];
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          try {
            for (;;) {
              reader ??= this.#open(left.shift())?.getReader();
              if (!reader) {
                done();
                return controller.close();
              }
              const chunk = await reader.read();
              if (!chunk.done) return controller.enqueue(chunk.value);
              reader = undefined;
            }
          } catch (error) {
            done();
            controller.error(error);
          }
        },
        cancel: (reason) => {
          done();
          return reader?.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
  }

  #open(part: Part | undefined): ReadableStream<Uint8Array> | undefined {
    if (!part) return undefined;
    const [, uniqueId] = /^fetches\/([^/]+)/.exec(part.plan)!;
    const source = this.#source(uniqueId!);
    return new StoredBody(source, part.plan, part.from, part.to < 0 ? Infinity : part.to).stream;
  }

  #source(uniqueId: string): Source {
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
