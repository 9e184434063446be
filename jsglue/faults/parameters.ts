/**
 * What a URL, or a call, says of a resource: what it is, how it is sent, and what goes wrong.
 * Names and meaning are those of the Go fault server, test/faultserver/doc.go.
 */

/** Says what is wrong with what was given, and names the parameter. */
export class FaultsError extends Error {
  override name = 'FaultsError';
}

/**
 * What a resource is, how it is sent, and what goes wrong. Sizes and offsets are in bytes. An offset
 * is one in the whole resource, also for a range. "After N requests": HEAD does not count, and 0 means
 * from the first.
 */
export interface FaultParameters {
  /** The content is generated, and has this length (0). */
  size?: number;
  /** Which generated content (0). */
  seed?: number;
  /** Generated content is of the letters a to p, which gzip halves. */
  text?: boolean;
  /** The content is the file at this path of the folder. */
  file?: string;
  /** Content-Type. */
  type?: string;
  /** Content-Disposition. */
  disposition?: string;
  /** Cache-Control (no-store). */
  cachecontrol?: string;

  /** Bytes per second for each response. */
  rate?: number;
  /** Bytes per second for all responses of the name together. */
  link?: number;
  /** Milliseconds before the head. */
  delay?: number;
  /** No Content-Length, but chunks. */
  chunked?: boolean;
  /** Neither Content-Length nor chunks: the body ends with the connection. */
  closedelimited?: boolean;
  /** A Content-Length that lies, of responses with all of the content: no more than that is sent. */
  contentlength?: number;
  /** Range is ignored: always 200 with everything. */
  norange?: boolean;
  /** The answer to an open range has this many bytes at most. */
  rangecap?: number;
  noetag?: boolean;
  nolastmod?: boolean;
  weaketag?: boolean;
  /** ETag and Last-Modified only with 206. */
  partvalidators?: boolean;
  /** So many servers, each with an ETag of its own, take turns. */
  etagnode?: number;
  /** Content-Encoding: gzip, for requests without Range that accept it. Offsets count encoded bytes then. */
  gzip?: boolean;
  /** Content-Encoding, which may be empty, whatever the bytes are. */
  codingheader?: string;
  /** Access-Control-Allow-Origin: *, and preflights succeed. */
  cors?: boolean;
  /** Access-Control-Expose-Headers, with cors. Without it pages see neither Content-Range nor ETag. */
  expose?: string;
  /** Timing-Allow-Origin. */
  timing?: string;
  /** Where a redirect leads. */
  redirect?: string;
  /** The status of the redirect (302). */
  redirectstatus?: number;
  /** 403 from then on, in ms since 1970. What is under way goes on. */
  expires?: number;
  /** 401 for requests with another Authorization. */
  authorization?: string;

  /** The connection is reset at these offsets. */
  cut?: number | number[];
  /** Nothing more is sent from these offsets on, until the client leaves. */
  stall?: number | number[];
  /** An orderly end at these offsets: fewer bytes than Content-Length, or with chunked a short but valid body. */
  truncate?: number | number[];
  /** An orderly close of the connection at these offsets: with chunked without the last chunk. */
  fin?: number | number[];
  /** The bytes at these offsets are others. */
  corrupt?: number | number[];
  /** The connection is reset at these offsets, and each new one for downms. */
  down?: number | number[];
  /** Milliseconds (10000). */
  downms?: number;
  /** How often each fault at an offset happens (1); 0 is every time. */
  cutcount?: number;
  /** The connection is reset after so many bytes of every body that is longer. */
  cuteach?: number;

  /** Another ETag after so many requests. */
  etagafter?: number;
  /** Another Last-Modified after so many requests. */
  lastmodafter?: number;
  /** Another length, newsize, after so many requests. */
  sizeafter?: number;
  /** The other length (size + 4096). */
  newsize?: number;
  /** Another file after so many requests: the content of seed + 1, ETag, Last-Modified. */
  replaceafter?: number;
  /** That file has the ETag and Last-Modified of the one before. */
  replacequiet?: boolean;
  /** Every request is answered with this status. */
  status?: number;
  /** Only after so many requests: 1 leaves the first alone, and not what resumes it. */
  statusafter?: number;
  /** Only so many requests. */
  statuscount?: number;
  /** Retry-After of such an answer. */
  retryafter?: string | number;
  /** The same as a date, so many seconds from now. */
  retrydate?: number;
  /** No CORS headers after so many requests. */
  corsafter?: number;
  /** The redirect only after so many requests. */
  redirectafter?: number;
  /** Instead of the head of the first so many requests the connection is reset. */
  cuthead?: number;
  /** The first request is answered, all others with 403. HEAD counts. */
  once?: boolean;

  /** What is wrong with the answer to a Range request. */
  rangefault?: 'wrongstart' | 'wrongtotal' | 'unknowntotal' | 'nocontentrange' | 'unparsable' | 'short' | 'multipart';
  /** Only the first so many of these answers. */
  rangefaultcount?: number;
}

type Kind = 'number' | 'switch' | 'text' | 'offsets';

