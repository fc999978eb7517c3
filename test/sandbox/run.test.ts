import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { Failure } from '../../src/errors.ts';
import { createSend } from '../../src/http.ts';
import { type RunOptions, runSandbox, type SandboxLine } from '../../src/sandbox/run.ts';
import { serve } from '../../src/serve.ts';
import { PRESETS } from '../../src/signing/scheme.ts';

const send = createSend({ env: {} });

async function running(options: Partial<RunOptions> = {}) {
  const stop = new AbortController();
  const lines = runSandbox({
    ...{ serve, send, clock: systemClock, scheme: PRESETS['standard-webhooks'], pid: 1 },
    ...{ host: '127.0.0.1', port: 0, signal: stop.signal },
    ...options,
  });
  const next = async (): Promise<SandboxLine> => {
    const { value } = await lines.next();
    if (!value) throw new Error('the lines ended');
    return value;
  };
  const ready = await next();
  if (ready.type !== 'ready') throw new Error(`first came ${ready.type}`);
  const get = (path: string) =>
    send({
      method: 'GET',
      url: new URL(path, ready.url),
      headers: [['authorization', `Bearer ${ready.api_key}`]],
      timeoutMs: 10_000,
      maxBodyBytes: 10_000,
    });
  return { stop, lines, next, ready, get };
}

test('it is ready when it accepts, tells of each call, and sums up at the end', async () => {
  const { stop, lines, next, ready, get } = await running();
  expect(ready).toMatchObject({ pid: 1, url: `http://127.0.0.1:${ready.port}` });
  expect((await get('/api/v2/webhooks/')).status).toBe(200);
  expect(await next()).toMatchObject({ type: 'request', path: '/api/v2/webhooks/', status: 200 });
  const waiting = next();
  await get('/api/v1/webhooks/');
  expect(await waiting).toMatchObject({ type: 'request', path: '/api/v1/webhooks/' });
  stop.abort();
  expect(await next()).toEqual({ type: 'summary', requests: 2, events: 0, attempts: 0 });
  expect((await lines.next()).done).toBe(true);
  await expect(get('/api/v2/webhooks/')).rejects.toMatchObject({ kind: 'network' });
});

test('it tells what its server met with, and no text that was not written for people', async () => {
  let report: ((error: unknown) => void) | undefined;
  const hearing: typeof serve = (options) => {
    report = options.onError;
    return serve(options);
  };
  const { stop, next, lines } = await running({ serve: hearing });
  report?.(new Failure('store_unwritable', 'The disk is full'));
  report?.(new TypeError('whsec_hush is no function'));
  expect(await next()).toEqual({ type: 'problem', at: expect.any(String), message: 'The disk is full' });
  expect(await next()).toMatchObject({ type: 'problem', message: 'A call failed inside the sandbox' });
  stop.abort();
  await lines.return();
});

test('it ends when nobody reads on', async () => {
  const { lines, get } = await running();
  await lines.return();
  await expect(get('/api/v2/webhooks/')).rejects.toMatchObject({ kind: 'network' });
});

test('a port that is taken is a usage failure', async () => {
  const { ready, stop, lines } = await running();
  await expect(running({ port: ready.port })).rejects.toMatchObject({ kind: 'usage' });
  stop.abort();
  await lines.return();
});
