// How much the memory of the browser grows, each time in a new one.
import { memoryBytes, watchMemory } from './meter.mjs';
import { settle, Stand } from './stand.mjs';
import { warmUp, workNamed } from './works.mjs';

/** Samples: {measure: 'memory', browser, work, way, round, before, peak}, in bytes. */
export async function measureMemory({ browser, runs, quick, context, add }) {
  const names = quick ? ['file-8', 'file-64'] : ['file-64', 'file-1024', 'records-1000', 'records-10000'];
  const most = { 'file-1024': 2, 'records-1000': 1, 'records-10000': 1 };
  for (let round = 1; round <= runs; round++) {
    for (const work of names.filter((name) => round <= (most[name] ?? runs)).map(workNamed)) {
      for (const way of work.count ? ['ours'] : ['ours', 'script', 'page']) {
        const sample = { measure: 'memory', browser, work: work.name, way, round };
        const stand = await Stand.open({ browser, ...context });
        try {
          await stand.run(warmUp, way);
          await settle(1500);
          sample.before = memoryBytes(stand.browser);
          const stop = watchMemory(stand.browser);
          await stand.run(work, way).finally(() => (sample.peak = stop()));
        } catch (error) {
          sample.error = error.message;
        } finally {
          await stand.close();
        }
        add(sample);
      }
    }
  }
}
