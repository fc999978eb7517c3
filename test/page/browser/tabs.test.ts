import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { home, open, type Running } from '../../e2e/tool.ts';
import { IS_DRIVEN, NEEDED, type Opened, openChromium } from './chromium.ts';
import { pageOf } from './inspected.ts';

/** What a browser allows itself to one server. */
const CONNECTIONS = 6;

describe.skipIf(!IS_DRIVEN)(`several tabs of one browser${NEEDED}`, () => {
  let place: ReturnType<typeof home>;
  let listen: Running;
  let chromium: Opened;
  let url: string;

  beforeAll(async () => {
    place = home();
    [listen, chromium] = await Promise.all([
      open(['listen', '--port', '0', '--ui', '--ui-port', '0'], place.env),
      openChromium(),
    ]);
    url = await pageOf(listen);
  });
  afterAll(async () => {
    await chromium?.close();
    await listen?.stop();
    place?.remove();
  });

  const deliver = (type: string): Promise<Response> =>
    fetch(String(listen.ready['url']), { method: 'POST', body: JSON.stringify({ type }) });
  const names = (page: Page): Promise<readonly string[]> => page.locator('.row-name').allTextContents();

  it('are as many as one likes: those that are not seen hold no connection', async () => {
    const { page } = await chromium.open('about:blank');
    const context = page.context();
    for (let tab = 0; tab <= CONNECTIONS; tab += 1) {
      const one = await context.newPage();
      await one.goto(url);
      await one.getByRole('heading', { name: 'Waiting for the first delivery' }).waitFor();
      // Without a window nothing is ever hidden.
      await setSeen(one, false);
    }
  });

  it('shows what came meanwhile to who comes back, and once it goes on where it was paused', async () => {
    const { page } = await chromium.open(url);
    await deliver('came.first');
    await expect.poll(() => names(page)).toEqual(['came.first']);
    await setSeen(page, false);
    await deliver('came.unseen');
    await setSeen(page, true);
    await expect.poll(() => names(page)).toEqual(['came.unseen', 'came.first']);
    await page.getByRole('button', { name: 'Pause' }).click();
    await setSeen(page, false);
    await deliver('came.paused');
    await setSeen(page, true);
    await deliver('came.last');
    expect(await names(page)).toEqual(['came.unseen', 'came.first']);
    await page.getByRole('button', { name: /^Resume/ }).click();
    await expect.poll(() => names(page)).toEqual(['came.last', 'came.paused', 'came.unseen', 'came.first']);
  });

  it('says what to do to who comes back to the page of an earlier run', async () => {
    const { page } = await chromium.open(url);
    await page.getByRole('option').first().waitFor();
    await setSeen(page, false);
    await listen.stop();
    listen = await open(['listen', '--port', '0', '--ui', '--ui-port', new URL(url).port], place.env);
    await setSeen(page, true);
    await page.locator('.trouble', { hasText: 'kycgenie was started anew' }).waitFor();
    await page.reload();
    await expect.poll(() => page.locator('body').innerText()).toContain('Open the address that');
  });
});

function setSeen(page: Page, isSeen: boolean): Promise<void> {
  return page.evaluate(
    (state) => {
      Object.defineProperty(document, 'visibilityState', { value: state, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    },
    isSeen ? 'visible' : 'hidden',
  );
}
