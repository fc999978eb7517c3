import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { home, start } from './tool.ts';

let place: ReturnType<typeof home>;

beforeEach(() => {
  place = home();
});

afterEach(() => place.remove());

it('the page of the inspector comes with the tool', async () => {
  const child = start(['events', 'ui', '--port', '0', '--json'], place.env);
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const address = new URL(JSON.parse(line).url);
  const entrance = await fetch(address, { redirect: 'manual' });
  const headers = { cookie: entrance.headers.get('set-cookie')?.split(';')[0] ?? '' };
  const folder = new URL(entrance.headers.get('location') ?? '', address);
  const read = async (path: string) => (await fetch(new URL(path, folder), { headers })).text();
  expect(await read('.')).toMatch(/^<!doctype html>/i);
  expect((await read('app.js')).length).toBeGreaterThan(10_000);
  expect((await read('app.css')).length).toBeGreaterThan(1000);
  child.kill('SIGTERM');
  await once(child, 'close');
});
