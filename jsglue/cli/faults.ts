/**
 * `npx background-fetch-wasm faults [<folder>]`: the server of jsglue/faults as a program. Its first line
 * is its URL. Bad input is one line, and exit code 2.
 */

import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type FaultParameters, FaultsError, startFaults } from '../faults';
import { KINDS } from '../faults/parameters';

const names = Object.keys(KINDS).reduce(
  (lines, name) =>
    lines.at(-1)!.length + name.length > 90 ? [...lines, `    ${name}`] : [...lines.slice(0, -1), `${lines.at(-1)} ${name}`],
  ['   '],
);

export const FAULTS_USAGE = `faults serves a folder, and breaks as it is told, so that a site can test itself.

  --port N   8000; 0 for any free one. The first line of the output is the URL.
  --host H   127.0.0.1
  --mount /path?cut=1000003&rate=1000000
             gives a path of the site faults; may be repeated

  GET /file/<name>?size=5000000&cut=1000003  generated content, with the same faults
  GET /__log__                               what was asked for, as JSON; DELETE forgets it
  POST /__control__/stop?ms=10000            the server is gone for ten seconds

  The type FaultParameters of background-fetch-wasm/faults says what each parameter is:
${names.join('\n')}
`;

export async function faults(args: string[]): Promise<void> {
  const fault = args.map((argument) => /^--(\w+)/.exec(argument)?.[1]).find((name) => name && name in KINDS);
  if (fault) throw new FaultsError(`Each path has faults of its own: --mount '/path?${fault}=…' instead of --${fault}`);
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      port: { type: 'string', default: '8000' },
      host: { type: 'string' },
      mount: { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return console.log(FAULTS_USAGE);
  if (positionals.length > 1) throw new FaultsError(`There is one folder to serve, and not ${positionals.length}.`);
  const mounts = Object.fromEntries(values.mount.map(mountOf));
  const port = /^\d+$/.test(values.port) ? Number(values.port) : Number.NaN;
  if (Number.isNaN(port)) throw new FaultsError(`parameter "port": ${JSON.stringify(values.port)} is not a number`);
  const server = await startFaults({ folder: positionals[0], port, host: values.host, mounts });
  // The name that documents and people use. For a browser it is another site than the number.
  const url = values.host ? server.url : server.url.replace('127.0.0.1', 'localhost');
  console.log(`${url}\n`);
  console.log(
    positionals[0]
      ? `Serving ${resolve(positionals[0])}\nGenerated files: ${url}/file/<name>?size=5000000&cut=1000003`
      : FAULTS_USAGE,
  );
}

/** "/a?cut=1" as path and parameters, which are text here as in any query. */
function mountOf(text: string): [string, FaultParameters] {
  const [path, ...query] = text.split('?');
  return [path!, Object.fromEntries(new URLSearchParams(query.join('?'))) as FaultParameters];
}
