/**
 * WebKit cannot read the body of a Request made from a FormData with a File:
 * blob() and its like reject with InvalidStateError. Where a probe finds this,
 * such bodies are remembered when the Request is made, and put together here.
 *
 * The probe takes a moment, and Requests are made at once; so Request is wrapped
 * until the probe has found that there is no need.
 */

type Entries = [name: string, value: FormDataEntryValue][];

const remembered = new WeakMap<Request, Entries>();

/** The multipart body of a Request that was remembered. Its boundary is in the Content-Type. */
export function rememberedBody(request: Request): Blob | undefined {
  const body = remembered.get(request);
  const boundary = /boundary=("?)([^";]+)\1/i.exec(request.headers.get('content-type') ?? '')?.[2];
  return body && boundary ? encodeMultipart(body, boundary) : undefined;
}

/** Wrap Request of this global object, for as long as it is needed. */
export function rememberFormDataBodies(globalObject: { Request: typeof Request }): void {
  const native = globalObject.Request;
  const { clone } = native.prototype;
  const wrapped = new Proxy(native, {
    construct(target, args: [RequestInfo | URL, RequestInit?], newTarget) {
      const request = Reflect.construct(target, args, newTarget) as Request;
      const [input, init] = args;
      if (init?.body instanceof FormData) remember(request, init.body);
      else if (!init?.body && typeof input === 'object') forward(input as Request, request);
      return request;
    },
  });
  const wrappedClone = function (this: Request): Request {
    const copy = clone.call(this);
    forward(this, copy);
    return copy;
  };
  const restore = (): void => {
    if (globalObject.Request === wrapped) globalObject.Request = native;
    if (native.prototype.constructor === wrapped) native.prototype.constructor = native;
    if (native.prototype.clone === wrappedClone) native.prototype.clone = clone;
  };
  globalObject.Request = wrapped;
  native.prototype.constructor = wrapped;
  native.prototype.clone = wrappedClone;
  void canReadFormData(native).then((can) => can && restore());
}

async function canReadFormData(native: typeof Request): Promise<boolean> {
  const form = new FormData();
  form.append('probe', new File(['probe'], 'probe'));
  try {
    await new native('', { method: 'POST', body: form }).blob();
    return true;
  } catch {
    return false;
  }
}

function remember(request: Request, form: FormData): void {
  const entries = [...form.entries()];
  if (entries.some(([, value]) => typeof value !== 'string')) remembered.set(request, entries);
}

function forward(from: Request, to: Request): void {
  const body = remembered.get(from);
  if (body) remembered.set(to, body);
}

/** https://html.spec.whatwg.org/#multipart-form-data */
function encodeMultipart(entries: Entries, boundary: string): Blob {
  const parts: BlobPart[] = [];
  for (const [name, value] of entries) {
    let head = `--${boundary}\r\nContent-Disposition: form-data; name="${escape(withCRLF(name))}"`;
    if (typeof value === 'string') {
      parts.push(`${head}\r\n\r\n${withCRLF(value)}\r\n`);
      continue;
    }
    head += `; filename="${escape(value.name)}"\r\nContent-Type: ${value.type || 'application/octet-stream'}`;
    parts.push(`${head}\r\n\r\n`, value, '\r\n');
  }
  parts.push(`--${boundary}--\r\n`);
  return new Blob(parts);
}

function withCRLF(text: string): string {
  return text.replace(/\r\n?|\n/g, '\r\n');
}

function escape(text: string): string {
  return text.replace(/\n/g, '%0A').replace(/\r/g, '%0D').replace(/"/g, '%22');
}
