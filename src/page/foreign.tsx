import type { JSX } from 'preact';
import { split } from './visible.ts';

interface Props {
  readonly text: string;
  readonly isMultiline?: boolean;
}

/** Text from outside: kept apart from ours in its direction, with what would not be seen by name. */
export function Foreign({ text, isMultiline = false }: Props): JSX.Element {
  return (
    <bdi>
      {split(text, isMultiline).map(({ text: shown, isHidden }) =>
        isHidden ? <span class="unseen">{shown}</span> : shown,
      )}
    </bdi>
  );
}

/** An event type: its group quiet, its own name not. */
export function TypeName({ type }: { readonly type: string | null }): JSX.Element {
  if (type === null) return <span class="quiet">unknown type</span>;
  const dot = type.lastIndexOf('.') + 1;
  return (
    <bdi>
      {dot > 0 && (
        <span class="quiet">
          <Foreign text={type.slice(0, dot)} />
        </span>
      )}
      <Foreign text={type.slice(dot)} />
    </bdi>
  );
}
