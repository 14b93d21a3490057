import { describe, expect, test } from "bun:test";
import { Job, type JobEffect } from "../../src/engine/job.ts";
import { END_OF_TIME } from "../../src/watermark/tracker.ts";

function jobOf(partitions: number, overrides: { maxDriftMs?: number } = {}): Job {
  const job = new Job(
    {
      sources: [{ name: "clicks", idleTimeoutMs: 1000, maxDriftMs: overrides.maxDriftMs ?? 0 }],
      commitIntervalMs: 100,
      changesIntervalMs: 1000,
    },
    0,
  );
  for (let i = 0; i < partitions; i++)
    job.step({ kind: "partition-added", source: 0, partition: i, name: `clicks[${i}]`, now: 0 });
  return job;
}

function ingest(job: Job, partition: number, watermark: number, position: bigint): JobEffect[] {
  return job.step({
    kind: "ingested",
    source: 0,
    now: 1,
    partitions: [{ partition, watermark, position }],
  });
}

describe("job", () => {
  test("advances only when the minimum over partitions moves", () => {
    const job = jobOf(2);
    expect(ingest(job, 0, 500, 1n)).toEqual([]);
    expect(ingest(job, 1, 300, 1n)).toEqual([{ kind: "advance", source: 0, watermark: 300 }]);
    expect(ingest(job, 0, 800, 2n)).toEqual([]);
  });

  test("commits positions only after the flush that covers them", () => {
    const job = jobOf(1);
    ingest(job, 0, 10, 7n);
    expect(job.step({ kind: "tick", now: 100 })).toEqual([
      { kind: "emit-changes", now: expect.any(Number) },
      { kind: "flush" },
    ]);
    ingest(job, 0, 20, 9n);
    expect(job.step({ kind: "flushed", now: 101 })).toEqual([
      { kind: "commit", source: 0, positions: new Map([[0, 7n]]) },
    ]);
  });

  test("ends when every partition is finished: closes all windows, flushes, commits, ends", () => {
    const job = jobOf(1);
    ingest(job, 0, 10, 7n);
    expect(job.step({ kind: "finished", source: 0, partition: 0, now: 5 })).toEqual([
      { kind: "advance", source: 0, watermark: END_OF_TIME },
      { kind: "emit-changes", now: expect.any(Number) },
      { kind: "flush" },
    ]);
    expect(job.step({ kind: "flushed", now: 6 })).toEqual([
      { kind: "commit", source: 0, positions: new Map([[0, 7n]]) },
      { kind: "end", reason: "finished" },
    ]);
    expect(job.phase).toBe("ended");
  });

  test("a stop during a flush waits for a flush of its own", () => {
    const job = jobOf(1);
    ingest(job, 0, 10, 1n);
    job.step({ kind: "tick", now: 100 });
    ingest(job, 0, 20, 2n);
    expect(job.step({ kind: "stop", now: 101 })).toEqual([
      { kind: "emit-changes", now: expect.any(Number) },
      { kind: "flush" },
    ]);
    expect(job.step({ kind: "flushed", now: 102 })).toEqual([]);
    expect(job.step({ kind: "flushed", now: 103 })).toEqual([
      { kind: "commit", source: 0, positions: new Map([[0, 2n]]) },
      { kind: "end", reason: "stopped" },
    ]);
  });

  test("pauses a partition that runs too far ahead and lets it go when the others follow", () => {
    const job = jobOf(2, { maxDriftMs: 100 });
    ingest(job, 1, 0, 1n);
    expect(ingest(job, 0, 500, 1n)).toEqual([
      { kind: "advance", source: 0, watermark: 0 },
      { kind: "pause", source: 0, partitions: [0] },
    ]);
    expect(ingest(job, 1, 450, 2n)).toEqual([
      { kind: "advance", source: 0, watermark: 450 },
      { kind: "resume", source: 0, partitions: [0] },
    ]);
  });

  test("records the decision when a silent partition becomes idle and when it wakes", () => {
    const job = jobOf(2);
    ingest(job, 0, 500, 1n);
    ingest(job, 1, 300, 1n);
    job.step({ kind: "caught-up", source: 0, partition: 1, position: 0n, now: 2 });
    const effects = job.step({ kind: "tick", now: 1001 });
    expect(effects).toContainEqual({ kind: "decision", source: 0, decision: { partition: 1, idle: true, at: 1001 } });
    expect(effects).toContainEqual({ kind: "advance", source: 0, watermark: 500 });
    expect(ingest(job, 1, 310, 2n)).toEqual([
      { kind: "decision", source: 0, decision: { partition: 1, idle: false, at: 1 } },
    ]);
  });
});
