import type { JSX } from 'preact';
import type { DeliveryDetail } from '../inspector/protocol.ts';
import { useCell } from './cell.ts';
import { Foreign } from './foreign.tsx';
import { counted, duration } from './format.ts';
import { useModel } from './model.ts';

interface Answer {
  readonly url: string;
  readonly status: number | null;
  readonly duration_ms: number;
  readonly error: string | null;
  readonly body: string | null;
}

/** What the app said when it got the delivery, at first and in replays from this page. */
export function Answers({ event }: { readonly event: DeliveryDetail['event'] }): JSX.Element {
  const { replays } = useModel();
  const again = useCell(replays).get(event.id) ?? [];
  const { forward, response } = event;
  return (
    <section class="part">
      <h3>Your app's answer</h3>
      <ol class="answers">
        {forward !== null && (
          <AnswerItem answer={forward} what={counted(forward.attempts, 'attempt', 'attempts')} />
        )}
        {again.map(({ outcome, isResigned }, index) => (
          <AnswerItem key={index} answer={outcome} what={isResigned ? 'replay, new signature' : 'replay'} />
        ))}
      </ol>
      {forward === null && again.length === 0 && (
        <p class="quiet">
          It was not forwarded. Replay sends it to an app; <code>listen --forward-to</code> does so with each.
        </p>
      )}
      <p class="quiet">
        {response.status === 0
          ? 'The sender got no answer.'
          : `The sender was answered with ${response.status}.`}
      </p>
    </section>
  );
}

const isGood = (status: number | null): boolean => status !== null && status >= 200 && status < 300;

function AnswerItem({ answer, what }: { readonly answer: Answer; readonly what: string }): JSX.Element {
  const { status, duration_ms: tookMs, url, error, body } = answer;
  return (
    <li class="answer">
      <p class="answer-line">
        <strong class={isGood(status) ? 'good' : 'bad'}>{status ?? 'no answer'}</strong>
        <span class="quiet">{duration(tookMs)}</span>
        <span class="quiet">{what}</span>
        <span class="quiet answer-url">
          <Foreign text={url} />
        </span>
      </p>
      {error !== null && (
        <p class="bad">
          <Foreign text={error} />
        </p>
      )}
      {body !== null && body !== '' && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that the keyboard has to reach it
        <pre class="answer-body scrolls" tabIndex={0}>
          <Foreign text={body} isMultiline />
        </pre>
      )}
    </li>
  );
}