/** What each parameter takes. */
export const KINDS = {
  size: 'number',
  seed: 'number',
  text: 'switch',
  file: 'text',
  type: 'text',
  disposition: 'text',
  cachecontrol: 'text',
  rate: 'number',
  link: 'number',
  delay: 'number',
  chunked: 'switch',
  closedelimited: 'switch',
  contentlength: 'number',
  norange: 'switch',
  rangecap: 'number',
  noetag: 'switch',
  nolastmod: 'switch',
  weaketag: 'switch',
  partvalidators: 'switch',
  etagnode: 'number',
  gzip: 'switch',
  codingheader: 'text',
  cors: 'switch',
  expose: 'text',
  timing: 'text',
  redirect: 'text',
  redirectstatus: 'number',
  expires: 'number',
  authorization: 'text',
  cut: 'offsets',
  stall: 'offsets',
  truncate: 'offsets',
  fin: 'offsets',
  corrupt: 'offsets',
  down: 'offsets',
  downms: 'number',
  cutcount: 'number',
  cuteach: 'number',
  etagafter: 'number',
  lastmodafter: 'number',
  sizeafter: 'number',
  newsize: 'number',
  replaceafter: 'number',
  replacequiet: 'switch',
  status: 'number',
  statusafter: 'number',
  statuscount: 'number',
  retryafter: 'text',
  retrydate: 'number',
  corsafter: 'number',
  redirectafter: 'number',
  cuthead: 'number',
  once: 'switch',
  rangefault: 'text',
  rangefaultcount: 'number',
} as const satisfies { [K in keyof Required<FaultParameters>]: Kind };

interface Values {
  number: number;
  switch: boolean;
  text: string;
  offsets: number[];
}
type Parsed = { -readonly [K in keyof typeof KINDS]?: Values[(typeof KINDS)[K]] };

const DEFAULTS = {
  seed: 0,
  cachecontrol: 'no-store',
  redirectstatus: 302,
  cut: [] as number[],
  stall: [] as number[],
  truncate: [] as number[],
  fin: [] as number[],
  corrupt: [] as number[],
  down: [] as number[],
  downms: 10_000,
  cutcount: 1,
  cuteach: Number.POSITIVE_INFINITY,
  etagafter: Number.POSITIVE_INFINITY,
  lastmodafter: Number.POSITIVE_INFINITY,
  sizeafter: Number.POSITIVE_INFINITY,
  replaceafter: Number.POSITIVE_INFINITY,
  corsafter: Number.POSITIVE_INFINITY,
  statusafter: 0,
  statuscount: Number.POSITIVE_INFINITY,
  redirectafter: 0,
  cuthead: 0,
  rangefaultcount: Number.POSITIVE_INFINITY,
} satisfies Parsed;

/** The parameters of one request, with what they are by default. */
export type Options = Parsed & typeof DEFAULTS;

const RANGE_FAULTS = ['wrongstart', 'wrongtotal', 'unknowntotal', 'nocontentrange', 'unparsable', 'short', 'multipart'];

/** Reads a query. Its error lists all that is unknown or cannot be understood. */
export function parseOptions(query: Iterable<[string, string]>): Options {
  const values: Record<string, unknown> = {};
  const problems: string[] = [];
  for (const [name, text] of new Map(query)) {
    if (!Object.hasOwn(KINDS, name)) {
      problems.push(`unknown parameter ${JSON.stringify(name)}`);
      continue;
    }
    try {
      values[name] = read(KINDS[name as keyof typeof KINDS], text);
    } catch (error) {
      problems.push(`parameter "${name}": ${(error as FaultsError).message}`);
    }
  }
  const options = { ...DEFAULTS, ...values } as Options;
  if (options.rangefault && !RANGE_FAULTS.includes(options.rangefault)) {
    problems.push(`parameter "rangefault": unknown value ${JSON.stringify(options.rangefault)}`);
  }
  if (options.status && (options.status < 200 || options.status > 999)) {
    problems.push(`parameter "status": ${options.status} is no final status`);
  }
  if (options.redirectstatus < 300 || options.redirectstatus > 399) {
    problems.push(`parameter "redirectstatus": ${options.redirectstatus} is no redirect`);
  }
  for (const name of HEADERS) {
    if (options[name] === undefined) continue;
    options[name] = Buffer.from(options[name]).toString('latin1'); // Node sends each unit as a byte
    if (/[^\t\x20-\x7e\x80-\xff]/.test(options[name])) problems.push(`parameter "${name}": that is no value of a header`);
  }
  if (options.file !== undefined && options.size !== undefined) {
    problems.push('parameter "file": content is a file, or it is generated and has a "size"');
  }
  if (problems.length > 0) throw new FaultsError(problems.sort().join('\n'));
  return options;
}

const HEADERS = ['type', 'disposition', 'cachecontrol', 'codingheader', 'expose', 'timing', 'redirect', 'retryafter'] as const;

function read(kind: Kind, text: string): Values[Kind] {
  switch (kind) {
    case 'text':
      return text;
    case 'switch':
      if (text !== '0' && text !== '1') throw new FaultsError(`${JSON.stringify(text)} is neither 0 nor 1`);
      return text === '1';
    case 'number':
      return wholeNumber(text);
    case 'offsets':
      return text.split(',').map(wholeNumber);
  }
}

/** Digits only: no number is negative. */
export function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new FaultsError(`${JSON.stringify(text)} is not a number`);
  }
  return Number(text);
}

/** Throws unless that is a time for which something is so. */
export function checkMs(ms: number): void {
  if (!(ms >= 0)) throw new FaultsError(`parameter "ms": ${ms} is no time`);
}

/** The parameters of a call as a query has them. What is undefined was not given. */
export function queryOf(parameters: FaultParameters): [string, string][] {
  return Object.entries(parameters)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, typeof value === 'boolean' ? String(Number(value)) : String(value)]);
}

/** Whether the request with this number, from 1, is answered with the status. */
export function statusApplies({ status, statusafter, statuscount }: Options, number: number): boolean {
  return !!status && number > statusafter && number - statusafter <= statuscount;
}
