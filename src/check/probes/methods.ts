import { isSuccess } from '../../http/status.ts';
import type { Finding } from '../finding.ts';
import { broken, conclude } from '../judge.ts';
import type { OwnProbe } from '../probe.ts';

const NOT_IMPLEMENTED = 501;

export const head = harmless('HEAD');
export const get = harmless('GET');

/** From here only the status can be seen: whoever has nothing at this method says so by it. */
function harmless(method: 'HEAD' | 'GET'): OwnProbe {
  return {
    requests: 1,
    async run({ wire, deliveries }, level): Promise<Finding> {
      const headers = deliveries.plainHeaders().filter(([name]) => name.toLowerCase() !== 'content-type');
      const came = await wire.ask(method, headers);
      return conclude([{ name: null, came }], ({ status }) => {
        if (status === null) return { result: broken(level), advice: `Answer ${method} with 405.` };
        if (isSuccess(status)) return { result: broken(level), advice: successAdvice(method) };
        const isCrash = status >= 500 && status !== NOT_IMPLEMENTED;
        return isCrash ? { result: broken(level), advice: `Answer ${method} with 405: it fails now.` } : null;
      });
    },
  };
}

const successAdvice = (method: string): string =>
  `Take deliveries by POST alone, and answer ${method} with 405: crawlers and link previews send it unasked. If it ` +
  `only shows a page, use --skip ${method.toLowerCase()}.`;
