import { Fragment, type JSX } from 'preact';
import type { DeliveryDetail, SignedPart } from '../inspector/protocol.ts';
import { Foreign } from './foreign.tsx';
import { useModel } from './model.ts';
import { select } from './moves.ts';

type Signature = DeliveryDetail['event']['signature'];

const TITLES: Readonly<Record<Signature['status'], string>> = {
  valid: 'The signature is right',
  invalid: 'The signature is wrong',
  unverified: 'The signature was not checked',
};

const REASONS: Readonly<Record<NonNullable<Signature['reason']>, string>> = {
  missing_header: 'A header is missing',
  malformed_header: 'A header cannot be read',
  timestamp_too_old: 'It was signed too long ago',
  timestamp_in_future: 'It is signed for a time to come',
  wrong_secret: 'Signed with another secret',
  body_altered: 'The body was altered on the way',
  wrong_scheme: 'Signed in another way',
};

/** What is known of the signature, in words. */
export function VerdictText({ detail }: { readonly detail: DeliveryDetail }): JSX.Element {
  const { signature, duplicate_of: first } = detail.event;
  const { status, reason, hint } = signature;
  return (
    <section class={`part verdict ${status}`} aria-label="Verdict">
      <h3>{reason === null ? TITLES[status] : REASONS[reason]}</h3>
      {hint !== null && (
        <p>
          <Foreign text={hint} />
        </p>
      )}
      <ul class="verdict-facts">
        {status === 'valid' && <SignedBy signature={signature} />}
        {reason !== null && (
          <li>
            Reason for scripts: <code>{reason}</code>
          </li>
        )}
        {first !== null && <Again id={detail.row.id} first={first} />}
      </ul>
    </section>
  );
}

function SignedBy({
  signature: { webhook_id: webhook, secret_age: age },
}: {
  readonly signature: Signature;
}) {
  return (
    <li>
      Signed with the {age === 'previous' ? 'previous' : 'current'} secret
      {webhook !== null && (
        <>
          {' of webhook '}
          <code>
            <Foreign text={webhook} />
          </code>
        </>
      )}
      {age === 'previous' && ': the sender has not changed to the new one yet'}
    </li>
  );
}

function Again({ id, first }: { readonly id: string; readonly first: string }): JSX.Element {
  const model = useModel();
  const compare = (): void => {
    model.base.set(first);
    select(model, id);
  };
  return (
    <li>
      Delivered again: this event came before.{' '}
      <button type="button" class="link" onClick={compare}>
        Compare with the first
      </button>
    </li>
  );
}

const PART_NAMES: Readonly<Record<SignedPart['from'], string>> = {
  literal: 'literal',
  id: 'id',
  timestamp: 'timestamp',
  body: 'body',
  url: 'URL',
  method: 'method',
  header: 'header',
};

interface SignedProps {
  readonly signed: DeliveryDetail['signed'];
  readonly isFolded?: boolean;
}

/** The string that is signed, piece by piece. */
export function SignedString({ signed, isFolded = false }: SignedProps): JSX.Element {
  if (signed === null) {
    return (
      <section class="part">
        <h3>What was signed</h3>
        <p class="quiet">No signature scheme is known for this delivery, so nobody knows what was signed.</p>
      </section>
    );
  }
  if (!isFolded) {
    return (
      <section class="part">
        <h3>What was signed</h3>
        <Pieces signed={signed} />
      </section>
    );
  }
  return (
    <details class="part">
      <summary>
        <h3>What was signed</h3>
      </summary>
      <Pieces signed={signed} />
    </details>
  );
}

function Pieces({ signed }: { readonly signed: NonNullable<DeliveryDetail['signed']> }): JSX.Element {
  return (
    <>
      <p class="quiet prose">
        <Foreign text={signed.scheme} />
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that the keyboard has to reach it */}
      {/* biome-ignore lint/a11y/useSemanticElements: no fields are in it */}
      <div class="signed scrolls" role="group" aria-label="The signed string, by parts" tabIndex={0}>
        {signed.parts.map((part, index) => (
          <Part key={index} part={part} />
        ))}
      </div>
    </>
  );
}

function Part({ part: { from, text, is_cut: isCut, is_suspect: isSuspect } }: { readonly part: SignedPart }) {
  if (from === 'literal') {
    return (
      <span class="signed-part is-literal">
        <Lines text={text} />
      </span>
    );
  }
  // A body may be empty; what a header should have given is not.
  const isMissing = text === '' && from !== 'body';
  return (
    <span class={`signed-part from-${from}${isSuspect ? ' is-suspect' : ''}`}>
      <span class="signed-name">
        {PART_NAMES[from]}
        {isSuspect && (isMissing ? ': missing' : ': wrong')}
      </span>
      {text !== '' && (
        <span class="signed-text">
          <Lines text={text} />
          {isCut && <span class="quiet"> … and the rest of it</span>}
        </span>
      )}
    </span>
  );
}

/** Line ends are signed too, and a last one is what most often goes wrong: they are to be seen. */
function Lines({ text }: { readonly text: string }): JSX.Element {
  const lines = text.split('\n');
  return (
    <>
      {lines.map((line, index) => (
        <Fragment key={index}>
          <Foreign text={line} isMultiline />
          {index < lines.length - 1 && <LineEnd />}
        </Fragment>
      ))}
    </>
  );
}

function LineEnd(): JSX.Element {
  return (
    <>
      <span class="line-end" title="line end">
        ↵
      </span>
      {'\n'}
    </>
  );
}
