import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type AppendLog, openAppendLog } from '../../src/append-log.ts';
import { bundleAppender, linesOf, runAppender } from './child.ts';

let folder = '';
let path = '';
const logs: AppendLog[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'append-log-'));
  path = join(folder, 'a.log');
});

afterEach(async () => {
  await Promise.all(logs.splice(0).map((log) => log.close()));
  await rm(folder, { recursive: true, force: true });
});

async function opened(isRecord: (record: unknown) => boolean = () => true) {
  const records: unknown[] = [];
  const log = await openAppendLog(path, {
    onRecord: (record) => {
      records.push(record);
      return isRecord(record);
    },
  });
  logs.push(log);
  return { log, records };
}

const replayed = async (): Promise<unknown[]> => (await opened()).records;
const modeOf = async (name: string): Promise<number> => (await stat(name)).mode & 0o777;
const CLEAN = { tornBytes: 0, damagedLines: 0, setAsidePath: null };

describe('appending', () => {
  test('records come back in order, whatever they hold', async () => {
    const records = [{ a: 1 }, ['line\nbreak', '\u2028 é 😀'], 'text', 0, null, { a: 1 }];
    const { log } = await opened();
    for (const record of records) await log.append(record);
    await log.close();
    expect(await replayed()).toEqual(records);
  });

  test('an append is in the file when it resolves', async () => {
    const { log } = await opened();
    await log.append({ a: 1 });
    expect(await readFile(path, 'utf8')).toBe('{"a":1}\n');
    expect(log.sizeBytes()).toBe(8);
  });

  test('a thousand at once keep their order and are all there', async () => {
    const { log } = await opened();
    const order: number[] = [];
    const numbers = Array.from({ length: 1000 }, (_, number) => number);
    await Promise.all(numbers.map((number) => log.append(number).then(() => order.push(number))));
    expect(order).toEqual(numbers);
    expect(await replayed()).toEqual(numbers);
  });

  test('closing waits for what was appended, and nothing is taken afterwards', async () => {
    const { log } = await opened();
    const first = log.append(1);
    const closed = log.close();
    const late = log.append(2);
    await expect(late).rejects.toMatchObject({ kind: 'store_unwritable' });
    await expect(log.rewrite([])).rejects.toMatchObject({ kind: 'store_unwritable' });
    await Promise.all([first, closed, log.close()]);
    expect(await replayed()).toEqual([1]);
  });

  test('a record too long to be read again is refused, and the log goes on', async () => {
    const { log } = await opened();
    await expect(log.append('x'.repeat(32 * 1024 * 1024))).rejects.toMatchObject({
      kind: 'store_unwritable',
    });
    await log.append(1);
    expect(await replayed()).toEqual([1]);
  });
});

describe('the file', () => {
  test('is 0600 in a folder of 0700, whatever the umask and whatever it was', async () => {
    path = join(folder, 'deep', 'er', 'a.log');
    const { log } = await opened();
    await log.close();
    expect([await modeOf(path), await modeOf(join(folder, 'deep'))]).toEqual([0o600, 0o700]);
    await chmod(path, 0o644);
    await opened();
    expect(await modeOf(path)).toBe(0o600);
  });

  test('that cannot be made is store_unwritable, with its cause', async () => {
    await mkdir(path);
    await expect(opened()).rejects.toMatchObject({ kind: 'store_unwritable', cause: { code: 'EISDIR' } });
  });
});

describe('a last line that was cut off', () => {
  test.each([
    ['half a record', '{"b":', 5],
    ['a record without its newline', '2', 1],
    ['zeros', '\0\0\0', 3],
  ])('%s is dropped, counted and written over', async (_name, torn, tornBytes) => {
    await writeFile(path, `1\n${torn}`);
    const { log, records } = await opened();
    expect(records).toEqual([1]);
    expect(log.damage).toEqual({ ...CLEAN, tornBytes });
    await log.append(3);
    expect(await readFile(path, 'utf8')).toBe('1\n3\n');
    expect(log.sizeBytes()).toBe(4);
  });

  test('an overlong one too', async () => {
    await writeFile(path, `1\n${'x'.repeat(33 * 1024 * 1024)}`);
    const { log, records } = await opened();
    expect(records).toEqual([1]);
    expect(log.damage.tornBytes).toBe(33 * 1024 * 1024);
    expect(log.sizeBytes()).toBe(2);
  });
});

