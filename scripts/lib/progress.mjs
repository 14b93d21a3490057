/**
 * What set-up shows: on a terminal one line that is overwritten (seconds, step, what it is doing), elsewhere one plain line a
 * step. Lines said stay.
 */
export function createProgress(stream) {
  const isLive = stream.isTTY === true;
  let step = null;
  let detail = "";
  let startedAt = 0;
  let timer = null;

  const seconds = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  const clear = () => {
    if (isLive && step !== null) stream.write("\r\u001b[2K");
  };
  const draw = () => {
    if (!isLive || step === null) return;
    const width = Math.max(20, (stream.columns ?? 80) - 1);
    stream.write(`\r\u001b[2K${`${step}  ${seconds()}  ${detail}`.slice(0, width)}`);
  };

  return {
    start(name) {
      step = name;
      detail = "";
      startedAt = performance.now();
      if (!isLive) stream.write(`${name} …\n`);
      else timer = setInterval(draw, 100);
      draw();
    },
    detail(text) {
      detail = text;
    },
    /** Ends the step; `text` is its result in a few words. */
    done(text) {
      clear();
      if (timer !== null) clearInterval(timer);
      stream.write(`${step}: ${text} (${seconds()})\n`);
      timer = null;
      step = null;
    },
    say(text) {
      clear();
      stream.write(`${text}\n`);
      draw();
    },
    close() {
      clear();
      if (timer !== null) clearInterval(timer);
    },
  };
}
