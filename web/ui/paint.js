/**
 * Draws a small picture onto a component's canvas, which becomes as large, unless it is there already.
 * @param {HTMLCanvasElement | null} canvas
 * @param {ImageBitmap | undefined} picture
 * @param {ImageBitmap | undefined} drawn what was drawn before
 * @returns {ImageBitmap | undefined} what is drawn now
 */
export function paint(canvas, picture, drawn) {
  if (!canvas || !picture) return undefined;
  if (picture !== drawn) {
    canvas.width = picture.width;
    canvas.height = picture.height;
    canvas.getContext('2d', { alpha: false })?.drawImage(picture, 0, 0);
  }
  return picture;
}
