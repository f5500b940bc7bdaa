// Errors for people.

/** What the server refused, in its own words, which may be shown as they are. */
export class Refusal extends Error {
  /**
   * @param {string} code invalid, unauthentic, denied, not_found, conflict, too_many or unavailable
   * @param {string} text
   */
  constructor(code, text) {
    super(text);
    this.code = code;
  }
}

/** The server could not be reached, or what it said made no sense. */
export class Unreachable extends Error {}
