import { expect, test } from 'vitest';
import { PROBE_IDS } from '../../../src/check/catalogue.ts';
import { Failure } from '../../../src/errors.ts';
import { OLD_SECRET, SECRET } from '../../check/receivers.ts';
import { checkWorld } from '../check-world.ts';

const { signed, start } = checkWorld();
const PLAINLY = ['--color', 'never'];

test('one cause is told in one line, and advised about once', async () => {
  const { url } = await start({ secrets: [OLD_SECRET] });
  const { stdout } = await signed([url, ...PLAINLY]);
  const rest = PROBE_IDS.length - 1;
  expect(stdout).toContain(`- ${rest} skipped: A valid delivery is not accepted, so that this says nothing`);
  expect(stdout.split('\n').filter((line) => line.includes('skipped:'))).toHaveLength(1);
  expect(stdout).toContain('1 request in ');
  const crashing = await start({ refusal: 500 });
  const crashed = await signed([crashing.url, ...PLAINLY]);
  expect(crashed.stdout.match(/It is refused, but by a failure/g)).toHaveLength(1);
  expect(crashed.stdout).toContain('forged, unsigned, empty-signature, truncated-signature and 4 more');
});

test('--only shows what was asked for; JSON has all', async () => {
  const { url } = await start();
  const { stdout } = await signed([url, ...PLAINLY, '--only', 'forged']);
  expect(stdout).not.toContain('Not asked for');
  expect(stdout).toContain('2 passed, 0 failed, 0 to improve, 0 skipped');
  const json = await signed([url, '--only', 'forged', '--json']);
  expect(JSON.parse(json.stdout).probes).toHaveLength(PROBE_IDS.length);
});

test('a row is no longer than 120 columns, and what it leaves out stands below', async () => {
  const { url } = await start(
    {},
    {
      onRequest: (server, count) => {
        if (count < 2) return;
        server.close();
        server.closeAllConnections();
      },
    },
  );
  const { stdout } = await signed([url, ...PLAINLY]);
  const table = stdout.split('\n\n')[0] ?? '';
  expect(Math.max(...table.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(120);
  expect(table).not.toContain('nothing that listens');
  expect(stdout).toMatch(/this request took it down: .* finds nothing that listens/);
});

test('an unexpected answer is shown by its beginning, cleaned and without secrets', async () => {
  const said = `no\r\n\u001b[31mgood\u0007: ${SECRET} ${'x'.repeat(400)}`;
  const { url } = await start({
    before: () => 403,
    reply: (response, status) => void response.writeHead(status).end(said),
  });
  const { stdout } = await signed([url, '--json']);
  const { answer } = JSON.parse(stdout).probes[0];
  expect(answer).toMatch(/^no good: .*x…$/);
  expect(answer).toHaveLength(200);
  expect(stdout).not.toContain(SECRET.slice('whsec_'.length));
  expect((await signed([url, ...PLAINLY])).stdout).toContain('its answer: no good: ');
});

test('a page that takes everything gets one advice, on top', async () => {
  const page = '\n<!-- home --><!DOCTYPE html><html><title>Home</title></html>';
  const { url } = await start({
    before: () => 200,
    reply: (response, status) => void response.writeHead(status).end(page),
  });
  const { code, stdout } = await signed([url, ...PLAINLY]);
  expect(code).toBe(8);
  expect(stdout).toMatch(/^✗ It answered HTML.*: is this the right URL\?\n/);
  expect(stdout).not.toContain('a good receiver');
  const { advice } = JSON.parse((await signed([url, '--json'])).stdout);
  expect(advice).toContain('is this the right URL?');
});

test('where it was stopped before anything was judged, nobody knows whether the musts hold', async () => {
  const stop = new AbortController();
  const onRequest = (): void => stop.abort(new Failure('interrupted', 'interrupted'));
  const { url } = await start({}, { onRequest });
  const { code, stdout } = await signed([url, '--json'], { signal: stop.signal });
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 130, passed: 0, musts_hold: null });
});

test('that it waits for a receiver that limits the rate is said on stderr, once', async () => {
  const { url } = await start({ before: () => 429 });
  const { stderr } = await signed([url, '--only', 'valid']);
  expect(stderr.match(/limits the rate: waiting as it asks, 60 s in all at most/g)).toHaveLength(1);
});
