import { defineCommand } from '../../cli/define.ts';
import { Failure } from '../../errors.ts';
import { EVENT_GROUPS, EVENT_TYPES } from '../../events/catalog.ts';
import { dim } from '../../terminal/view.ts';

export const command = defineCommand({
  examples: [
    { command: 'kycgenie events types' },
    { command: "kycgenie events types --group 'screening.*'" },
    { command: 'kycgenie events types -q', means: 'names only' },
  ],
  setup: (command) => command.option('--group <group>', `one of ${EVENT_GROUPS.join(', ')}`),
  async run(_context, { group }) {
    if (group === undefined) return EVENT_TYPES;
    const wanted = group.endsWith('.*') ? group : `${group}.*`;
    if (!EVENT_GROUPS.includes(wanted)) {
      throw new Failure('usage', `There is no event group ${group}`, {
        hint: `Groups are ${EVENT_GROUPS.join(', ')}.`,
      });
    }
    return EVENT_TYPES.filter((event) => event.group === wanted);
  },
  view: (types) => ({
    kind: 'table',
    columns: [{ title: 'EVENT TYPE' }, { title: 'GROUP' }, { title: 'DESCRIPTION', shrink: true }],
    rows: types.map(({ type, group, description }) => [type, group ?? dim('-'), description]),
    empty: '',
  }),
  ids: (types) => types.map(({ type }) => type),
});
