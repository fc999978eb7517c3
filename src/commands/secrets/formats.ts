import { quoteValue } from '../../env-value.ts';
import { Failure } from '../../errors.ts';

/** A secret under the name of an environment variable. */
export interface NamedSecret {
  readonly env_name: string;
  readonly secret_key: string;
}

export const FORMATS = ['env', 'json', 'k8s'] as const;
export type Format = (typeof FORMATS)[number];

export const DEFAULT_MANIFEST = 'kycgenie-webhook-secrets';
const MAX_MANIFEST_CHARS = 253;
const JSON_INDENT = 2;

/** The text of an export, line by line. Throws Failure `usage` for a secret that the format cannot hold. */
export function formatSecrets(
  format: Format,
  secrets: readonly NamedSecret[],
  manifest: string,
): readonly string[] {
  switch (format) {
    case 'env':
      return secrets.map(envLine);
    case 'json':
      return jsonLines(secrets);
    case 'k8s':
      return manifestLines(secrets, manifest);
  }
}

/** Read back alike by a POSIX shell and by dotenv. */
function envLine({ env_name, secret_key }: NamedSecret): string {
  const value = quoteValue(secret_key);
  if (value !== null) return `${env_name}=${value}`;
  throw new Failure('usage', `The secret for ${env_name} holds characters that no env file can hold`, {
    hint: 'Use --format json or k8s.',
  });
}

/** One object, name to secret. */
function jsonLines(secrets: readonly NamedSecret[]): readonly string[] {
  const named = Object.fromEntries(secrets.map(({ env_name, secret_key }) => [env_name, secret_key]));
  return JSON.stringify(named, undefined, JSON_INDENT).split('\n');
}

/** For `kubectl apply -f -`. */
const manifestLines = (secrets: readonly NamedSecret[], name: string): readonly string[] => [
  'apiVersion: v1',
  'kind: Secret',
  'metadata:',
  `  name: "${name}"`,
  'type: Opaque',
  'data:',
  ...secrets.map(({ env_name, secret_key }) => `  ${env_name}: "${base64(secret_key)}"`),
];

/** As a manifest holds it. */
export const base64 = (secret: string): string => Buffer.from(secret, 'utf8').toString('base64');

/** The name of a Kubernetes Secret: a DNS name. Throws Failure `usage`. */
export function manifestName(text: string): string {
  if (/^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/.test(text) && text.length <= MAX_MANIFEST_CHARS) return text;
  throw new Failure('usage', '--name takes lower-case letters, digits, dots and hyphens');
}
