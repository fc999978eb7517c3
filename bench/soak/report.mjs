// Loaded into each process of the soak: on SIGUSR2 it collects garbage and appends how the process stands to the file
// that SOAK_REPORT names.
import { appendFileSync } from 'node:fs';

process.on('SIGUSR2', () => {
  globalThis.gc?.();
  const handles = process.getActiveResourcesInfo();
  const { rss, heapUsed } = process.memoryUsage();
  const timers = handles.filter((name) => name === 'Timeout').length;
  const line = JSON.stringify({ rss, heap: heapUsed, handles: handles.length, timers });
  appendFileSync(process.env['SOAK_REPORT'] ?? '', `${line}\n`);
});
