import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { DeliveryDetail } from '../inspector/protocol.ts';
import { asJson, fromBase64 } from './bytes.ts';
import { BackButton } from './detail.tsx';
import { DifferenceTable } from './difference-table.tsx';
import {
  compare,
  type Difference,
  firstDifference,
  isSame,
  namedHeaders,
  namedValues,
} from './differences.ts';
import { TypeName } from './foreign.tsx';
import { count } from './format.ts';
import { useLoaded } from './load.ts';
import { Mark, When } from './mark.tsx';
import { useModel } from './model.ts';
import { select } from './moves.ts';
import { Trouble } from './trouble.tsx';

interface Props {
  readonly left: string;
  readonly right: string;
}

/** Two deliveries side by side. */
export function Comparison({ left, right }: Props): JSX.Element {
  const { server, base } = useModel();
  const { value, problem } = useLoaded(
    (signal) => Promise.all([server.delivery(left, signal), server.delivery(right, signal)]),
    [left, right],
  );
  const isRight = value !== null && value[0].row.id === left && value[1].row.id === right;
  return (
    <section class="detail" aria-label="Comparison">
      <BackButton />
      <header class="detail-head compare-head">
        <h2 class="detail-title">Two deliveries compared</h2>
        <button type="button" class="button" onClick={() => base.set(null)}>
          Stop comparing
        </button>
      </header>
      {problem !== null && <Trouble problem={problem} />}
      {isRight && <Both key={`${left} ${right}`} left={value[0]} right={value[1]} />}
    </section>
  );
}

interface BothProps {
  readonly left: DeliveryDetail;
  readonly right: DeliveryDetail;
}

function Both({ left, right }: BothProps): JSX.Element {
  const [isAll, showAll] = useState(false);
  const facts = compare(factsOf(left), factsOf(right));
  const headers = compare(
    namedHeaders(left.event.request.headers),
    namedHeaders(right.event.request.headers),
  );
  const shared = { showsSame: isAll } as const;
  return (
    <>
      <div class="compared">
        <Side detail={left} name="Left" />
        <Side detail={right} name="Right" />
      </div>
      <label class="check">
        <input type="checkbox" checked={isAll} onChange={() => showAll(!isAll)} />
        Show what is the same too
      </label>
      <DifferenceTable title="Facts" rows={facts} {...shared} />
      <DifferenceTable title="Headers" rows={headers} {...shared} />
      <Bodies {...{ left, right }} showsSame={isAll} />
    </>
  );
}

function Side({ detail: { row }, name }: { readonly detail: DeliveryDetail; readonly name: string }) {
  const model = useModel();
  const look = (): void => {
    model.base.set(null);
    select(model, row.id);
  };
  return (
    <div class="compared-side">
      <span class="quiet">{name}</span>
      <Mark verdict={row.signature.status} />
      <button type="button" class="link" onClick={look}>
        <TypeName type={row.event_type} />
      </button>
      <span class="quiet">
        <When iso={row.received_at} today={null} />
      </span>
    </div>
  );
}

/** Of a value that is not there no row is made. */
function factsOf({ event, row }: DeliveryDetail): ReadonlyMap<string, string> {
  const facts: Readonly<Record<string, string | number | null | undefined>> = {
    'event type': event.event_type,
    'event id': event.event_id,
    signature: row.signature.status,
    reason: row.signature.reason,
    method: event.request.method,
    path: event.request.path,
    query: event.request.query,
    'answered with': event.response.status,
    'app’s answer': event.forward?.status,
  };
  const known = Object.entries(facts).filter(([, value]) => value != null);
  return new Map(known.map(([name, value]) => [name, String(value)]));
}

interface BodiesProps extends BothProps {
  readonly showsSame: boolean;
}

function Bodies({ left, right, showsSame }: BodiesProps): JSX.Element {
  const [one, other] = [useBytes(left), useBytes(right)];
  const rows = useMemo(() => differences(one, other), [one, other]);
  const at = firstDifference(one, other);
  const said =
    at === null
      ? 'The bodies are the same, byte for byte.'
      : `The bodies part at byte ${count(at)}${rows?.every(isSame) ? ', though they hold the same values' : ''}.`;
  return (
    <>
      {rows !== null && <DifferenceTable title="Body" rows={rows} showsSame={showsSame} />}
      <p class="quiet part-note">{said}</p>
    </>
  );
}

const useBytes = ({ event }: DeliveryDetail): Uint8Array =>
  useMemo(() => fromBase64(event.request.body_base64), [event.request.body_base64]);

/** Null where one of them is no JSON. */
function differences(left: Uint8Array, right: Uint8Array): readonly Difference[] | null {
  const [one, other] = [asJson(left), asJson(right)];
  return one === null || other === null ? null : compare(namedValues(one), namedValues(other));
}
