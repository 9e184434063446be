/**
 * `background-fetch-wasm/vite`: what a site serves of this package, as `npx background-fetch-wasm init`
 * would copy it. The development server serves it from the package, and a build has it among its files.
 */

import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const FOLDER = 'background-fetch';
const MANIFEST = 'manifest.json';

const TYPES: Record<string, string> = {
  js: 'text/javascript',
  mjs: 'text/javascript',
  json: 'application/json',
  wasm: 'application/wasm',
};

/** What is used of Vite's configuration. */
interface Config {
  base: string;
  publicDir: string;
  build: { ssr?: unknown };
  logger: { warn(text: string): void };
}

/** ... and of its development server, which is Node's. */
interface Server {
  middlewares: { use(handler: (request: Request, response: Response, next: () => void) => void): unknown };
}
interface Request {
  url?: string;
  method?: string;
}
interface Response {
  writeHead(status: number, headers: Record<string, string | number>): unknown;
  end(content?: Uint8Array): unknown;
}

/** ... and of what a build calls it with. */
interface Build {
  emitFile(file: { type: 'asset'; fileName: string; source: Uint8Array }): unknown;
  environment?: { config: { consumer: string } };
}

/** A plugin of Vite. */
export interface BackgroundFetchPlugin {
  name: string;
  configResolved(config: Config): void;
  configureServer(server: Server): void;
  generateBundle(this: Build): void;
}

/** Serves the files of this package in `background-fetch/`, below the base of the site. */
export function backgroundFetch(): BackgroundFetchPlugin {
  const source = dirname(fileURLToPath(import.meta.url));
  const read = (name: string): Uint8Array => readFileSync(join(source, name));
  const { files } = JSON.parse(readFileSync(join(source, MANIFEST), 'utf8')) as { files: object };
  const names = [...Object.keys(files), MANIFEST];
  let config: Config;

  return {
    name: 'background-fetch-wasm',

    configResolved(resolved) {
      config = resolved;
      const copied = join(config.publicDir, FOLDER);
      if (existsSync(join(copied, 'sw.js'))) {
        config.logger.warn(
          `${copied} is not used any more, since the plugin of background-fetch-wasm has these files. Remove it.`,
        );
      }
    },

    configureServer({ middlewares }) {
      const prefix = `${config.base}${FOLDER}/`;
      middlewares.use(({ url = '', method }, response, next) => {
        const path = url.replace(/\?.*/, '');
        const name = names.find((name) => path === prefix + name);
        if (!name || (method !== 'GET' && method !== 'HEAD')) return next();
        const content = read(name);
        response.writeHead(200, {
          'Content-Type': TYPES[name.slice(name.lastIndexOf('.') + 1)]!,
          'Content-Length': content.length,
          'Cache-Control': 'no-cache',
        });
        response.end(method === 'HEAD' ? undefined : content);
      });
    },

    generateBundle() {
      // What a server runs serves nothing by itself.
      if (config.build.ssr || this.environment?.config.consumer === 'server') return;
      for (const name of names) this.emitFile({ type: 'asset', fileName: `${FOLDER}/${name}`, source: read(name) });
    },
  };
}
