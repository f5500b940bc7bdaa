// The one local clock of page, workers and captures.

/** ms since 1970 on the monotonic clock: the same in the page and in its workers. */
export const localNow = () => performance.timeOrigin + performance.now();
