import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Reports } from '../browser/lib/channel.mjs';

const told = (reports) => reports.lines.map(({ text }) => text).join('');
const send = (reports, text) => {
  for (const letter of text) reports.add({ realm: 1, number: letter.charCodeAt(0) - 64, text: letter });
};

test('reports of a realm are delivered in the order in which they were sent', async () => {
  const reports = new Reports();
  const last = reports.wait('D', ({ text }) => text === 'D');
  send(reports, 'BDA');
  reports.add({ realm: 2, number: 1, text: '1' });
  reports.add({ text: '-' });
  assert.equal(told(reports), 'AB1-');
  send(reports, 'C');
  await last;
  assert.equal(told(reports), 'AB1-CD');
});

test('one that is lost holds those after it for a while, and is delivered late', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const reports = new Reports();
  send(reports, 'ABEG');
  t.mock.timers.tick(1000);
  send(reports, 'HJ');
  assert.equal(told(reports), 'AB');
  t.mock.timers.tick(1000);
  assert.equal(told(reports), 'ABEGH');
  send(reports, 'CFI');
  assert.equal(told(reports), 'ABEGHCFIJ');
  t.mock.timers.tick(2000);
  send(reports, 'KML');
  assert.equal(told(reports), 'ABEGHCFIJKLM');
});
