import { describe, expect, test } from "bun:test";
import { END_OF_TIME, WatermarkTracker } from "../../src/watermark/tracker.ts";

function trackerOf(partitions: number, idleTimeoutMs = 1000): WatermarkTracker {
  const tracker = new WatermarkTracker(idleTimeoutMs);
  for (let i = 0; i < partitions; i++) tracker.addPartition(i, `p${i}`, 0);
  return tracker;
}

describe("watermark tracker", () => {
  test("is the minimum over partitions and never goes back", () => {
    const tracker = trackerOf(2);
    tracker.observe(0, 100, 1);
    expect(tracker.advance()).toBeNull();
    tracker.observe(1, 50, 1);
    expect(tracker.advance()).toBe(50);
    tracker.observe(1, 40, 2);
    expect(tracker.advance()).toBe(50);
    tracker.observe(1, 200, 3);
    expect(tracker.advance()).toBe(100);
  });

  test("remembers the latest decisions, and how many there were", () => {
    const tracker = trackerOf(2);
    for (let round = 0; round < 40; round++) {
      tracker.caughtUp(1);
      expect(tracker.tick(round * 10_000 + 5000)).toHaveLength(1);
      tracker.observe(1, 1, round * 10_000 + 6000);
    }
    expect(tracker.decisionCount).toBe(80);
    expect(tracker.decisions).toHaveLength(50);
    expect(tracker.decisions[0]).toEqual({ partition: 1, idle: true, at: 155_000 });
    expect(tracker.decisions.at(-1)).toEqual({ partition: 1, idle: false, at: 396_000 });
  });

  test("a partition with unread rows holds the watermark back from the start", () => {
    const tracker = trackerOf(2);
    tracker.observe(0, 100, 1);
    expect(tracker.advance()).toBeNull();
    expect(tracker.holdback()?.partition.name).toBe("p1");
  });

  test("an empty partition read to its end holds nothing back until its first row", () => {
    const tracker = trackerOf(2);
    tracker.observe(0, 100, 1);
    tracker.caughtUp(1);
    expect(tracker.advance()).toBe(100);
    tracker.observe(1, 10, 2);
    expect(tracker.advance()).toBe(100);
    tracker.observe(0, 500, 3);
    expect(tracker.advance()).toBe(100);
  });

  test("a partition that was not read to its end is never idle, however long it is silent", () => {
    const tracker = trackerOf(1);
    tracker.observe(0, 100, 0);
    expect(tracker.tick(1_000_000)).toEqual([]);
  });

  test("a partition is idle after the whole time-out at its end, and a row wakes it", () => {
    const tracker = trackerOf(2);
    tracker.observe(0, 100, 0);
    tracker.observe(1, 10, 0);
    tracker.caughtUp(1);
    expect(tracker.tick(999)).toEqual([]);
    expect(tracker.tick(1000)).toEqual([{ partition: 1, idle: true, at: 1000 }]);
    expect(tracker.advance()).toBe(100);
    expect(tracker.observe(1, 20, 1500)).toEqual({ partition: 1, idle: false, at: 1500 });
    tracker.observe(0, 900, 1500);
    expect(tracker.advance()).toBe(100);
  });

  test("does not advance while every partition is idle", () => {
    const tracker = trackerOf(1);
    tracker.observe(0, 100, 0);
    tracker.caughtUp(0);
    expect(tracker.advance()).toBe(100);
    tracker.tick(5000);
    expect(tracker.advance()).toBe(100);
  });

  test("a finished partition drops out, and the end of all closes every window", () => {
    const tracker = trackerOf(2);
    tracker.observe(0, 100, 0);
    tracker.observe(1, 300, 0);
    tracker.finish(0);
    expect(tracker.advance()).toBe(300);
    tracker.finish(1);
    expect(tracker.advance()).toBe(END_OF_TIME);
  });

  test("idle time-out 0 switches idleness off", () => {
    const tracker = trackerOf(1, 0);
    tracker.observe(0, 100, 0);
    tracker.caughtUp(0);
    expect(tracker.tick(1_000_000)).toEqual([]);
  });
});

describe("with other workers", () => {
  test("is the least of all, and waits for those that know none yet", () => {
    const tracker = trackerOf(1);
    tracker.observe(0, 100, 1);
    expect(tracker.standing).toBe(100);
    expect(tracker.advance(["unknown", 70])).toBeNull();
    expect(tracker.advance([80, 70])).toBe(70);
    expect(tracker.advance([60, "silent", "absent"])).toBe(70);
    expect(tracker.advance(["silent", "absent"])).toBe(100);
  });

  test("follows them where it has no partition, or none that is live", () => {
    const absent = trackerOf(0);
    expect([absent.standing, absent.advance(["absent"]), absent.advance([5])]).toEqual(["absent", null, 5]);
    const silent = trackerOf(1);
    silent.caughtUp(0);
    expect([silent.standing, silent.advance([5, "absent"])]).toEqual(["silent", 5]);
  });

  test("ends when all are finished, and not while one that is silent may wake", () => {
    const tracker = trackerOf(1);
    tracker.finish(0);
    expect(tracker.standing).toBe(END_OF_TIME);
    expect(tracker.advance(["silent"])).toBeNull();
    expect(tracker.advance(["absent", END_OF_TIME])).toBe(END_OF_TIME);
  });
});
