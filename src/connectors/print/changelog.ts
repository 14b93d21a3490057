/** Rows in the form of Flink's print connector: `+I[a, 1]`, one a line, after `identifier> ` where there is one. */
import type { Batch } from "../../core/batch.ts";
import { cellTexts, opText } from "./cells.ts";

export function formatChangelog(batch: Batch, identifier: string | null): string {
  const columns = cellTexts(batch);
  const prefix = identifier === null ? "" : `${identifier}> `;
  let text = "";
  for (let row = 0; row < batch.rows; row++) {
    text += `${prefix}${opText(batch, row)}[${columns.map((cells) => cells[row]).join(", ")}]\n`;
  }
  return text;
}
