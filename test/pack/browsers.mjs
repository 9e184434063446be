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

/** A copy of a site whose pages have the agent by which WebKit is driven. */
async function withAgent(directory) {
  const copy = folder('agent');
  fs.cpSync(directory, copy, { recursive: true, filter: (name) => !name.includes('node_modules') });
  const agent = `<script src="http://127.0.0.1:${(await channel()).port}/agent.js"></script>`;
  for (const name of fs.readdirSync(copy).filter((name) => name.endsWith('.html'))) {
    const page = path.join(copy, name);
    fs.writeFileSync(page, fs.readFileSync(page, 'utf8').replace(/<title>/, `${agent}\n$&`));
  }
  return copy;
}

const serveFiles = (directory) => startServer({ '/': directory });

/** Serves the directory and hands a page of it, in each browser or in those that are named, to `use`, with the server. */
export async function inEachBrowser(directory, query, use, { serve = serveFiles, only = Object.keys(browsers) } = {}) {
  for (const name of only) {
    const server = await serve(name === 'webkit' ? await withAgent(directory) : directory);
    try {
      const browser = await browsers[name]();
      await use(await browser.newPage(`${server.url}/${query}`), server);
      await browser.closePages();
    } catch (error) {
      error.stack = `in ${name}: ${error.stack}`;
      throw error;
    } finally {
      await server.close();
    }
  }
}
