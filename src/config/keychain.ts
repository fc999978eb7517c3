import { Failure } from '../errors.ts';
import { InKeychain, Secret } from '../secret.ts';
import { newAccount } from './keychain/account.ts';
import { Helper, type HelperOptions } from './keychain/helper.ts';
import type { Keychain, Wanted } from './vault.ts';

export interface KeychainOptions extends HelperOptions {
  readonly configDir: string;
  /** Hears of what could not be kept or removed; holds no secret. */
  readonly onTrouble: (message: string) => void;
}

/** Windows keeps no longer ones; the same everywhere, so that what works here works there. */
const MAX_VALUE_CHARS = 1_280;
const MOVE =
  'Once it works, kycgenie login moves a key there, and kycgenie secrets import a secret ' +
  '(kycgenie secrets show <webhook_id> | kycgenie secrets import <webhook_id>).';

export function openKeychain(options: KeychainOptions): Keychain {
  return new SystemKeychain(options);
}

class SystemKeychain implements Keychain {
  readonly #options: KeychainOptions;
  readonly #helper: Helper;
  /** An entry never changes. */
  readonly #known = new Map<string, Secret>();
  readonly #said = new Set<string>();

  constructor(options: KeychainOptions) {
    this.#options = options;
    this.#helper = new Helper(options);
  }

  async keep(owner: string, secret: Secret): Promise<InKeychain | null> {
    const account = newAccount(owner, this.#options.configDir, secret);
    const problem = await this.#put(account, secret);
    if (problem !== null) {
      this.#sayOnce(
        `The keychain is not used, although KYCGENIE_STORE=keychain: ${problem}. ` +
          `What is stored now goes into files in ${this.#options.configDir} that only you can read. ${MOVE}`,
      );
      return null;
    }
    this.#known.set(account, secret);
    return new InKeychain(account);
  }

  async has({ account }: InKeychain, secret: Secret): Promise<boolean> {
    const answer = await this.#helper.ask({ op: 'get', account });
    return 'value' in answer && answer.value === secret.reveal();
  }

  async read({ account }: InKeychain, { what, remedy }: Wanted): Promise<Secret | null> {
    const known = this.#known.get(account);
    if (known) return known;
    const answer = await this.#helper.ask({ op: 'get', account });
    if ('problem' in answer) {
      throw new Failure('store_unwritable', `${what} is in the keychain, and ${answer.problem}`, {
        hint: `Unlock the keychain or log in to the desktop, then try again. ${remedy}`,
      });
    }
    if (!answer.value) return null;
    const secret = new Secret(answer.value);
    this.#known.set(account, secret);
    return secret;
  }

  async drop({ account }: InKeychain): Promise<void> {
    this.#known.delete(account);
    const answer = await this.#helper.ask({ op: 'delete', account });
    if (!('problem' in answer)) return;
    this.#options.onTrouble(
      `Nothing refers to it any more, but the keychain may still hold kycgenie-cli ${account}: ${answer.problem}. ` +
        'Remove it there.',
    );
  }

  async probe(): Promise<string | null> {
    const secret = new Secret('probe');
    const account = newAccount('probe', this.#options.configDir, secret);
    const problem = await this.#put(account, secret);
    if (problem !== null) return problem;
    const answer = await this.#helper.ask({ op: 'delete', account });
    return 'problem' in answer ? answer.problem : null;
  }

  /** Why it is not there afterwards; null where it is. */
  async #put(account: string, secret: Secret): Promise<string | null> {
    const value = secret.reveal();
    if (value.length > MAX_VALUE_CHARS) return `it keeps no more than ${MAX_VALUE_CHARS} characters`;
    const answer = await this.#helper.ask({ op: 'put', account, value });
    if ('problem' in answer) return answer.problem;
    return answer.value === value ? null : 'it did not give back what it was given';
  }

  #sayOnce(message: string): void {
    if (this.#said.has(message)) return;
    this.#said.add(message);
    this.#options.onTrouble(message);
  }
}
