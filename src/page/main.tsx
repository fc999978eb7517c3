import { render } from 'preact';
import { App } from './app.tsx';
import { browser } from './browser.ts';
import { createModel, ModelContext } from './model.ts';
import { followHistory } from './moves.ts';
import { createServer, problemOf } from './server.ts';
import { Trouble } from './trouble.tsx';

async function start(): Promise<void> {
  try {
    const model = createModel(browser, await createServer(browser).state());
    followHistory(model);
    render(
      <ModelContext.Provider value={model}>
        <App />
      </ModelContext.Provider>,
      document.body,
    );
    model.deliveries.start();
  } catch (error) {
    render(
      <main class="main">
        <Trouble problem={problemOf(error)} />
      </main>,
      document.body,
    );
  }
}

void start();
