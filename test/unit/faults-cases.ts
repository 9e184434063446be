// What each fault that both fault servers know does to a client: the table of their tests.
import type { Reply } from './faults-client';

export const SIZE = 300_000;
export const SEED = 7;

export interface Step {
  method?: string;
  /** Header fields that are sent. */
  sent?: Record<string, string>;
  /** The client leaves so many ms after the last byte. */
  patience?: number;
  status?: number;
  /** Which part of the content arrives: all of it by default. */
  bytes?: [from: number, to: number];
  /** Of that content. */
  seed?: number;
  /** The body is this, and no content. */
  text?: string;
  end?: Reply['end'];
  /** Header -> its value, "*" for any, undefined for none. */
  headers?: Record<string, string | undefined>;
}

const from = (start: number, last: number | '' = '', more = {}) => ({ Range: `bytes=${start}-${last}`, ...more });
const tail = (start: number): Step => ({ sent: from(start), status: 206, bytes: [start, SIZE] });
const bare = (status: number, headers = {}, text = `${status} as asked for\n`): Step => ({ status, text, headers });
const nothing: Step = { status: 0, text: '', end: 'reset' };
const all: Step = {};
const changed = { etag: '*', 'last-modified': 'Sat, 14 Mar 2026 16:09:26 GMT' };
const first = { etag: '*', 'last-modified': 'Sat, 14 Mar 2026 15:09:26 GMT' };
const acceptsGzip = { 'Accept-Encoding': 'gzip, br' };

