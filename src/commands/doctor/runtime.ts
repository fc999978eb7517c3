import type { Context } from '../../cli/context.ts';
import { MIN_NODE, VERSION } from '../../version.ts';
import { type Check, failed, look, ok } from './check.ts';

export const checkVersion = (context: Context): Promise<Check> =>
  look(context, 'version', async () => ok(`kycgenie ${VERSION}`));

export const checkNode = (context: Context): Promise<Check> =>
  look(context, 'node', async () => {
    const { nodeVersion, platform } = context.system;
    const message = `Node ${nodeVersion} on ${platform}`;
    return isAtLeast(nodeVersion, MIN_NODE)
      ? ok(message)
      : failed(`${message} is too old`, `Install Node ${MIN_NODE} or later: https://nodejs.org`);
  });

function isAtLeast(version: string, least: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [leastMajor = 0, leastMinor = 0] = least.split('.').map(Number);
  return major > leastMajor || (major === leastMajor && minor >= leastMinor);
}
