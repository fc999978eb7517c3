/** What the scripts of `completion` ask with; the second for shells that drop an empty last word. */
export const ASK = '__complete';
export const ASK_NEXT = '__complete-next';

/** True for the hidden call by which a shell asks what may stand at the cursor. */
export const isAsking = ([word]: readonly string[]): boolean => word === ASK || word === ASK_NEXT;
