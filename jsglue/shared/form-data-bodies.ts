/**
 * WebKit cannot read the body of a Request made from a FormData with a File:
 * blob() and its like reject with InvalidStateError. Such bodies are put together
 * here from the entries that were noted when the Request was made.
 */

import { notesOf, type FormEntries } from './request-notes';

/** The multipart body of a Request, if it is one with a File. Its boundary is in the Content-Type. */
export function formDataBody(request: Request): Blob | undefined {
  const { form } = notesOf(request);
  const boundary = /boundary=("?)([^";]+)\1/i.exec(request.headers.get('content-type') ?? '')?.[2];
  return form && boundary ? encodeMultipart(form, boundary) : undefined;
}

/** https://html.spec.whatwg.org/#multipart-form-data */
function encodeMultipart(entries: FormEntries, boundary: string): Blob {
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
