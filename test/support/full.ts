const LENGTH = process.env['KYCGENIE_TEST_LENGTH'];

/** True where time does not matter: tests with many rounds then do all of them (KYCGENIE_TEST_LENGTH=full npm test). */
export const FULL = LENGTH === 'full';

/** True where the same tests run elsewhere at their usual length. */
export const SHORT = LENGTH === 'short';
