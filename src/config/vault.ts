import { Failure } from '../errors.ts';
import type { InKeychain, Secret } from '../secret.ts';
import type { KeychainOptions } from './keychain.ts';

/** The keychain as a store knows it: nothing of it is loaded before it is opened. */
export interface Vault {
  /** Whether what is stored from now on goes there (KYCGENIE_STORE=keychain). */
  readonly isChosen: boolean;
  open(): Promise<Keychain>;
}

/** What a value is, for the message that it cannot be read. */
export interface Wanted {
  /** `The API key of profile live`. */
  readonly what: string;
  /** What helps where the value is gone for good. */
  readonly remedy: string;
}

/**
 * The keychain of the system: Keychain, Credential Manager, Secret Service. It holds values; files say which there
 * are and where. Every entry is written once, under a name of its own, and read back before a file may refer to it.
 */
export interface Keychain {
  /** Null where it could not be kept, which was said: then it belongs into the file. `owner` begins its name. */
  keep(owner: string, secret: Secret): Promise<InKeychain | null>;
  /** Whether it gives this value; false also where it does not answer. */
  has(kept: InKeychain, secret: Secret): Promise<boolean>;
  /** Null where it has lost it. Throws Failure `store_unwritable` where it does not answer. */
  read(kept: InKeychain, wanted: Wanted): Promise<Secret | null>;
  /** For what no file refers to any more. What stays behind is said. */
  drop(kept: InKeychain): Promise<void>;
  /** Whether it keeps something and gives it back: null, or why not as half a sentence. */
  probe(): Promise<string | null>;
}

/** Of a value that is not where a file says it is: somebody removed it there. */
export const lost = ({ account }: InKeychain, { what, remedy }: Wanted): Failure =>
  new Failure('store_unwritable', `${what} is no longer in the keychain (${account})`, { hint: remedy });

/** For who has none: everything is in files. */
export const FILES_ONLY: Vault = {
  isChosen: false,
  open: () => Promise.reject(new Failure('store_unwritable', 'There is no keychain here')),
};

export function makeVault(isChosen: boolean, options: KeychainOptions): Vault {
  let opened: Promise<Keychain> | undefined;
  const open = async (): Promise<Keychain> => (await import('./keychain.ts')).openKeychain(options);
  return {
    isChosen,
    open() {
      opened ??= open();
      return opened;
    },
  };
}
