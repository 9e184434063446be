// Real browsers, each started once for all tests of the package. After a failure the next test gets another.
import fs from 'node:fs';
import path from 'node:path';
import { drivers } from '../browser/drivers/index.mjs';
import { Channel } from '../browser/lib/channel.mjs';
import { startServer } from '../browser/lib/server.mjs';
import { folder, onClose, once } from './lib.mjs';

const channel = once(() => new Channel().start());

/** Those that run, by name. */
const browsers = new Map();
onClose(() => Promise.all([...browsers.keys()].map(closeBrowser)));

function browserOf(name) {
  if (!browsers.has(name)) browsers.set(name, launch(name));
  return browsers.get(name);
}

async function launch(name) {
  return drivers[name].launch({ profileDir: folder(name), channel: await channel() });
}

async function closeBrowser(name) {
  const launched = browsers.get(name);
  browsers.delete(name);
  await (await launched)?.close();
}

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
export async function inEachBrowser(directory, query, use, { serve = serveFiles, only = Object.keys(drivers) } = {}) {
  for (const name of only) {
    const server = await serve(name === 'webkit' ? await withAgent(directory) : directory);
    try {
      const browser = await browserOf(name);
      await use(await browser.newPage(`${server.url}/${query}`), server);
      await browser.closePages();
    } catch (error) {
      error.stack = `in ${name}: ${error.stack}`;
      await closeBrowser(name).catch((closing) => (error.stack += `\nand it could not be closed: ${closing.stack}`));
      throw error;
    } finally {
      await server.close();
    }
  }
}
