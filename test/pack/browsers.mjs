// Real browsers, each started once for all tests of the package.
import fs from 'node:fs';
import path from 'node:path';
import { drivers } from '../browser/drivers/index.mjs';
import { Channel } from '../browser/lib/channel.mjs';
import { startServer } from '../browser/lib/server.mjs';
import { folder, onClose, once } from './lib.mjs';

const channel = once(() => new Channel().start());

const browsers = Object.fromEntries(
  Object.keys(drivers).map((name) => [
    name,
    once(async () => {
      const browser = await drivers[name].launch({ profileDir: folder(name), channel: await channel() });
      onClose(() => browser.close());
      return browser;
    }),
  ]),
);

/** A copy of a site whose page has the agent by which WebKit is driven. */
async function withAgent(directory) {
  const copy = folder('agent');
  fs.cpSync(directory, copy, { recursive: true, filter: (name) => !name.includes('node_modules') });
  const page = path.join(copy, 'index.html');
  const agent = `<script src="http://127.0.0.1:${(await channel()).port}/agent.js"></script>`;
  fs.writeFileSync(page, fs.readFileSync(page, 'utf8').replace(/<title>/, `${agent}\n$&`));
  return copy;
}

/** Serves the directory and hands a page of it, in each browser, to `use`, with the server. */
export async function inEachBrowser(directory, query, use, serve = (directory) => startServer({ '/': directory })) {
  for (const [name, browser] of Object.entries(browsers)) {
    const server = await serve(name === 'webkit' ? await withAgent(directory) : directory);
    try {
      await use(await (await browser()).newPage(`${server.url}/${query}`), server);
      await (await browser()).closePages();
    } catch (error) {
      error.stack = `in ${name}: ${error.stack}`;
      throw error;
    } finally {
      await server.close();
    }
  }
}
