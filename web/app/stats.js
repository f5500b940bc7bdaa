// What is going on in a call, in numbers: for the statistics panel and, as window.scaip, for whoever measures. It only
// reads.

/** @typedef {import('./app.js').App} App */

/**
 * @typedef {object} Stats
 * @property {string} call
 * @property {string} stage
 * @property {{rtt: number, offset: number, now: number}} clock rtt in ms; offset and now in µs
 * @property {number} latency of the sound's output, ms
 * @property {Record<'audio' | 'video', object>} sent
 * @property {number} easing steps down in what is asked for of others' pictures, since this machine shows them late
 * @property {object[]} people one for each other participant
 */

/**
 * @param {App} app
 * @param {number} now local ms
 * @returns {Stats | null} null outside of a call
 */
export function stats(app, now) {
  const call = app.call.value;
  const { receiver, sound, media, senders } = call ?? {};
  if (!call || !receiver || !sound || !media || !senders) return null;
  const { clock } = call;
  const link = (/** @type {'audio' | 'video'} */ kind) => ({
    state: media[kind].state,
    connections: media[kind].connections,
    refused: receiver.refusals[kind],
  });
  const { bytesIn, bytesOut, buffered, malformed } = media.video;
  const { sent: frames, skipped, uplink, asked } = senders.video;
  const video = { bytesIn, bytesOut, buffered, malformed, frames, skipped, step: uplink.ladder.level, asked };
  return {
    call: call.id,
    stage: call.stage.value,
    clock: { rtt: clock.rtt, offset: clock.offset ?? 0, now: clock.at(now) },
    latency: sound.latency / 1000,
    sent: { audio: { ...link('audio'), ...media.audio.link }, video: { ...link('video'), ...video } },
    easing: receiver.watching.easing.ladder.level,
    people: [...receiver.people.values()].map((p) => ({
      seat: p.seat,
      name: p.name,
      delay: (p.audio?.report?.delay ?? p.playout.picture) / 1000,
      way: Math.round((p.playout.video.base.value ?? 0) / 1000),
      pictureMargin: Math.round(p.playout.video.margin / 1000),
      pictureDelay: p.playout.picture / 1000,
      // The picture's lateness against the voice, ms: 95 % of the pictures lie between.
      skew: p.skew.range(),
      audio: p.audio?.report && {
        ...spoken(p.audio.report),
        speaking: p.speaking.value,
        ...played(sound.voices.voice(p.audio.track)),
      },
      video: p.video && picture(p.video, p, clock.at(now)),
      screen: p.screen.video && picture(p.screen.video, p.screen, clock.at(now)),
    })),
  };
}

/**
 * @param {import('../media/video-player.js').VideoPlayer} video
 * @param {Pick<import('./receiver.js').Screen, 'playout' | 'off'>} side whose it is
 * @param {number} now µs of the call
 */
function picture(video, side, now) {
  return {
    ...video.stats,
    ...video.layer,
    codec: video.codec,
    width: video.width,
    height: video.height,
    late: side.playout.video.late,
    shown: video.shown,
    off: side.off.value,
    // From capture to canvas, by the clock of the call.
    age: video.shown < 0 ? -1 : (now - video.shown) / 1000,
  };
}

/**
 * How a voice comes.
 * @param {import('../media/audio-line.js').VoiceReport} r
 */
function spoken({ stats, level, late, wavering, way, margin, raised, together }) {
  // What the delay is made of, ms: the way at its best, and the most of what its wavering needs, what late frames need, and what all voices
  // need where all are late at once; more only where it waits for its picture.
  const [w, m, r, t] = [way, margin, raised, together].map((us) => Math.round(us / 1000));
  return { ...stats, level, late, jitter: wavering, way: w, margin: m, raised: r, together: t };
}

/**
 * How a speaker is played, in ms.
 * @param {import('../lib/voices.js').Voice | undefined} v
 */
function played(v) {
  if (!v) return {};
  const { underruns, jumps } = v;
  const ms = (/** @type {number} */ time) => Math.round(time / 100) / 10;
  return {
    underruns,
    jumps,
    playing: ms(v.delay),
    ahead: ms(v.ahead),
    concealed: ms(v.concealed),
    removed: ms(v.removed),
    inserted: ms(v.inserted),
  };
}

/**
 * What a page shows of itself to measurements; documented in docs/client.md.
 * @param {App} app
 * @param {() => number} now local ms
 */
export function looking(app, now) {
  return Object.freeze({
    stats: () => stats(app, now()),
    /** The last third of a second of what is heard, all voices summed, 48 kHz. */
    heard: () => {
      const call = app.call.value;
      const source = app.replay.value?.past ?? call?.rewind.past.value ?? call?.sound;
      return source?.heard() ?? new Float32Array(0);
    },
    /** What is shown of the past, in a call or of one that is over: null when live. */
    past: () => past(app),
  });
}

/** @param {App} app */
function past(app) {
  const p = app.replay.value?.past ?? app.call.value?.rewind.past.value;
  if (!p) return null;
  return {
    state: p.state.value,
    settled: p.settled,
    time: p.now() / 1000,
    end: p.end.value / 1000,
    rate: p.rate.value,
    people: [...p.people.values()].map((x) => ({
      seat: x.seat,
      name: x.name,
      shown: x.picture(0).player.shown / 1000,
    })),
  };
}
