/**
 * One line at the bottom of a terminal that says how the job goes, drawn over itself. Rows printed above it go through `print`,
 * which takes the line away first. Where standard error is no terminal nothing is ever drawn.
 */
import type { JobProgress } from "./engine-port.ts";
import type { TextOutput } from "./io.ts";

const ERASE_LINE = "\r\u001b[2K";

export class StatusLine {
  readonly #output: TextOutput;
  readonly #enabled: boolean;
  #shown = "";

  constructor(output: TextOutput, enabled: boolean) {
    this.#output = output;
    this.#enabled = enabled && output.isTerminal;
  }

  /** Draws the text, cut to the terminal's width; the same text again draws nothing. */
  draw(text: string): void {
    if (!this.#enabled) return;
    const cut = text.slice(0, Math.max(0, this.#output.columns - 1));
    if (cut === this.#shown) return;
    this.#output.write(ERASE_LINE + cut);
    this.#shown = cut;
  }

  clear(): void {
    if (this.#shown === "") return;
    this.#output.write(ERASE_LINE);
    this.#shown = "";
  }

  /** Runs `act`, which writes lines to the terminal, with the status line out of the way. */
  print(act: () => void): void {
    const shown = this.#shown;
    this.clear();
    act();
    this.draw(shown);
  }
}

/** `1,234,567 rows · 98.7 k/s · watermark 2024-05-01 12:00:00 · 3.2 M behind · 12 late · 1 bad`. */
export function formatProgress(progress: JobProgress): string {
  const parts = [`${grouped(progress.rows)} rows`, `${short(progress.rowsPerSecond)}/s`];
  parts.push(`watermark ${progress.watermark === null ? "–" : formatInstant(progress.watermark)}`);
  if (progress.lag !== null && progress.lag > 0) parts.push(`${short(progress.lag)} behind`);
  if (progress.late > 0) parts.push(`${grouped(progress.late)} late`);
  if (progress.bad > 0) parts.push(`${grouped(progress.bad)} bad`);
  return parts.join(" · ");
}

/** Thousands apart by commas. */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Three digits and a unit: `12.3 k`. */
export function short(value: number): string {
  const units = ["", " k", " M", " G", " T"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit++;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return scaled.toFixed(digits) + (units[unit] as string);
}

function formatInstant(ms: number): string {
  const date = new Date(ms);
  if (Number.isNaN(date.getTime())) return String(ms);
  return date.toISOString().slice(0, 19).replace("T", " ");
}
