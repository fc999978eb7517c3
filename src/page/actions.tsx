import type { JSX } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';
import type { DeliveryDetail, DeliveryRow } from '../inspector/protocol.ts';
import { useCell } from './cell.ts';
import { useModel } from './model.ts';
import { toggleCompare } from './moves.ts';
import { REPLAY_TARGET, replay } from './replay.ts';
import { fixturePath } from './server.ts';

interface Props {
  readonly row: DeliveryRow;
  /** Null until it was read. */
  readonly detail: DeliveryDetail | null;
}

export function Actions({ row, detail }: Props): JSX.Element {
  const model = useModel();
  const isReplaying = useCell(model.isReplaying);
  const isComparing = useCell(model.base) !== null;
  return (
    <div class="actions">
      <div class="action-line">
        <button
          type="button"
          class="button is-main"
          disabled={isReplaying}
          onClick={() => void replay(model, false)}
        >
          Replay
        </button>
        <button type="button" class="button" disabled={isReplaying} onClick={() => void replay(model, true)}>
          Replay re-signed
        </button>
        <button
          type="button"
          class={`button${isComparing ? ' is-on' : ''}`}
          aria-pressed={isComparing}
          onClick={() => toggleCompare(model)}
        >
          Compare
        </button>
        <CopyButton curl={detail?.curl ?? null} problem={detail?.curl_problem ?? null} />
        <a class="button" href={fixturePath(row.id)} download="">
          Save as fixture
        </a>
      </div>
      <Target id={row.id} usual={detail?.replay_to ?? row.forward?.url ?? null} />
    </div>
  );
}

/** Of each delivery its own: what was typed for another does not count. */
function Target({ id, usual }: { readonly id: string; readonly usual: string | null }): JSX.Element {
  const { replayTo } = useModel();
  const target = useCell(replayTo);
  const typed = target?.id === id ? target.typed : null;
  useLayoutEffect(() => replayTo.set({ id, usual, typed }), [id, usual]);
  return (
    <label class="target">
      <span class="quiet">Replay to</span>
      <input
        id={REPLAY_TARGET}
        class="field mono"
        type="url"
        spellcheck={false}
        placeholder="say where: the URL of an app"
        title={usual === null ? undefined : 'It is sent with the query that it came with'}
        value={typed ?? usual ?? ''}
        onInput={(event) => replayTo.set({ id, usual, typed: event.currentTarget.value })}
      />
    </label>
  );
}

/** To others its quotes mean nothing, and what a sender wrote between them would be commands. */
const SHELLS = 'bash, zsh or another POSIX shell: not for cmd or PowerShell';

const WHY_NO_CURL: Readonly<Record<NonNullable<DeliveryDetail['curl_problem']>, string>> = {
  too_long: 'Too long for a command line: save it as a fixture',
  not_text: 'It holds bytes that are no plain text: save it as a fixture',
};

function CopyButton({
  curl,
  problem,
}: {
  readonly curl: string | null;
  readonly problem: DeliveryDetail['curl_problem'];
}): JSX.Element {
  const { browser, notices } = useModel();
  const [byHand, setByHand] = useState<string | null>(null);
  const copy = async (command: string): Promise<void> => {
    try {
      await browser.copy(command);
      notices.succeed(`Copied, for ${SHELLS}`);
    } catch {
      // The browser keeps the clipboard to itself.
      setByHand(command);
    }
  };
  return (
    <>
      <button
        type="button"
        class="button"
        disabled={curl === null}
        title={problem === null ? `For ${SHELLS}` : WHY_NO_CURL[problem]}
        onClick={() => curl !== null && void copy(curl)}
      >
        Copy as curl
      </button>
      {byHand !== null && byHand === curl && (
        <textarea
          class="field mono by-hand"
          aria-label="The command, to be copied by hand"
          readOnly
          value={byHand}
        />
      )}
    </>
  );
}
