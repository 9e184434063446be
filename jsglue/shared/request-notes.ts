/**
 * What a Request does not tell about how it was made, noted when it is made: the
 * constructor and clone() are wrapped. Whatever else is done with a Request goes
 * straight to the browser's own.
 */

export type FormEntries = [name: string, value: FormDataEntryValue][];

interface Notes {
  /** Its URL is what injected markup that swallows the rest of a page looks like. */
  dangling?: boolean;
  /** The FormData with a File that is its body. */
  form?: FormEntries;
  /** The Blob that is its body: reading it from the Request may hold all of it in memory. */
  blob?: Blob;
}

const notes = new WeakMap<object, Notes>();

/** Of a Request made before the wrapping, or by another realm, nothing is known. */
export function notesOf(request: Request): Notes {
  return notes.get(request) ?? {};
}

/** Parsing removes the newlines, so this is the last moment to see them. */
export function isDangling(url: string): boolean {
  return /[\t\n\r]/.test(url) && url.includes('<');
}

/** Wrap Request of this global object. */
export function noteRequests(globalObject: { Request: typeof Request }): void {
  const native = globalObject.Request;
  const { prototype } = native;
  const { clone } = prototype;
  const wrapped = new Proxy(native, {
    construct(target, args: [RequestInfo | URL, RequestInit?], newTarget) {
      const request = Reflect.construct(target, args, newTarget) as Request;
      const found = noticed(...args);
      if (found) notes.set(request, found);
      return request;
    },
  });
  const wrapper = {
    clone(this: Request): Request {
      const copy = clone.call(this);
      const own = notes.get(this);
      if (own) notes.set(copy, own);
      return copy;
    },
  };
  globalObject.Request = wrapped;
  prototype.constructor = wrapped;
  prototype.clone = wrapper.clone;
}

function noticed(input: RequestInfo | URL, init?: RequestInit): Notes | undefined {
  if (typeof input === 'string' && isDangling(input)) return { dangling: true };
  const before = typeof input === 'object' ? notes.get(input) : undefined;
  const body = init?.body;
  if (!body) return before;
  const entries = body instanceof FormData ? [...body.entries()] : [];
  const form = entries.some(([, value]) => typeof value !== 'string') ? entries : undefined;
  const blob = body instanceof Blob ? body : undefined;
  return form || blob || before ? { ...before, form, blob } : undefined;
}
