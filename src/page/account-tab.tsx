import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { LogRow } from '../inspector/protocol.ts';
import { useCell } from './cell.ts';
import { Command } from './command.tsx';
import { Foreign, TypeName } from './foreign.tsx';
import { count } from './format.ts';
import { When } from './mark.tsx';
import { useModel } from './model.ts';
import { Subscriptions } from './subscriptions.tsx';
import { Trouble } from './trouble.tsx';

export function AccountTab(): JSX.Element {
  const { state } = useModel();
  if (!state.has_account) return <NoAccount />;
  return (
    <div class="account">
      <Subscriptions />
      <Log />
    </div>
  );
}

function NoAccount(): JSX.Element {
  return (
    <div class="empty">
      <h2>No account yet</h2>
      <p>With an API key, this tab shows the delivery log of the account and its subscriptions.</p>
      <p>End kycgenie, log in, and start it again:</p>
      <Command text="kycgenie login" />
    </div>
  );
}

/** Entries shown at first, and more at each asking. */
const STEP = 100;

function Log(): JSX.Element {
  const { account } = useModel();
  const entries = useCell(account.entries);
  const problem = useCell(account.problem);
  const isConnected = useCell(account.isConnected);
  const [most, setMost] = useState(STEP);
  useEffect(() => account.open(), [account]);
  return (
    <section class="part" aria-labelledby="log-title">
      <div class="part-head">
        <h2 id="log-title">Delivery log</h2>
        <span class="quiet">{isConnected ? 'live' : 'not connected'}</span>
      </div>
      {problem !== null && <Trouble problem={{ message: problem, hint: null }} />}
      {entries.length === 0 ? (
        <p class="quiet">
          Nothing was delivered in this account lately. Entries are shown here as they are made.
        </p>
      ) : (
        <Entries entries={entries.slice(0, most)} />
      )}
      {entries.length > most && (
        <button type="button" class="button" onClick={() => setMost(most + STEP)}>
          {count(entries.length - most)} more
        </button>
      )}
    </section>
  );
}

function Entries({ entries }: { readonly entries: readonly LogRow[] }): JSX.Element {
  const today = useModel().browser.now();
  return (
    <table class="log">
      <thead>
        <tr>
          <th scope="col">Time</th>
          <th scope="col">Status</th>
          <th scope="col">Event type</th>
          <th scope="col">Sent to</th>
          <th scope="col">Attempt</th>
          <th scope="col">
            <span class="for-ears">Retry</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <Entry key={entry.id} entry={entry} today={today} />
        ))}
      </tbody>
    </table>
  );
}

/** What was delivered is no news. */
const TONES: ReadonlyMap<string, string> = new Map([
  ['failed', 'bad'],
  ['retrying', 'warn'],
]);

function Entry({ entry, today }: { readonly entry: LogRow; readonly today: Date }): JSX.Element {
  const { status, http_status_code: code, attempt_number: attempt, error_message: error } = entry;
  return (
    <tr>
      <td class="log-time">
        <When iso={entry.created_at} today={today} />
      </td>
      <td class={`log-status ${TONES.get(status) ?? ''}`}>
        <Foreign text={status} />
        {code !== null && <span class="quiet"> {code}</span>}
      </td>
      <td class="log-type">
        <TypeName type={entry.event_type} />
        {error !== null && (
          <p class="quiet log-error">
            <Foreign text={error} />
          </p>
        )}
      </td>
      <td class="log-url quiet">
        <Foreign text={entry.webhook_url ?? ''} />
      </td>
      <td class="log-attempt">{attempt}</td>
      <td>
        <RetryButton entry={entry} />
      </td>
    </tr>
  );
}

function RetryButton({ entry }: { readonly entry: LogRow }): JSX.Element {
  const { server, notices, account } = useModel();
  const [isBusy, setBusy] = useState(false);
  const retry = async (): Promise<void> => {
    setBusy(true);
    try {
      // It may have come to an end before the answer is here.
      account.retried(entry.id);
      const { message } = await server.retry(entry.id);
      notices.succeed(message);
    } catch (error) {
      notices.fail(error);
    }
    setBusy(false);
  };
  return (
    <button
      type="button"
      class={`button${TONES.has(entry.status) ? '' : ' is-quiet'}`}
      disabled={isBusy}
      onClick={() => void retry()}
    >
      Retry<span class="for-ears"> {entry.event_type ?? 'delivery'}</span>
    </button>
  );
}
