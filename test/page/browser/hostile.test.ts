import { request } from 'node:http';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { split } from '../../../src/page/visible.ts';
import { home, open, type Running } from '../../e2e/tool.ts';
import { attack, openOther } from './attacker.ts';
import { IS_DRIVEN, NEEDED, type Opened, openChromium } from './chromium.ts';
import { openApp, pageOf } from './inspected.ts';

/** Each of them calls `tellFault` where it runs. */
const RUN = 'tellFault(`ran`)';
const SCRIPTS = [
  `<script>${RUN}</script>`,
  `<img src=x onerror="${RUN}">`,
  `"><svg onload="${RUN}">`,
  `'><iframe srcdoc="<script>parent.${RUN}</script>">`,
  `</title></textarea></script><script>${RUN}</script>`,
  `javascript:${RUN}//`,
  `<a href="javascript:${RUN}" autofocus onfocus="${RUN}">x</a>`,
  `<style>@import url(http://127.0.0.1:1/)</style><body onpageshow="${RUN}">`,
  `{{constructor.constructor("${RUN}")()}}`,
  `__html: <b onmouseover="${RUN}">`,
];
/** Text that turns round, hides, or ends what is around it. */
const TRICKS = [
  '\u202Eevil',
  'a\u200Bb\uFEFF',
  '\u2066x\u2069',
  '\u001B[31mred',
  'line\u2028end',
  '\u0000nul',
];

/** As it goes over the wire: raw, so that names and values may be what no client would send. */
function send(to: string, index: number, text: string): Promise<number> {
  const { port } = new URL(to);
  const wire = encodeURIComponent(text).replaceAll("'", '%27');
  const printable = [...text].filter((letter) => letter > '\u001f' && letter < '\u007f').join('');
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        ...{ host: '127.0.0.1', port, method: 'POST' },
        path: `/${wire}?q=${wire}&n=${index}`,
        headers: { 'content-type': printable, 'x-hostile': printable, 'webhook-id': printable },
      },
      (response) => response.resume().once('end', () => resolve(response.statusCode ?? 0)),
    );
    sent.once('error', reject);
    sent.end(
      JSON.stringify({ id: text, type: text, event_type: text, data: { [text]: text, list: [text] } }),
    );
  });
}

