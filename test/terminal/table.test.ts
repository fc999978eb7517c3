import fc from 'fast-check';
import stringWidth from 'string-width';
import { describe, expect, test } from 'vitest';
import type { Look } from '../../src/terminal/style.ts';
import { drawView, emptyNotes } from '../../src/terminal/table.ts';
import { plain } from '../../src/terminal/text.ts';
import { accent, bad, dim, good, lines, MARKS, strong, type View, warn } from '../../src/terminal/view.ts';

const piped: Look = { color: false, unicode: true, columns: null };
const wide = (columns: number): Look => ({ ...piped, columns });

const LOGS: View = {
  kind: 'table',
  empty: 'No deliveries yet.',
  columns: [
    { title: 'ID' },
    { title: 'Event', shrink: true },
    { title: 'URL', shrink: true },
    { title: 'Status' },
    { title: 'Code', align: 'right' },
    { title: 'When' },
  ],
  rows: [
    [
      'log_7f3a9b2c41',
      'screening.completed',
      'https://api.acme.io/hooks/kyc',
      good('delivered'),
      '200',
      dim('2 min ago'),
    ],
    [
      'log_7f3a9b2c40',
      'response.check_answers_completed',
      'https://ops.acme.io/compliance/webhooks/inbox',
      bad('failed'),
      bad('503'),
      dim('11 min ago'),
    ],
    ['log_7f3a9b2c3f', 'case.opened', 'https://日本語.example/フック', warn('pending'), '', dim('3 h ago')],
  ],
};

const WEBHOOK: View = {
  kind: 'record',
  title: ['Webhook ', accent('3f2b6c1e')],
  fields: [
    ['ID', '3f2b6c1e-8f4e-4f3a-9c55-1d2e3f4a5b6c'],
    ['URL', 'https://ops.acme.io/compliance/webhooks/kyc/inbox'],
    ['Description', 'Production onboarding, looked at every morning before the meeting'],
    ['Active', [MARKS.ok, ' yes']],
    ['Last triggered', ''],
  ],
};

const TALK = lines([MARKS.ok, ' Secret stored ', dim('whsec_A1B2…')], [strong('Next:'), ' kycgenie listen']);

/** Every line with a bar at its end, so that spaces there show. */
async function draw(view: View, look: Look): Promise<string> {
  return (await drawView(view, look)).replace(/\n/g, '|\n');
}

