// A worker that starts when the program cannot be had from the server.
import fs from 'node:fs';
import path from 'node:path';
import { assert, MiB, scenario } from '../../lib/scenario.mjs';
import { directories } from '../../lib/server.mjs';

scenario('the program starts offline, from the cache', { drawn: true, timeout: 120_000 }, async (test) => {
  // A copy of what is built, which can be taken away.
  const dist = path.join(test.temporaryDirectory(), 'dist');
  fs.cpSync(directories['/dist/'], dist, { recursive: true });
  const server = await test.ownServer({ ...directories, '/dist/': dist });
  const { browser, page } = await test.open({ server, stoppable: true });

  // From now on nobody can have the program from the server.
  fs.rmSync(dist, { recursive: true });
  assert.equal(await page.evaluate(async () => (await fetch('/dist/bgfetch.wasm')).status), 404);
  for (const id of ['first', 'second', 'third']) {
    const boots = test.boots().length;
    await browser.stopWorker(page);
    const file = test.resource({ server, size: MiB });
    await page.evaluate((id, url) => t.startFetch(id, url), id, file.url);
    const event = await test.settled(page, id, 'backgroundfetchsuccess');
    assert.equal(event.records[0].sha256, await file.sha256());
    assert.ok(test.boots().length > boots, 'a new worker instance');
  }
});
