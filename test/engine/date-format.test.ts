/** DATE_FORMAT of times that follow each other: neighbours of one day, hour or minute have one text, and no others. */
import { expect, test } from "bun:test";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const cut = (from: number, to?: number) => (iso: string) => iso.slice(from, to);
const patterns: Readonly<Record<string, (iso: string) => string>> = {
  "yyyy-MM-dd": cut(0, 10),
  "yyyy-MM": cut(0, 7),
  HH: cut(11, 13),
  "HH:mm": cut(11, 16),
  "yyyy-MM-dd HH:mm:ss": (iso) => iso.slice(0, 19).replace("T", " "),
  "ss.SSS": cut(17, 23),
  "mm 'minutes'": (iso) => `${iso.slice(14, 16)} minutes`,
  "h a": (iso) => `${Number(iso.slice(11, 13)) % 12 || 12} ${Number(iso.slice(11, 13)) < 12 ? "AM" : "PM"}`,
};

/** Steps of all sizes to either side, around midnights, hours and the epoch. */
function times(seed: number): number[] {
  const random = seededRandom(seed);
  let at = Math.floor(random() * 4e12) - 1e12;
  return Array.from({ length: 3000 }, () => {
    const reach = [1, 3, 700, 40_000, 3_600_000, 86_400_000][Math.floor(random() * 6)] as number;
    at += Math.floor((random() - 0.45) * 2 * reach);
    if (random() < 0.05) at -= ((at % 3_600_000) + 3_600_000) % 3_600_000;
    return at;
  });
}

test.each([3, 6, 0])("DATE_FORMAT of neighbours, TIMESTAMP(%p)", async (precision) => {
  const all = times(precision + 1);
  const isos = all.map((ms) => new Date(ms).toISOString());
  const records = isos.map((iso) => JSON.stringify({ ts: iso.slice(0, precision === 0 ? 19 : 23).replace("T", " ") }));
  const shown = Object.keys(patterns).map((pattern) => `DATE_FORMAT(ts, '${pattern.replaceAll("'", "''")}')`);
  const { sinks } = await runSimulated(
    `CREATE TABLE t (ts TIMESTAMP(${precision})) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json'); SELECT ${shown.join()} FROM t;`,
    () => new SimulatedSource([records], { seed: 4, maxBatch: 2500 }),
  );
  const expected = isos.map((iso) => {
    const known = precision === 0 ? `${iso.slice(0, 19)}.000Z` : iso;
    return Object.values(patterns).map((show) => show(known));
  });
  expect(sinks[0]?.rows).toEqual(expected);
});
