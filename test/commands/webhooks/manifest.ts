import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Json, TestSandbox } from '../../support/sandbox.ts';

export const URL = 'https://receiver.example/kyc';
export const OTHER = 'https://other.example/kyc';

/** A manifest of two entries: four subscriptions. */
export const MANIFEST = `version: 1
defaults:
  url: \${KYC_URL:-${URL}}
webhooks:
  - events: [case.opened, "screening.*"]
    description: Production
  - event: all
    url: ${OTHER}
    active: false
    filters: {risk: [high]}
`;

/** A file beside the stores of the sandbox. */
export function writeManifest({ folder }: TestSandbox, text: string, name = 'webhooks.yaml'): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** What the account has, in the words of a manifest and in order. */
export async function account(api: TestSandbox): Promise<readonly Json[]> {
  const webhooks: readonly Json[] = await api.json(['webhooks', 'list']);
  return webhooks
    .map(({ event_type, webhook_url, is_active, description, filters, has_secret }) => ({
      ...{ event_type, webhook_url, is_active, description, filters, has_secret },
    }))
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** `["create case.opened", …]`, in order. */
export const steps = (plan: Json): readonly string[] =>
  ['create', 'update', 'delete']
    .flatMap((kind) => plan[kind].map((item: Json) => `${kind} ${item.event_type}`))
    .sort();
