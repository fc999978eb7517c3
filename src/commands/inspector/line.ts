import { accent, good, type View } from '../../terminal/view.ts';

export const DEFAULT_UI_PORT = 4243;

/** Where the page is; the token in it lets in whoever has it, as long as this runs. */
export interface InspectorLine {
  readonly type: 'inspector';
  readonly url: string;
}

export const viewInspector = ({ url }: InspectorLine): View => ({
  kind: 'lines',
  lines: [[good('Inspector'), ' at ', accent(url)]],
});
