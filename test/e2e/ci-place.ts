import { once } from 'node:events';
import { createServer } from 'node:http';
import { blocks, checkout } from './ci-job.ts';
import { home, sandbox } from './tool.ts';

const BLOCKS = blocks();

/** The block of docs/ci.md with this label. */
export function block(label: string): string {
  const text = BLOCKS.get(label);
  if (text === undefined) throw new Error(`docs/ci.md has no ${label}`);
  return text;
}

/** A checkout with the manifest of docs/ci.md, a sandbox as the API, and a receiver that accepts everything. */
export async function ciPlace() {
  const place = home();
  const api = await sandbox(place.env);
  const receiver = createServer((request, response) => request.resume().on('end', () => response.end()));
  await once(receiver.listen(0, '127.0.0.1'), 'listening');
  const address = receiver.address();
  const receiverUrl = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}/kyc`;
  const here = checkout(place.folder, { ...api.env, RECEIVER_URL: receiverUrl, APP_URL: receiverUrl });
  here.write('webhooks.yaml', block('manifest'));
  return {
    ...{ env: api.env, receiverUrl, here },
    async close() {
      receiver.closeAllConnections();
      receiver.close();
      await api.stop();
      place.remove();
    },
  };
}
