/** Prints measurements as a table: ours, theirs, ratio. A row whose answers differ is refused: a wrong answer has no speed. */
import { cpus } from "node:os";

export interface Measurement {
  readonly what: string;
  /** With its unit: `12.3 M events/s`. */
  readonly unit: string;
  readonly ours: number;
  readonly theirs: number | null;
  readonly beside: string;
  /** Ours over theirs where more is better, theirs over ours where less is. */
  readonly ratio: number | null;
  readonly bar: string | null;
}

export class BenchTable {
  readonly #rows: Measurement[] = [];
  readonly title: string;
  /** Whether its ratios belong into the picture. */
  readonly drawn: boolean;

  constructor(title: string, { drawn = true }: { readonly drawn?: boolean } = {}) {
    this.title = title;
    this.drawn = drawn;
  }

  /** More is better. */
  rate(row: Omit<Measurement, "ratio">): void {
    this.#rows.push({ ...row, ratio: row.theirs === null ? null : row.ours / row.theirs });
  }

  /** Less is better. */
  cost(row: Omit<Measurement, "ratio">): void {
    this.#rows.push({ ...row, ratio: row.theirs === null ? null : row.theirs / row.ours });
  }

  markdown(): string {
    const lines = [
      `\n## ${this.title}\n`,
      "| what | ours | theirs | ratio | beside | bar |",
      "|---|---:|---:|---:|---|---|",
    ];
    for (const row of this.#rows) {
      const theirs = row.theirs === null ? "–" : `${format(row.theirs)} ${row.unit}`;
      const ratio = row.ratio === null ? "–" : row.ratio.toFixed(2);
      const ours = `${format(row.ours)} ${row.unit}`;
      lines.push(`| ${row.what} | ${ours} | ${theirs} | ${ratio} | ${row.beside} | ${row.bar ?? "–"} |`);
    }
    return lines.join("\n");
  }

  get rows(): readonly Measurement[] {
    return this.#rows;
  }
}

/** Throws where two engines disagree. */
export function sameAnswer(what: string, ours: unknown, theirs: unknown): void {
  if (JSON.stringify(ours) === JSON.stringify(theirs)) return;
  throw new Error(
    `${what}: answers differ, no speed is printed\n  ours   ${JSON.stringify(ours)}\n  theirs ${JSON.stringify(theirs)}`,
  );
}

export function machine(): string {
  const [cpu] = cpus();
  return `${cpu?.model.trim() ?? "unknown processor"}, ${cpus().length} processors, Bun ${Bun.version}, ${process.platform}`;
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}
