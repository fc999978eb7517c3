import type { JSX } from 'preact';
import { useCallback } from 'preact/hooks';
import type { DeliveryRow } from '../inspector/protocol.ts';
import { useCell } from './cell.ts';
import { isTaken } from './filter.ts';
import { Foreign, TypeName } from './foreign.tsx';
import { answer, duration } from './format.ts';
import { Mark, When } from './mark.tsx';
import { type Model, useModel } from './model.ts';
import { move, open, select } from './moves.ts';
import { VirtualList } from './virtual-list.tsx';

/** Of the size of the root's letters. */
const ROW_REM = 2.25;

const idOf = (row: DeliveryRow): string => row.id;
const elementId = (id: string): string => `delivery-${id}`;

export function DeliveryList({ rows }: { readonly rows: readonly DeliveryRow[] }): JSX.Element {
  const model = useModel();
  const selected = useCell(model.selected);
  const base = useCell(model.base);
  const rowPx = ROW_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const today = model.browser.now();
  const render = useCallback(
    (row: DeliveryRow, index: number) => (
      <DeliveryOption
        {...{ model, row, index, today, total: rows.length }}
        isSelected={row.id === selected}
        isBase={row.id === base}
      />
    ),
    [rows.length, selected, base],
  );
  return (
    <VirtualList
      items={rows}
      keyOf={idOf}
      version={model.filter.get()}
      rowPx={rowPx}
      chosen={selected === null ? -1 : rows.findIndex(({ id }) => id === selected)}
      label="Deliveries, newest first"
      activeId={selected === null ? null : elementId(selected)}
      onKeyDown={(event) => moveByKey(event, model, rows)}
      render={render}
    />
  );
}

/** Far enough for any list. */
const TO_THE_END = 1e9;
const PAGE_ROWS = 12;
const STEPS: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: PAGE_ROWS,
  PageUp: -PAGE_ROWS,
  Home: -TO_THE_END,
  End: TO_THE_END,
};

function moveByKey(event: KeyboardEvent, model: Model, rows: readonly DeliveryRow[]): void {
  const step = STEPS[event.key];
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (step === undefined && event.key !== 'Enter') return;
  event.preventDefault();
  event.stopPropagation();
  if (step === undefined) open(model);
  else move(model, rows, step);
}

interface OptionProps {
  readonly model: Model;
  readonly row: DeliveryRow;
  readonly index: number;
  readonly total: number;
  readonly today: Date;
  readonly isSelected: boolean;
  readonly isBase: boolean;
}

function DeliveryOption({ model, row, index, total, today, isSelected, isBase }: OptionProps): JSX.Element {
  const choose = (): void => {
    select(model, row.id);
    open(model);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list box hears the keys of all of its options
    // biome-ignore lint/a11y/useFocusableInteractive: the focus is on the list box, which names its active option
    <div
      id={elementId(row.id)}
      class={`row${isBase ? ' is-base' : ''}`}
      role="option"
      aria-selected={isSelected}
      aria-posinset={index + 1}
      aria-setsize={total}
      onClick={choose}
    >
      <span class="row-time">
        <When iso={row.received_at} today={today} />
      </span>
      <Mark verdict={row.signature.status} />
      <span class="row-type">
        <TypeName type={row.event_type} class="row-name" />
        {row.duplicate_of !== null && !isBase && <span class="tag">again</span>}
        {isBase && <span class="tag">comparing</span>}
      </span>
      <Answer row={row} />
    </div>
  );
}

function Answer({ row }: { readonly row: DeliveryRow }): JSX.Element {
  const { forward } = row;
  const word = answer(row);
  return (
    <>
      <span
        class={`row-app ${forward === null || isTaken(row) ? 'quiet' : 'bad'}`}
        title={forward === null && word !== '' ? 'Our answer: it was not forwarded' : undefined}
      >
        {word !== '' && <span class="for-ears">{forward === null ? 'our answer: ' : 'the app: '}</span>}
        <Foreign text={word} />
      </span>
      <span class="row-took">{forward !== null && duration(forward.duration_ms)}</span>
    </>
  );
}
