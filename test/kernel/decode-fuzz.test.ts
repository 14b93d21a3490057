/**
 * The JSON decoder against the oracle on random streams. MILLRACE_FUZZ sets how many records; a failure prints seed and record.
 */
import { describe, expect, test } from "bun:test";
import {
  byRecord,
  compareFaults,
  compareWithGeneralWay,
  compareWithOracle,
  decodeInBatches,
  type Stream,
} from "./decode-compare.ts";
import { nearStream } from "./decode-near.ts";
import { randomFields, randomOptions, randomRecords } from "./decode-random.ts";
import { random } from "./harness.ts";

const RECORDS = Number(process.env.MILLRACE_FUZZ ?? 20_000);
const FIRST_SEED = Number(process.env.MILLRACE_FUZZ_SEED ?? 1);
const RECORDS_PER_STREAM = 400;

function makeStream(seed: number): Stream {
  const next = random(seed);
  const fields = randomFields(next);
  const options = randomOptions(next);
  return { seed, fields, options, records: randomRecords(next, fields, RECORDS_PER_STREAM) };
}

function check(stream: Stream): void {
  const { seed } = stream;
  const decoded = decodeInBatches(stream);
  const found = byRecord(decoded, stream.records.length);
  const skipped = compareWithOracle(stream, found);
  compareFaults(stream, decoded);
  if (stream.options.validation === "full")
    expect({ seed, skipped: decoded.counters.skipped }).toEqual({ seed, skipped });
  expect({ seed, records: decoded.counters.records }).toEqual({ seed, records: stream.records.length });
  if (seed % 5 === 0 || stream.options.validation === "projected") compareWithGeneralWay(stream, found);
}

describe("random JSON", () => {
  test(`gives what JSON.parse and exact arithmetic give (${RECORDS} records)`, () => {
    for (let seed = FIRST_SEED; (seed - FIRST_SEED) * RECORDS_PER_STREAM < RECORDS; seed++) check(makeStream(seed));
  }, 3_600_000);

  test(`gives it in regular streams with accidents of a byte or two (${RECORDS} records)`, () => {
    let done = 0;
    for (let seed = FIRST_SEED; done < RECORDS; seed++) {
      const stream = nearStream(seed);
      check(stream);
      done += stream.records.length;
    }
  }, 3_600_000);
});
