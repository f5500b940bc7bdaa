// Where a menu lies.

/**
 * @typedef {{left: number, top: number, width: number, height: number}} Rect
 */

/**
 * Below its button and flush with its end; above it if there is no room below, further in if it would leave the screen.
 * @param {Rect} button
 * @param {{width: number, height: number}} menu
 * @param {{width: number, height: number}} screen
 * @param {number} [gap] px, to the button and to the edges
 * @returns {{left: number, top: number}}
 */
export function place(button, menu, screen, gap = 6) {
  const inside = (/** @type {number} */ at, /** @type {number} */ size, /** @type {number} */ all) =>
    Math.max(gap, Math.min(at, all - size - gap));
  const below = button.top + button.height + gap;
  const above = button.top - menu.height - gap;
  const top = below + menu.height + gap <= screen.height || above < gap ? below : above;
  return {
    left: inside(button.left + button.width - menu.width, menu.width, screen.width),
    top: inside(top, menu.height, screen.height),
  };
}
