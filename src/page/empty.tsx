import type { JSX } from 'preact';
import { useCell } from './cell.ts';
import { Command } from './command.tsx';
import { Strokes } from './help.tsx';
import { KEYS } from './keys.ts';
import { useModel } from './model.ts';

/** In place of the list: why it is empty, and what to do about it. */
export function Nothing(): JSX.Element {
  const model = useModel();
  const rows = useCell(model.deliveries.rows);
  const isLoading = useCell(model.deliveries.isLoading);
  const { mode, listening_url: url } = model.state;
  if (isLoading && rows.length === 0) return <div class="empty" />;
  if (rows.length > 0) return <NothingFits />;
  if (mode === 'inbox' || url === null) return <EmptyInbox />;
  return (
    <div class="empty">
      <h2>Waiting for the first delivery</h2>
      <p>Deliveries to this address are shown here as they come:</p>
      <Command text={url} />
      <p>To send one from another terminal:</p>
      <Command text={`kycgenie trigger case.opened --to ${url}`} />
    </div>
  );
}

function NothingFits(): JSX.Element {
  const { filter, search } = useModel();
  const isBusy = useCell(search.isBusy);
  if (isBusy) {
    return (
      <div class="empty">
        <p>Searching…</p>
      </div>
    );
  }
  return (
    <div class="empty">
      <h2>Nothing fits the filter</h2>
      <p>
        <code>type:</code> and <code>status:</code> look at the type and at how it went; any other text is
        looked for in all fields, headers, bodies and answers. A minus before a word leaves out what fits it.
      </p>
      <button type="button" class="button" onClick={() => filter.set('')}>
        Clear the filter
      </button>
    </div>
  );
}

function EmptyInbox(): JSX.Element {
  return (
    <div class="empty">
      <h2>The inbox is empty</h2>
      <p>What a receiver takes is kept here. Start one, and this page shows what comes:</p>
      <Command text="kycgenie listen" />
    </div>
  );
}

/** In place of the detail: the keys, which nobody finds otherwise. */
export function NothingChosen(): JSX.Element {
  return (
    <section class="detail nothing-chosen" aria-label="Delivery">
      <div class="empty">
        <h2>Choose a delivery</h2>
        <p>Its verdict, what was signed, the body and your app's answer are shown here.</p>
        <dl class="keys">
          {KEYS.slice(0, -1)
            .filter(({ keys }) => keys.length > 0 && !keys.includes('Enter'))
            .map(({ shown, does }) => (
              <div key={shown}>
                <dt>
                  <Strokes shown={shown} />
                </dt>
                <dd>{does}</dd>
              </div>
            ))}
        </dl>
      </div>
    </section>
  );
}
