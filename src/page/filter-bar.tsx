import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';
import type { DeliveryRow } from '../inspector/protocol.ts';
import { useCell } from './cell.ts';
import { isTaken, parseFilter } from './filter.ts';
import { Foreign } from './foreign.tsx';
import { count } from './format.ts';
import { FILTER } from './keys.ts';
import { type Model, useModel } from './model.ts';
import { LIST } from './moves.ts';
import { type Counts, tally } from './rows.ts';

export function FilterBar({ shown }: { readonly shown: number }): JSX.Element {
  const model = useModel();
  const typed = useCell(model.filter);
  return (
    <div class="filter-bar">
      <div class="filter-line">
        <label class="for-ears" for={FILTER}>
          Filter deliveries
        </label>
        <input
          id={FILTER}
          class="field"
          type="search"
          placeholder="Filter:  type:case.*  status:invalid  any text"
          autocomplete="off"
          spellcheck={false}
          value={typed}
          onInput={(event) => model.filter.set(event.currentTarget.value)}
          onKeyDown={(event) => leaveByKey(event, model)}
        />
        <PauseButton model={model} />
      </div>
      <CountLine model={model} shown={shown} />
      <CompareNote model={model} />
    </div>
  );
}

function leaveByKey(
  event: KeyboardEvent & { readonly currentTarget: HTMLElement },
  { filter, browser }: Model,
): void {
  if (event.key === 'Escape') filter.set('');
  if (!['Escape', 'Enter', 'ArrowDown'].includes(event.key)) return;
  event.preventDefault();
  event.currentTarget.blur();
  const focusList = (): void => document.querySelector<HTMLElement>(LIST)?.focus();
  focusList();
  // Where nothing fitted there is a list only once it is drawn.
  if (document.activeElement === document.body) browser.after(0, focusList);
}

function PauseButton({ model: { deliveries } }: { readonly model: Model }): JSX.Element {
  const isPaused = useCell(deliveries.isPaused);
  const waiting = useCell(deliveries.waiting);
  const label = isPaused ? (waiting > 0 ? `Resume, ${count(waiting)} new` : 'Resume') : 'Pause';
  return (
    <button
      type="button"
      class={`button${isPaused ? ' is-on' : ''}`}
      onClick={() => deliveries.togglePause()}
    >
      {label}
    </button>
  );
}

const CHIPS = [
  { of: 'valid', filter: 'status:valid', label: 'valid' },
  { of: 'invalid', filter: 'status:invalid', label: 'invalid' },
  { of: 'unverified', filter: 'status:unverified', label: 'unverified' },
  { of: 'failed', filter: 'status:failed', label: 'app failed' },
] as const;

const isFailed = (row: DeliveryRow): boolean => row.forward !== null && !isTaken(row);

/** How many there are of each kind; each is a filter. */
function CountLine({ model, shown }: { readonly model: Model; readonly shown: number }): JSX.Element {
  const rows = useCell(model.deliveries.rows);
  const typed = useCell(model.filter);
  const { unknown } = useMemo(() => parseFilter(typed), [typed]);
  const counts = tally(rows, isFailed);
  return (
    <div class="counts">
      <span class="count-all">
        {shown === counts.all ? count(shown) : `${count(shown)} of ${count(counts.all)}`}
        {counts.all === 1 ? ' delivery' : ' deliveries'}
      </span>
      {unknown.length > 0 && (
        <span class="warn">
          unknown {unknown.length === 1 ? 'word' : 'words'} <Foreign text={unknown.join(' ')} />
        </span>
      )}
      {CHIPS.map((chip) => counts[chip.of] > 0 && <Chip key={chip.of} {...{ model, counts, chip }} />)}
    </div>
  );
}

interface ChipProps {
  readonly model: Model;
  readonly counts: Counts;
  readonly chip: (typeof CHIPS)[number];
}

function Chip({ model: { filter }, counts, chip }: ChipProps): JSX.Element {
  const words = filter.get().split(/\s+/).filter(Boolean);
  const isOn = words.includes(chip.filter);
  const others = words.filter((word) => !word.startsWith('status:'));
  return (
    <button
      type="button"
      class={`chip ${chip.of}`}
      aria-pressed={isOn}
      onClick={() => filter.set((isOn ? others : [...others, chip.filter]).join(' '))}
    >
      {count(counts[chip.of])} {chip.label}
    </button>
  );
}

function CompareNote({ model: { base, selected } }: { readonly model: Model }): JSX.Element | null {
  const [left, right] = [useCell(base), useCell(selected)];
  if (left === null || left !== right) return null;
  return (
    <p class="note">
      Choose the delivery to compare it with, or{' '}
      <span class="together">
        <button type="button" class="link" onClick={() => base.set(null)}>
          stop
        </button>
        .
      </span>
    </p>
  );
}