describe('a damaged line in the middle', () => {
  test('is reported, kept in a copy of the whole log, and taken out', async () => {
    const before = '1\n{"broken\n\n2\n3\n{"torn';
    await writeFile(path, before, { mode: 0o644 });
    const { log, records } = await opened();
    expect(records).toEqual([1, 2, 3]);
    expect(log.damage).toEqual({ tornBytes: 6, damagedLines: 2, setAsidePath: `${path}.damaged-1` });
    expect(await readFile(`${path}.damaged-1`, 'utf8')).toBe(before);
    expect(await modeOf(`${path}.damaged-1`)).toBe(0o600);
    await log.append(4);
    expect(await readFile(path, 'utf8')).toBe('1\n2\n3\n4\n');
    await log.close();
    expect((await opened()).log.damage).toEqual(CLEAN);
  });

  test('a second damage never overwrites the copy of the first', async () => {
    await writeFile(path, 'x\n');
    const first = await opened();
    await first.log.close();
    await writeFile(path, 'y\n');
    expect((await opened()).log.damage.setAsidePath).toBe(`${path}.damaged-2`);
    expect(await readFile(`${path}.damaged-1`, 'utf8')).toBe('x\n');
  });

  test('is not dropped where no further copy can be kept', async () => {
    await writeFile(path, 'x\n');
    for (let number = 1; number <= 100; number += 1) await writeFile(`${path}.damaged-${number}`, '');
    await expect(opened()).rejects.toMatchObject({
      kind: 'store_unwritable',
      message: expect.stringContaining('100'),
    });
    expect(await readFile(path, 'utf8')).toBe('x\n');
  });

  test('a record its owner does not know is damage too', async () => {
    await writeFile(path, '1\n"odd"\n2\n');
    const { log } = await opened((record) => typeof record === 'number');
    expect(log.damage.damagedLines).toBe(1);
    expect(await readFile(path, 'utf8')).toBe('1\n2\n');
  });

  test('a line longer than any record is damage, and the lines around it are not', async () => {
    const handle = await open(path, 'w');
    await handle.write('1\n');
    await handle.write(`"${'x'.repeat(33 * 1024 * 1024)}"\n`);
    await handle.write('2\n');
    await handle.close();
    const { log, records } = await opened();
    expect([records, log.damage.damagedLines]).toEqual([[1, 2], 1]);
    expect(await readFile(path, 'utf8')).toBe('1\n2\n');
  });

  test('an error of the owner is not taken for damage', async () => {
    await writeFile(path, '1\n');
    const problem = new Error('out of memory');
    const opening = opened(() => {
      throw problem;
    });
    await expect(opening).rejects.toMatchObject({ cause: problem });
    expect(await readFile(path, 'utf8')).toBe('1\n');
  });
});

describe('rewriting', () => {
  test('replaces all records, and what is appended around it is kept', async () => {
    const { log } = await opened();
    const done = [log.append('old'), log.rewrite(['new', 'newer']), log.append('after')];
    await Promise.all(done);
    expect(log.sizeBytes()).toBe((await stat(path)).size);
    await log.append('last');
    expect(await modeOf(path)).toBe(0o600);
    expect(await readdir(folder)).toEqual(['a.log']);
    expect(await replayed()).toEqual(['new', 'newer', 'after', 'last']);
  });

  test('a great many records, and a leftover of an earlier crash in the way', async () => {
    await writeFile(`${path}.new`, 'half');
    const { log } = await opened();
    const records = Array.from({ length: 20_000 }, (_, number) => ({ number, text: 'some text' }));
    await log.rewrite(records);
    expect(await replayed()).toEqual(records);
  });

  test('that fails leaves the log as it was, and usable', async () => {
    const { log } = await opened();
    await log.append(1);
    const faulty = (function* () {
      yield 2;
      throw new Error('no more');
    })();
    await expect(log.rewrite(faulty)).rejects.toMatchObject({ kind: 'store_unwritable' });
    await log.append(3);
    expect(await readdir(folder)).toEqual(['a.log']);
    expect(await replayed()).toEqual([1, 3]);
  });
});

describe('in a process of its own', () => {
  let home = '';
  let program = '';
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'append-log-child-'));
    program = await bundleAppender(home);
  });
  afterAll(() => rm(home, { recursive: true, force: true }));

  const numbers = async (): Promise<readonly unknown[]> =>
    (await replayed()).map((record) =>
      typeof record === 'object' && record && 'number' in record ? record.number : record,
    );

  test.each([1, 40, 300])('every acknowledged record survives kill -9 after %i of them', async (count) => {
    const child = runAppender(program, path);
    const acknowledged: number[] = [];
    for await (const line of linesOf(child)) {
      acknowledged.push(Number(line));
      if (acknowledged.length === count) child.kill('SIGKILL');
    }
    expect(await numbers()).toEqual(expect.arrayContaining(acknowledged));
  });

  test('a write that fails rejects all that wait, loses nothing acknowledged, and ends the log', async () => {
    const child = runAppender(program, path, 'ulimit -f 16;');
    const ended = once(child, 'exit');
    const heard: string[] = [];
    for await (const line of linesOf(child)) heard.push(line);
    await ended;
    expect(heard.pop()).toBe('failed store_unwritable');
    const { log, records } = await opened();
    expect(records).toHaveLength(heard.length);
    expect(log.damage).toEqual(CLEAN);
  });
});
