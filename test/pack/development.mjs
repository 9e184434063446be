// Development servers, which print where they are.
import { killTag, start, within } from '../browser/lib/processes.mjs';

const ADDRESS = /(http:\/\/(?:localhost|127\.0\.0\.1):\d+)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours
const COLOURS = /\x1b\[[\d;]*m/g;

/** Starts what serves a folder while a site is developed; `close` ends it with all that it has started. */
export function developmentServer(command, args, env = {}) {
  return async (directory) => {
    const child = start(command, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const close = () => killTag(child.tag);
    let said = '';
    const address = new Promise((resolve, reject) => {
      child.once('exit', (code) => reject(new Error(`${command} ended with ${code}: ${said}`)));
      for (const stream of [child.stdout, child.stderr]) {
        stream.on('data', (data) => {
          said += data;
          const [url] = ADDRESS.exec(said.replaceAll(COLOURS, '')) ?? [];
          if (url) resolve(url);
        });
      }
    });
    try {
      return { url: await within(120_000, `${command} ${args.join(' ')}`, address), close };
    } catch (error) {
      await close();
      throw error;
    }
  };
}
