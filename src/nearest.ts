/** How many edits a slip of the keyboard takes. */
const MAX_EDITS = 2;

/** The known word that was probably meant, if any is near. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: string | null = null;
  let fewest = MAX_EDITS + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > MAX_EDITS) continue;
    const edits = countEdits(word.toLowerCase(), candidate.toLowerCase());
    if (edits >= fewest || edits >= candidate.length) continue;
    best = candidate;
    fewest = edits;
  }
  return best;
}

/** Letters put in, left out or replaced. */
function countEdits(from: string, to: string): number {
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...from].entries()) {
    const next = [row + 1];
    for (const [column, wanted] of [...to].entries()) {
      const replaced = (last[column] ?? 0) + (letter === wanted ? 0 : 1);
      next.push(Math.min(replaced, (last[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    last = next;
  }
  return last.at(-1) ?? 0;
}
