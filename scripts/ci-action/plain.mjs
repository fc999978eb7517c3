/** Control and format characters, and all that starts a line, become spaces: one line that is what it seems. */
export const flat = (text) => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');

export const cut = (text, chars) => (text.length > chars ? `${text.slice(0, chars - 1)}…` : text);
