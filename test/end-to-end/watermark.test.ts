/**
 * Watermarks over a whole job (parser, planner, kernel, pipeline), with a scripted source on a scripted clock: partitions that
 * fall silent and wake, clocks that run ahead, partitions held back for others. A row is counted or late, never both, never
 * neither; a window that left never comes back.
 */
import { describe, expect, test } from "bun:test";
import { type CollectingSink, runSimulated } from "../engine/run-simulated.ts";
import { seededRandom } from "../engine/simulated-source.ts";
import { type ScriptedRow, ScriptedSource, type Step, stepsOf } from "./scripted-source.ts";

const MINUTE = 60_000;
const start = Date.UTC(2024, 4, 1);

function sqlWith(options: Readonly<Record<string, string>>): string {
  const more = Object.entries(options).map(([key, value]) => `, '${key}' = '${value}'`);
  return `CREATE TABLE t (k STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
    WITH ('connector' = 'filesystem', 'path' = 'scripted', 'format' = 'json'${more.join("")});
    SELECT window_start, k, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
    GROUP BY window_start, window_end, k;`;
}

/** A row of partition p, whole minutes and seconds after the start. */
function row(partition: number, minute: number, second = 0, extra: { timestamp?: number } = {}): ScriptedRow {
  const at = new Date(start + minute * MINUTE + second * 1000).toISOString().slice(0, 23).replace("T", " ");
  return { partition, record: JSON.stringify({ k: "k", ts: at }), ...extra };
}

/** [minute, key, count] as they left. */
function left(sinks: readonly CollectingSink[]): unknown[] {
  return (sinks[0]?.rows ?? []).map(([windowStart, key, n]) => [
    (Number(windowStart as bigint) / 1000 - start) / MINUTE,
    key,
    Number(n),
  ]);
}

interface Look {
  readonly windows: unknown[];
  readonly idle: boolean[];
  readonly holdback: string | null;
}

/** Runs the steps; `looks[i]` is how it stood some polls after step i began. */
async function runSteps(options: Readonly<Record<string, string>>, partitions: number, steps: readonly Step[]) {
  const looks: Look[] = [];
  const decisions: string[] = [];
  let polled = -1;
  // Every step is followed by rests, so that ticks and what follows from them are seen.
  const padded = steps.flatMap((step): Step[] => [step, { afterMs: 25 }, {}]);
  const next = stepsOf(padded);
  const source = new ScriptedSource(partitions, () => {
    polled++;
    return next();
  });
  const { sinks, status } = await runSimulated(sqlWith(options), () => source, {
    clock: source.clock,
    decided: ({ partition, idle }) => decisions.push(`${partition} ${idle ? "idle" : "awake"}`),
    watch(now, current) {
      const [first] = now.sources;
      if (first === undefined || polled < 0) return;
      looks[Math.floor(polled / 3)] = {
        windows: left(current),
        idle: first.partitions.map((partition) => partition.idle),
        holdback: first.holdback,
      };
    },
  });
  const [query] = status.queries;
  const [counters] = status.sources;
  if (query === undefined || counters === undefined) throw new Error("no query");
  expect(query.counted + query.late + query.filtered + query.bad).toBe(query.rows);
  return { looks, decisions, source, query, counters, windows: left(sinks) };
}

const idleAfterSecond = { "scan.watermark.idle-timeout": "1 s" };

