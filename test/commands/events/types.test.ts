import { expect, test } from 'vitest';
import { EVENT_GROUPS, EVENT_TYPES } from '../../../src/events/catalog.ts';
import { kycgenie } from '../../support/cli.ts';

test('lists the documented catalogue, without a key and without the network', async () => {
  const { code, stdout, stderr } = await kycgenie(['events', 'types', '--json']);
  expect({ code, stderr }).toStrictEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toStrictEqual(EVENT_TYPES);
  expect(JSON.parse(stdout)).toHaveLength(38);
});

test('is a table for people, and names alone under --quiet', async () => {
  const { stdout } = await kycgenie(['events', 'types']);
  expect(stdout).toMatch(/^EVENT TYPE +GROUP +DESCRIPTION$/m);
  expect(stdout).toMatch(/^screening\.completed +screening\.\* +AML screening check finished$/m);
  expect(stdout).toMatch(/^all +- +Every event type/m);
  const quiet = await kycgenie(['events', 'types', '-q']);
  expect(quiet.stdout).toBe(EVENT_TYPES.map(({ type }) => `${type}\n`).join(''));
});

test.each(['case.*', 'case'])('lists the group %s', async (group) => {
  const { stdout } = await kycgenie(['events', 'types', '--group', group, '-q']);
  expect(stdout).toBe('case.opened\ncase.resolved\n');
});

test('of an unknown group is a usage error that names the groups', async () => {
  const { code, stderr } = await kycgenie(['events', 'types', '--group', 'moon']);
  expect(code).toBe(2);
  expect(stderr).toContain('There is no event group moon');
  expect(stderr).toContain(EVENT_GROUPS.join(', '));
});
