import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import axe from 'axe-core';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { SHORT } from '../../support/full.ts';

const PROGRAM = '/usr/bin/chromium';

/** False: these tests are skipped, and their names say why. */
const HAS_CHROMIUM = existsSync(PROGRAM);
/** The page is the same whichever Node serves it: the short run leaves it to the usual one. */
export const IS_DRIVEN = HAS_CHROMIUM && !SHORT;
export const NEEDED = HAS_CHROMIUM ? '' : ' (skipped: no chromium at /usr/bin/chromium)';

/** It runs as root in containers, and talks to nobody but this machine. */
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** Of one step: a busy machine is slow. */
const STEP_MS = 10_000;

/** What went wrong in a page that nothing may go wrong in. */
export interface Watched {
  readonly page: Page;
  /** Scripts that failed or complained, dialogs, and what the content policy had to stop. */
  readonly faults: readonly string[];
}

export interface Opened {
  /** A page with a storage of its own. */
  open(url: string, options?: BrowserContextOptions): Promise<Watched>;
  close(): Promise<void>;
}

/** A browser with nothing in it; `close` leaves nothing of it behind. */
export async function openChromium(): Promise<Opened> {
  const folder = mkdtempSync(join(tmpdir(), 'kycgenie-chromium-'));
  const browser = await chromium.launch({
    executablePath: PROGRAM,
    headless: true,
    args: ARGS,
    env: { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder },
  });
  return {
    open: (url, options) => watched(browser, url, options),
    async close() {
      await browser.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

async function watched(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Watched> {
  const context = await browser.newContext({ viewport: { width: 1360, height: 850 }, ...options });
  context.setDefaultTimeout(STEP_MS);
  const faults: string[] = [];
  await context.exposeFunction('tellFault', (fault: string) => faults.push(fault));
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
      Reflect.get(window, 'tellFault')(`policy: ${violatedDirective} ${blockedURI}`),
    );
  });
  const page = await context.newPage();
  page.on('pageerror', (error) => faults.push(`error: ${error.stack ?? error.message}`));
  page.on('dialog', (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(url);
  return { page, faults };
}

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly target: readonly string[]; readonly failureSummary?: string }[];
}

/** What axe has against the page as it is, in a line each. */
export async function findBarriers(page: Page): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source);
  const violations: readonly Violation[] = await page.evaluate(async () => {
    const { run } = Reflect.get(window, 'axe');
    return (await run(document, { resultTypes: ['violations'] })).violations;
  });
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}
