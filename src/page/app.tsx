import type { JSX } from 'preact';
import { AccountTab } from './account-tab.tsx';
import { useCell } from './cell.ts';
import { DeliveriesTab } from './deliveries-tab.tsx';
import { Foreign } from './foreign.tsx';
import { Help } from './help.tsx';
import { useModel } from './model.ts';
import { RENEWED } from './server.ts';
import { panelId, Tabs } from './tabs.tsx';
import { Trouble } from './trouble.tsx';

const TABS = [
  { id: 'deliveries', label: 'Deliveries' },
  { id: 'account', label: 'Account' },
] as const;
const NAME = 'page';

export function App(): JSX.Element {
  const { tab } = useModel();
  const chosen = useCell(tab);
  return (
    <>
      <Top />
      <Problems />
      <main id={panelId(NAME)} class="main">
        <h1 class="for-ears">kycgenie: {chosen}</h1>
        {chosen === 'deliveries' ? <DeliveriesTab /> : <AccountTab />}
      </main>
      <Said />
      <Help />
    </>
  );
}

function Top(): JSX.Element {
  const { tab, isHelping, state } = useModel();
  const chosen = useCell(tab);
  return (
    <header class="top">
      <span class="name" title={`kycgenie ${state.version}, profile ${state.profile}`}>
        kycgenie
      </span>
      <Tabs label="Pages" name={NAME} tabs={TABS} chosen={chosen} onChoose={tab.set} />
      <Where />
      <button type="button" class="button" onClick={() => isHelping.set(true)}>
        <span aria-hidden="true">?</span>
        <span class="for-ears">Help</span>
      </button>
    </header>
  );
}

/** What this page looks at, and whether it still does. */
function Where(): JSX.Element {
  const { state, connection } = useModel();
  const link = useCell(connection);
  if (link === 'renewed') return <p class="where" />;
  if (link === 'lost') {
    return (
      <p class="where is-lost" role="status">
        Connection lost: is kycgenie still running? Trying again…
      </p>
    );
  }
  return (
    <p class="where">
      <span class="pulse" aria-hidden="true" />
      {state.listening_url === null ? 'The inbox' : <Foreign text={state.listening_url} />}
      {state.forward_to !== null && (
        <>
          <span aria-hidden="true"> → </span>
          <span class="for-ears">, forwarded to </span>
          <Foreign text={state.forward_to} />
        </>
      )}
    </p>
  );
}

function Problems(): JSX.Element {
  const { notices, connection } = useModel();
  const problems = useCell(notices.problems);
  const isRenewed = useCell(connection) === 'renewed';
  return (
    <div class="problems" role="status">
      {isRenewed && <Trouble problem={RENEWED} />}
      {problems.map((problem) => (
        <Trouble key={problem.message} problem={problem} onClose={() => notices.close(problem)} />
      ))}
    </div>
  );
}

/** What was done, and for listeners what came in. */
function Said(): JSX.Element {
  const { notices } = useModel();
  const done = useCell(notices.done);
  return (
    <>
      <div class="said" role="status">
        {done !== null && (
          <p>
            <Foreign text={done} />
          </p>
        )}
      </div>
      <div class="for-ears" role="status">
        {useCell(notices.spoken)}
      </div>
    </>
  );
}
