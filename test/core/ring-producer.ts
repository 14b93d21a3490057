/** Worker of ring.test.ts: writes the frames its seed gives, then closes. Frame i is kind i with bytes (i + j) mod 251. */
import { RingWriter } from "../../src/core/ring.ts";

interface Order {
  readonly ring: SharedArrayBuffer;
  readonly sizes: readonly number[];
}

declare const self: Worker;

self.onmessage = (event: MessageEvent<Order>) => {
  const writer = new RingWriter(event.data.ring);
  let written = 0;
  for (const [index, size] of event.data.sizes.entries()) {
    const payload = Uint8Array.from({ length: size }, (_, at) => (index + at) % 251);
    if (!writer.write(index, payload)) break;
    written++;
  }
  writer.close();
  self.postMessage({ written, stopped: writer.stopped });
};