describe('a table', () => {
  test('off a terminal is never cut', async () => {
    expect(await draw(LOGS, piped)).toMatchInlineSnapshot(`
      "ID              EVENT                             URL                                            STATUS     CODE  WHEN|
      log_7f3a9b2c41  screening.completed               https://api.acme.io/hooks/kyc                  delivered   200  2 min ago|
      log_7f3a9b2c40  response.check_answers_completed  https://ops.acme.io/compliance/webhooks/inbox  failed      503  11 min ago|
      log_7f3a9b2c3f  case.opened                       https://日本語.example/フック                  pending       -  3 h ago|
      "
    `);
  });

  test('on a wide terminal looks the same', async () => {
    expect(await drawView(LOGS, wide(200))).toBe(await drawView(LOGS, piped));
  });

  test('on a narrow terminal cuts what may shrink, ids never', async () => {
    expect(await draw(LOGS, wide(80))).toMatchInlineSnapshot(`
      "ID              EVENT             URL                STATUS     CODE  WHEN|
      log_7f3a9b2c41  screening.compl…  https://api.acme…  delivered   200  2 min ago|
      log_7f3a9b2c40  response.check_…  https://ops.acme…  failed      503  11 min ago|
      log_7f3a9b2c3f  case.opened       https://日本語.e…  pending       -  3 h ago|
      "
    `);
  });

  test('cuts with ASCII dots where the terminal has no UTF-8', async () => {
    expect(await draw(LOGS, { ...wide(80), unicode: false })).toMatchInlineSnapshot(`
      "ID              EVENT             URL                STATUS     CODE  WHEN|
      log_7f3a9b2c41  screening.com...  https://api.ac...  delivered   200  2 min ago|
      log_7f3a9b2c40  response.chec...  https://ops.ac...  failed      503  11 min ago|
      log_7f3a9b2c3f  case.opened       https://日本語...  pending       -  3 h ago|
      "
    `);
  });

  test('too narrow for columns becomes small records with whole ids', async () => {
    expect(await draw(LOGS, wide(40))).toMatchInlineSnapshot(`
      "log_7f3a9b2c41|
        Event screening.completed|
        URL https://api.acme.io/hooks/kyc|
        Status delivered   Code 200|
        When 2 min ago|
      log_7f3a9b2c40|
        Event response.check_answers_completed|
        URL|
        https://ops.acme.io/compliance/webhook|
        s/inbox|
        Status failed   Code 503|
        When 11 min ago|
      log_7f3a9b2c3f|
        Event case.opened|
        URL https://日本語.example/フック|
        Status pending   Code -   When 3 h ago|
      "
    `);
  });

  test('is coloured by tone, under a dim header', async () => {
    const drawn = await drawView(LOGS, { ...wide(200), color: true });
    expect(drawn).toContain('\u{1b}[2mID\u{1b}[22m');
    expect(drawn).toContain('\u{1b}[31mfailed\u{1b}[39m');
    expect(plainRows(drawn)).toEqual(plainRows(await drawView(LOGS, piped)));
  });

  test('paints the ellipsis like the text that it stands for', async () => {
    const view: View = {
      ...LOGS,
      rows: [['log_1', [bad('x'.repeat(60)), good('y'.repeat(60))], '', '', '', '']],
    };
    expect(await drawView(view, { ...wide(100), color: true })).toContain('\u{1b}[32m…\u{1b}[39m');
  });

  test('without rows is nothing but a note for stderr', async () => {
    const view: View = { kind: 'stack', views: [{ ...LOGS, rows: [] }, TALK] };
    expect(await drawView({ ...LOGS, rows: [] }, piped)).toBe('');
    expect(await drawView(view, piped)).toBe(await drawView(TALK, piped));
    expect(emptyNotes(view)).toEqual(['No deliveries yet.']);
    expect(emptyNotes(LOGS)).toEqual([]);
  });

  test('fills missing cells and drops what has no column', async () => {
    const view: View = { ...LOGS, columns: [{ title: 'A' }, { title: 'B' }], rows: [['1'], ['1', '2', '3']] };
    expect(await drawView(view, piped)).toBe('A  B\n1  -\n1  2\n');
  });

  test('a cell of a megabyte is not padded for in every other row', async () => {
    const view: View = {
      ...LOGS,
      columns: [{ title: 'A' }, { title: 'B' }],
      rows: [
        ['x'.repeat(1_000_000), '1'],
        ['y', '2'],
      ],
    };
    const [, long, short] = (await drawView(view, piped)).split('\n');
    expect(long).toBe(`${'x'.repeat(1_000_000)}  1`);
    expect(short).toBe(`y${' '.repeat(201)}2`);
  });

  test('ten thousand rows of different widths are drawn', async () => {
    const rows = Array.from({ length: 10_000 }, (_, n) => ['x'.repeat(n % 97), 'y'.repeat(n % 89), `${n}`]);
    const view: View = { ...LOGS, columns: [{ title: 'A' }, { title: 'B' }, { title: 'N' }], rows };
    expect((await drawView(view, wide(400))).split('\n')).toHaveLength(10_002);
  });

  test('of any text and width keeps ids whole, fits the terminal and lines its columns up', async () => {
    // A few signs join whatever follows them, the next column too: what they measure alone means nothing.
    const joinsNothing = (text: string): boolean =>
      [...new Intl.Segmenter().segment(`${text} `)].at(-1)?.segment === ' ';
    const cell = fc
      .oneof(fc.string({ unit: 'grapheme', maxLength: 60 }), fc.string({ unit: 'binary' }))
      .filter(joinsNothing);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(cell, cell), { minLength: 1 }),
        fc.integer({ min: 30, max: 120 }),
        async (rows, columns) => {
          const id = 'id_0123456789';
          const view: View = {
            kind: 'table',
            empty: '',
            columns: [{ title: 'First', shrink: true }, { title: 'Second', shrink: true }, { title: 'ID' }],
            rows: rows.map(([first, second]) => [first, second, id]),
          };
          const drawn = (await drawView(view, wide(columns))).split('\n').slice(0, -1);
          for (const row of drawn) expect(stringWidth(row)).toBeLessThanOrEqual(columns);
          expect(drawn.filter((row) => row.endsWith(id) || row.includes(`${id} `))).toHaveLength(rows.length);
          if (!drawn[0]?.startsWith('FIRST ')) return;
          const starts = drawn.filter((row) => row.endsWith(id)).map((row) => stringWidth(row));
          expect(new Set(starts).size).toBe(1);
        },
      ),
    );
  });
});

