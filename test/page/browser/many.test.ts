import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { openInbox } from '../../../src/listen/inbox.ts';
import { home, kycgenie, open, type Running, start } from '../../e2e/tool.ts';
import { delivery } from '../../listen/inbox/place.ts';
import { IS_DRIVEN, NEEDED, type Opened, openChromium } from './chromium.ts';
import { pageOf } from './inspected.ts';

/** The inbox keeps no more. */
const DELIVERIES = 10_000;
/** Of them, those that come while somebody looks. */
const LIVE = 500;
/** Rows that fit the screen, and those that are drawn beyond its edges. */
const MOST_ROWS = 70;
const ARRIVAL_MS = 30_000;

interface Scrolled {
  readonly frames: number;
  /** Of the slowest frame, and of all that held up the page for more than 50 ms. */
  readonly slowestMs: number;
  readonly medianMs: number;
  readonly longTasksMs: readonly number[];
  readonly mostRows: number;
}

describe.skipIf(!IS_DRIVEN)(`${DELIVERIES} deliveries${NEEDED}`, () => {
  let place: ReturnType<typeof home>;
  let listen: Running;
  let chromium: Opened;
  let page: Page;
  let faults: readonly string[];
  let env: Readonly<Record<string, string>>;

  beforeAll(async () => {
    place = home();
    const dataDir = join(place.folder, 'data');
    await fill(dataDir, DELIVERIES - LIVE);
    env = { ...place.env, KYCGENIE_DATA_DIR: dataDir };
    [listen, chromium] = await Promise.all([
      open(['listen', '--port', '0', '--ui', '--ui-port', '0'], env),
      openChromium(),
    ]);
    ({ page, faults } = await chromium.open(await pageOf(listen)));
  });
  afterAll(async () => {
    await chromium?.close();
    await listen?.stop();
    place?.remove();
  });

  const told = (of: Page) => of.locator('.count-all').innerText();
  const list = () => page.locator('.rows');

  it('are all there, and those that come do not move what is looked at', async () => {
    await expect.poll(() => told(page), { timeout: ARRIVAL_MS }).toBe('9,500 deliveries');
    await list().evaluate((rows) => {
      rows.scrollTop = rows.scrollHeight / 2;
    });
    await page.locator('.row', { hasText: 'case.opened' }).nth(12).click();
    const chosen = page.locator('.row[aria-selected=true]');
    const before = (await chosen.boundingBox())?.y;
    const argv = ['trigger', 'alert.created', '--to', String(listen.ready['url'])];
    const { code } = await kycgenie([...argv, '--count', String(LIVE), '--concurrency', '50'], env);
    expect(code).toBe(0);
    await expect.poll(() => told(page), { timeout: ARRIVAL_MS }).toBe('10,000 deliveries');
    expect((await chosen.boundingBox())?.y).toBe(before);
    expect(await list().locator('.row').count()).toBeLessThan(MOST_ROWS);
  });

  it('scroll smoothly, from end to end, and are filtered as one types', async () => {
    const scrolled = await page.evaluate(scroll);
    console.log(`scrolled through ${DELIVERIES} deliveries: ${JSON.stringify(scrolled)}`);
    expect(scrolled.mostRows).toBeGreaterThan(10);
    expect(scrolled.mostRows).toBeLessThan(MOST_ROWS);
    await list().focus();
    await page.keyboard.press('End');
    await page.locator(`.row[aria-selected=true][aria-posinset="${DELIVERIES}"]`).waitFor();
    await page.getByLabel('Filter deliveries').fill('type:alert.*');
    await expect.poll(() => told(page)).toBe('500 of 10,000 deliveries');
    expect(faults).toEqual([]);
  });

  it('are there in events ui too', async () => {
    const child = start(['events', 'ui', '--port', '0', '--json'], env);
    const closed = once(child, 'close');
    const [line] = await once(createInterface({ input: child.stdout }), 'line');
    const other = await chromium.open(String(JSON.parse(line).url));
    await expect.poll(() => told(other.page), { timeout: ARRIVAL_MS }).toBe('10,000 deliveries');
    await expect.poll(() => other.page.locator('.where').innerText()).toBe('The inbox');
    expect(other.faults).toEqual([]);
    child.kill('SIGTERM');
    await closed;
  });
});

/** Keeps so many deliveries as `listen` does. */
async function fill(dataDir: string, count: number): Promise<void> {
  const processes = { pid: process.pid, isAlive: () => true };
  const inbox = await openInbox({ dataDir, clock: systemClock, processes, onProblem: () => undefined });
  const startMs = Date.now() - count;
  await Promise.all(
    Array.from({ length: count }, (_, index) =>
      inbox.keep(
        delivery({
          id: randomUUID(),
          receivedMs: startMs + index,
          body: Buffer.from(JSON.stringify({ id: `evt_${index}`, type: 'case.opened', data: { index } })),
        }),
      ),
    ),
  );
  await inbox.close();
}

/** Runs in the page: from one end of the list to the other and back, a step for each frame. */
async function scroll(): Promise<Scrolled> {
  const FRAMES = 120;
  const list = document.querySelector('.rows');
  if (list === null) throw new Error('no list');
  const longTasksMs: number[] = [];
  const observer = new PerformanceObserver((tasks) => {
    for (const { duration } of tasks.getEntries()) longTasksMs.push(Math.round(duration));
  });
  observer.observe({ type: 'longtask' });
  const frame = () => new Promise<number>((resolve) => requestAnimationFrame(resolve));
  const tookMs: number[] = [];
  let mostRows = 0;
  let before = await frame();
  for (let step = 0; step <= FRAMES; step += 1) {
    const share = 1 - Math.abs((2 * step) / FRAMES - 1);
    list.scrollTop = share * (list.scrollHeight - list.clientHeight);
    const now = await frame();
    tookMs.push(now - before);
    before = now;
    mostRows = Math.max(mostRows, list.querySelectorAll('.row').length);
  }
  observer.disconnect();
  const sorted = tookMs.sort((one, other) => one - other).map((ms) => Math.round(ms * 10) / 10);
  return {
    frames: sorted.length,
    slowestMs: sorted.at(-1) ?? 0,
    medianMs: sorted[Math.floor(sorted.length / 2)] ?? 0,
    longTasksMs,
    mostRows,
  };
}
