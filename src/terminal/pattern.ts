/** A pattern that is compiled on first use: those with Unicode properties cost every start a millisecond each. */
export function pattern(source: string, flags: string): () => RegExp {
  let compiled: RegExp | undefined;
  return () => {
    compiled ??= new RegExp(source, flags);
    return compiled;
  };
}
