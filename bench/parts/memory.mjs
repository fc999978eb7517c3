// Memory of `listen` with the inbox, and what it has grown by between the tenth part of the deliveries and the last.
import { requests, SECRET, send } from '../load.mjs';
import { peakOf, residentOf, start, stop } from '../measure.mjs';
import { LISTEN } from './listen.mjs';

const BODY_BYTES = 1024;

export async function* rows({ env, full }) {
  const deliveries = full ? 1_000_000 : 100_000;
  const server = await start(LISTEN, { ...env, SIGNING: SECRET });
  const all = requests(BODY_BYTES);
  const first = send(server.port, all, deliveries / 10);
  await first.done;
  const early = residentOf(server.child.pid);
  const rest = send(server.port, all, (deliveries * 9) / 10);
  await rest.done;
  const [late, peak] = [residentOf(server.child.pid), peakOf(server.child.pid)];
  await stop(server);
  const refused = first.state.refused + rest.state.refused;
  if (refused > 0) throw new Error(`${refused} were refused`);
  const mib = (value) => (value === null ? 'unknown' : Math.round(value));
  yield {
    what: `memory of listen after ${deliveries.toLocaleString('en')} deliveries`,
    against: `${mib(early)} MiB after the first tenth`,
    ours: `${mib(late)} MiB, at most ${mib(peak)} MiB`,
    goal: 'flat',
  };
}
