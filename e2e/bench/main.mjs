// make bench-media: the figures of the media plane, in a real Chromium, with what a peer connection needs in the same run beside
// them. Prints a table or, with --json, an object a line for each figure.
//
//	node e2e/bench/main.mjs [--json] [glass,ear,lips,echo,two,joining,back,loss,narrow,many,server]

import { rows as crowd } from './crowd.mjs';
import { rows as echo } from './echo.mjs';
import { rows as lines } from './lines.mjs';
import { rows as lips } from './lips.mjs';
import { rows as live } from './live.mjs';
import { table } from './table.mjs';

const all = {
  ...live,
  ...lips,
  ...echo,
  two: crowd.two,
  ...lines,
  narrow: crowd.narrow,
  many: crowd.many,
  server: crowd.server,
};

const args = process.argv.slice(2);
const json = args.includes('--json');
const names = args.filter((a) => a !== '--json').flatMap((a) => a.split(','));
const unknown = names.filter((n) => n && !(n in all));
if (unknown.length > 0) {
  console.error(`unknown: ${unknown.join(', ')}; there are ${Object.keys(all).join(', ')}`);
  process.exit(2);
}

const figures = [];
let failed = false;
for (const name of names.length > 0 ? names : Object.keys(all)) {
  try {
    for (const figure of await all[name]()) {
      figures.push({ row: name, ...figure });
      if (json) console.log(JSON.stringify(figures.at(-1)));
      else console.error(`${name}: ${figure.figure}: ${figure.measured} (${figure.met ? 'met' : 'missed'})`);
    }
  } catch (error) {
    failed = true;
    console.error(`${name}: not measured: ${error.stack ?? error}`);
    figures.push({ row: name, figure: name, measured: 'not measured', reference: '', aim: '', met: false, values: {} });
  }
}
if (!json) console.log(table(figures));
process.exit(failed ? 1 : 0);
