// Figures as a table in Markdown, for reading and for docs/media.md.

/** @param {{row: string, figure: string, measured: string, reference: string, aim: string, met: boolean}[]} figures */
export function table(figures) {
  const rows = figures.map((f) => [f.row, f.figure, f.measured, f.reference || '–', f.aim, f.met ? 'met' : 'missed']);
  const head = ['row', 'figure', 'measured', 'in the same run', 'aim', ''];
  return [head, head.map(() => '---'), ...rows].map((r) => `| ${r.join(' | ')} |`).join('\n');
}
