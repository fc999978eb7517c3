import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineStream } from '../cli/define.ts';
import { Failure } from '../errors.ts';
import type { DemoLine } from './demo/script.ts';
import { viewDemoLine } from './demo/view.ts';

export const command = defineStream({
  description:
    'A private sandbox, a private config folder and two receivers: subscribe, fire events, watch a delivery fail ' +
    'and be delivered later, rotate a secret, refuse a forged delivery. Exit 0 only if each step did what it says.',
  examples: [{ command: 'kycgenie demo' }, { command: 'kycgenie demo --json' }],
  exits: [8],
  setup: (command) => command,
  async *run(context): AsyncGenerator<DemoLine> {
    const folder = await mkdtemp(join(tmpdir(), 'kycgenie-demo-'));
    const stop = new AbortController();
    const { Stage } = await import('./demo/stage.ts');
    const { playDemo } = await import('./demo/script.ts');
    const stage = new Stage(context, folder, stop.signal);
    try {
      for await (const line of playDemo(context, stage)) {
        yield line;
        if (line.type !== 'summary' || line.failed === 0) continue;
        throw new Failure(
          'condition_not_met',
          `${line.failed} of ${line.steps} steps did not do what they say`,
        );
      }
    } finally {
      stop.abort();
      await stage.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  },
  view: (line) => viewDemoLine(line),
});