describe('a record', () => {
  test('lines labels and values up', async () => {
    expect(await draw(WEBHOOK, piped)).toMatchInlineSnapshot(`
      "Webhook 3f2b6c1e|
      ID              3f2b6c1e-8f4e-4f3a-9c55-1d2e3f4a5b6c|
      URL             https://ops.acme.io/compliance/webhooks/kyc/inbox|
      Description     Production onboarding, looked at every morning before the meeting|
      Active          ✓ yes|
      Last triggered  -|
      "
    `);
  });

  test('wraps long values below themselves on a terminal', async () => {
    expect(await draw(WEBHOOK, wide(60))).toMatchInlineSnapshot(`
      "Webhook 3f2b6c1e|
      ID              3f2b6c1e-8f4e-4f3a-9c55-1d2e3f4a5b6c|
      URL|
        https://ops.acme.io/compliance/webhooks/kyc/inbox|
      Description     Production onboarding, looked at every|
                      morning before the meeting|
      Active          ✓ yes|
      Last triggered  -|
      "
    `);
  });

  test('at 40 columns keeps ids whole', async () => {
    expect(await draw(WEBHOOK, wide(40))).toMatchInlineSnapshot(`
      "Webhook 3f2b6c1e|
      ID|
        3f2b6c1e-8f4e-4f3a-9c55-1d2e3f4a5b6c|
      URL             https://ops.acme.io/comp|
                      liance/webhooks/kyc/inbo|
                      x|
      Description     Production onboarding,|
                      looked at every morning|
                      before the meeting|
      Active          ✓ yes|
      Last triggered  -|
      "
    `);
  });

  test('at 20 columns puts long values below their labels', async () => {
    expect(await draw(WEBHOOK, wide(20))).toMatchInlineSnapshot(`
      "Webhook 3f2b6c1e|
      ID|
        3f2b6c1e-8f4e-4f3a|
        -9c55-1d2e3f4a5b6c|
      URL|
        https://ops.acme.i|
        o/compliance/webho|
        oks/kyc/inbox|
      Description|
        Production|
        onboarding, looked|
        at every morning|
        before the meeting|
      Active|
        ✓ yes|
      Last triggered  -|
      "
    `);
  });

  test('has a bold title, dim labels, and tones that survive wrapping', async () => {
    const view: View = {
      ...WEBHOOK,
      fields: [['Note', [good('all is well and '), bad('all is lost again today')]]],
    };
    expect(await drawView(view, { ...wide(24), color: true })).toBe(
      [
        '\u{1b}[1mWebhook \u{1b}[22m\u{1b}[36m3f2b6c1e\u{1b}[39m',
        '\u{1b}[2mNote\u{1b}[22m  \u{1b}[32mall is well and\u{1b}[39m',
        '      \u{1b}[31mall is lost again\u{1b}[39m',
        '      \u{1b}[31mtoday\u{1b}[39m',
        '',
      ].join('\n'),
    );
  });

  test('without title and fields is nothing', async () => {
    expect(await drawView({ kind: 'stack', views: [{ kind: 'record', fields: [] }, lines()] }, piped)).toBe(
      '',
    );
  });
});

