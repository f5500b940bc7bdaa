// Colours of people.

/** What one may choose from; each carries white or dark letters well. */
export const COLORS = [
  '#14604c',
  '#2f6db5',
  '#6b4fb3',
  '#a83a7c',
  '#b4471a',
  '#8a6a0f',
  '#4d7a22',
  '#3d5a66',
  '#8fd3b6',
  '#9cc4f2',
  '#f2b8a0',
  '#e8d27a',
];

/**
 * Dark or light letters, whichever contrast more with a ground (WCAG's relative luminance).
 * @param {string} ground "#rrggbb"
 */
export function ink(ground) {
  const n = Number.parseInt(ground.slice(1), 16);
  if (!/^#[0-9a-f]{6}$/i.test(ground) || Number.isNaN(n)) return '#ffffff';
  const [r, g, b] = [n >> 16, (n >> 8) & 255, n & 255].map((v) => {
    const s = v / 255;
    return s <= 0.04045 ? s / 12.92 : ((s + 0.055) / 1.055) ** 2.4;
  });
  const light = 0.2126 * r + 0.7152 * g + 0.0722 * b;
  // Contrast with white against contrast with #16170f.
  return 1.05 / (light + 0.05) >= (light + 0.05) / 0.0585 ? '#ffffff' : '#16170f';
}