describe("a partition that falls silent", () => {
  const before: Step[] = [
    { rows: [row(0, 0, 1), row(1, 0, 2)], caughtUp: [0, 1] },
    { rows: [row(0, 1), row(0, 2), row(0, 3, 30)] },
  ];

  test("holds windows open until its time is up, then lets them close", async () => {
    const { looks, decisions, windows, query } = await runSteps(idleAfterSecond, 2, [
      ...before,
      { afterMs: 900, rows: [row(0, 3, 31)] },
      { afterMs: 200, rows: [row(0, 3, 32)] },
    ]);
    expect(looks.map((look) => look.windows)).toEqual([
      [],
      [],
      [],
      [
        [0, "k", 2],
        [1, "k", 1],
        [2, "k", 1],
      ],
    ]);
    expect(looks.map((look) => look.holdback)).toEqual([
      "scripted[0]: lowest watermark",
      "scripted[1]: lowest watermark",
      "scripted[1]: lowest watermark",
      "scripted[0]: lowest watermark",
    ]);
    expect(decisions).toEqual(["1 idle"]);
    expect(windows.at(-1)).toEqual([3, "k", 3]);
    expect(query).toMatchObject({ counted: 7, late: 0 });
  });

  test("that wakes behind closed windows has its rows there counted as late, and re-creates none", async () => {
    const { looks, decisions, windows, query, counters } = await runSteps(idleAfterSecond, 2, [
      ...before,
      { afterMs: 1100, rows: [row(0, 3, 31)] },
      { rows: [row(1, 0, 30), row(1, 2, 59), row(1, 3, 0), row(1, 1, 0)] },
      { rows: [row(0, 5)] },
      { rows: [row(1, 4), row(1, 6)] },
    ]);
    expect(decisions).toEqual(["1 idle", "1 awake"]);
    expect(counters.idleChangeCount).toBe(2);
    expect(counters.idleChanges.map(({ partition, idle }) => [partition, idle])).toEqual([
      ["scripted[1]", true],
      ["scripted[1]", false],
    ]);
    const closed = [
      [0, "k", 2],
      [1, "k", 1],
      [2, "k", 1],
    ];
    // Awake, it holds the others back again at minute 3.
    expect(looks[3]?.windows).toEqual(closed);
    expect(looks[4]?.windows).toEqual(closed);
    expect(looks[4]?.holdback).toBe("scripted[1]: lowest watermark");
    expect(windows).toEqual([...closed, [3, "k", 3], [4, "k", 1], [5, "k", 1], [6, "k", 1]]);
    expect(query).toMatchObject({ counted: 10, late: 3 });
  });

  test("is no less silent for its end being told before others have rows, or moving past records that are no rows", async () => {
    const { looks, decisions } = await runSteps(idleAfterSecond, 3, [
      { caughtUp: [1, 2] },
      { rows: [row(0, 0, 1), row(0, 1)], caughtUp: [0] },
      { rows: [row(1, 1)], caughtUp: [1] },
      { afterMs: 900, skips: [1], caughtUp: [1] },
      { afterMs: 200, rows: [row(0, 3)] },
    ]);
    expect(looks.map(({ windows }) => windows.length)).toEqual([0, 1, 1, 1, 2]);
    expect(decisions.slice(0, 3)).toEqual(["2 idle", "1 idle"]);
  });

  test("is not idle while records of an open transaction stand behind what was read, and wakes when one begins", async () => {
    const { looks, decisions, query } = await runSteps(idleAfterSecond, 2, [
      { held: [1] },
      { rows: [row(0, 0, 1), row(0, 2)], caughtUp: [0] },
      { afterMs: 5000, rows: [row(0, 3)] },
      { rows: [row(1, 0), row(1, 3)], caughtUp: [1] },
      { afterMs: 1100, rows: [row(0, 4)] },
      { held: [1] },
      { rows: [row(0, 6)] },
      { rows: [row(1, 4)], caughtUp: [1] },
    ]);
    const held = "scripted[1]: an open transaction";
    expect(looks.map(({ windows }) => windows.length)).toEqual([0, 0, 0, 2, 3, 3, 3, 3]);
    expect([1, 2, 5, 6].map((at) => looks[at]?.holdback)).toEqual([held, held, held, held]);
    expect(decisions).toEqual(["1 idle", "1 awake"]);
    expect(query).toMatchObject({ late: 0 });
  });

  test("but was not read to its end stalls the watermark, and is named", async () => {
    const { looks, decisions, windows } = await runSteps(idleAfterSecond, 2, [
      { rows: [row(0, 0, 1), row(1, 0, 2)], caughtUp: [0] },
      { afterMs: 60_000, rows: [row(0, 9)] },
      { afterMs: 60_000, rows: [row(0, 10)] },
    ]);
    expect(decisions).toEqual([]);
    expect(looks.map((look) => look.windows)).toEqual([[], [], []]);
    expect(looks[2]?.holdback).toBe("scripted[1]: lowest watermark");
    expect(windows).toEqual([
      [0, "k", 2],
      [9, "k", 1],
      [10, "k", 1],
    ]);
  });

  test("never becomes idle with a time-out of 0", async () => {
    const { looks, decisions } = await runSteps({ "scan.watermark.idle-timeout": "0 s" }, 2, [
      ...before,
      { afterMs: 600_000, rows: [row(0, 4)] },
    ]);
    expect([decisions, looks[2]?.windows]).toEqual([[], []]);
  });

  test("and was always empty holds nothing back once it was read to its end", async () => {
    const { looks } = await runSteps({}, 2, [
      { rows: [row(0, 0), row(0, 2)] },
      { caughtUp: [1] },
      { rows: [row(1, 0, 5), row(1, 1, 5)] },
    ]);
    expect(looks.map((look) => look.windows)).toEqual([[], [[0, "k", 1]], [[0, "k", 1]]]);
  });
});

