/**
 * Who may import whom: an allow-list, everything else is an error. `types` is an import that leaves nothing at run
 * time, `later` one behind import(), which is not read on start.
 */
const LEAF_FILES =
  'api-versions|append-log|assets|child|clock|command-word|duration|env-value|errors|http|json-text|located|lock|loopback|make-folder|nearest|platform|record|redact|secret|serve|steady-time|system-error|texts|tunnel|updates|version';
const LEAVES = `^src/(?:(?:${LEAF_FILES})\\.ts|(?:append-log|events|http|serve|tunnel)/)`;
const ROOMS =
  '^src/(?:api|check|config|deliveries|inspector|listen|provision|sandbox|sending|signing|sinks)/';
const room = (name) => `^src/${name}/`;

/** from, what it may import, what it may import as types, what it may import later */
const rules = [
  { from: LEAVES, now: [LEAVES] },
  { from: room('signing'), now: [room('signing'), LEAVES] },
  { from: room('api'), now: [room('api'), LEAVES] },
  { from: room('config'), now: [room('config'), LEAVES], types: [room('api')] },
  {
    from: room('terminal'),
    now: [room('terminal'), LEAVES],
    types: ['^src/cli/context\\.ts$'],
    later: [room('terminal')],
  },
  { from: room('deliveries'), now: [room('deliveries'), LEAVES], types: [room('api')] },
  { from: room('provision'), now: [room('provision'), LEAVES], types: [room('api'), room('config')] },
  { from: room('listen'), now: [room('listen'), room('signing'), LEAVES] },
  {
    from: room('inspector'),
    now: [room('inspector'), room('listen'), room('signing'), LEAVES],
    types: [room('api'), room('deliveries')],
  },
  { from: room('sending'), now: [room('sending'), LEAVES] },
  {
    from: room('check'),
    now: [room('check'), room('signing'), '^src/sending/simulated-event\\.ts$', LEAVES],
  },
  { from: room('sinks'), now: [room('sinks'), LEAVES] },
  { from: room('sandbox'), now: [room('sandbox'), room('signing'), LEAVES], types: ['^src/api/wire\\.ts$'] },
  {
    from: room('cli'),
    now: [room('cli'), room('terminal'), LEAVES],
    types: [ROOMS],
    later: [ROOMS, room('terminal')],
  },
  {
    from: room('commands'),
    now: [
      room('commands'),
      room('cli'),
      '^src/terminal/(?:view|text|when)\\.ts$',
      '^src/api/wire\\.ts$',
      '^src/check/catalogue\\.ts$',
      LEAVES,
    ],
    types: [ROOMS],
    later: [ROOMS, room('commands'), room('terminal')],
  },
  {
    from: room('page'),
    now: [room('page'), '^src/json-text\\.ts$'],
    types: ['^src/inspector/protocol\\.ts$'],
  },
  { from: '^src/main\\.ts$', now: [room('cli'), room('commands'), LEAVES] },
];

/** One owner for each third-party package and for each kind of socket. */
const owners = {
  'node:child_process': '^src/child\\.ts$',
  undici: '^src/http/',
  'node:(?:http|https|net|tls)': '^src/(?:http|serve)(?:/|\\.ts$)',
  conf: '^src/config/',
  'proper-lockfile': '^src/lock\\.ts$',
  'chalk|cli-table3|string-width|yaml|@inquirer': '^src/terminal/',
  commander: '^src/cli/',
  '@commander-js/extra-typings': '^src/cli/',
  hono: '^src/sandbox/',
  semver: '^src/updates\\.ts$',
  '@napi-rs': '^bin/keychain\\.cjs$',
  preact: room('page'),
  valibot: '^src/(?:api|config|sandbox|signing)/',
};

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...Object.entries(owners).map(([name, path]) => ({
      name: `one-owner: ${name}`,
      severity: 'error',
      from: { path: '^src/', pathNot: path },
      to: { path: `(?:^|node_modules/)(?:${name})(?:/|$)`, dependencyTypesNot: ['type-only'] },
    })),
  ],
  allowed: [
    ...rules.flatMap(({ from, now, types = [], later = [] }) => [
      { from: { path: from }, to: { path: now } },
      ...(types.length > 0
        ? [{ from: { path: from }, to: { path: types, dependencyTypes: ['type-only'] } }]
        : []),
      ...(later.length > 0 ? [{ from: { path: from }, to: { path: later, dynamic: true } }] : []),
    ]),
    { from: { path: '^src/version\\.ts$' }, to: { path: '^package\\.json$' } },
    { from: { path: '^src/' }, to: { dependencyTypes: ['core', 'npm', 'npm-dev'] } },
  ],
  allowedSeverity: 'error',
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.js', '.cjs', '.mjs', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
