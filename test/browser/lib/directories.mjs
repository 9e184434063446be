// Directories for profiles and other files of a test, gone when the run is over.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
// Imported for its order: on exit processes end before their files are removed.
import './processes.mjs';

const live = new Set();

export function temporaryDirectory(name) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), `bgfetch-${name}-`));
  live.add(directory);
  return directory;
}

export function removeDirectory(directory) {
  // A browser that was just ended may still be writing its last file.
  fs.rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  live.delete(directory);
}

process.on('exit', () => [...live].forEach(removeDirectory));
