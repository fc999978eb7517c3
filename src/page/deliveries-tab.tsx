import type { JSX } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks';
import type { DeliveryRow } from '../inspector/protocol.ts';
import { useCell } from './cell.ts';
import { Comparison } from './comparison.tsx';
import { DeliveryList } from './delivery-list.tsx';
import { Detail } from './detail.tsx';
import { Nothing, NothingChosen } from './empty.tsx';
import { applyFilter, type Filter, parseFilter, textsOf } from './filter.ts';
import { FilterBar } from './filter-bar.tsx';
import { count } from './format.ts';
import { hearKeys } from './keys.ts';
import { type Model, useModel } from './model.ts';
import { MAX_ROWS } from './rows.ts';

export function DeliveriesTab(): JSX.Element {
  const model = useModel();
  const rows = useShown(model);
  const isOpened = useCell(model.isOpened);
  const shown = useRef(rows);
  shown.current = rows;
  useEffect(() => hearKeys(model, () => shown.current), [model]);
  return (
    <div class={`split${isOpened ? ' is-opened' : ''}`}>
      <section class="list" aria-label="Deliveries">
        <FilterBar shown={rows.length} />
        {rows.length > 0 && <Columns />}
        {rows.length > 0 ? <DeliveryList rows={rows} /> : <Nothing />}
        <Footnote model={model} />
      </section>
      <Right model={model} />
    </div>
  );
}

/** The rows that fit the filter; text is looked for in what the server has besides, also in what comes in later. */
function useShown(model: Model): readonly DeliveryRow[] {
  const rows = useCell(model.deliveries.rows);
  const typed = useCell(model.filter);
  const hits = useCell(model.search.hits);
  const filter: Filter = useMemo(() => parseFilter(typed), [typed]);
  const texts = textsOf(filter);
  const newest = texts.length === 0 ? null : rows[0]?.id;
  // Before it is painted: nothing fits only once everything was looked at.
  useLayoutEffect(() => model.search.ask(texts), [texts.join('\n'), newest]);
  return useMemo(() => applyFilter(rows, filter, hits.byText), [rows, filter, hits]);
}

function Columns(): JSX.Element {
  return (
    <div class="row columns" aria-hidden="true">
      <span>Time</span>
      <span />
      <span>Event type</span>
      <span class="row-app">App</span>
      <span class="row-took">Took</span>
    </div>
  );
}

/** What the list does not show, and why. */
function Footnote({ model }: { readonly model: Model }): JSX.Element | null {
  const hasOlder = useCell(model.deliveries.hasOlder);
  const isLoading = useCell(model.deliveries.isLoading);
  const isBusy = useCell(model.search.isBusy);
  const { isComplete } = useCell(model.search.hits);
  const notes = [
    isLoading && 'Reading older deliveries…',
    !isLoading && hasOlder && `The newest ${count(MAX_ROWS)} are shown: events list has all of them.`,
    isBusy && 'Searching bodies, headers and answers…',
    !isBusy && !isComplete && 'Not all were searched: there are too many.',
  ].filter((note) => note !== false);
  return notes.length === 0 ? null : <p class="footnote">{notes.join(' ')}</p>;
}

function Right({ model }: { readonly model: Model }): JSX.Element {
  const selected = useCell(model.selected);
  const base = useCell(model.base);
  const rows = useCell(model.deliveries.rows);
  if (selected === null) return <NothingChosen />;
  if (base !== null && base !== selected) return <Comparison left={base} right={selected} />;
  return <Detail id={selected} row={rows.find(({ id }) => id === selected) ?? null} />;
}
