import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { home, kycgenie, open, type Running } from '../../e2e/tool.ts';
import { HAS_CHROMIUM, NEEDED, type Opened, openChromium } from './chromium.ts';
import { pageOf } from './inspected.ts';

const DELIVERIES = 10_000;
/** Rows that fit the screen, and those that are drawn beyond its edges. */
const MOST_ROWS = 70;
/** They arrive while the page is open. */
const ARRIVAL_MS = 60_000;

interface Scrolled {
  readonly frames: number;
  /** Of the slowest frame, and of all that held up the page for more than 50 ms. */
  readonly slowestMs: number;
  readonly medianMs: number;
  readonly longTasksMs: readonly number[];
  readonly mostRows: number;
}

describe.skipIf(!HAS_CHROMIUM)(`${DELIVERIES} deliveries${NEEDED}`, () => {
  let place: ReturnType<typeof home>;
  let listen: Running;
  let chromium: Opened;
  let page: Page;
  let faults: readonly string[];

  beforeAll(async () => {
    place = home();
    [listen, chromium] = await Promise.all([
      open(['listen', '--port', '0', '--ui', '--ui-port', '0'], place.env),
      openChromium(),
    ]);
    ({ page, faults } = await chromium.open(await pageOf(listen)));
  });
  afterAll(async () => {
    await chromium?.close();
    await listen?.stop();
    place?.remove();
  });

  const told = () => page.locator('.count-all').innerText();
  const rowsDrawn = () => page.locator('.rows .row').count();

  it('come in while one looks, and few of them are drawn', async () => {
    const argv = ['trigger', 'alert.created', '--to', String(listen.ready['url'])];
    const { code } = await kycgenie(
      [...argv, '--count', String(DELIVERIES), '--concurrency', '50'],
      place.env,
    );
    expect(code).toBe(0);
    await expect.poll(told, { timeout: ARRIVAL_MS }).toBe('10,000 deliveries');
    expect(await rowsDrawn()).toBeLessThan(MOST_ROWS);
  });

  it('are all there after a reload, scroll smoothly, and are filtered as one types', async () => {
    await page.reload();
    await expect.poll(told, { timeout: ARRIVAL_MS }).toBe('10,000 deliveries');
    const scrolled = await page.evaluate(scroll);
    console.log(`scrolled through ${DELIVERIES} deliveries: ${JSON.stringify(scrolled)}`);
    expect(scrolled.mostRows).toBeGreaterThan(10);
    expect(scrolled.mostRows).toBeLessThan(MOST_ROWS);
    await page.keyboard.press('j');
    await page.locator('.rows').focus();
    await page.keyboard.press('End');
    await page.locator('.row[aria-selected=true]').waitFor();
    expect(await page.locator('.row[aria-selected=true]').getAttribute('aria-posinset')).toBe('10000');
    await page.getByLabel('Filter deliveries').fill('status:valid');
    await page.getByRole('heading', { name: 'Nothing fits the filter' }).waitFor();
    expect(faults).toEqual([]);
  });
});

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
