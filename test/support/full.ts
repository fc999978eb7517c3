/** True where time does not matter: tests with many rounds then do all of them (KYCGENIE_TEST_FULL=1 npm test). */
export const FULL = process.env['KYCGENIE_TEST_FULL'] === '1';
