// Names, times and sizes for reading.

import { locale, t } from './words.js';

/**
 * One or two letters for a name.
 * @param {string} name
 */
export function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const first = (/** @type {string | undefined} */ w) => [...(w ?? '')][0] ?? '';
  const text = words.length > 1 ? first(words[0]) + first(words[words.length - 1]) : first(words[0]);
  return text.toLocaleUpperCase(locale);
}

/** @param {string | Date} at */
export const clockTime = (at) => new Date(at).toLocaleTimeString(locale, { hour: '2-digit', minute: '2-digit' });

/**
 * "Today", "Yesterday" or a date.
 * @param {Date} date
 * @param {Date} [now]
 */
export function dayName(date, now = new Date()) {
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days === 0) return t('day.today');
  if (days === 1) return t('day.yesterday');
  const sameYear = date.getFullYear() === now.getFullYear();
  return date.toLocaleDateString(locale, {
    weekday: 'long',
    day: 'numeric',
    month: 'long',
    ...(sameYear ? {} : { year: 'numeric' }),
  });
}

/** @param {Date} d */
const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate()).getTime();

/**
 * When something was, as short as it is clear.
 * @param {string} at
 * @param {Date} [now]
 */
export function shortWhen(at, now = new Date()) {
  const date = new Date(at);
  const days = Math.round((midnight(now) - midnight(date)) / 86_400_000);
  if (days === 0) return clockTime(date);
  if (days < 7 && days > 0) return date.toLocaleDateString(locale, { weekday: 'short' });
  return date.toLocaleDateString(locale, { day: 'numeric', month: 'short' });
}

/** @param {string} at date and time */
export const longWhen = (at) => `${dayName(new Date(at))}, ${clockTime(at)}`;

/** @param {number} ms "4 min", "1 h 12 min" or "38 s" */
export function duration(ms) {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  const min = Math.round(s / 60);
  return min < 60 ? `${min} min` : `${Math.floor(min / 60)} h ${min % 60} min`;
}

/** @param {number} ms "3:07" or "1:02:09" */
export function stopwatch(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

/** @param {number} bytes */
export function size(bytes) {
  if (bytes < 1000) return `${bytes} B`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  let n = bytes;
  let unit = -1;
  do {
    n /= 1000;
    unit++;
  } while (n >= 999.5 && unit < units.length - 1);
  return `${n.toLocaleString(locale, { maximumFractionDigits: n < 10 ? 1 : 0 })} ${units[unit]}`;
}
