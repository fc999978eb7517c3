import { defineCommand } from '../../cli/define.ts';

export const command = defineCommand({
  examples: [
    { command: 'kycgenie config path' },
    { command: 'kycgenie config path --json', means: 'the folders too' },
  ],
  setup: (command) => command,
  async run(context) {
    const { configDir, dataDir } = await context.places();
    return {
      config_path: (await context.profiles()).path,
      config_dir: configDir.value,
      data_dir: dataDir.value,
    };
  },
  view: ({ config_path }) => ({ kind: 'lines', lines: [config_path] }),
  ids: ({ config_path }) => [config_path],
});
