import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createRing, type Frame, RingReader, RingWriter } from "../../src/core/ring.ts";

const bytesOf = (frame: number, size: number) => Uint8Array.from({ length: size }, (_, at) => (frame + at) % 251);

describe("ring", () => {
  test("gives back any frames in order, for any interleaving of writes and reads that fits", () => {
    const step = fc.oneof(
      fc.record({ write: fc.integer({ min: 0, max: 300 }) }),
      fc.constant({ write: null } as { write: number | null }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const ring = createRing(1024);
        const writer = new RingWriter(ring);
        const reader = new RingReader(ring);
        const expected: Frame[] = [];
        let kind = 0;
        for (const { write } of steps) {
          if (write === null) {
            expect(reader.tryRead()).toEqual(expected.shift() ?? null);
            continue;
          }
          const payload = bytesOf(kind, write);
          if (writer.tryWrite(kind, payload)) expected.push({ kind, payload });
          else expect(write > 256 || reader.usedBytes + 16 + write > 1024 - 16).toBe(true);
          kind++;
        }
        for (const frame of expected) expect(reader.tryRead()).toEqual(frame);
        expect(reader.tryRead()).toBeNull();
        expect(reader.usedBytes).toBe(0);
      }),
    );
  });

  test("positions go past 2^32 and the ring goes on", () => {
    const ring = createRing(1024);
    const control = new Int32Array(ring, 0, 2);
    control.fill(-512);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring);
    for (let kind = 0; kind < 100; kind++) {
      expect(writer.tryWrite(kind, bytesOf(kind, 200))).toBe(true);
      expect(reader.tryRead()).toEqual({ kind, payload: bytesOf(kind, 200) });
    }
    expect(control[0]).toBeGreaterThan(0);
  });

  test("a reader of a ring that is never empty lets its thread's event loop turn", async () => {
    const ring = createRing(1 << 16);
    const writer = new RingWriter(ring);
    const reader = new RingReader(ring, () => new Promise((resolve) => setImmediate(resolve)));
    for (let kind = 0; kind < 1000; kind++) writer.tryWrite(kind, bytesOf(kind, 8));
    let turns = 0;
    let reading = true;
    const turn = (): void => {
      turns++;
      if (reading) setImmediate(turn);
    };
    setImmediate(turn);
    for (let kind = 0; kind < 1000; kind++) expect((await reader.read())?.kind).toBe(kind);
    reading = false;
    expect(turns).toBeGreaterThan(10);
  });

  test("refuses memory that is no ring", () => {
    expect(() => createRing(1000)).toThrow("power of two");
    expect(() => new RingReader(new SharedArrayBuffer(100))).toThrow("power of two");
  });
});

function startProducer(ring: SharedArrayBuffer, sizes: readonly number[]) {
  const worker = new Worker(new URL("./ring-producer.ts", import.meta.url).href);
  const report = new Promise<{ written: number; stopped: boolean }>((resolve, reject) => {
    worker.onmessage = (event) => resolve(event.data);
    worker.onerror = (event) => reject(new Error(event.message));
  });
  worker.postMessage({ ring, sizes });
  return { worker, report };
}

describe("ring between threads", () => {
  test("a blocked producer and an asleep reader lose nothing, frames larger than the ring included", async () => {
    const seed = 20_261;
    const random = fc.sample(fc.oneof(fc.nat(64), fc.nat(3000), fc.nat(40_000)), { numRuns: 2000, seed });
    const sizes = [0, 16, 256, 257, 4096, 100_000, ...random];
    const ring = createRing(4096);
    const { worker, report } = startProducer(ring, sizes);
    const reader = new RingReader(ring);
    let frames = 0;
    for (let frame = await reader.read(); frame !== null; frame = await reader.read()) {
      const size = sizes[frames] as number;
      if (frame.kind !== frames || frame.payload.length !== size)
        throw new Error(`seed ${seed}: frame ${frames} differs`);
      if (Bun.hash(frame.payload) !== Bun.hash(bytesOf(frames, size)))
        throw new Error(`seed ${seed}: bytes of ${frames}`);
      frames++;
      if (frames % 97 === 0) await Bun.sleep(1);
    }
    expect(frames).toBe(sizes.length);
    expect(await report).toEqual({ written: sizes.length, stopped: false });
    worker.terminate();
  }, 30_000);

  test("stop wakes a producer that waits for room", async () => {
    const ring = createRing(1024);
    const { worker, report } = startProducer(
      ring,
      Array.from({ length: 100 }, () => 200),
    );
    const reader = new RingReader(ring);
    expect(await reader.read()).toMatchObject({ kind: 0 });
    reader.stop();
    const { written, stopped } = await report;
    expect(stopped).toBe(true);
    expect(written).toBeLessThan(10);
    expect(await reader.read()).toBeNull();
    worker.terminate();
  });
});
