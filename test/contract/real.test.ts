import { describe } from 'vitest';
import { connectToReal } from './connections.ts';
import { contractSuite } from './suite.ts';

/** Runs only where a key is given on purpose; use one of the provider's test environment. */
const key = process.env['KYCGENIE_TEST_API_KEY'];
const baseUrl = process.env['KYCGENIE_TEST_BASE_URL'] ?? 'https://api.kycgenie.com';

describe.skipIf(!key)('with KYCGENIE_TEST_API_KEY', () => {
  contractSuite(`the API at ${baseUrl}`, (version) => connectToReal(version, key ?? '', baseUrl));
});
