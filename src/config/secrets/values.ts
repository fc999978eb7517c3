import { InKeychain, type Secret } from '../../secret.ts';
import type { KeptSecret, KnownSecret, KnownWebhook, WebhookSecrets } from '../secrets.ts';
import { lost, type Vault, type Wanted } from '../vault.ts';
import { placeOf, type SecretFile } from './file.ts';

/** The values of secrets: in their file, or in the keychain that the file refers to. */
export class Values {
  readonly #vault: Vault;
  readonly #profile: string;
  readonly #onLoss: (message: string) => void;
  /** What was said to be lost, by its place. */
  readonly #said = new Set<string>();

  /** `onLoss` hears of values that are left out. */
  constructor(vault: Vault, profile: string, onLoss: (message: string) => void) {
    this.#vault = vault;
    this.#profile = profile;
    this.#onLoss = onLoss;
  }

  /**
   * Where a value is to be from now on; `webhook` names it there. The keychain has it on return, unless the place is
   * the file; where it had it `earlier`, it is not written again.
   */
  async place(webhook: string, secret: Secret, earlier?: InKeychain): Promise<Secret | InKeychain> {
    if (!this.#vault.isChosen) return secret;
    const keychain = await this.#vault.open();
    // Somebody may have removed it there since.
    if (earlier && (await keychain.has(earlier, secret))) return earlier;
    return (await keychain.keep(`${this.#profile}/${webhook}`, secret)) ?? secret;
  }

  /** After the file: what it does not name any more is of no use to anybody. */
  async drop(places: readonly InKeychain[]): Promise<void> {
    for (const place of places) await (await this.#vault.open()).drop(place);
  }

  /** Throws Failure `store_unwritable` where the keychain does not answer, or has lost the current one. */
  async reveal(file: SecretFile): Promise<WebhookSecrets> {
    const secrets = await this.#revealKept(file);
    const [current] = file.secrets.map(placeOf);
    if (current instanceof InKeychain && secrets[0] === null) throw lost(current, wanted(file));
    return this.#withoutLost(file, secrets);
  }

  /** Null where the keychain has lost the current one. Throws where it does not answer. */
  async revealIfKept(file: SecretFile): Promise<WebhookSecrets | null> {
    const secrets = await this.#revealKept(file);
    const revealed = this.#withoutLost(file, secrets);
    return secrets[0] === null ? null : revealed;
  }

  /** Null in the place of each that the keychain has lost. */
  async #revealKept(file: SecretFile): Promise<readonly (KeptSecret | null)[]> {
    const secrets: (KeptSecret | null)[] = [];
    for (const entry of file.secrets) {
      const place = placeOf(entry);
      const secret =
        place instanceof InKeychain ? await (await this.#vault.open()).read(place, wanted(file)) : place;
      secrets.push(secret && { secret, ...toKnownSecret(entry) });
    }
    return secrets;
  }

  #withoutLost(file: SecretFile, secrets: readonly (KeptSecret | null)[]): WebhookSecrets {
    for (const [index, place] of file.secrets.map(placeOf).entries())
      if (place instanceof InKeychain && secrets[index] === null) this.#sayLost(place, wanted(file));
    return { ...toKnown(file), secrets: secrets.filter((secret) => secret !== null) };
  }

  #sayLost(place: InKeychain, what: Wanted): void {
    if (this.#said.has(place.account)) return;
    this.#said.add(place.account);
    this.#onLoss(`${lost(place, what).message}: it is left out`);
  }
}

const wanted = ({ webhook_id: id }: SecretFile): Wanted => ({
  what: `A signing secret of webhook ${id}`,
  remedy: 'What is gone there for good is replaced by kycgenie webhooks rotate.',
});

export function toKnown(file: SecretFile): KnownWebhook {
  return {
    webhookId: file.webhook_id,
    eventType: file.event_type,
    webhookUrl: file.webhook_url,
    secrets: file.secrets.map(toKnownSecret),
  };
}

const toKnownSecret = (entry: SecretFile['secrets'][number]): KnownSecret => ({
  obtainedAt: entry.obtained_at,
  storedIn: placeOf(entry) instanceof InKeychain ? 'keychain' : 'file',
});

/** Tells whether a place holds this value, without asking the keychain. */
export async function sameAs(secret: Secret): Promise<(place: Secret | InKeychain) => boolean> {
  const { holds } = await import('../keychain/account.ts');
  return (place) => (place instanceof InKeychain ? holds(place, secret) : place.equals(secret));
}
