// The browsers, all with one interface:
//
//   launch({profileDir, channel, native, stoppable, stops, offline}) -> browser
//   browser: setOffline(page, boolean) (of WebKit, where it was launched with `offline`),
//            newPage(url) -> page, closePages(), stopWorker(page), kill(), close()
//   page:    evaluate(fn, ...args), evaluateFor(ms, ...), waitFor(what, ms, fn, ...args),
//            goto(url), reload(), reloadPastWorker(), url(), close()
//
// kill() is SIGKILL for the whole tree of processes. A launch with the same
// profileDir finds what the one before stored. stopWorker() needs `stoppable`,
// and `stops` where it is called more than twice.
import * as chromium from './chromium.mjs';
import * as firefox from './firefox.mjs';
import * as webkit from './webkit.mjs';

export const drivers = { chromium, firefox, webkit };
