// Draws docs/demo.svg: a real run of `kycgenie demo` on a terminal of this width, as a picture for the README.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';

const COLUMNS = 116;
const ROWS = 200;
const CHAPTERS = ['A receiver that fails first', 'A forged delivery'];

const CELL = { width: 8.4, height: 19 };
const PADDING = 24;
const INK = '#c9d1d9';
const COLORS = { 31: '#ff7b72', 32: '#7ee787', 33: '#e3b341', 36: '#79c0ff' };

const session = `picture-${process.pid}`;
const tmux = (...args) => {
  const { status, stdout, stderr } = spawnSync('tmux', ['-L', session, ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`tmux ${args.join(' ')}: ${stderr}`);
  return stdout;
};

/** The screen after the demo, with its colours as escape sequences. */
function record() {
  const done = 'demo-has-ended';
  const command = `TERM=xterm-256color NO_UPDATE_NOTIFIER=1 node bin/kycgenie.cjs demo --color always; tmux -L ${session} wait-for -S ${done}; cat`;
  tmux('new-session', '-d', '-x', String(COLUMNS), '-y', String(ROWS), command);
  tmux('wait-for', done);
  const screen = tmux('capture-pane', '-e', '-p');
  tmux('kill-server');
  return screen.split('\n');
}

const ESC = String.fromCharCode(27);
/** One look: `ESC [ codes m`. */
const LOOK = new RegExp(`${ESC}\\[([0-9;]*)m`);

const bare = (line) => line.replaceAll(new RegExp(LOOK, 'g'), '').trimEnd();

/** The lines of the chosen chapters, without what their checks say. */
function choose(lines) {
  const isTitle = (line, index) => /^[A-Z]/.test(bare(line)) && bare(lines[index + 1] ?? 'x') === '';
  let shown = false;
  return lines.filter((line, index) => {
    if (isTitle(line, index)) shown = CHAPTERS.some((title) => bare(line).startsWith(title));
    return shown;
  });
}

const escapeXml = (text) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** One line as an SVG text: each stretch of one look is a tspan. */
function draw(line, row) {
  let look = { fill: INK, bold: false, dim: false };
  const spans = [];
  // Splitting by a group keeps it: text and codes in turn.
  for (const [index, piece] of line.split(LOOK).entries()) {
    if (index % 2 === 1) for (const code of piece.split(';')) look = change(look, Number(code));
    else if (piece !== '') spans.push(span(piece, look));
  }
  const y = PADDING + (row + 1) * CELL.height;
  return `<text x="${PADDING}" y="${y}" xml:space="preserve">${spans.join('')}</text>`;
}

function change(look, code) {
  if (code === 0) return { fill: INK, bold: false, dim: false };
  if (code === 1) return { ...look, bold: true };
  if (code === 2) return { ...look, dim: true };
  if (code === 22) return { ...look, bold: false, dim: false };
  if (code === 39) return { ...look, fill: INK };
  return { ...look, fill: COLORS[code] ?? look.fill };
}

function span(text, { fill, bold, dim }) {
  const weight = bold ? ' font-weight="600"' : '';
  const opacity = dim ? ' fill-opacity="0.6"' : '';
  return `<tspan fill="${fill}"${weight}${opacity}>${escapeXml(text)}</tspan>`;
}

const lines = choose(record());
while (bare(lines.at(-1)) === '') lines.pop();
const width = Math.round(COLUMNS * CELL.width + 2 * PADDING);
const height = lines.length * CELL.height + 2 * PADDING;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="Output of kycgenie demo">
<rect width="100%" height="100%" rx="10" fill="#0d1117"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="14">
${lines.map(draw).join('\n')}
</g>
</svg>
`;
writeFileSync('docs/demo.svg', svg);
