import type { Context } from '../../cli/context.ts';
import { Failure } from '../../errors.ts';
import type { KeptDelivery } from '../../listen/kept.ts';
import type { ListenLine } from '../../listen/line.ts';
import type { Scheme } from '../../signing/scheme.ts';
import type { InspectorLine } from '../inspector/line.ts';
import type { Ui } from '../inspector/open.ts';

interface Given {
  readonly ui?: true | undefined;
  readonly uiPort?: number | undefined;
  readonly save: boolean;
  readonly scheme?: string | undefined;
  readonly path: string;
  readonly forwardTo?: URL | undefined;
  readonly route?: readonly string[] | undefined;
  readonly forwardInsecure?: true | undefined;
}

/** The page of one run of `listen`, if it wants one: one more view of its lines. */
export class ListenUi {
  readonly #context: Context;
  readonly #given: Given;
  #listeningUrl: string | null = null;
  #ui: Ui | undefined;

  /** Throws Failure `usage`. */
  constructor(context: Context, given: Given) {
    if (given.uiPort !== undefined && !given.ui) {
      throw new Failure('usage', '--ui-port is the port of the inspector: add --ui');
    }
    this.#context = context;
    this.#given = given;
  }

  /** Before anything is received. Throws Failure where it cannot be had. */
  async open(): Promise<void> {
    const { ui, uiPort, save, scheme, forwardTo, forwardInsecure } = this.#given;
    if (!ui) return;
    const addressOf = await this.#addresses();
    const { openUi } = await import('../inspector/open.ts');
    const forward_to = forwardTo === undefined ? null : forwardTo.origin + forwardTo.pathname;
    this.#ui = await openUi(this.#context, {
      port: uiPort,
      portOption: '--ui-port',
      mode: 'listen',
      run: () => ({ listening_url: this.#listeningUrl, forward_to }),
      addressOf,
      hasInbox: save,
      scheme,
      forwardInsecure,
    });
  }

  /** As deliveries are forwarded, those that were refused too: who replays one by hand has seen it. */
  async #addresses(): Promise<(kept: KeptDelivery) => string | null> {
    const { forwardTargets } = await import('./options.ts');
    const { addressOf } = await import('../../listen/forward/target.ts');
    const { targetOf } = await import('../../listen/forward.ts');
    const { readEnvelope } = await import('../../listen/event-line.ts');
    const { path } = this.#given;
    const targets = forwardTargets(this.#context, this.#given);
    return (kept) => {
      const url = targetOf(targets, readEnvelope(kept).eventType);
      return url && addressOf(kept, url, path);
    };
  }

  /** Shows a line; gives what is to be said after it. Never throws: the page must not break what it shows. */
  note(line: ListenLine): readonly InspectorLine[] {
    if (this.#ui === undefined) return [];
    try {
      this.#ui.deliveries.note(line);
    } catch {
      this.#context.talk.warn('The inspector could not take a delivery in; it is in the inbox all the same');
    }
    if (line.type !== 'ready') return [];
    this.#listeningUrl = line.url;
    // --quiet prints ids alone, and without its address nobody gets in.
    if (this.#context.quiet) this.#context.talk.raw(`Inspector at ${this.#ui.line.url}`);
    return [this.#ui.line];
  }

  pin(scheme: Scheme): void {
    this.#ui?.pin(scheme);
  }

  async close(): Promise<void> {
    await this.#ui?.close();
  }
}
