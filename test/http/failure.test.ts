import { expect, test } from 'vitest';
import { type NetworkReason, networkFailure } from '../../src/http/failure.ts';

const place = { target: 'api.test:443', proxy: null, connected: false, answered: false };
const coded = (code: string, syscall?: string): Error =>
  Object.assign(new Error('as Node says it'), { code, syscall });

test.each<[string, NetworkReason]>([
  ['ENOTFOUND', 'dns'],
  ['EAI_AGAIN', 'dns'],
  ['ECONNREFUSED', 'refused'],
  ['EHOSTUNREACH', 'unreachable'],
  ['ENETUNREACH', 'unreachable'],
  ['ECONNRESET', 'reset'],
  ['EPIPE', 'reset'],
  ['ETIMEDOUT', 'timeout'],
  ['UND_ERR_CONNECT_TIMEOUT', 'timeout'],
  ['EPROTO', 'tls'],
  ['CERT_HAS_EXPIRED', 'tls'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'tls'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
  ['HPE_INVALID_CONSTANT', 'protocol'],
  ['ESOMETHING', 'other'],
])('%s is %s', (code, reason) => {
  const failure = networkFailure(coded(code), place);
  expect(failure.reason).toBe(reason);
  expect(failure.kind).toBe(reason === 'timeout' ? 'timeout' : 'network');
  expect(failure.message).toContain('api.test:443');
  expect(failure.hint).toMatch(/\.$/);
});

test('what broke while connecting cannot have had an effect; what broke later may', () => {
  expect(networkFailure(coded('ETIMEDOUT', 'connect'), place).mayHaveHappened).toBe(false);
  expect(networkFailure(coded('ETIMEDOUT', 'read'), place).mayHaveHappened).toBe(true);
  expect(networkFailure(coded('EHOSTUNREACH', 'connect'), place).mayHaveHappened).toBe(false);
  expect(networkFailure(coded('ECONNRESET', 'read'), place).mayHaveHappened).toBe(true);
});

test.each(['EPROTO', 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC'])(
  '%s cannot have had an effect in the handshake, and may have had one after it',
  (code) => {
    expect(networkFailure(coded(code), place).mayHaveHappened).toBe(false);
    const connected = { ...place, connected: true };
    expect(networkFailure(coded(code), connected)).toMatchObject({ reason: 'tls', mayHaveHappened: true });
    const answered = { ...connected, answered: true };
    expect(networkFailure(coded(code), answered)).toMatchObject({ reason: 'cut', mayHaveHappened: true });
  },
);

test('a connection lost after the head of the answer is a cut', () => {
  expect(networkFailure(coded('ECONNRESET'), { ...place, answered: true }).reason).toBe('cut');
});

test('names the proxy where it is the one that was not reached', () => {
  const through = { ...place, proxy: 'proxy.corp:3128' };
  expect(networkFailure(coded('ENOTFOUND'), through).message).toContain('the proxy proxy.corp:3128');
  expect(networkFailure(coded('EHOSTUNREACH'), through).message).toContain('The proxy proxy.corp:3128');
  expect(networkFailure(coded('ECONNRESET'), through).message).toContain('through the proxy proxy.corp:3128');
});

test('keeps no bytes of an answer in the cause', () => {
  const error = Object.assign(coded('HPE_INVALID_CHUNK_SIZE'), {
    rawPacket: Buffer.from('whsec_hush'),
    data: 'whsec_hush',
  });
  const { cause } = networkFailure(error, place);
  expect(cause).toBeInstanceOf(Error);
  expect(Object.keys(Object(cause))).toEqual([]);
});

test('whatever is thrown becomes a failure, once', () => {
  const failure = networkFailure('a string', place);
  expect(failure.reason).toBe('other');
  expect(networkFailure(failure, place)).toBe(failure);
});
