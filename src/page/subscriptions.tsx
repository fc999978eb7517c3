import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Subscription } from '../inspector/protocol.ts';
import { useCell } from './cell.ts';
import { Command } from './command.tsx';
import { Foreign, TypeName } from './foreign.tsx';
import { count } from './format.ts';
import { useLoaded } from './load.ts';
import { When } from './mark.tsx';
import { useModel } from './model.ts';
import { Trouble } from './trouble.tsx';

export function Subscriptions(): JSX.Element {
  const { server, account } = useModel();
  const [asked, ask] = useState(0);
  const settled = useCell(account.settled);
  const { value, problem } = useLoaded((signal) => server.webhooks(signal), [asked, settled]);
  return (
    <section class="part" aria-labelledby="subscriptions-title">
      <div class="part-head">
        <h2 id="subscriptions-title">Subscriptions</h2>
        {value !== null && <span class="quiet">{count(value.length)}</span>}
        <button type="button" class="button" onClick={() => ask(asked + 1)}>
          Read again
        </button>
      </div>
      {problem !== null && <Trouble problem={problem} />}
      {value?.length === 0 && <NoSubscriptions />}
      <ul class="subscriptions">
        {value?.map((subscription) => (
          <Item key={subscription.id} subscription={subscription} />
        ))}
      </ul>
    </section>
  );
}

function NoSubscriptions(): JSX.Element {
  return (
    <>
      <p class="quiet">This account has no subscriptions. To make one:</p>
      <Command text="kycgenie webhooks create --event case.opened --url https://…" />
    </>
  );
}

function Item({ subscription }: { readonly subscription: Subscription }): JSX.Element {
  const { browser } = useModel();
  const { event_type: type, webhook_url: url, is_active: isActive, last_triggered_at: last } = subscription;
  return (
    <li class={`subscription${isActive ? '' : ' is-off'}`}>
      <p class="subscription-name">
        <TypeName type={type} />
        {!isActive && <span class="tag">off</span>}
        {!subscription.has_secret && <span class="tag">no secret here</span>}
      </p>
      <p class="quiet subscription-url">
        <Foreign text={url} />
      </p>
      <Rate subscription={subscription} />
      <p class="quiet subscription-last">
        {last === null ? (
          'never triggered'
        ) : (
          <>
            last <When iso={last} today={browser.now()} />
          </>
        )}
      </p>
    </li>
  );
}

const PERCENT = 100;

/** How many of its deliveries succeeded. */
function Rate({ subscription }: { readonly subscription: Subscription }): JSX.Element {
  const { total_deliveries: total, successful_deliveries: good } = subscription;
  if (total === null || good === null || total === 0) return <p class="quiet rate">no deliveries yet</p>;
  const share = Math.max(0, Math.min(1, good / total));
  // Only all of them are 100 %.
  const percent = good < total ? Math.floor(share * PERCENT) : PERCENT;
  return (
    <div class="rate">
      <span class="bar" aria-hidden="true">
        <span class="bar-good" style={{ width: `${share * PERCENT}%` }} />
      </span>
      <span>{percent} %</span>
      <span class="quiet">
        {count(good)} of {count(total)} succeeded
      </span>
    </div>
  );
}
