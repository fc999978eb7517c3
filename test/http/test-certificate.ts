import { readFileSync } from 'node:fs';

/** Self-signed for localhost, api.test and 127.0.0.1 until 2126; its key is public: for tests only. */
export const TEST_CERTIFICATE = {
  cert: readFileSync(new URL('test-only-certificate.pem', import.meta.url), 'utf8'),
  key: readFileSync(new URL('test-only-key.pem', import.meta.url), 'utf8'),
};
