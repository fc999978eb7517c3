import { dim, good, MARKS, strong, type Text, type View, warn } from '../../terminal/view.ts';
import { when } from '../../terminal/when.ts';
import type { Verified } from '../verify.ts';

export function viewVerified(verified: Verified): View {
  return {
    kind: 'stack',
    tight: true,
    views: [
      { kind: 'lines', lines: [headline(verified)] },
      { kind: 'lines', lines: verified.hint === null ? [] : [`  ${verified.hint}`], wrap: true },
      { kind: 'stack', indent: 2, views: [{ kind: 'record', fields: fieldsOf(verified) }] },
    ],
  };
}

function headline({ status, reason, webhook_id: id, secret_age: age }: Verified): Text {
  if (status === 'invalid') return [MARKS.fail, ' ', strong(reason ?? 'invalid')];
  const whose = id === null ? 'the secret given' : `the ${age} secret of webhook ${id}`;
  const text = `signed with ${whose}`;
  return [MARKS.ok, ' ', good('valid'), ': ', age === 'previous' ? warn(text) : text];
}

function fieldsOf(verified: Verified): readonly (readonly [string, Text])[] {
  const { scheme, scheme_description: words, signed_at: at, skew_ms: skew } = verified;
  return [
    ...(scheme === 'auto' ? [] : [['scheme', scheme] as const]),
    ...(words === null ? [] : [['in words', words] as const]),
    ...(at === null || skew === null ? [] : [['signed', signed(at, skew)] as const]),
  ];
}

function signed(at: string, skewMs: number): Text {
  const distance = when(at, Date.parse(at) + skewMs);
  return at.startsWith(distance) ? at : [at, dim(`  ${distance}`)];
}
