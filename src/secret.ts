import { inspect } from 'node:util';

const VISIBLE = 4;
const MAX_PREFIX_CHARS = 12;

/** What every key and secret is, and any header may hold: visible ASCII, without a space. */
export const isOneVisibleWord = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

/**
 * A key or signing secret that hides itself: printing, templating, logging and JSON show only a mask.
 * The value is reached by `reveal()` alone, which makes every use of it visible in a search.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  reveal(): string {
    return this.#value;
  }

  /**
   * `whsec_A1B2…`: the prefix and four more characters; short values show less. The prefix ends at the first
   * underscore: a later one may be a part of the secret, which may be base64url.
   */
  mask(): string {
    const prefix = this.#value.slice(0, MAX_PREFIX_CHARS).indexOf('_') + 1;
    const rest = this.#value.length - prefix;
    return `${this.#value.slice(0, prefix + Math.min(VISIBLE, Math.floor(rest / 4)))}…`;
  }

  equals(other: Secret): boolean {
    return this.#value === other.#value;
  }

  toString(): string {
    return this.mask();
  }

  toJSON(): string {
    return this.mask();
  }

  [inspect.custom](): string {
    return `Secret(${this.mask()})`;
  }
}

/** A key or secret that the keychain of the system holds: where it is, not what it is. */
export class InKeychain {
  /** Under what the keychain knows it; chosen by config/keychain. */
  readonly account: string;

  constructor(account: string) {
    this.account = account;
  }

  /** For the places that show the mask of a secret. */
  mask(): string {
    return 'in the keychain';
  }
}
