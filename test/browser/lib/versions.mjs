// The browsers of the last run of all scenarios, which README.md names: `run.mjs --versions README.md`.
import { drivers } from '../drivers/index.mjs';
import { versionOf } from '../drivers/version.mjs';
import { writeMarked } from './marked.mjs';

const MARKS = {
  begin: '<!-- browsers of the last run: node test/browser/run.mjs --versions README.md -->',
  end: '<!-- end of the browsers -->',
};
const NAMES = { chromium: 'Chromium', firefox: 'Firefox ESR', webkit: 'WebKitGTK' };

export function writeVersions(file, passed, day) {
  const versions = Object.keys(drivers).map((browser) => `${NAMES[browser]} ${versionOf(browser)}`);
  const rows = ['| Last run | Browsers | Results |', '| --- | --- | --- |'];
  writeMarked(file, MARKS, [...rows, `| ${day} | ${versions.join(', ')} | ${passed}, none failed |`].join('\n'));
}
