import type { Browser } from './browser.ts';
import { count } from './format.ts';

const TITLE = 'kycgenie';

/** Says in the title how many deliveries came while nobody looked at the page. */
export function createNews({ isHidden, onShown, setTitle }: Browser): { add(deliveries: number): void } {
  let unseen = 0;
  onShown(() => {
    unseen = 0;
    setTitle(TITLE);
  });
  return {
    add(deliveries) {
      if (!isHidden()) return;
      unseen += deliveries;
      setTitle(`(${count(unseen)}) ${TITLE}`);
    },
  };
}
