/**
 * A cursor over bytes for text made of digits and ready-made parts, without a string or an object per value. The caller sets
 * `bytes` and `at` and sees to the room; nothing is checked here.
 */
import { formatDays, MS_PER_DAY } from "../../core/calendar.ts";
import type { EpochMs } from "../../core/type.ts";

const ZERO = 48;
const hexDigits = new TextEncoder().encode("0123456789abcdef");
const ascii = new TextEncoder();

export class ByteWriter {
  bytes: Uint8Array = new Uint8Array(0);
  at = 0;
  #day = Number.NaN;
  #dayText = new Uint8Array(0);

  copy(part: Uint8Array): void {
    const { bytes, at } = this;
    const { length } = part;
    for (let i = 0; i < length; i++) bytes[at + i] = part[i] as number;
    this.at = at + length;
  }

  /** A whole number of 0 … 2^31 − 1. */
  decimal(value: number): void {
    let digits = 1;
    for (let bound = 10; digits < 10 && value >= bound; bound *= 10) digits++;
    this.#digits(value, digits);
  }

  /** The low `digits` hex digits of a 32-bit number. */
  hex(value: number, digits: number): void {
    const { bytes, at } = this;
    for (let i = digits - 1, rest = value; i >= 0; i--, rest >>>= 4) bytes[at + i] = hexDigits[rest & 15] as number;
    this.at = at + digits;
  }

  /** `yyyy-MM-dd HH:mm:ss.SSS`; the day's text is kept, since neighbours share it. */
  timestamp(timeMs: EpochMs): void {
    const day = Math.floor(timeMs / MS_PER_DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#dayText = ascii.encode(`${formatDays(day)} `);
    }
    this.copy(this.#dayText);
    const ms = timeMs - day * MS_PER_DAY;
    const second = (ms / 1000) | 0;
    const minute = (second / 60) | 0;
    const hour = (minute / 60) | 0;
    this.#clock(hour, 58);
    this.#clock(minute - hour * 60, 58);
    this.#clock(second - minute * 60, 46);
    this.#digits(ms - second * 1000, 3);
  }

  /** Two digits and the mark behind them. */
  #clock(value: number, mark: number): void {
    this.#digits(value, 2);
    this.bytes[this.at++] = mark;
  }

  #digits(value: number, digits: number): void {
    const { bytes, at } = this;
    let rest = value | 0;
    for (let i = digits - 1; i >= 0; i--) {
      const next = (rest / 10) | 0;
      bytes[at + i] = ZERO + rest - next * 10;
      rest = next;
    }
    this.at = at + digits;
  }
}
