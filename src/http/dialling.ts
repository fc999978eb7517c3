import { lookupHost } from './lookup.ts';

/** For one address when a name has several; Node's own 250 ms gives up on slow but healthy networks. */
const ADDRESS_ATTEMPT_TIMEOUT_MS = 1_000;

/** How both clients open a connection: every address of a name is tried. */
export const DIALLING = {
  autoSelectFamily: true,
  autoSelectFamilyAttemptTimeout: ADDRESS_ATTEMPT_TIMEOUT_MS,
  lookup: lookupHost,
};

/** Whose certificates are taken. */
export interface Trust {
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
}

/** As settings of a TLS connection, which must not name what is not set. */
export function trust({ ca, insecure }: Trust): { ca?: string; rejectUnauthorized?: false } {
  return { ...(ca === undefined ? {} : { ca }), ...(insecure ? { rejectUnauthorized: false } : {}) };
}
