/** The files of the folder that is served, and nothing outside of it. */

import { realpathSync, statSync } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import { extname, isAbsolute, join, relative, sep } from 'node:path';
import type { Source } from './content';
import { FaultsError } from './parameters';

/** Types of what sites consist of, and offer for download. */
const TYPES: Record<string, string> = {
  '.aac': 'audio/aac',
  '.avif': 'image/avif',
  '.css': 'text/css; charset=utf-8',
  '.flac': 'audio/flac',
  '.gif': 'image/gif',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.m3u8': 'application/vnd.apple.mpegurl',
  '.m4a': 'audio/mp4',
  '.m4v': 'video/mp4',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.mkv': 'video/matroska',
  '.mov': 'video/quicktime',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.mpd': 'application/dash+xml',
  '.oga': 'audio/ogg',
  '.ogg': 'audio/ogg',
  '.ogv': 'video/ogg',
  '.opus': 'audio/ogg',
  '.otf': 'font/otf',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.txt': 'text/plain; charset=utf-8',
  '.vtt': 'text/vtt; charset=utf-8',
  '.wasm': 'application/wasm',
  '.wav': 'audio/wav',
  '.weba': 'audio/webm',
  '.webm': 'video/webm',
  '.webmanifest': 'application/manifest+json',
  '.webp': 'image/webp',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
  '.xml': 'application/xml',
  '.zip': 'application/zip',
};

export class File implements Source {
  readonly #handle: FileHandle;
  readonly size: number;
  readonly lastModified: Date;
  readonly type: string | undefined;
  /** Another one when the file is another one. */
  readonly identity: string;

  constructor(handle: FileHandle, path: string, { size, mtime }: { size: number; mtime: Date }) {
    this.#handle = handle;
    this.size = size;
    this.lastModified = mtime;
    this.type = TYPES[extname(path).toLowerCase()];
    this.identity = `${path} ${size} ${mtime.getTime()}`;
  }

  /** Throws where the file has become shorter. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    const chunk = new Uint8Array(length);
    const { bytesRead } = await this.#handle.read(chunk, 0, length, offset);
    if (bytesRead === 0) throw new Error('the file has become shorter');
    return chunk.subarray(0, bytesRead);
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

export class Folder {
  readonly #root: string;

  constructor(path: string) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new FaultsError(`There is no folder ${path}.`);
    this.#root = realpathSync(path);
  }

  /**
   * What is at a path of a URL: the index of a folder for one that ends with a slash, "folder" for one
   * that does not. Undefined where nothing is, or nothing that is served: what begins with a dot, such
   * as .git, and where a link leads out of the folder.
   */
  async open(path: string): Promise<File | 'folder' | undefined> {
    const names = path.split('/').filter((name) => name !== '');
    if (names.some((name) => (name.startsWith('.') && name !== '.well-known') || /[\\\0]/.test(name))) return undefined;
    if (path.endsWith('/')) names.push('index.html');
    const place = await realpath(join(this.#root, ...names)).catch(() => undefined);
    if (place === undefined || !this.#has(place)) return undefined;
    const kind = statSync(place, { throwIfNoEntry: false });
    if (kind?.isDirectory()) return 'folder';
    if (!kind?.isFile()) return undefined; // opening a pipe would wait
    const handle = await open(place).catch(() => undefined);
    return handle && new File(handle, place, await handle.stat());
  }

  /** Whether a path without links is in the folder. */
  #has(place: string): boolean {
    const way = relative(this.#root, place);
    return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
  }
}