describe('lines and stacks', () => {
  test('a stack has a blank line between its parts', async () => {
    expect(await draw({ kind: 'stack', views: [TALK, TALK] }, piped)).toMatchInlineSnapshot(`
      "✓ Secret stored whsec_A1B2…|
      Next: kycgenie listen|
      |
      ✓ Secret stored whsec_A1B2…|
      Next: kycgenie listen|
      "
    `);
  });

  test('a tight stack has no blank lines, and an indented one stands to the right of what is around it', async () => {
    const inner: View = { kind: 'stack', indent: 4, views: [TALK, WEBHOOK] };
    const view: View = { kind: 'stack', tight: true, views: [lines('$ kycgenie webhooks get'), inner, TALK] };
    expect(await draw(view, wide(80))).toMatchInlineSnapshot(`
      "$ kycgenie webhooks get|
          ✓ Secret stored whsec_A1B2…|
          Next: kycgenie listen|
      |
          Webhook 3f2b6c1e|
          ID              3f2b6c1e-8f4e-4f3a-9c55-1d2e3f4a5b6c|
          URL             https://ops.acme.io/compliance/webhooks/kyc/inbox|
          Description     Production onboarding, looked at every morning before the|
                          meeting|
          Active          ✓ yes|
          Last triggered  -|
      ✓ Secret stored whsec_A1B2…|
      Next: kycgenie listen|
      "
    `);
    for (const line of (await drawView(view, wide(60))).split('\n')) {
      expect(stringWidth(line)).toBeLessThanOrEqual(60);
    }
  });

  test('sentences wrap below their own indentation, on a terminal', async () => {
    const view: View = {
      kind: 'lines',
      wrap: true,
      lines: [
        ['  ', dim('Why: '), 'the secret is not the one that the sender signed with'],
        '日本語の長い文章です',
        '',
      ],
    };
    expect(await draw(view, wide(30))).toMatchInlineSnapshot(`
      "  Why: the secret is not the|
        one that the sender signed|
        with|
      日本語の長い文章です|
      |
      "
    `);
    expect(await drawView(view, piped)).toBe(
      '  Why: the secret is not the one that the sender signed with\n日本語の長い文章です\n\n',
    );
    expect(await draw({ ...view, lines: ['日本語の 長い文章です'] }, wide(18))).toBe(
      '日本語の|\n長い文章です|\n',
    );
  });

  test('marks have ASCII forms where the terminal has no UTF-8, data stays as it is', async () => {
    const view = lines(
      [MARKS.ok, ' ✓ Zürich ', MARKS.more, ' 日本'],
      [MARKS.fail, MARKS.warn, MARKS.dot, MARKS.line],
    );
    expect(await drawView(view, { ...piped, unicode: false })).toBe('+ ✓ Zürich ... 日本\nx!*-\n');
    expect(await drawView(view, piped)).toBe('✓ ✓ Zürich … 日本\n✗⚠•─\n');
  });

  test('hostile text neither moves, hides nor colours, wherever it stands', async () => {
    const evil = '\u{1b}[2J\u{1b}]0;x\u{7}\r\n\u{202e}evil\u{200b}';
    const view: View = {
      kind: 'stack',
      views: [
        { kind: 'table', columns: [{ title: evil }], rows: [[[evil, good(evil)]]], empty: evil },
        { kind: 'record', title: evil, fields: [[evil, evil]] },
        lines(evil, bad(evil)),
      ],
    };
    const drawn = await drawView(view, wide(80));
    expect(drawn.split('\n').map(plain)).toEqual(drawn.split('\n'));
    expect(drawn.match(/evil/gi)).toHaveLength(8);
  });
});

function plainRows(drawn: string): readonly string[] {
  return drawn.split('\n').map(plain);
}
