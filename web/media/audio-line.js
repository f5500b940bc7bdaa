// The sound of a call as the page sees it: what is done is done in a worker (media/audio-worker.js), which lives as long as this.

/** @typedef {import('../lib/wire.js').Frame} Frame */
/** @typedef {import('../lib/media-link.js').LinkState} LinkState */
/** @typedef {Pick<Frame, 'track' | 'seq' | 'pts'>} Packet */

/**
 * @typedef {object} VoiceReport how a voice that comes is doing; times in µs, wavering in ms
 * @property {number} track
 * @property {{received: number, lost: number, decoded: number, dropped: number, errors: number}} stats
 * @property {number} level −dBov
 * @property {number} heardAt local ms
 * @property {number} delay between capture and hearing, wished
 * @property {number} late frames
 * @property {number} wavering
 * @property {number} way
 * @property {number} margin
 * @property {number} raised
 * @property {number} together what is waited for with other voices
 */

/**
 * @typedef {object} Report twenty times a second
 * @property {{bytesIn: number, bytesOut: number, buffered: number, malformed: number, frames: number, skipped: number}} link
 * @property {VoiceReport[]} voices
 * @property {number[]} speaking seats
 * @property {number} stage the seat of who is on it, or 0
 * @property {Packet[]} played what was given to players since the last one
 */

/**
 * @typedef {object} LineHandlers
 * @property {(hello: {seat: number, track: number}, connections: number) => void} open
 * @property {(state: LinkState) => void} state
 * @property {(code: number, reason: string) => void} closed
 * @property {(text: string) => void} refused
 * @property {(track: number) => void} gone
 * @property {(frame: Frame) => void} config of a voice
 * @property {(track: number, memory: SharedArrayBuffer | undefined) => void} voice there is one; memory: its ring's, if it is shared
 * @property {(report: Report) => void} report
 */

export class AudioLine {
  constructor() {
    /** @type {Worker | undefined} */
    this.worker = undefined;
    /** when the worker is loaded; rejected if it can't be, and then `open` loads another @type {Promise<void> | undefined} */
    this.loaded = undefined;
    /** the worker could not be loaded, and nothing leads into it: sources have to be led into another */
    this.lost = () => {};
    /** @type {LineHandlers | undefined} */
    this.on = undefined;
    /** the microphone's, every 20 ms @type {(level: number) => void} −dBov */
    this.level = () => undefined;
    /** @type {LinkState} */
    this.state = 'closed';
    this.connections = 0;
    /** local ms of the last word */
    this.heard = 0;
    /** @type {Report['link']} */
    this.link = { bytesIn: 0, bytesOut: 0, buffered: 0, malformed: 0, frames: 0, skipped: 0 };
    /** @type {import('../lib/clock.js').TwinClock | undefined} */
    this.clock = undefined;
    this.latency = -1;
  }

  /** Loads the worker, so that who enters need not wait for it. @returns {Promise<void>} when it is */
  open() {
    this.loaded ??= new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./audio-worker.js', import.meta.url), { type: 'module' });
      worker.onmessage = (m) => {
        if (m.data.loaded) resolve();
        else this.#hear(m.data);
      };
      // Its own errors have a message, are shown by the browser, and do not end it.
      worker.onerror = (e) => {
        if (e instanceof ErrorEvent || this.worker !== worker) return;
        this.worker = this.loaded = undefined;
        reject(new Error('the worker of the sound could not be loaded'));
        this.lost();
      };
      this.worker = worker;
    });
    return this.loaded;
  }

  /** @param {object} message @param {Transferable[]} [transfer] */
  say(message, transfer = []) {
    void this.open().catch(() => undefined); // who joins hears of it
    this.worker?.postMessage(message, transfer);
  }

  /**
   * Makes ready for a call; `start` connects.
   * @param {{url: string, who: {user: string, name: string}, port: MessagePort}} how port: a way into the mixer
   * @param {import('../lib/clock.js').TwinClock} clock the page's, which hears what the worker's hears
   * @param {LineHandlers} on
   */
  enter(how, clock, on) {
    this.on = on;
    this.clock = clock;
    this.latency = -1;
    this.say({ enter: how }, [how.port]);
  }

  start() {
    this.say({ start: true });
  }

  /** The network may have changed. */
  nudge() {
    this.say({ nudge: true });
  }

  /** Out of the call; microphones go on. */
  stop() {
    this.on = undefined;
    this.clock = undefined;
    this.state = 'closed';
    this.worker?.postMessage({ leave: true });
  }

  /**
   * Where the sound of a slot comes from.
   * @param {number} slot
   * @param {import('./capture.js').Way} way empty: nowhere
   * @param {Transferable[]} transfer
   */
  source(slot, way, transfer) {
    this.say({ source: { slot, way } }, transfer);
  }

  /** @param {number} slot @param {boolean} on off: others are told that the track pauses */
  sending(slot, on) {
    this.say({ sending: { slot, on } });
  }

  /** @param {number} length ms of sound in a packet, if the browser makes such */
  cut(length) {
    this.say({ length });
  }

  /** @param {boolean} on others' voices are not played @param {import('../app/past.js').Seams} [seams] where they go on */
  hush(on, seams) {
    this.say({ hush: { on, seams } });
  }

  /** No more of a voice for now. @param {number} track */
  end(track) {
    this.say({ end: track });
  }

  /**
   * What the voices must know of the page.
   * @param {number} latency µs between mixing and hearing
   * @param {[number, number][]} pictures for each track of a voice the delay that its picture needs, µs
   */
  pace(latency, pictures) {
    if (latency !== this.latency || pictures.length > 0) this.say({ latency, pictures });
    this.latency = latency;
  }

  /** @param {any} m */
  #hear(m) {
    if (m.level !== undefined) this.level(m.level);
    if (m.heard) this.clock?.told(m.heard);
    const { on } = this;
    if (!on) return;
    if (m.state) {
      ({ heard: this.heard, connections: this.connections, state: this.state } = m.state);
      on.state(m.state.state);
    }
    if (m.open) {
      this.connections = m.open.connections;
      on.open(m.open.hello, m.open.connections);
    }
    if (m.closed) on.closed(m.closed.code, m.closed.reason);
    if (m.refused !== undefined) on.refused(m.refused);
    if (m.gone !== undefined) on.gone(m.gone);
    if (m.config) on.config(m.config);
    if (m.voice) on.voice(m.voice.track, m.voice.memory);
    if (m.report) {
      this.link = m.report.link;
      on.report(m.report);
    }
  }

  /** For good. */
  close() {
    this.stop();
    this.lost = () => {};
    this.worker?.postMessage({ stop: true });
    this.worker = this.loaded = undefined;
  }
}
