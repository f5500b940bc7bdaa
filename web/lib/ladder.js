// Steps from everything to the least, one down as soon as it is too much, one up when all has been well for a while. No DOM.

/**
 * @typedef {object} Rules all in ms
 * @property {number} settle after a step down, in which it has to show
 * @property {number} hold of good times before the first step up
 * @property {number} next of good times before each further one
 * @property {number} most before the first step up, however many have failed
 * @property {number} failed after a step up, in which a step down means that it was too much
 */

const FORGET = 30_000; // ms without a step down: those that failed before say nothing any more

/**
 * A step up that fails makes the next wait twice as long, up to `most`; times that are neither good nor bad only make that longer.
 * @template T
 */
export class Ladder {
  /** @param {T[]} steps @param {Rules} rules */
  constructor(steps, rules) {
    this.steps = steps;
    this.rules = rules;
    this.level = 0;
    this.hold = rules.hold;
    this.down = -Infinity;
    this.up = -Infinity;
    /** ms of good times since the last step, or since they were spoilt */
    this.good = 0;
    /** steps up since the last one down */
    this.climbed = 0;
  }

  get step() {
    return this.steps[this.level];
  }

  /** It is too much. @param {number} now ms @returns {boolean} whether the step has changed */
  lower(now) {
    const { settle, hold, most, failed } = this.rules;
    if (this.level === this.steps.length - 1 || now - this.down < settle) return false;
    if (this.climbed > 0 && now - this.up < failed) this.hold = Math.min(2 * this.hold, most);
    else if (now - this.down > FORGET) this.hold = hold;
    this.level++;
    this.down = now;
    this.good = 0;
    this.climbed = 0;
    return true;
  }

  /** All is well. @param {number} now ms @param {number} passed ms for which it has been @returns {boolean} whether the step has changed */
  raise(now, passed) {
    if (this.level === 0) return false;
    this.good += passed;
    if (this.good < (this.climbed === 0 ? this.hold : this.rules.next)) return false;
    this.level--;
    this.climbed++;
    this.good = 0;
    this.up = now;
    return true;
  }
}