describe("a row ahead of its own record's time", () => {
  const stamp = (minute: number) => ({ timestamp: start + minute * MINUTE });

  test("is counted in its window and moves no watermark beyond the limit; just at the limit it does", async () => {
    const { looks, windows, query, counters } = await runSteps({ "scan.watermark.max-ahead": "10 min" }, 1, [
      { rows: [row(0, 0, 1, stamp(0)), row(0, 60, 0, stamp(0)), row(0, 0, 2, stamp(0))] },
      { rows: [row(0, 1, 0, stamp(1))] },
      { rows: [row(0, 12, 0, stamp(2)), row(0, 3, 0, stamp(2))] },
    ]);
    expect(looks.map((look) => look.windows)).toEqual([
      [],
      [[0, "k", 2]],
      [
        [0, "k", 2],
        [1, "k", 1],
      ],
    ]);
    expect(windows.slice(2)).toEqual([
      [12, "k", 1],
      [60, "k", 1],
    ]);
    expect(counters.ahead).toBe(1);
    expect(query).toMatchObject({ counted: 5, late: 1 });
  });

  test("is ahead by more than a day unless set; a record without a time is not looked at", async () => {
    const day = 24 * 60;
    const { counters, windows } = await runSteps({}, 1, [
      { rows: [row(0, day, 1, stamp(0)), row(0, day, 0, stamp(0)), row(0, 2 * day), row(0, 1, 0, stamp(0))] },
    ]);
    expect(counters.ahead).toBe(1);
    expect(windows).toEqual([
      [day, "k", 2],
      [2 * day, "k", 1],
    ]);
  });
});

