import { defineCommand } from '../cli/define.ts';
import { oneOf } from '../cli/one-of.ts';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
type Shell = (typeof SHELLS)[number];

const SCRIPTS: Readonly<Record<Shell, () => Promise<string>>> = {
  bash: async () => (await import('./completion/bash.ts')).bash,
  zsh: async () => (await import('./completion/zsh.ts')).zsh,
  fish: async () => (await import('./completion/fish.ts')).fish,
  powershell: async () => (await import('./completion/powershell.ts')).powershell,
};

export const command = defineCommand({
  description:
    'The script asks kycgenie itself what fits: commands, options, event types, profiles, webhooks with a stored ' +
    'secret, schemes, files. It reads files of this machine and calls no API. Install it once, as shown below, and ' +
    'open a new shell; an update of kycgenie needs no new script.\n\n' +
    'For bash the package bash-completion reads that folder; without it, put this into ~/.bashrc: ' +
    'source <(kycgenie completion bash)\n\n' +
    'For zsh the folder must be in fpath before compinit runs, in ~/.zshrc: ' +
    'fpath=(~/.zfunc $fpath); autoload -U compinit; compinit',
  examples: [
    {
      command: 'kycgenie completion bash > ~/.local/share/bash-completion/completions/kycgenie',
      means: 'bash',
    },
    { command: 'kycgenie completion zsh > ~/.zfunc/_kycgenie', means: 'zsh' },
    { command: 'kycgenie completion fish > ~/.config/fish/completions/kycgenie.fish', means: 'fish' },
    { command: 'kycgenie completion powershell >> $PROFILE', means: 'PowerShell' },
  ],
  setup: (command) => command.argument('<shell>', SHELLS.join(', '), oneOf('completion', SHELLS)),
  async run(_context, _options, shell) {
    return { shell, script: await SCRIPTS[shell]() };
  },
  view: ({ script }) => ({ kind: 'lines', lines: script.trimEnd().split('\n') }),
});
