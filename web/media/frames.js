// The pictures of a camera where its track can't be read (there is no MediaStreamTrackProcessor): a video element shows them, and each is
// taken from it.

const EVERY = 40; // ms between looks where the element does not tell of its pictures
const HIDDEN = 250; // ms without a word: the page is hidden, and then browsers tell of none
const MOST = 3; // pictures that the worker has not taken yet; more would only come late

export class Frames {
  /**
   * @param {MediaStreamTrack} track goes on when this is closed
   * @param {(frame: VideoFrame) => void} give who takes it closes it, and says `taken`
   */
  constructor(track, give) {
    this.give = give;
    this.outside = 0;
    this.closed = false;
    this.last = -1;
    this.told = performance.now();
    this.video = document.createElement('video');
    this.video.muted = true;
    this.video.playsInline = true;
    this.video.srcObject = new MediaStream([track]);
    this.tells = typeof this.video.requestVideoFrameCallback === 'function';
    if (this.tells) this.video.requestVideoFrameCallback(this.#next);
    this.timer = setInterval(() => this.#look(), EVERY);
    void this.video.play().catch(() => undefined);
  }

  #next = () => {
    if (this.closed) return;
    this.told = performance.now();
    this.#take();
    this.video.requestVideoFrameCallback(this.#next);
  };

  #look() {
    if (this.tells && performance.now() - this.told < HIDDEN) return;
    if (this.video.currentTime !== this.last) this.#take();
  }

  #take() {
    this.last = this.video.currentTime;
    if (this.outside >= MOST || this.video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
    let frame;
    try {
      frame = new VideoFrame(this.video, { timestamp: Math.round(performance.now() * 1000) });
    } catch {
      return; // the element has none after all
    }
    this.outside++;
    this.give(frame);
  }

  /** The worker has taken one. */
  taken() {
    this.outside--;
  }

  close() {
    this.closed = true;
    clearInterval(this.timer);
    this.video.srcObject = null;
  }
}
