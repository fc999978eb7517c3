import { join } from 'node:path';

/**
 * What profiles and webhooks are called on disk. File systems differ: some do not tell `Live` from `live`, and on
 * Windows a few names are devices, in every folder and whatever follows a dot.
 */

export const configPath = (configDir: string): string => join(configDir, 'config.json');

/** A name is also a folder's name and is typed in shells. */
export function isProfileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name);
}

export const PROFILE_NAME_RULE = 'up to 64 letters, digits, - and _, the first a letter or a digit';

const DEVICE = /^(?:con|prn|aux|nul|com\d|lpt\d)$/;
const PLAIN_PROFILE = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const PLAIN_ID = /^[a-z0-9][a-z0-9-]{0,63}$/;
const HASHED = 'x-';

/** The folder of a profile: its name, or that in hexadecimal digits after what no profile's name begins with. */
export function folderOfProfile(profile: string): string {
  const isPlain = PLAIN_PROFILE.test(profile) && !DEVICE.test(profile);
  return isPlain ? profile : `_${Buffer.from(profile).toString('hex')}`;
}

/** The file of a webhook. Ids come from the network: one that could not be a plain name is replaced by its hash. */
export async function fileOfWebhook(webhookId: string): Promise<string> {
  if (isPlainId(webhookId)) return `${webhookId}.json`;
  // Loaded here: it would cost every list of webhooks a tenth of an empty process.
  const { createHash } = await import('node:crypto');
  return `${HASHED}${createHash('sha256').update(webhookId).digest('hex')}.json`;
}

/** Whether a file of this name may hold the secrets of this webhook: a copy under another name may not. */
export function mayBeNamed(name: string, webhookId: string): boolean {
  return isPlainId(webhookId) ? name === `${webhookId}.json` : name.startsWith(HASHED);
}

const isPlainId = (id: string): boolean => PLAIN_ID.test(id) && !DEVICE.test(id);
