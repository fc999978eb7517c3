import { PROBE_IDS, type ProbeId } from '../../check/catalogue.ts';
import { Failure } from '../../errors.ts';
import { nearest } from '../../nearest.ts';

/** A parser of probe ids, for an option that may be repeated; help and completion read its choices. */
export function probeIds(flag: string, choices: readonly ProbeId[]) {
  const parse = (text: string, previous: readonly ProbeId[] = []): readonly ProbeId[] => {
    const id = choices.find((choice) => choice === text);
    if (id !== undefined) return [...previous, id];
    const isValid = PROBE_IDS.some((known) => known === text);
    if (isValid)
      throw new Failure('usage', `${flag} does not take ${text}: without it nothing can be judged`);
    const meant = nearest(text, choices);
    const known = `Probes are ${choices.join(', ')}.`;
    throw new Failure('usage', `There is no probe ${text}`, {
      hint: meant === null ? known : `Did you mean ${meant}? ${known}`,
    });
  };
  return Object.assign(parse, { choices });
}

/** Those of `--only`, else all, without those of `--skip`. Throws Failure `usage` where nothing is left. */
export function chosenProbes(
  only: readonly ProbeId[] | undefined,
  skip: readonly ProbeId[] = [],
): ReadonlySet<ProbeId> {
  const chosen = (only ?? PROBE_IDS).filter((id) => !skip.includes(id));
  if (chosen.length > 0) return new Set(chosen);
  throw new Failure('usage', '--skip leaves nothing of what --only names');
}
