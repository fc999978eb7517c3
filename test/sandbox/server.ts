import { systemClock } from '../../src/clock.ts';
import { createPooledSend } from '../../src/http.ts';
import { createSandbox } from '../../src/sandbox/sandbox.ts';
import { serve } from '../../src/serve.ts';
import { PRESETS } from '../../src/signing/scheme.ts';

/** A sandbox of its own on a data folder, whose clock is ahead; it prints its notices, one a line. */
const [, , dataDir = '', aheadMs = '0'] = process.argv;
const clock = { ...systemClock, now: () => Date.now() + Number(aheadMs) };
const { send } = createPooledSend({ env: {}, connections: 8 });
const print = (line: unknown): void => console.log(JSON.stringify(line));
const scheme = PRESETS['standard-webhooks'];
const { handler, apiKey } = await createSandbox({ clock, send, scheme, dataDir, onNotice: print });
const { url } = await serve({ host: '127.0.0.1', port: 0, handler });
print({ type: 'ready', url, key: apiKey.reveal() });
