import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import { type Difference, isSame, type Marked, markChange } from './differences.ts';
import { Foreign } from './foreign.tsx';
import { count, counted } from './format.ts';

interface Props {
  readonly title: string;
  readonly rows: readonly Difference[];
  readonly showsSame: boolean;
}

/** Rows shown at first, and more at each asking. */
const STEP = 200;
/** Longer values are cut, and compared as a whole. */
const MAX_CHARS = 2000;

export function DifferenceTable({ title, rows, showsSame }: Props): JSX.Element {
  const [most, setMost] = useState(STEP);
  const differing = rows.filter((row) => !isSame(row));
  const shown = showsSame ? rows : differing;
  return (
    <section class="part">
      <div class="part-head">
        <h3>{title}</h3>
        <span class="quiet">
          {differing.length === 0 ? 'no difference' : counted(differing.length, 'difference', 'differences')}
        </span>
      </div>
      {shown.length > 0 && (
        <table class="differences">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Left</th>
              <th scope="col">Right</th>
            </tr>
          </thead>
          <tbody>
            {shown.slice(0, most).map((row) => (
              <Row key={row.name} row={row} />
            ))}
          </tbody>
        </table>
      )}
      {shown.length > most && (
        <button type="button" class="button" onClick={() => setMost(most + STEP)}>
          {count(shown.length - most)} more
        </button>
      )}
    </section>
  );
}

function Row({ row }: { readonly row: Difference }): JSX.Element {
  const { name, left, right } = row;
  const [one, other] =
    left !== null && right !== null && left !== right
      ? markChange(cut(left), cut(right))
      : [whole(left), whole(right)];
  return (
    <tr class={isSame(row) ? '' : 'is-different'}>
      <th scope="row">
        <Foreign text={cut(name)} />
      </th>
      <td>
        <Value marked={one} kind="left" />
      </td>
      <td>
        <Value marked={other} kind="right" />
      </td>
    </tr>
  );
}

const cut = (text: string): string => (text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}…` : text);

const whole = (text: string | null): Marked | null =>
  text === null ? null : { before: cut(text), changed: '', after: '' };

function Value({ marked, kind }: { readonly marked: Marked | null; readonly kind: string }): JSX.Element {
  if (marked === null) return <span class="quiet">not there</span>;
  return (
    <>
      <Foreign text={marked.before} isMultiline />
      {marked.changed !== '' && (
        <mark class={kind}>
          <Foreign text={marked.changed} isMultiline />
        </mark>
      )}
      <Foreign text={marked.after} isMultiline />
    </>
  );
}
