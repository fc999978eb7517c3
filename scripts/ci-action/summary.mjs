import { cut, flat } from './plain.mjs';

/** The runner drops a summary of more than 1 MiB: 500 rows of 4 such cells, escaped, are below it. */
const MAX_ROWS = 500;
const MAX_CELL_CHARS = 300;
const MAX_BYTES = 1_000_000;

/** Lines for the job summary: a heading, the counts, a table of what is created, updated and deleted. */
export function summaryOf({ items, counts }, { applies }) {
  const head = [`### Webhooks: ${applies ? 'applied' : 'compared'}`, '', sentence(counts, applies), ''];
  if (items.length === 0) return head;
  const rows = [];
  let bytes = 0;
  for (const item of items.slice(0, MAX_ROWS)) {
    const row = rowOf(item);
    bytes += Buffer.byteLength(row);
    if (bytes > MAX_BYTES) break;
    rows.push(row);
  }
  const more = items.length - rows.length;
  return [
    ...head,
    ...['<table>', '<tr><th></th><th>event</th><th>URL</th><th></th></tr>', ...rows, '</table>', ''],
    ...(more > 0 ? [`${more} more are not shown.`, ''] : []),
  ];
}

const sentence = ({ created, updated, deleted, failed }, applies) =>
  applies
    ? `${created} created, ${updated} updated, ${deleted} deleted, ${failed} failed.`
    : `${created} to create, ${updated} to update, ${deleted} to delete.`;

const rowOf = ({ mark, eventType, url, details, error }) =>
  `<tr>${[mark, eventType, url, error === null ? details : `failed: ${error}`].map(cell).join('')}</tr>`;

// HTML, for in a Markdown table a pipe, a link or a mention in a text would be one. Escaped as XML is, in which form
// the runner still knows the secrets that it masks.
const cell = (text) => (text === '' ? '<td></td>' : `<td><code>${escaped(text)}</code></td>`);

const escaped = (text) =>
  cut(flat(text), MAX_CELL_CHARS)
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
