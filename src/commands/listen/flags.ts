import type { Command } from '../../cli/define.ts';
import { oneOf } from '../../cli/one-of.ts';
import { bytes, collect, duration, host, port, wholeNumber } from '../../cli/options.ts';
import { DEFAULT_UI_PORT } from '../inspector/line.ts';
import { SCHEME_HELP } from '../scheme-name.ts';
import { appUrl, DEFAULT_PORT, receiverPath, statuses } from './options.ts';
import { withSubscribeOptions } from './subscribe.ts';

const withReceiver = (command: Command) =>
  command
    .option('--port <port>', `port, 0 for a free one (default: ${DEFAULT_PORT})`, port('--port'))
    .option('--host <host>', 'address to listen on', host('--host'), '127.0.0.1')
    .option('--path <path>', 'path that takes deliveries, with all below it', receiverPath, '/')
    .option(
      '--event <type or group>',
      'show and count these alone, and what is refused; repeat for more',
      collect,
    )
    .option('--tls-cert <file>', 'certificate, to be reached over https')
    .option('--tls-key <file>', 'its key')
    .option('--no-save', 'keep no delivery on disk');

type Receiver = ReturnType<typeof withReceiver>;

const withSignatures = (command: Receiver) =>
  command
    .optionsGroup('Signatures:')
    .option('--webhook <id>', 'verify with the stored secrets of this webhook; repeat for more', collect)
    .option(
      '--secret-env <name>',
      'verify with the secret in this environment variable; repeat for more',
      collect,
    )
    .option('--scheme <name>', `how deliveries are signed: auto, ${SCHEME_HELP}`)
    .option('--tolerance <duration>', 'how far a timestamp may be off (default: 5m)', duration('--tolerance'))
    .option('--require-signature', 'refuse deliveries that no known secret can verify')
    .option('--no-verify', 'look at no signature');

const withApp = (command: ReturnType<typeof withSignatures>) =>
  command
    .optionsGroup('Your app:')
    .option(
      '--forward-to <url>',
      'forward deliveries to your app; a port means localhost',
      appUrl('--forward-to'),
    )
    .option(
      '--route <group=url>',
      'forward these types elsewhere, such as screening.*=http://localhost:3000/s; a single type goes before its group; repeat for more',
      collect,
    )
    .option(
      '--forward-header <header>',
      "add or replace a header, such as 'X-Env: test', or those in @file; repeat for more",
      collect,
    )
    .option('--forward-insecure', 'accept a self-signed certificate of your app')
    .option(
      '--ack <when>',
      "after-forward (default): the app's status is the answer; on-receipt: 200 at once, then forwarded until the app takes it",
      oneOf('--ack', ['after-forward', 'on-receipt']),
    )
    .optionsGroup('To see how the sender retries:')
    .option(
      '--respond <statuses>',
      'answer accepted deliveries with these in turn, such as 503,200',
      statuses,
    )
    .option('--delay <duration>', 'wait before each answer', duration('--delay'));

const withBounds = (command: ReturnType<typeof withApp>) =>
  command
    .optionsGroup('Bounds:')
    .option(
      '--max-body <size>',
      'largest body taken, such as 512kb or 1mb (default: 1mb)',
      bytes('--max-body'),
    )
    .option('--exit-after <n>', 'stop after this many deliveries', wholeNumber('--exit-after', { min: 1 }))
    .option('--duration <duration>', 'stop after this time', duration('--duration'))
    .option(
      '--expect <type[:n]>',
      'stop when these have come, each event counted once; exit 8 unless they do; repeat for more',
      collect,
    )
    .option('--timeout <duration>', 'how long to wait for what --expect names', duration('--timeout'))
    .optionsGroup('Output:')
    .option('--verbose', 'show headers and body of each delivery')
    .option('--ui', 'show deliveries on a page in your browser too; its address is printed')
    .option(
      '--ui-port <port>',
      `its port, 0 for a free one (default: ${DEFAULT_UI_PORT})`,
      port('--ui-port'),
    );

/** All options of `listen`, in help order. */
export const withFlags = (command: Command) =>
  withSubscribeOptions(withBounds(withApp(withSignatures(withReceiver(command)))));

export type Flags = ReturnType<ReturnType<typeof withFlags>['opts']>;
