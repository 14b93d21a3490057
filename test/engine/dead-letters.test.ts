/** Records that gave no row, in the table that keeps them: all of them, once for each query that refused them, with their bytes. */
import { describe, expect, test } from "bun:test";
import { planText } from "../../src/engine/plan-text.ts";
import { sorted } from "./changelog.ts";
import { type CollectingSink, runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const tableWith = (options: string): string => `
  CREATE TABLE numbers (id BIGINT, d BIGINT) WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json'${options});`;
const LETTERS = ", 'dead-letter.table' = 'bad_numbers'";

const bytesOf = (value: unknown): string => new TextDecoder().decode(value as Uint8Array);

describe("dead letters", () => {
  test("say where the record was, what is wrong with it, and hold its bytes", async () => {
    const records = [
      ['{"id":1,"d":1}', '{"id":x}', '{"id":"one","d":2}'],
      ["[7]", '{"id":5,"d":0}'],
    ];
    const sql = `${tableWith(LETTERS)} SELECT id / d FROM numbers; SELECT id FROM numbers;`;
    const { sinks, status } = await runSimulated(sql, () => new SimulatedSource(records, { seed: 3, maxBatch: 2 }));
    expect(sorted(sinks[0]?.rows ?? [])).toEqual(sorted([[1n]]));
    expect(sorted(sinks[1]?.rows ?? [])).toEqual(sorted([[1n], [5n]]));
    const letters = (sinks[2]?.rows ?? []).map((row) => [...row.slice(0, 7), bytesOf(row[7])]);
    const where = (partition: bigint, offset: bigint) => ["numbers", "simulated", partition, offset];
    expect(sorted(letters as never)).toEqual(
      sorted([
        [...where(0n, 1n), 'byte 6: expected a value for "id", found "x"', null, null, '{"id":x}\n'],
        [...where(0n, 2n), 'byte 6: "one" does not fit column "id" of type BIGINT', "id", null, '{"id":"one","d":2}\n'],
        [...where(1n, 0n), "byte 1: expected a JSON object, found 7", null, null, "[7]\n"],
        [...where(1n, 1n), 'makes an expression fail (column "EXPR$0")', "EXPR$0", "select 1", '{"id":5,"d":0}\n'],
      ]),
    );
    expect(status.phase).toBe("finished");
    expect(status.queries[2]).toMatchObject({ label: "dead letters bad_numbers", emitted: 4 });
  });

  test("are the same however records are split, and a query may read them", async () => {
    for (const seed of [1, 2, 3]) {
      const random = seededRandom(seed);
      const records = Array.from({ length: 3 }, () =>
        Array.from({ length: 900 }, (_, i) =>
          random() < 0.2 ? `{"id":${i}` : random() < 0.1 ? `{"id":"n${i}"}` : `{"id":${i},"d":1}`,
        ),
      );
      const bad = records.flatMap((partition) => partition.filter((text) => !text.includes('"d"')));
      const sql = `${tableWith(LETTERS)} SELECT id FROM numbers; SELECT record_offset, record FROM bad_numbers WHERE column_name IS NULL;`;
      const seen: string[][] = [];
      for (const maxBatch of [1, 50, 5000]) {
        const { sinks } = await runSimulated(
          sql,
          () => new SimulatedSource(records, { seed: seed + maxBatch, maxBatch }),
        );
        const rows = sinks[1]?.rows.map(([offset, bytes]) => `${offset} ${bytesOf(bytes)}`) ?? [];
        expect(rows.length).toBe(bad.filter((text) => !text.endsWith("}")).length);
        expect(sinks[2]?.rows.length).toBe(bad.length);
        seen.push(sorted(sinks[2]?.rows.map((row) => [...row.slice(0, 7), bytesOf(row[7])] as never) ?? []));
      }
      expect(seen[1]).toEqual(seen[0] as string[]);
      expect(seen[2]).toEqual(seen[0] as string[]);
    }
  });

  test("about elements of one array hold its bytes once", async () => {
    const record = `[${Array.from({ length: 5000 }, (_, i) => (i % 2 === 0 ? "7" : `{"id":${i}}`)).join(",")}]`;
    const sql = `${tableWith(LETTERS)} SELECT id FROM numbers;`;
    const { sinks } = await runSimulated(sql, () => new SimulatedSource([[record]], { seed: 1, maxBatch: 2 }));
    const letters = sinks[1]?.rows ?? [];
    expect(letters.length).toBe(2500);
    expect(letters.filter((letter) => letter[7] !== null).map((letter) => bytesOf(letter[7]))).toEqual([`${record}\n`]);
    expect(letters.slice(15, 17).map((letter) => letter[4])).toEqual([
      `byte ${record.indexOf('{"id":29}') + 10}: expected a JSON object, found 7`,
      `byte ${record.indexOf('{"id":31}') + 10}: expected a JSON object`,
    ]);
  });

  test("are written before the positions of their records are committed", async () => {
    const records = [Array.from({ length: 4000 }, (_, i) => (i % 3 === 0 ? "{" : `{"id":${i}}`))];
    const source = new SimulatedSource(records, { seed: 5, maxBatch: 40 });
    const sql = `${tableWith(LETTERS)} SELECT reason FROM bad_numbers; SELECT id FROM numbers;`;
    let commits = 0;
    let letters: CollectingSink | undefined;
    const commit = source.commit.bind(source);
    source.commit = (positions) => {
      const done = Number(positions.get(0) ?? 0n);
      if (letters !== undefined) expect(letters.rows.length).toBeGreaterThanOrEqual(Math.ceil(done / 3));
      if (done > 0) commits++;
      commit(positions);
    };
    const watch = (_: unknown, sinks: readonly CollectingSink[]): void => {
      letters = sinks[0];
    };
    await runSimulated(sql, () => source, { watch });
    expect(commits).toBeGreaterThan(1);
  });

  test("of several tables may go to one", async () => {
    const other = tableWith(LETTERS).replace("TABLE numbers", "TABLE others");
    const sql = `${tableWith(LETTERS)} ${other} SELECT id FROM numbers; SELECT id FROM others;`;
    const { sinks } = await runSimulated(sql, () => new SimulatedSource([["{"]], { seed: 1, maxBatch: 2 }));
    expect(sinks[2]?.rows.map(([table]) => table).sort()).toEqual(["numbers", "others"]);
  });

  test("are refused where options contradict each other, or names are taken", () => {
    const errors = (sql: string): string[] =>
      planText({ text: sql, settings: {} }).errors.map(({ message }) => message);
    expect(errors(tableWith(", 'bad-row.policy' = 'dead-letter'"))[0]).toContain(
      'option "dead-letter.table" is missing',
    );
    expect(errors(tableWith(`${LETTERS}, 'bad-row.policy' = 'skip'`))[0]).toContain(
      'option "dead-letter.table" does nothing',
    );
    expect(errors(tableWith(", 'dead-letter.table' = 'numbers'"))).toEqual(['"numbers" exists already']);
    expect(errors(`${tableWith(LETTERS)} INSERT INTO bad_numbers SELECT * FROM numbers;`)).toEqual([
      '"bad_numbers" is a table of dead letters: nothing can be inserted',
    ]);
    const hint = "/*+ OPTIONS('dead-letter.table' = 'elsewhere') */";
    expect(errors(`${tableWith("")} SELECT id FROM numbers ${hint};`)[0]).toContain("'dead-letter.table' in a hint");
    expect(errors("CREATE TABLE x (a STRING) WITH ('connector' = 'dead-letters');")[0]).toContain(
      'there is no connector "dead-letters"',
    );
  });
});
