// A page in both themes, on a desktop and on a phone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { out, pause } from './rig.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
export const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 390, height: 844 } };

/**
 * Looks at a page: nothing is too wide, and axe finds nothing. Its pictures are in out/.
 * @param {import('playwright-core').Page} page
 * @param {string} name of the pictures
 * @param {(size: string) => Promise<void>} [ready] brings the page to what is looked at, in that size
 */
export async function look(page, name, ready) {
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      await ready?.(size);
      await pause(300); // colours pass over into each other
      await page.screenshot({ path: join(out, `${name}-${size}-${colorScheme}.png`) });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      assert.ok(wide <= 0, `${name} is ${wide} px too wide on a ${size}`);
      assert.deepEqual(await faults(page), [], `${name}, ${size}, ${colorScheme}`);
    }
  }
  await page.setViewportSize(SIZES.desktop);
}

/** What axe finds, a line each. @param {import('playwright-core').Page} page */
export async function faults(page) {
  // Through the debugger, which the content security policy of the page does not concern.
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    // axe does not know that all behind a modal dialogue is inert, nor that an open menu goes away, and takes them for obscuring
    // targets.
    /** @type {(root: ParentNode) => boolean} */
    const covered = (root) =>
      root.querySelector('dialog:modal, :popover-open') !== null ||
      [...root.querySelectorAll('*')].some((e) => e.shadowRoot !== null && covered(e.shadowRoot));
    const { violations } = await /** @type {any} */ (window).axe.run(document, {
      runOnly: { type: 'tag', values: tags },
      rules: { 'target-size': { enabled: !covered(document) } },
    });
    return violations.flatMap((/** @type {any} */ v) =>
      v.nodes.map(
        (/** @type {any} */ n) => `${v.id}: ${n.target.flat().join(' ')}: ${n.failureSummary.split('\n')[1]}`,
      ),
    );
  });
}