describe("partitions too far apart", () => {
  const options = { "scan.watermark.alignment.max-drift": "2 min" };

  test("are paused ahead and resumed when the others have come near", async () => {
    const { source, windows } = await runSteps(options, 2, [
      { rows: [row(0, 0), row(1, 0)] },
      { rows: [row(0, 5)] },
      { rows: [row(1, 2)] },
      { rows: [row(1, 3)] },
      { rows: [row(0, 6), row(1, 8, 1)] },
    ]);
    expect(source.asked).toEqual(["pause 0", "resume 0", "pause 1", "resume 1"]);
    expect(windows.reduce((sum: number, window) => sum + Number((window as unknown[])[2]), 0)).toBe(7);
  });

  for (const seed of [1, 2, 3, 4, 5, 6]) {
    test(`neither lose a row nor stand still, seed ${seed}`, async () => {
      const random = seededRandom(seed);
      const queues = Array.from({ length: 3 }, (_, partition) => {
        let second = 0;
        return Array.from({ length: 400 }, () => {
          second += Math.floor(random() * 20 * (partition + 1));
          return row(partition, 0, second);
        });
      });
      const total = 1200;
      const finished = new Set<number>();
      let waits = 0;
      const source = new ScriptedSource(3, ({ paused }) => {
        const free = queues.flatMap((queue, partition) =>
          queue.length > 0 && !paused.has(partition) ? [partition] : [],
        );
        if (queues.every((queue) => queue.length === 0)) return null;
        const chosen = free[Math.floor(random() * free.length)];
        if (chosen === undefined) {
          // One that has no more rows holds them back until it is idle, a second later.
          if (++waits > 50) throw new Error("every partition that has rows stays paused");
          return { afterMs: 200, caughtUp: [...finished] };
        }
        waits = 0;
        const rows = queues[chosen]?.splice(0, 1 + Math.floor(random() * 40)) ?? [];
        if (queues[chosen]?.length === 0) finished.add(chosen);
        return { rows, afterMs: 1500, caughtUp: [...finished] };
      });
      const { sinks, status } = await runSimulated(sqlWith({ ...options, ...idleAfterSecond }), () => source, {
        clock: source.clock,
      });
      expect(source.asked.length).toBeGreaterThan(2);
      const windows = left(sinks) as [number, string, number][];
      expect(new Set(windows.map(([minute]) => minute)).size).toBe(windows.length);
      expect(windows.reduce((sum, [, , n]) => sum + n, 0)).toBe(total);
      expect(status.queries[0]).toMatchObject({ counted: total, late: 0 });
    });
  }
});

describe("partitions that fall silent and wake at random", () => {
  for (const seed of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]) {
    test(`give each window once, and every row is counted or late, seed ${seed}`, async () => {
      const random = seededRandom(seed * 7919);
      const clocks = [0, 0, 0, 0];
      let polls = 0;
      let given = 0;
      const decisions = { idle: 0, awake: 0 };
      let shown: number | null = null;
      const source = new ScriptedSource(clocks.length, () => {
        if (polls++ === 300) return null;
        const partition = Math.floor(random() * clocks.length);
        const rows = Array.from({ length: Math.floor(random() * 30) }, () => {
          clocks[partition] = (clocks[partition] ?? 0) + Math.floor(random() * 12);
          return row(partition, 0, Math.max(0, (clocks[partition] ?? 0) - Math.floor(random() * random() * 200)));
        });
        given += rows.length;
        return { rows, caughtUp: random() < 0.7 ? [partition] : [], afterMs: Math.floor(random() * 400) };
      });
      const { sinks, status } = await runSimulated(sqlWith(idleAfterSecond), () => source, {
        clock: source.clock,
        decided: ({ idle }) => decisions[idle ? "idle" : "awake"]++,
        watch(now) {
          const watermark = now.sources[0]?.watermark ?? null;
          if (shown !== null && watermark !== null) expect(watermark).toBeGreaterThanOrEqual(shown);
          shown = watermark ?? shown;
        },
      });
      const windows = left(sinks) as [number, string, number][];
      const minutes = windows.map(([minute]) => minute);
      expect(minutes).toEqual([...new Set(minutes)].sort((a, b) => a - b));
      const [query] = status.queries;
      expect(query?.rows).toBe(given);
      expect((query?.counted ?? 0) + (query?.late ?? 0)).toBe(given);
      expect(windows.reduce((sum, [, , n]) => sum + n, 0)).toBe(query?.counted ?? -1);
      expect(Math.min(decisions.idle, decisions.awake, query?.late ?? 0)).toBeGreaterThan(0);
    });
  }
});
