// How much recordings take of what they may, and when that will be full.

/**
 * @typedef {{files: number, bytes: number, waiting: number, running: number, quota: number, spent: boolean, disk: number, left: number,
 *   per_day: number, days_left: number, groups: {group: string, name: string, calls: number, bytes: number}[] | null}} Report
 *   GET /api/recordings, docs/protocol.md
 * @typedef {{taken: number, most: number, share: number, by: 'quota' | 'disk', full: Date | undefined}} Space taken and most in bytes, share 0 to 1;
 *   full: undefined if nothing came lately, or if it is more than ten years away
 */

const DAY = 86_400_000; // ms
const FAR = 3653; // days

/**
 * @param {Report} report
 * @param {Date} [now]
 * @returns {Space}
 */
export function space(report, now = new Date()) {
  const taken = report.bytes + report.running;
  const by = report.quota > 0 && report.quota - taken <= report.disk ? 'quota' : 'disk';
  const most = by === 'quota' ? report.quota : taken + report.disk;
  const known = report.days_left >= 0 && report.days_left < FAR;
  return {
    taken,
    most,
    share: most > 0 ? Math.min(1, taken / most) : 1,
    by,
    full: known ? new Date(now.getTime() + report.days_left * DAY) : undefined,
  };
}
