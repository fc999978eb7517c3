import { describe, expect, test } from 'vitest';
import {
  EXIT_CODES,
  type ExitCode,
  exitCodeOf,
  reportFailure,
  viewFailure,
  worstExitCode,
} from '../../src/cli/failure.ts';
import { ApiFailure, Failure, type FailureKind } from '../../src/errors.ts';
import { drawView } from '../../src/terminal/table.ts';

const LOOK = { color: false, unicode: true, columns: null };

describe('the exit code', () => {
  test.each<[FailureKind, ExitCode]>([
    ['internal', 1],
    ['store_unwritable', 1],
    ['usage', 2],
    ['not_found', 3],
    ['not_logged_in', 4],
    ['rejected', 5],
    ['rate_limited', 6],
    ['api_unavailable', 6],
    ['network', 7],
    ['timeout', 7],
    ['condition_not_met', 8],
    ['signature_invalid', 9],
    ['changes_pending', 10],
    ['interrupted', 130],
    ['terminated', 143],
  ])('of %s is %i, and stands in the table', (kind, code) => {
    expect(exitCodeOf(new Failure(kind, 'No.'))).toBe(code);
    expect(EXIT_CODES.map(([known]) => known)).toContain(code);
  });

  test('of anything that was not foreseen is 1', () => {
    expect([exitCodeOf(new Error('boom')), exitCodeOf('boom'), exitCodeOf(undefined)]).toEqual([1, 1, 1]);
  });

  test.each<[ExitCode[], ExitCode]>([
    [[], 0],
    [[0, 0], 0],
    [[0, 8, 0], 8],
    [[8, 5, 3], 5],
    [[3, 2], 3],
    [[5, 6], 6],
    [[6, 7], 7],
    [[7, 4], 4],
    [[4, 1], 1],
    [[1, 130], 130],
    [[130, 143], 143],
  ])('of a batch with %j is the worst, %i', (codes, worst) => {
    expect(worstExitCode(codes)).toBe(worst);
  });
});

describe('a report', () => {
  test('of an answer of the API has what the API said', () => {
    const problem = {
      httpStatus: 400,
      code: 'validation_error',
      requestId: 'r-1',
      errors: { webhook_url: ['No URL.'] },
      details: { a: 1 },
    };
    expect(reportFailure(new ApiFailure('rejected', 'Not valid.', problem, { hint: 'Look.' }))).toStrictEqual(
      {
        code: 'validation_error',
        message: 'Not valid.',
        http_status: 400,
        request_id: 'r-1',
        errors: { webhook_url: ['No URL.'] },
        details: { a: 1 },
        hint: 'Look.',
        exit_code: 5,
      },
    );
  });

  test('of an answer that explains nothing has null for it, and our own code', () => {
    const bare = {
      httpStatus: 503,
      code: undefined,
      requestId: undefined,
      errors: undefined,
      details: undefined,
    };
    expect(reportFailure(new ApiFailure('api_unavailable', 'HTTP 503', bare))).toStrictEqual({
      code: 'api_unavailable',
      message: 'HTTP 503',
      http_status: 503,
      request_id: null,
      errors: null,
      details: null,
      hint: null,
      exit_code: 6,
    });
  });

  test('of a system error says what the system said, and where', () => {
    const full = Object.assign(new Error('ENOSPC: no space'), {
      code: 'ENOSPC',
      path: '/data/x',
      syscall: 'write',
    });
    const { code, message } = reportFailure(full);
    expect(code).toBe('internal');
    expect(message).toMatch(/^\/data\/x: .*\bspace\b/i);
    expect(reportFailure(Object.assign(new Error('x'), { code: 'EIO' })).message).not.toContain('undefined');
  });

  test('of a bug says how to see more', () => {
    expect(reportFailure(new TypeError('x is not a function'))).toMatchObject({
      code: 'internal',
      message: 'Unexpected failure: x is not a function',
      hint: 'Run it again with --debug to see where it failed.',
      exit_code: 1,
    });
    expect(reportFailure('a text').message).toBe('Something failed without saying why');
  });
});

test('people see what happened, what to do, and the request id, with nothing hostile in it', async () => {
  const problem = {
    ...{ httpStatus: 400, code: 'no', requestId: 'r-1\u{1b}[2J', details: undefined },
    errors: { field: ['is bad'] },
  };
  const report = reportFailure(
    new ApiFailure('rejected', 'No\u{1b}]0;x\u{7}. field: is bad', problem, { hint: 'Do.' }),
  );
  expect(await drawView(viewFailure(report), LOOK)).toBe('✗ No. field: is bad\n  Do.\n  request id r-1\n');
  const traced = await drawView(viewFailure(report, ['at x', 'caused by Error']), LOOK);
  expect(traced).toContain('  at x\n  caused by Error\n');
});
