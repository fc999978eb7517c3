import { InKeychain, type Secret } from '../../secret.ts';
import type { KeptSecret, KnownSecret, KnownWebhook, WebhookSecrets } from '../secrets.ts';
import type { Vault } from '../vault.ts';
import { placeOf, type SecretFile } from './file.ts';

/** The values of secrets: in their file, or in the keychain that the file refers to. */
export class Values {
  readonly #vault: Vault;
  readonly #profile: string;

  constructor(vault: Vault, profile: string) {
    this.#vault = vault;
    this.#profile = profile;
  }

  /**
   * Where a value is to be from now on; `webhook` names it there. The keychain has it on return, unless the place is
   * the file; where it had it `earlier`, it is not written again.
   */
  async place(
    webhook: string,
    secret: Secret,
    earlier: InKeychain | undefined,
  ): Promise<Secret | InKeychain> {
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

  /** Throws Failure `store_unwritable` where the keychain does not give one. */
  async reveal(file: SecretFile): Promise<WebhookSecrets> {
    const secrets: KeptSecret[] = [];
    for (const entry of file.secrets) {
      const place = placeOf(entry);
      const secret = place instanceof InKeychain ? await this.#ask(place, file.webhook_id) : place;
      secrets.push({ secret, ...toKnownSecret(entry) });
    }
    return { ...toKnown(file), secrets };
  }

  async #ask(place: InKeychain, webhookId: string): Promise<Secret> {
    return (await this.#vault.open()).read(place, {
      what: `A signing secret of webhook ${webhookId}`,
      remedy: 'What is gone there for good is replaced by kycgenie webhooks rotate.',
    });
  }
}

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
