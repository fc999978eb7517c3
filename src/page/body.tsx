import type { JSX } from 'preact';
import { useMemo, useState } from 'preact/hooks';
import type { DeliveryDetail } from '../inspector/protocol.ts';
import type { JsonText } from '../json-text.ts';
import { asJson, asRoughText, asText, fromBase64, hexDump } from './bytes.ts';
import { useCell } from './cell.ts';
import { count, size } from './format.ts';
import { JsonTree } from './json-tree.tsx';
import { type BodyShape, useModel } from './model.ts';
import { panelId, Tabs, tabId } from './tabs.tsx';
import { bracketed } from './visible.ts';

const NAME = 'body';

export function Body({ detail }: { readonly detail: DeliveryDetail }): JSX.Element {
  const { event, row, is_body_cut: isCut } = detail;
  const bytes = useMemo(() => fromBase64(event.request.body_base64), [event.request.body_base64]);
  const json = useMemo(() => asJson(bytes), [bytes]);
  const { bodyShape } = useModel();
  const wanted = useCell(bodyShape);
  const shape = useMemo(() => shapeOf(bytes, json, wanted), [bytes, json, wanted]);
  const tabs = [
    ...(json === null ? [] : [{ id: 'tree', label: 'Tree' } as const]),
    { id: 'raw', label: 'Raw' } as const,
    { id: 'hex', label: 'Hex' } as const,
  ];
  return (
    <section class="part">
      <div class="part-head">
        <h3>Body</h3>
        <span class="quiet">{size(row.body_bytes)}</span>
        {bytes.length > 0 && (
          <Tabs
            label="How the body is shown"
            name={NAME}
            tabs={tabs}
            chosen={shape}
            onChoose={bodyShape.set}
          />
        )}
      </div>
      {isCut && <p class="note">It is long: only its first {size(bytes.length)} are shown here.</p>}
      {bytes.length === 0 ? (
        <p class="quiet">It has no body.</p>
      ) : (
        <div id={panelId(NAME)} role="tabpanel" aria-labelledby={tabId(NAME, shape)}>
          <Shown shape={shape} json={json} bytes={bytes} />
        </div>
      )}
    </section>
  );
}

/** What was chosen stays from one body to the next, where that can be shown so. */
function shapeOf(bytes: Uint8Array, json: JsonText | null, wanted: BodyShape | null): BodyShape {
  if (wanted === 'raw' || wanted === 'hex') return wanted;
  if (json !== null) return 'tree';
  return asText(bytes)?.includes('\0') === false ? 'raw' : 'hex';
}

interface ShownProps {
  readonly shape: BodyShape;
  readonly json: JsonText | null;
  readonly bytes: Uint8Array;
}

function Shown({ shape, json, bytes }: ShownProps): JSX.Element {
  if (shape === 'tree' && json !== null) return <JsonTree root={json} label="Body" />;
  return shape === 'hex' ? <Hex bytes={bytes} /> : <Raw bytes={bytes} />;
}

/** Characters, and below bytes, shown at first; four times as many at each asking. */
const FIRST_CHARS = 20_000;
const FIRST_BYTES = 2048;
const MORE = 4;

function Raw({ bytes }: { readonly bytes: Uint8Array }): JSX.Element {
  const [shown, show] = useState(FIRST_CHARS);
  const text = useMemo(() => asRoughText(bytes), [bytes]);
  const isText = useMemo(() => asText(bytes) !== null, [bytes]);
  return (
    <>
      {!isText && <p class="note">These bytes are not UTF-8 text: Hex shows what was sent.</p>}
      <Block text={bracketed(text.slice(0, shown), true)} />
      {shown < text.length && <More left={text.length - shown} onMore={() => show(shown * MORE)} />}
    </>
  );
}

function Hex({ bytes }: { readonly bytes: Uint8Array }): JSX.Element {
  const [shown, show] = useState(FIRST_BYTES);
  const text = useMemo(() => hexDump(bytes, shown), [bytes, shown]);
  return (
    <>
      <Block text={text} isAligned />
      {shown < bytes.length && <More left={bytes.length - shown} onMore={() => show(shown * MORE)} />}
    </>
  );
}

function Block({ text, isAligned = false }: { readonly text: string; readonly isAligned?: boolean }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so that the keyboard has to reach it
    <pre class={`block scrolls${isAligned ? ' is-aligned' : ''}`} tabIndex={0}>
      {text}
    </pre>
  );
}

function More({ left, onMore }: { readonly left: number; readonly onMore: () => void }): JSX.Element {
  return (
    <button type="button" class="button" onClick={onMore}>
      Show more ({count(left)} left)
    </button>
  );
}
