import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { DeliveryDetail, DeliveryRow } from '../inspector/protocol.ts';
import { Actions } from './actions.tsx';
import { Answers } from './answers.tsx';
import { Body } from './body.tsx';
import { useCell } from './cell.ts';
import { Foreign, TypeName } from './foreign.tsx';
import { count, size } from './format.ts';
import { useLoaded } from './load.ts';
import { Mark, When } from './mark.tsx';
import { useModel } from './model.ts';
import { close, DETAIL_TITLE } from './moves.ts';
import { Trouble } from './trouble.tsx';
import { SignedString, VerdictText } from './verdict.tsx';

interface Props {
  readonly id: string;
  /** Null where the list does not hold it. */
  readonly row: DeliveryRow | null;
}

export function Detail({ id, row }: Props): JSX.Element {
  const { server } = useModel();
  const { value, problem } = useLoaded((signal) => server.delivery(id, signal), [id, row]);
  const detail = value?.row.id === id ? value : null;
  const shown = detail?.row ?? row;
  const scroller = useRef<HTMLElement>(null);
  useEffect(() => {
    if (scroller.current) scroller.current.scrollTop = 0;
  }, [id]);
  return (
    <section ref={scroller} class="detail" aria-label="Delivery">
      <BackButton />
      {shown !== null && <Head row={shown} detail={detail} />}
      {problem !== null && <Trouble problem={problem} />}
      {detail !== null && <Parts key={id} detail={detail} />}
    </section>
  );
}

export function BackButton(): JSX.Element {
  const model = useModel();
  return (
    <button type="button" class="button back" onClick={() => close(model)}>
      ‹ All deliveries
    </button>
  );
}

function Head({
  row,
  detail,
}: {
  readonly row: DeliveryRow;
  readonly detail: DeliveryDetail | null;
}): JSX.Element {
  const isOpened = useCell(useModel().isOpened);
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (isOpened) title.current?.focus();
  }, [isOpened]);
  return (
    <header class="detail-head">
      <h2 ref={title} id={DETAIL_TITLE} class="detail-title" tabIndex={-1}>
        <Mark verdict={row.signature.status} />
        <TypeName type={row.event_type} />
      </h2>
      <p class="facts">
        <When iso={row.received_at} today={null} />
        <span>
          <Foreign text={`${row.method} ${row.path}`} />
        </span>
        <span>{size(row.body_bytes)}</span>
        {row.event_id !== null && (
          <span title="The sender's id of the event">
            <Foreign text={row.event_id} />
          </span>
        )}
      </p>
      <Actions row={row} detail={detail} />
    </header>
  );
}

/** First what is asked first: of a right signature nobody wants to know how it came about. */
function Parts({ detail }: { readonly detail: DeliveryDetail }): JSX.Element {
  const isValid = detail.row.signature.status === 'valid';
  return (
    <>
      <VerdictText detail={detail} />
      {isValid && <Body detail={detail} />}
      {!isValid && <SignedString signed={detail.signed} />}
      <Answers event={detail.event} />
      {!isValid && <Body detail={detail} />}
      {isValid && <SignedString signed={detail.signed} isFolded />}
      <Request detail={detail} />
    </>
  );
}

function Request({ detail }: { readonly detail: DeliveryDetail }): JSX.Element {
  const { method, path, query } = detail.event.request;
  return (
    <section class="part">
      <h3>Request</h3>
      <p class="mono request-line">
        <Foreign text={`${method} ${path}${query === null ? '' : `?${query}`}`} />
      </p>
      <Headers detail={detail} />
    </section>
  );
}

/** Some three lines; the rest of a value is there when it is asked for. */
const LONG_CHARS = 160;

function Long({ text }: { readonly text: string }): JSX.Element {
  const [isOpen, open] = useState(false);
  if (text.length <= LONG_CHARS || isOpen) return <Foreign text={text} />;
  return (
    <>
      <Foreign text={text.slice(0, LONG_CHARS)} />…{' '}
      <button type="button" class="link" onClick={() => open(true)}>
        {count(text.length - LONG_CHARS)} more characters
      </button>
    </>
  );
}

function Headers({ detail: { event, signed } }: { readonly detail: DeliveryDetail }): JSX.Element {
  const { headers } = event.request;
  const read = lowerCase(signed?.headers);
  const suspect = lowerCase(signed?.suspect_headers);
  const there = lowerCase(headers.map(([name]) => name));
  const missing = signed?.suspect_headers.filter((name) => !there.has(name.toLowerCase())) ?? [];
  return (
    <table class="headers">
      <colgroup>
        <col class="header-names" />
        <col />
      </colgroup>
      <thead class="for-ears">
        <tr>
          <th scope="col">Header</th>
          <th scope="col">Value</th>
        </tr>
      </thead>
      <tbody>
        {headers.map(([name, value], index) => (
          <tr key={index} class={classOf(name, read, suspect)}>
            <th scope="row">
              <Foreign text={name} />
            </th>
            <td>
              <Long text={value} />
            </td>
          </tr>
        ))}
        {missing.map((name) => (
          <tr key={name} class="is-suspect">
            <th scope="row">
              <Foreign text={name} />
            </th>
            <td class="quiet">not there</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const lowerCase = (names: readonly string[] = []): ReadonlySet<string> =>
  new Set(names.map((name) => name.toLowerCase()));

/** The signature scheme reads it; the verdict complains of it. */
function classOf(name: string, read: ReadonlySet<string>, suspect: ReadonlySet<string>): string {
  const key = name.toLowerCase();
  if (suspect.has(key)) return 'is-suspect';
  return read.has(key) ? 'is-read' : '';
}
