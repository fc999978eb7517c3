import { describeProgram } from './describe.ts';
import { manPage } from './man.ts';
import { referencePage } from './reference.ts';

/** The generated files: path to text. */
export async function writeDocs(): Promise<Readonly<Record<string, string>>> {
  const program = await describeProgram();
  return { 'man/kycgenie.1': manPage(program), 'docs/reference.md': referencePage(program) };
}