describe.skipIf(!IS_DRIVEN)(`the page under attack${NEEDED}`, () => {
  const corpus = [...SCRIPTS, ...TRICKS];
  let place: ReturnType<typeof home>;
  let app: Awaited<ReturnType<typeof openApp>>;
  let listen: Running;
  let chromium: Opened;
  let url: string;

  beforeAll(async () => {
    place = home();
    app = await openApp();
    app.answer.status = 500;
    app.answer.body = corpus.join('\n');
    [listen, chromium] = await Promise.all([
      open(['listen', '--port', '0', '--ui', '--ui-port', '0', '--forward-to', app.url], place.env),
      openChromium(),
    ]);
    url = await pageOf(listen);
    for (const [index, text] of corpus.entries()) await send(String(listen.ready['url']), index, text);
  });
  afterAll(async () => {
    await chromium?.close();
    await listen?.stop();
    await app?.close();
    place?.remove();
  });

  /** Everything that is shown of each delivery, from the newest to the oldest. */
  async function lookAtAll(page: Page): Promise<string> {
    const seen: string[] = [];
    for (const text of corpus.toReversed()) {
      await page.keyboard.press('j');
      await page.locator('.detail-title', { hasText: plain(text) }).waitFor();
      await page.getByRole('tree', { name: 'Body' }).waitFor();
      seen.push(...(await page.evaluate(lookAround)));
    }
    return seen.join('\n');
  }

  it('shows markup of every field as text, and runs none of it', async () => {
    const { page, faults } = await chromium.open(url);
    await expect.poll(() => page.getByRole('option').count()).toBe(corpus.length);
    const seen = await lookAtAll(page);
    for (const text of SCRIPTS) expect(seen).toContain(text);
    await page.keyboard.press('c');
    for (let more = 0; more < 3; more += 1) {
      await page.keyboard.press('k');
      await page.locator('.differences mark').first().waitFor();
    }
    await page.keyboard.press('Escape');
    await page.keyboard.press('r');
    await page.locator('.said', { hasText: 'Replayed: 500' }).waitFor();
    await page.getByLabel('Filter deliveries').fill(SCRIPTS[1] ?? '');
    await expect.poll(() => page.getByRole('option').count()).toBeGreaterThan(0);
    expect(faults).toEqual([]);
    const made = 'script:not([src="app.js"]), iframe, img, body a:not([href^="api/deliveries/"]), [onerror]';
    expect(await page.locator(made).count()).toBe(0);
    expect(await page.locator('[style*="url"], [srcdoc], base, meta[http-equiv]').count()).toBe(0);
  });

  it('could make neither HTML nor a script of text, even if it tried to', async () => {
    const { page, faults } = await chromium.open(url);
    await page.getByRole('option').first().waitFor();
    await page.evaluate((script) => {
      const attempt = (act: () => void): void => {
        try {
          act();
        } catch {
          // The page hears of it as a violation of its policy.
        }
      };
      const inline = document.createElement('script');
      attempt(() => document.body.insertAdjacentHTML('beforeend', `<img src="x" onerror="${script}">`));
      attempt(() => inline.append(script));
      attempt(() => document.body.append(inline));
      attempt(() => document.body.setAttribute('onclick', script));
      document.body.click();
    }, RUN);
    const refused = 'policy: require-trusted-types-for trusted-types-sink';
    await expect.poll(() => faults).toEqual([refused, refused, refused]);
    expect(await page.locator('img').count()).toBe(0);
  });

  it('names the characters that would not be seen, and keeps the direction of text to itself', async () => {
    const { page } = await chromium.open(url);
    await page.getByLabel('Filter deliveries').fill('evil');
    await expect.poll(() => page.getByRole('option').count()).toBe(1);
    await expect.poll(() => page.locator('.row-name').textContent()).toBe('U+202Eevil');
    await page.keyboard.press('Enter');
    await page.keyboard.press('j');
    await page.getByRole('tree', { name: 'Body' }).waitFor();
    expect(await page.locator('body').innerText()).not.toMatch(/(?!\n|\t)[\p{Cc}\p{Cf}]/u);
  });

  it('is deaf to another page of the same browser', async () => {
    const other = await openOther();
    // The page is open in the same browser, and for cookies both are of one site.
    const { page } = await chromium.open(url);
    await page.getByRole('option').first().waitFor();
    const before = app.taken.length;
    const id = await page.evaluate(
      async () => (await (await fetch('api/deliveries?limit=1')).json()).rows[0].id,
    );
    const attacker = await page.context().newPage();
    await attacker.goto(other.url);
    // Even to one that got to know the path.
    const got = await attacker.evaluate(attack, { base: page.url().replace(/#.*/, ''), id: String(id) });
    expect(got).toEqual(got.map(() => 'nothing'));
    expect(got.length).toBeGreaterThan(10);
    const frames = attacker.frames().map((frame) => frame.url());
    expect(frames).toEqual([other.url, 'chrome-error://chromewebdata/', 'chrome-error://chromewebdata/']);
    expect(app.taken).toHaveLength(before);
    await other.close();
  });

  it('has a cookie that no other port of this machine is sent, and none can take its place', async () => {
    const other = await openOther();
    const { page } = await chromium.open(url);
    await page.getByRole('option').first().waitFor();
    expect(await page.context().cookies(`${new URL(url).origin}/`)).toEqual([]);
    expect(await page.context().cookies(page.url())).toHaveLength(1);
    const attacker = await page.context().newPage();
    await attacker.goto(other.url);
    await attacker.evaluate(async () => fetch('/app.js', { credentials: 'include' }));
    expect(other.cookies.length).toBeGreaterThan(1);
    expect(other.cookies.join()).not.toContain('kycgenie_inspector=');
    await attacker.goto(`${other.url}?set=kycgenie_inspector`);
    expect(await page.evaluate(async () => (await fetch('api/state')).status)).toBe(200);
    await other.close();
  });

  it('lets nobody in without the token', async () => {
    const { page } = await chromium.open(new URL(url).origin);
    await expect.poll(() => page.locator('body').innerText()).toContain('Open the address that');
    const wrong = await page.goto(`${new URL(url).origin}/?token=wrong`);
    expect(wrong?.status()).toBe(401);
    expect(await page.context().cookies(`${new URL(url).origin}/`)).toEqual([]);
  });
});

/** As the page writes it. */
const plain = (text: string): string =>
  split(text)
    .map(({ text: shown }) => shown)
    .join('');

/** Runs in the page: its text with the body as a tree, raw and as bytes. */
async function lookAround(): Promise<string[]> {
  const texts = [document.body.innerText];
  for (const tab of document.querySelectorAll<HTMLElement>('.part [role=tab]')) {
    tab.click();
    await new Promise(requestAnimationFrame);
    texts.push(document.querySelector('.detail')?.textContent ?? '');
  }
  // What is chosen here stays for the next one.
  document.querySelector<HTMLElement>('.part [role=tab]')?.click();
  return texts;
}
