/** Letters, digits, punctuation, arrows and lines that are one column each and join with nothing. */
const SIMPLE =
  /^[ -~\u{a0}-\u{ac}\u{ae}-\u{2ff}\u{400}-\u{482}\u{48a}-\u{52f}\u{2010}-\u{2027}\u{2030}-\u{205e}\u{2190}-\u{21ff}\u{2500}-\u{257f}⚠✓✗]*$/u;

export function isSimple(text: string): boolean {
  return SIMPLE.test(text);
}
