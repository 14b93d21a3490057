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
  #texts: readonly string[] = [];
  #shown = "";

  constructor(output: TextOutput, enabled: boolean) {
    this.#output = output;
    this.#enabled = enabled && output.isTerminal;
  }

  /** Draws the first of the texts that fits the terminal's width, else the last one cut; the same text again draws nothing. */
  draw(texts: readonly string[]): void {
    if (!this.#enabled) return;
    this.#texts = texts;
    const width = Math.max(0, this.#output.columns - 1);
    const cut = (texts.find((text) => text.length <= width) ?? texts.at(-1) ?? "").slice(0, width);
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
    const shown = this.#shown !== "";
    this.clear();
    act();
    if (shown) this.draw(this.#texts);
  }
}

/** `1,234,567 rows · 98.7 k/s · watermark 2024-05-01 12:00:00 · 3.2 M behind · 12 late · 1 bad`. */
export function formatProgress(progress: JobProgress): string {
  const watermark = progress.watermark === null ? "–" : formatInstant(progress.watermark);
  return [
    `${grouped(progress.rows)} rows`,
    `${short(progress.rowsPerSecond)}/s`,
    `watermark ${watermark}`,
    ...behind(progress),
    ...troubles(progress, grouped),
  ].join(" · ");
}

/** The same for ever narrower terminals: what is lost last is what went wrong. */
export function progressTexts(progress: JobProgress): string[] {
  const rows = `${short(progress.rows)} rows`;
  const clock = progress.watermark === null ? "–" : formatInstant(progress.watermark).slice(-8);
  const told = troubles(progress, short);
  return [
    [formatProgress(progress)],
    [rows, `${short(progress.rowsPerSecond)}/s`, `watermark ${clock}`, ...behind(progress), ...told],
    [rows, clock, ...behind(progress), ...told],
    [rows, ...told],
  ].map((parts) => parts.join(" · "));
}

function behind({ lag }: JobProgress): string[] {
  return lag !== null && lag > 0 ? [`${short(lag)} behind`] : [];
}

function troubles({ late, missed, bad, idle }: JobProgress, count: (value: number) => string): string[] {
  return [
    ...(late > 0 ? [`${count(late)} late`] : []),
    ...(missed > 0 ? [`${count(missed)} missed`] : []),
    ...(bad > 0 ? [`${count(bad)} bad`] : []),
    ...(idle > 0 ? [`${count(idle)} idle`] : []),
  ];
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
