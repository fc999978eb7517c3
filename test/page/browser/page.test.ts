import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kycgenie, open } from '../../e2e/tool.ts';
import { findBarriers, IS_DRIVEN, NEEDED, type Opened, openChromium, type Watched } from './chromium.ts';
import { openInspected, type Taken } from './inspected.ts';

/** Where pictures of the page go; none are made without it. */
const SCREENSHOTS = process.env['KYCGENIE_SCREENSHOTS'];

describe.skipIf(!IS_DRIVEN)(`the inspector's page${NEEDED}`, () => {
  let inspected: Awaited<ReturnType<typeof openInspected>>;
  let chromium: Opened;
  let watched: Watched;
  let page: Page;

  beforeAll(async () => {
    [inspected, chromium] = await Promise.all([openInspected(), openChromium()]);
    watched = await chromium.open(inspected.url, { permissions: ['clipboard-write', 'clipboard-read'] });
    page = watched.page;
  });
  afterAll(async () => {
    await chromium?.close();
    await inspected?.close();
  });

  const rows = () => page.getByRole('option');
  const rowTexts = (): Promise<readonly string[]> => page.locator('.row-name').allTextContents();
  const chosen = async (): Promise<string> =>
    String(await page.locator('.row[aria-selected=true] .row-name').textContent());
  const detail = () => page.locator('.detail');
  const said = (text: string | RegExp) => page.locator('.said', { hasText: text }).waitFor();

  /** Only panes scroll: the page itself is as long as the window. */
  async function expectNoEmptiness(): Promise<void> {
    for (const width of [1280, 768, 380]) {
      await page.setViewportSize({ width, height: 500 });
      const { long, high } = await page.evaluate(() => ({
        long: document.scrollingElement?.scrollHeight ?? 0,
        high: innerHeight,
      }));
      expect(long, `at ${width} px`).toBeLessThanOrEqual(high);
    }
    await page.setViewportSize({ width: 1360, height: 850 });
  }

  async function picture(name: string): Promise<void> {
    if (SCREENSHOTS === undefined) return;
    mkdirSync(SCREENSHOTS, { recursive: true });
    await page.screenshot({ path: join(SCREENSHOTS, `${name}.png`), animations: 'disabled' });
  }

  /** Sends what the app got to the receiver again, with a line end more. */
  async function sendAltered(taken: Taken | undefined): Promise<number> {
    if (taken === undefined) throw new Error('the app got nothing');
    const names = ['content-type', 'webhook-id', 'webhook-timestamp', 'webhook-signature'];
    const headers = names.map((name): [string, string] => [name, String(taken.headers[name])]);
    const response = await fetch(inspected.receiver, { method: 'POST', headers, body: `${taken.body}\n` });
    return response.status;
  }

  /** For the README: a working day, and a delivery that something changed on its way. */
  async function pictureOfMany(): Promise<void> {
    await page.emulateMedia({ colorScheme: 'light' });
    await page.setViewportSize({ width: 1280, height: 740 });
    const { app } = inspected;
    const groups = ['onboarding.created', 'onboarding.ddq_completed', 'screening.completed', 'case.opened'];
    for (const type of [...groups, 'onboarding.verification_completed', 'onboarding.completed', ...groups]) {
      app.answer.status = type === 'case.opened' ? 503 : 200;
      await inspected.fire(type, { entity: { name: 'Anna Müller', nationality: 'DE' }, score: 0.13 });
      await expect.poll(() => page.locator('.row-name').first().textContent()).toBe(type);
    }
    await sendAltered(app.taken.at(-2));
    await expect.poll(() => page.locator('.row .mark').first().innerText()).toBe('invalid');
    await rows().first().click();
    await detail().getByText('The body was altered on the way').waitFor();
    await page.mouse.move(0, 0);
    await page.locator('.said p').waitFor({ state: 'hidden' });
    await picture('readme');
  }

  it('has left the token behind, and says what to do while nothing has come', async () => {
    await page.getByRole('heading', { name: 'Waiting for the first delivery' }).waitFor();
    expect(page.url()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/[\w-]{43}\/$/);
    await expect
      .poll(() => page.locator('.list').innerText())
      .toContain(`kycgenie trigger case.opened --to ${inspected.receiver}`);
    expect(await findBarriers(page)).toEqual([]);
  });

  it('shows deliveries as they come, with their verdict and the answer of the app', async () => {
    await inspected.fire('case.opened', { note: 'needle in a haystack' });
    await rows().first().waitFor();
    await expect
      .poll(() => rows().first().textContent())
      .toMatch(/validcase\.openedthe app: 200(?:\d+|<1) ms$/);
    inspected.app.answer.status = 503;
    inspected.app.answer.body = 'the database is away';
    await inspected.fire('screening.completed');
    inspected.app.answer.status = 200;
    await expect.poll(rowTexts).toContain('screening.completed');
    await inspected.fire('case.resolved');
    await fetch(inspected.receiver, { method: 'POST', body: '{"type":"case.opened","forged":true}' });
    await expect.poll(() => page.locator('.counts').innerText()).toMatch(/1 invalid|1 unverified/);
    await expect
      .poll(() => page.locator('.for-ears[role=status]').innerText())
      .toMatch(/^New delivery: case\.opened/);
  });

  it('filters by type, by status, and by what is in bodies', async () => {
    const filter = page.getByLabel('Filter deliveries');
    await filter.fill('type:screening.* status:503');
    await expect.poll(rowTexts).toEqual(['screening.completed']);
    await filter.fill('in a HAYSTACK');
    await expect.poll(rowTexts).toEqual(['case.opened']);
    await filter.fill('the DATABASE is away -type:case');
    await expect.poll(rowTexts).toEqual(['screening.completed']);
    await page.reload();
    await expect.poll(rowTexts).toEqual(['screening.completed']);
    await filter.fill('webhook-signature: status:nonsense foo:bar');
    await page.locator('.counts', { hasText: 'unknown words status:nonsense foo:bar' }).waitFor();
    await filter.fill('nowhere at all');
    await page.getByRole('heading', { name: 'Nothing fits the filter' }).waitFor();
    await page.getByRole('button', { name: 'Clear the filter' }).click();
    await page.getByRole('button', { name: '1 app failed' }).click();
    await expect.poll(rowTexts).toEqual(['screening.completed']);
    await page.getByRole('button', { name: '1 app failed' }).click();
    await expect.poll(() => rows().count()).toBeGreaterThan(2);
  });

  it('is used with the keyboard alone', async () => {
    const names = await rowTexts();
    await page.keyboard.press('j');
    expect(await chosen()).toBe(names[0]);
    await page.keyboard.press('j');
    await page.keyboard.press('ArrowDown');
    expect(await chosen()).toBe(names[2]);
    await page.keyboard.press('k');
    expect(await chosen()).toBe(names[1]);
    await page.keyboard.press('/');
    await page.keyboard.type('type:screening');
    await page.keyboard.press('Enter');
    await expect.poll(rowTexts).toEqual(['screening.completed']);
    await page.keyboard.press('End');
    expect(await chosen()).toBe('screening.completed');
    await page.keyboard.press('/');
    await page.keyboard.type(' hitless');
    await page.getByRole('heading', { name: 'Nothing fits the filter' }).waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => page.evaluate(() => document.activeElement?.role)).toBe('listbox');
    await expect.poll(rowTexts).toEqual(names);
    await page.keyboard.press('?');
    await page.getByRole('dialog', { name: 'Keys' }).waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
  });

  it('explains the verdict, shows what was signed, and what the app said', async () => {
    await page.locator('.row', { hasText: 'screening.completed' }).click();
    await detail().getByText('The signature is right').waitFor();
    const shown = await detail().innerText();
    expect(shown).toMatch(/Body.*the database is away.*What was signed/s);
    expect(await detail().locator('.from-body').isVisible()).toBe(false);
    await detail().getByText('What was signed').click();
    await expect.poll(() => detail().locator('.from-body').innerText()).toContain('screening.completed');
    await expectNoEmptiness();
  });

  it('says that a body was altered on the way, and where to look', async () => {
    expect(await sendAltered(inspected.app.taken[0])).toBe(401);
    await page.getByRole('button', { name: '2 invalid' }).click();
    await rows().first().click();
    await detail().getByText('The body was altered on the way').waitFor();
    await expect
      .poll(() => detail().locator('.is-suspect').allInnerTexts())
      .toEqual([expect.stringMatching(/^body: wrong[^↵]*↵\s*$/)]);
    await picture('altered');
    await page.getByRole('button', { name: /invalid$/ }).click();
    await page.locator('.row', { hasText: 'screening.completed' }).click();
    await detail().getByText('The signature is right').waitFor();
  });

  it('replays a refused delivery to where it would have been sent, or to what is typed for it alone', async () => {
    const { app, receiver } = inspected;
    const path = `${new URL(receiver).pathname.replace(/\/$/, '')}/deep?q=1`;
    const before = await rows().count();
    await fetch(new URL(path, receiver), { method: 'POST', body: '{"type":"case.opened","forged":"twice"}' });
    await expect.poll(() => rows().count()).toBe(before + 1);
    await page.locator('.row', { hasText: 'case.opened' }).first().click();
    const field = page.getByLabel('Replay to');
    await expect.poll(() => field.inputValue()).toBe(`${app.url}/deep`);
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    await said('Replayed: 200');
    expect(app.taken.at(-1)?.url).toBe('/kyc/deep?q=1');
    await field.fill('nowhere');
    await page.getByRole('button', { name: 'Replay', exact: true }).click();
    const banner = page.locator('.problems .trouble');
    await expect
      .poll(() => banner.locator('p').allTextContents())
      .toEqual(['The address takes an http or https URL', expect.stringMatching(/^Give it whole/)]);
    await page.locator('.row', { hasText: 'screening.completed' }).click();
    await expect.poll(() => banner.count()).toBe(0);
    await expect.poll(() => field.inputValue()).toBe(app.url);
    await detail().getByText('The signature is right').waitFor();
  });

  it('folds the body, and shows it raw and as bytes', async () => {
    const tree = page.getByRole('tree', { name: 'Body' });
    await tree.focus();
    const lines = await tree.getByRole('treeitem').count();
    await page.keyboard.press('ArrowLeft');
    await expect.poll(() => tree.getByRole('treeitem').count()).toBe(1);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => tree.getByRole('treeitem').count()).toBe(lines);
    await page.getByRole('tab', { name: 'Tree' }).focus();
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => detail().locator('.block').innerText()).toMatch(/^\{".*screening\.completed/);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => detail().locator('.block').innerText()).toMatch(/^000000 {2}7b 22/);
    await page.locator('.rows').focus();
    await page.keyboard.press('j');
    await expect
      .poll(() => page.getByRole('tab', { name: 'Hex' }).getAttribute('aria-selected'))
      .toBe('true');
    await page.keyboard.press('k');
    await detail().getByText('the database is away').waitFor();
    await page.getByRole('tab', { name: 'Tree' }).click();
  });

  it('replays to the app, as it was and signed anew', async () => {
    const { taken } = inspected.app;
    const before = taken.length;
    await page.keyboard.press('r');
    await expect.poll(() => detail().locator('.answer').count()).toBe(2);
    await said('Replayed: 200');
    await page.keyboard.press('R');
    await said('Replayed with a new signature: 200');
    const [first, again] = [taken[before], taken[before + 1]];
    const earlier = taken.find(({ body }) => body === first?.body);
    expect(taken).toHaveLength(before + 2);
    expect(again?.body).toBe(first?.body);
    const signatureOf = ({ headers }: (typeof taken)[number]) => JSON.stringify(headers['webhook-signature']);
    expect(first && signatureOf(first)).toBe(earlier && signatureOf(earlier));
    expect(again && signatureOf(again)).not.toBe(first && signatureOf(first));
    await expect.poll(() => detail().locator('.answer').count()).toBe(3);
  });

  it('copies a command for a shell, and saves a fixture', async () => {
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    await said('Copied');
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^curl /);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Save as fixture' }).click(),
    ]);
    expect(JSON.parse(await readFile(await download.path(), 'utf8'))).toMatchObject({
      event_type: 'screening.completed',
      method: 'POST',
    });
    await picture('light');
  });

  it('compares two deliveries, and marks what differs', async () => {
    await page.keyboard.press('c');
    await page.locator('.row', { hasText: 'case.resolved' }).click();
    await page.getByRole('heading', { name: 'Two deliveries compared' }).waitFor();
    const marks = page.locator('.differences mark');
    await expect
      .poll(() => marks.allInnerTexts())
      .toEqual(expect.arrayContaining(['screening.completed', 'case.resolved']));
    expect(await findBarriers(page)).toEqual([]);
    await picture('compare');
    await page.keyboard.press('Escape');
    await detail().getByText('What was signed').waitFor();
  });

  it('pauses, counts what comes meanwhile, and goes on', async () => {
    const before = await rows().count();
    await page.keyboard.press('p');
    await inspected.fire('screening.failed');
    await page.getByRole('button', { name: 'Resume, 1 new' }).click();
    await expect.poll(() => rows().count()).toBe(before + 1);
  });

  it('retries entries of the account, and shows its subscriptions', async () => {
    await page.getByRole('tab', { name: 'Account' }).click();
    await expect.poll(() => page.locator('.subscription').count()).toBeGreaterThan(2);
    await page.locator('.log tbody tr').first().waitFor();
    const retried = page.waitForResponse((response) => response.url().endsWith('/retry'));
    await page.locator('.log tr', { hasText: 'failed' }).first().getByRole('button').click();
    expect((await retried).status()).toBe(200);
    await said(/.+/);
    expect(await findBarriers(page)).toEqual([]);
    await expectNoEmptiness();
    await picture('account');
  });

  it('has no barriers, in the dark and on a narrow screen too', async () => {
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
    expect(await findBarriers(page)).toEqual([]);
    await page.setViewportSize({ width: 380, height: 760 });
    expect(await findBarriers(page)).toEqual([]);
    await page.getByRole('tab', { name: 'Deliveries' }).click();
    expect(await findBarriers(page)).toEqual([]);
    await picture('narrow-list');
    await page.locator('.row', { hasText: 'case.opened' }).last().click();
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe('detail-title');
    expect(await page.locator('.list').isVisible()).toBe(false);
    expect(await findBarriers(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(380);
    await picture('narrow');
    await page.goBack();
    await rows().first().waitFor();
    await page.setViewportSize({ width: 1360, height: 850 });
    await page.locator('.row', { hasText: 'screening.completed' }).last().click();
    await detail().getByText('What was signed').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    await picture('dark');
    if (SCREENSHOTS !== undefined) await pictureOfMany();
  });

  it('forgets what was cleared from the inbox', async () => {
    const { code } = await kycgenie(['events', 'clear', '--yes'], inspected.env);
    expect(code).toBe(0);
    await page.getByRole('heading', { name: 'Waiting for the first delivery' }).waitFor();
    await inspected.fire('onboarding.expired');
    await expect.poll(rowTexts).toEqual(['onboarding.expired']);
  });

  it('says that the connection is lost when kycgenie ends, and that another run has another address', async () => {
    expect(watched.faults).toEqual([]);
    await inspected.listen.stop();
    await page.getByText('Connection lost').waitFor();
    await page.keyboard.press('r');
    await page.getByText('kycgenie does not answer.').waitFor();
    expect(await findBarriers(page)).toEqual([]);
    const again = await open(
      ['listen', '--port', '0', '--ui', '--ui-port', new URL(page.url()).port],
      inspected.env,
    );
    await page.getByText('kycgenie was started anew').waitFor();
    await page.getByText('Open the address that it has printed now.').waitFor();
    expect(await page.getByText('Connection lost').count()).toBe(0);
    await again.stop();
  });
});
