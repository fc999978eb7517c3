/** `${NAME}` and `${NAME:-default}` in a text; the group is empty for a `${` that is neither. */
const VARIABLE = /(\$+)\{(?:([A-Za-z_][A-Za-z0-9_]*)(?::-([^{}]*))?\})?/g;

/** A manifest may come from somebody else: it must not send our key anywhere. Some systems ignore case in names. */
const OUR_KEY = 'KYCGENIE_API_KEY';

export type Env = Readonly<Record<string, string | undefined>>;

/** Why a text could not be completed. */
export interface VariableProblem {
  readonly message: string;
  readonly hint: string;
}

/**
 * The text with its variables replaced by their values, or why it cannot be. A default stands in for a variable that
 * is not set or empty; `$${` stands for `${` itself. What a variable holds is not looked at again.
 */
export function substitute(
  text: string,
  env: Env,
): { readonly text: string } | { readonly problem: VariableProblem } {
  let problem: VariableProblem | undefined;
  const completed = text.replace(VARIABLE, (whole, dollars: string, name?: string, standIn?: string) => {
    if (dollars.length > 1) return whole.slice(1);
    if (name === undefined) {
      problem ??= {
        message: `\${ begins a variable, and this is none`,
        hint: `Write \${NAME} or \${NAME:-default}; $\${ stands for \${ itself.`,
      };
      return '';
    }
    if (name.toUpperCase() === OUR_KEY) {
      problem ??= {
        message: `the variable ${name} holds the API key, which belongs in no manifest`,
        hint: 'Use a variable of another name.',
      };
      return '';
    }
    const value = env[name];
    if (standIn !== undefined) return value || standIn;
    if (value === undefined) {
      problem ??= {
        message: `the variable ${name} is not set`,
        hint: `Set it in the environment, or give it a default: \${${name}:-default}.`,
      };
    }
    return value ?? '';
  });
  return problem ? { problem } : { text: completed };
}

/** The text that `substitute` turns into this one, whatever the environment. */
export const withoutVariables = (text: string): string => text.replace(/\$+\{/g, (dollars) => `$${dollars}`);

export const hasVariable = (text: string): boolean => text.includes('${');
