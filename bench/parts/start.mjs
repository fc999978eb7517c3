// Starting, and one GET: ratios to an empty Node process.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { BIN, inTurn, KEY, ratio, run } from '../measure.mjs';

const WEBHOOK = {
  id: 'f67f165d-0d1e-4eb7-81e6-3494a260dcd4',
  event_type: 'screening.completed',
  webhook_url: 'https://example.com/kyc',
  is_active: true,
  description: '',
  filters: {},
  created_at: '2026-01-19T10:30:00.000Z',
  stats: { total_deliveries: 127, successful_deliveries: 125, failed_deliveries: 2 },
  last_triggered_at: null,
};

const VERSION = { webhook: ['-version'] };
/** Those that answer --help with an error code, or with another thing. */
const NO_HELP = { webhook: '-help ends with an error code' };
const NO_GET = {
  hookdeck: 'wants a project chosen on its own server',
  smee: 'has no call of an API',
  webhook: 'has no call of an API',
};

const CASES = [
  { what: '--version', argv: ['--version'], goal: 1.1, peer: (name) => VERSION[name] ?? ['--version'] },
  { what: '--help', argv: ['--help'], goal: 1.45, peer: () => ['--help'], without: NO_HELP },
  { what: 'a word completed', argv: ['__complete', 'webhooks', 'l'], goal: 1.5 },
  { what: 'an event type completed', argv: ['__complete', 'webhooks', 'create', '--event', 'scr'] },
  { what: 'a webhook id completed', argv: ['__complete', 'webhooks', 'get', 'f'] },
  {
    what: '`webhooks list --json`, one GET',
    argv: ['webhooks', 'list', '--json'],
    goal: 2.2,
    peer: getWith,
    without: NO_GET,
  },
  { what: '`webhooks list`, one GET', argv: ['webhooks', 'list'] },
];

function getWith(name, base) {
  switch (name) {
    case 'stripe':
      return [
        'get',
        '/v1/webhook_endpoints',
        '--api-base',
        base,
        '--api-key',
        'sk_test_0123456789abcdef01234567',
      ];
    case 'resend':
      return ['webhooks', 'list', '--json'];
    default:
      return ['api', `${base}/webhooks`];
  }
}

export async function* rows({ home, rounds, peers, nodes }) {
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json');
    // What each of the tools takes for a list.
    response.end(JSON.stringify({ count: 1, results: [WEBHOOK], object: 'list', data: [], has_more: false }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${server.address().port}`;
  // NODE_EXTRA_CA_CERTS triples the time of an empty process on Node 20: left out, with all else of the environment.
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    KYCGENIE_CONFIG_DIR: home,
    KYCGENIE_BASE_URL: base,
    KYCGENIE_API_KEY: KEY,
    RESEND_BASE_URL: base,
    RESEND_API_KEY: 're_01234567_0123456789abcdefghijkl',
    GH_TOKEN: 'none',
    GH_NO_UPDATE_NOTIFIER: '1',
  };
  try {
    for (const one of CASES) yield await compare(one, { env, base, rounds, peers: peers.found });
    for (const { version, path } of nodes)
      for (const one of CASES.filter(({ goal }) => goal))
        yield await onNode(one, { env, rounds, version, path });
  } finally {
    server.close();
  }
}

async function compare({ what, argv, goal, peer, without = {} }, { env, base, rounds, peers }) {
  const asked = peer ? Object.keys(peers).filter((name) => !(name in without)) : [];
  const contenders = [
    [process.execPath, ['-e', '0']],
    [process.execPath, [BIN, ...argv]],
    ...asked.map((name) => [peers[name], peer(name, base)]),
  ];
  const [floor, ours, ...theirs] = await inTurn(contenders, rounds, ([command, args]) =>
    run(command, args, { env }),
  );
  const over = (results) => ratio(results, floor, (one, empty) => one.seconds / empty.seconds).toFixed(2);
  return {
    what,
    against: 'an empty process',
    ours: over(ours),
    goal: goal && `at most ${goal}`,
    peers: asked.map((name, index) => [name, over(theirs[index])]),
    without: peer ? without : {},
  };
}

async function onNode({ what, argv, goal }, { env, rounds, version, path }) {
  const contenders = [
    ['-e', '0'],
    [BIN, ...argv],
  ];
  const [floor, ours] = await inTurn(contenders, rounds, (args) => run(path, args, { env }));
  return {
    what: `${what}, Node ${version}`,
    against: 'an empty process',
    ours: ratio(ours, floor, (one, empty) => one.seconds / empty.seconds).toFixed(2),
    goal: `at most ${goal}`,
  };
}