/** [parameters beside size and seed, what comes of each request, in turn] */
export const cases: [string, ...Step[]][] = [
  // What a server does that nothing was asked of.
  ['', { headers: { ...first, 'accept-ranges': 'bytes', 'content-length': '300000', 'cache-control': 'no-store' } }],
  ['', { sent: from(100, 199), status: 206, bytes: [100, 200], headers: { 'content-range': 'bytes 100-199/300000' } }],
  ['', { sent: { Range: 'bytes=-5' }, status: 206, bytes: [299_995, 300_000] }, { sent: { Range: 'bytes=0-1,5-6' } }],
  [
    '',
    { sent: { Range: 'bytes=5-4' } },
    { sent: from(SIZE), ...bare(416, { 'content-range': 'bytes */300000' }, 'no such range\n') },
  ],
  ['', { method: 'HEAD', text: '', headers: { 'content-length': '300000' } }, { sent: from(5, '', { 'If-Range': '"other"' }) }],
  ['', { sent: from(299_000, '', { 'If-Range': first['last-modified'] }), status: 206, bytes: [299_000, SIZE] }],
  [
    'text=1&type=text/plain&disposition=attachment&cachecontrol=no-cache',
    { text: '*', headers: { 'content-type': 'text/plain' } },
  ],

  // How it is sent.
  ['chunked=1', { headers: { 'content-length': undefined } }],
  ['closedelimited=1', { headers: { 'content-length': undefined, 'transfer-encoding': undefined } }],
  ['contentlength=1000', { bytes: [0, 1000] }],
  ['contentlength=400000', { end: 'closed' }],
  ['norange=1', { sent: from(100), headers: { 'accept-ranges': undefined } }],
  [
    'rangecap=1000',
    { sent: from(500), status: 206, bytes: [500, 1500] },
    { sent: from(500, 2999), status: 206, bytes: [500, 3000] },
  ],
  ['noetag=1', { headers: { etag: undefined } }],
  ['nolastmod=1', { headers: { 'last-modified': undefined } }],
  ['weaketag=1', { headers: { etag: '*' } }],
  ['partvalidators=1', { headers: { etag: undefined } }, { ...tail(9), headers: { etag: '*' } }],
  ['etagnode=2', all, all, all],
  [
    'gzip=1&text=1',
    { sent: acceptsGzip, text: '*', headers: { 'content-encoding': 'gzip', vary: 'Accept-Encoding', etag: '*' } },
  ],
  ['gzip=1', { sent: from(5, '', acceptsGzip), status: 206, bytes: [5, SIZE], headers: { 'content-encoding': undefined } }],
  ['codingheader=gzip', { headers: { 'content-encoding': 'gzip' } }],
  ['cors=1', { headers: { 'access-control-allow-origin': '*', 'access-control-expose-headers': undefined } }],
  ['cors=1&expose=ETag,Content-Range', { headers: { 'access-control-expose-headers': 'ETag,Content-Range' } }],
  [
    'cors=1',
    {
      method: 'OPTIONS',
      sent: { Origin: 'https://a.example', 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'range' },
      status: 204,
      text: '',
      headers: { 'access-control-allow-methods': 'GET', 'access-control-allow-headers': 'range' },
    },
  ],
  ['timing=*', { headers: { 'timing-allow-origin': '*' } }],
  ['redirect=/elsewhere', bare(302, { location: '/elsewhere' }, '')],
  ['redirect=/elsewhere&redirectstatus=307&redirectafter=1', all, bare(307, { location: '/elsewhere' }, '')],
  ['expires=0', bare(403, {}, 'the link has expired\n')],
  ['expires=99999999999999', all],
  ['authorization=Bearer+1', bare(401, {}, 'that is not the token\n'), { sent: { Authorization: 'Bearer 1' } }],

  // Faults at an offset.
  ['cut=1003,200000', { bytes: [0, 1003], end: 'reset' }, { ...tail(1003), bytes: [1003, 200_000], end: 'reset' }, tail(200_000)],
  ['cut=0', { bytes: [0, 0], end: 'reset' }, all],
  ['cut=5000&cutcount=2', { bytes: [0, 5000], end: 'reset' }, { bytes: [0, 5000], end: 'reset' }, all],
  ['cut=5000&cutcount=0&chunked=1', { bytes: [0, 5000], end: 'reset' }, { bytes: [0, 5000], end: 'reset' }],
  [
    'cuteach=100000',
    { bytes: [0, 100_000], end: 'reset' },
    { ...tail(150_000), bytes: [150_000, 250_000], end: 'reset' },
    tail(250_000),
  ],
  ['stall=1000', { bytes: [0, 1000], end: 'left', patience: 150 }, tail(1000)],
  ['truncate=1000', { bytes: [0, 1000], end: 'closed' }, all],
  ['truncate=1000&chunked=1', { bytes: [0, 1000] }, all],
  ['fin=1000', { bytes: [0, 1000], end: 'closed' }, tail(1000)],
  ['fin=1000&chunked=1', { bytes: [0, 1000], end: 'closed' }, all],
  ['corrupt=10,299999', { text: '*' }, all],
  ['down=1000&downms=300', { bytes: [0, 1000], end: 'reset' }, nothing],

  // Faults by number of request.
  [
    'etagafter=1',
    { method: 'HEAD', text: '' },
    { headers: first },
    { headers: first },
    { sent: from(9), status: 206, bytes: [9, SIZE] },
  ],
  ['lastmodafter=1', { headers: first }, { headers: changed }],
  ['sizeafter=1', all, { bytes: [0, SIZE + 4096] }],
  ['sizeafter=1&newsize=1000', all, { bytes: [0, 1000] }],
  ['replaceafter=1', { headers: first }, { seed: SEED + 1, headers: changed }],
  ['replaceafter=1&replacequiet=1', { headers: first }, { seed: SEED + 1, headers: first }],
  ['status=503&retryafter=7&statuscount=2', bare(503, { 'retry-after': '7' }), bare(503), all],
  ['status=404&statusafter=1', all, { ...bare(404), sent: from(1000) }],
  ['status=201', { status: 201 }],
  ['status=503&retrydate=3600', bare(503, { 'retry-after': '*' })],
  ['status=204', bare(204, {}, '')],
  [
    'cors=1&corsafter=1',
    { headers: { 'access-control-allow-origin': '*' } },
    { headers: { 'access-control-allow-origin': undefined } },
  ],
  ['cuthead=2', nothing, nothing, all],
  ['once=1', { method: 'HEAD', text: '' }, bare(403, {}, 'the link was used already\n')],
  ['delay=100', all],
  ['rate=2000000', all],
  ['link=2000000', all],

  // Faults of the answer to a Range request.
  ['rangefault=wrongstart', { ...tail(1000), bytes: [1001, SIZE], headers: { 'content-range': 'bytes 1001-299999/300000' } }],
  ['rangefault=wrongtotal', { ...tail(1000), headers: { 'content-range': 'bytes 1000-299999/300001' } }],
  ['rangefault=unknowntotal', { ...tail(1000), headers: { 'content-range': 'bytes 1000-299999/*' } }],
  ['rangefault=nocontentrange', { ...tail(1000), headers: { 'content-range': undefined } }],
  ['rangefault=unparsable', { ...tail(1000), headers: { 'content-range': 'bytes what-ever/really' } }],
  ['rangefault=short', { ...tail(1000), bytes: [1000, 150_500], headers: { 'content-range': 'bytes 1000-150499/300000' } }],
  ['rangefault=multipart', { ...tail(1000), text: '*' }],
  [
    'rangefault=unknowntotal&rangefaultcount=1',
    tail(1000),
    { ...tail(1000), headers: { 'content-range': 'bytes 1000-299999/300000' } },
  ],

  // What is asked wrongly.
  ['cutt=1&norange=yes&cut=5,x&rate=-1', { status: 400, text: '*' }],
  ['rangefault=odd&status=99&redirectstatus=200', { status: 400, text: '*' }],
];
