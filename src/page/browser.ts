/** What the page takes from the browser: nothing else asks for time, the network or the clipboard. */
export interface Browser {
  now(): Date;
  /** Returns what calls it off. */
  after(delayMs: number, act: () => void): () => void;
  /** Tells whether the page is seen, now and whenever that changes. Returns what ends it. */
  watchSeen(tell: (isSeen: boolean) => void): () => void;
  send(path: string, options: RequestInit): Promise<Response>;
  listenTo(path: string): EventSource;
  copy(text: string): Promise<void>;
  /** What was remembered under a name before the page was loaded again; empty where there is nothing. */
  recall(name: string): string;
  remember(name: string, text: string): void;
  /** In the tab of the browser. */
  setTitle(title: string): void;
}

export const browser: Browser = {
  now: () => new Date(),
  after(delayMs, act) {
    const timer = setTimeout(act, delayMs);
    return () => clearTimeout(timer);
  },
  watchSeen(tell) {
    const look = (): void => tell(document.visibilityState === 'visible');
    document.addEventListener('visibilitychange', look);
    look();
    return () => document.removeEventListener('visibilitychange', look);
  },
  send: (path, options) => fetch(path, options),
  listenTo: (path) => new EventSource(path),
  copy: (text) => navigator.clipboard.writeText(text),
  recall: (name) => sessionStorage.getItem(name) ?? '',
  remember: (name, text) => sessionStorage.setItem(name, text),
  setTitle(title) {
    document.title = title;
  },
};
