/** One DuckDB in memory, as rows of plain cells. */
import { type DuckDBConnection, DuckDBInstance } from "@duckdb/node-api";
import type { Cell } from "./cell.ts";

export class DuckDb {
  readonly #connection: DuckDBConnection;

  private constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  static async open(): Promise<DuckDb> {
    const instance = await DuckDBInstance.create(":memory:", { threads: "1" });
    const connection = await instance.connect();
    // 1.5.6 rewrites `c >= TRY_CAST(d - x AS DECIMAL)` so that nothing overflows, and `date_trunc(…, x) <> c` to TRUE where x is NULL.
    await connection.run("SET disabled_optimizers = 'expression_rewriter'");
    return new DuckDb(connection);
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  async rows(sql: string): Promise<Cell[][]> {
    const result = await this.#connection.runAndReadAll(sql);
    return result.getRowsJS() as Cell[][];
  }

  close(): void {
    this.#connection.closeSync();
  }
}
