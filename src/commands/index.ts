import { type CommandTree, group, leaf } from '../cli/define.ts';

/** Every command, in help order. */
export const COMMANDS: CommandTree = {
  Webhooks: {
    webhooks: group('Manage webhook subscriptions', {
      create: leaf('Subscribe a URL to event types', () => import('./webhooks/create.ts')),
      list: leaf('List subscriptions', () => import('./webhooks/list.ts')),
      get: leaf('Show one subscription', () => import('./webhooks/get.ts')),
      update: leaf('Change a subscription', () => import('./webhooks/update.ts')),
      delete: leaf('Delete subscriptions', () => import('./webhooks/delete.ts')),
      rotate: leaf('Replace signing secrets', () => import('./webhooks/rotate.ts')),
      test: leaf('Have a test event delivered and show the outcome', () => import('./webhooks/test.ts')),
      recover: leaf('Finish what a crash interrupted', () => import('./webhooks/recover.ts')),
      diff: leaf('Show what applying a manifest would change', () => import('./webhooks/diff.ts')),
      apply: leaf('Take the account to what a manifest says', () => import('./webhooks/apply.ts')),
      export: leaf('Write the account as a manifest', () => import('./webhooks/export.ts')),
      prune: leaf('Delete what a killed listen left behind', () => import('./webhooks/prune.ts')),
    }),
    logs: group('See what was delivered and what failed', {
      list: leaf('List deliveries, newest first', () => import('./logs/list.ts')),
      tail: leaf('Follow deliveries as they happen', () => import('./logs/tail.ts')),
      get: leaf('Show one delivery', () => import('./logs/get.ts')),
      retry: leaf('Deliver failed entries again', () => import('./logs/retry.ts')),
      stats: leaf('Success rates, attempts and failures at a glance', () => import('./logs/stats.ts')),
    }),
    events: group('The inbox of deliveries that listen keeps, and event types', {
      list: leaf('List what listen has kept, newest first', () => import('./events/list.ts')),
      show: leaf('Show one kept delivery with headers and body', () => import('./events/show.ts')),
      replay: leaf('Send kept deliveries again', () => import('./events/replay.ts')),
      ui: leaf('Look at kept deliveries in the browser', () => import('./events/ui.ts')),
      export: leaf('Write kept deliveries as NDJSON', () => import('./events/export.ts')),
      clear: leaf('Delete what listen has kept', () => import('./events/clear.ts')),
      types: leaf('List the documented event types', () => import('./events/types.ts')),
    }),
  },
  'On this machine': {
    listen: leaf('Receive deliveries here and verify their signatures', () => import('./listen.ts')),
    trigger: leaf('Send made-up signed events to a receiver', () => import('./trigger.ts')),
    check: leaf('Try a receiver with right and forged deliveries', () => import('./check.ts')),
    sign: leaf('Print the headers that sign a body', () => import('./sign.ts')),
    verify: leaf('Check the signature of a delivery and say why it fails', () => import('./verify.ts')),
    sandbox: leaf('Run the whole Webhooks API on this machine', () => import('./sandbox.ts')),
    demo: leaf('Show the main job end to end, leaving nothing behind', () => import('./demo.ts')),
  },
  'Account and settings': {
    login: leaf('Store an API key', () => import('./login.ts')),
    logout: leaf('Forget the stored API key', () => import('./logout.ts')),
    whoami: leaf('Show which key, profile and API are in use', () => import('./whoami.ts')),
    secrets: group('Signing secrets kept on this machine', {
      list: leaf('List the stored signing secrets, without their values', () => import('./secrets/list.ts')),
      show: leaf('Print a stored signing secret', () => import('./secrets/show.ts')),
      export: leaf(
        'Print stored secrets for other programs, or hand them over',
        () => import('./secrets/export.ts'),
      ),
      import: leaf('Store a signing secret from elsewhere', () => import('./secrets/import.ts')),
      forget: leaf('Forget the stored secrets of a webhook', () => import('./secrets/forget.ts')),
    }),
    config: group('Read and change settings', {
      list: leaf('List all settings', () => import('./config/list.ts')),
      get: leaf('Print one setting', () => import('./config/get.ts')),
      set: leaf('Store a setting in the profile', () => import('./config/set.ts')),
      unset: leaf('Remove a setting from the profile', () => import('./config/unset.ts')),
      path: leaf('Print where the config file is', () => import('./config/path.ts')),
      profiles: leaf('List the profiles', () => import('./config/profiles.ts')),
    }),
    doctor: leaf('Check settings, files, network, clock and key', () => import('./doctor.ts')),
    completion: leaf('Print a script that completes commands in a shell', () => import('./completion.ts')),
    help: leaf('Explain a command or a topic', () => import('./help.ts')),
  },
};
