import { execFileSync } from 'node:child_process';
import { drivers } from './index.mjs';

/** The version of a browser as it is installed, such as 153.8.0. */
export function versionOf(browser) {
  // MiniBrowser does not tell its version without a display.
  const [command, ...args] =
    browser === 'webkit'
      ? ['dpkg-query', '-W', '-f', '${Version}', 'libwebkit2gtk-4.1-0']
      : [drivers[browser].executable, '--version'];
  return execFileSync(command, args, { encoding: 'utf8' }).match(/\d+(\.\d+)+/)[0];
}
