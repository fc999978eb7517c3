import type { Candidate } from '../signing/verify.ts';

/** Where the secrets to try come from. */
export interface SecretSource {
  /** Changes whenever one of them does. */
  revision(): Promise<string>;
  load(): Promise<Loaded>;
}

interface Loaded {
  readonly candidates: readonly Candidate[];
  /** Known secrets that are not to be accepted. */
  readonly others: readonly Candidate[];
}

/** The secrets to try, as a receiver asks for them. */
export interface KnownSecrets {
  readonly candidates: () => readonly Candidate[];
  readonly others: () => readonly Candidate[];
  /** True when there are others now. Throws what the source throws: then those known so far stay. */
  readonly renew: () => Promise<boolean>;
}

/** The secrets of `source`, which another process may change meanwhile. Throws what `source` throws. */
export async function openCandidates(source: SecretSource): Promise<KnownSecrets> {
  let revision = await source.revision();
  let loaded = await source.load();
  const refresh = shared(async () => {
    const current = await source.revision();
    if (current === revision) return;
    loaded = await source.load();
    revision = current;
  });
  return {
    candidates: () => loaded.candidates,
    others: () => loaded.others,
    renew: async () => {
      const before = loaded;
      await refresh();
      return loaded !== before;
    },
  };
}

/** Never two runs of `work` at once: who comes while one is under way shares the next, as this one may have begun too early. */
function shared(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> = Promise.resolve();
  let next: Promise<void> | null = null;
  return () => {
    next ??= running.then(() => {
      next = null;
      const begun = work();
      running = begun.catch(() => undefined);
      return begun;
    });
    return next;
  };
}
