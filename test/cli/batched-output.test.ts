import { describe, expect, it } from 'vitest';
import { BatchedOutput } from '../../src/cli/batched-output.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** An output whose writes end when the test says so. */
function slowOutput() {
  const written: string[] = [];
  const ends: (() => void)[] = [];
  const write = (text: string): Promise<void> => {
    written.push(text);
    return new Promise((resolve) => ends.push(resolve));
  };
  return { written, endOne: () => ends.shift()?.(), output: new BatchedOutput(write, turn) };
}

describe('output of a command that goes on', () => {
  it('goes out in one write for all that came in one turn, and for all that came during a write', async () => {
    const { written, endOne, output } = slowOutput();
    for (const text of ['a', 'b']) await output.print(text);
    await turn();
    for (const text of ['c', 'd']) await output.print(text);
    endOne();
    await turn();
    expect(written).toEqual(['ab', 'cd']);
    endOne();
    await output.flush();
  });

  it('makes whoever prints wait for a slow reader once much is waiting', async () => {
    const { written, endOne, output } = slowOutput();
    await output.print('first');
    await turn();
    let went = false;
    const printing = output.print('x'.repeat(300_000)).then(() => {
      went = true;
    });
    await turn();
    expect(went).toBe(false);
    endOne();
    await turn();
    endOne();
    await printing;
    expect(written.join('')).toHaveLength(300_005);
  });

  it('throws what writing threw, to the next who prints and at the end', async () => {
    const broken = new BatchedOutput(async () => {
      throw new Error('gone');
    }, turn);
    await broken.print('a');
    await turn();
    await expect(broken.print('b')).rejects.toThrow('gone');
    await expect(broken.flush()).rejects.toThrow('gone');
  });
});
