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

interface TypeProps {
  readonly type: string | null;
  readonly class?: string;
}

/** An event type: its group quiet, its own name not. */
export function TypeName({ type, class: name = '' }: TypeProps): JSX.Element {
  if (type === null) return <span class={`quiet ${name}`}>unknown type</span>;
  const dot = type.lastIndexOf('.') + 1;
  return (
    <bdi class={name}>
      {dot > 0 && (
        <span class="type-group quiet">
          <Foreign text={type.slice(0, dot)} />
        </span>
      )}
      <span class="type-own">
        <Foreign text={type.slice(dot)} />
      </span>
    </bdi>
  );
}
