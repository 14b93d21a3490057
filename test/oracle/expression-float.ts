/** Floating point as Java prints and rounds it, from JavaScript's own shortest digits. */

interface Decimal {
  readonly negative: boolean;
  /** value = digits × 10^exponent */
  readonly digits: bigint;
  readonly exponent: number;
}

function parts(text: string): { readonly digits: string; readonly exponent: number } {
  const [mantissa, exponent] = text.split("e") as [string, string];
  return { digits: mantissa.replace(".", ""), exponent: Number(exponent) };
}

/** x > 0 to so many digits behind the first, ties to even (JavaScript's own toExponential takes the larger). */
function toDigits(x: number, behind: number): string {
  const { digits, exponent } = parts(x.toExponential(100));
  const unit = 10n ** BigInt(100 - behind);
  const exact = BigInt(digits);
  const down = exact / unit;
  const rest = exact % unit;
  const up = 2n * rest > unit || (2n * rest === unit && down % 2n === 1n);
  const rounded = (up ? down + 1n : down).toString();
  const carried = rounded.length > behind + 1 ? exponent + 1 : exponent;
  return `${rounded[0]}.${rounded.slice(1, behind + 1)}e${carried}`;
}

/** The shortest float text of a 32-bit number: the fewest digits that read back, and of those the closest. */
function shortestFloat(x: number): string {
  for (let behind = 0; behind < 9; behind++) {
    const text = toDigits(x, behind);
    if (Math.fround(Number(text)) === x) return text;
  }
  return toDigits(x, 9);
}

export function shortestDecimal(value: number): Decimal {
  const { digits, exponent } = parts(Math.abs(value).toExponential());
  return { negative: value < 0, digits: BigInt(digits), exponent: exponent - digits.length + 1 };
}

/** java.lang.Double.toString (JDK 19 and later), or Float's. */
export function javaText(value: number, float: boolean): string {
  if (Number.isNaN(value)) return "NaN";
  const sign = value < 0 || Object.is(value, -0) ? "-" : "";
  const x = Math.abs(value);
  if (x === Number.POSITIVE_INFINITY) return `${sign}Infinity`;
  if (x === 0) return `${sign}0.0`;
  let { digits, exponent } = parts(float ? shortestFloat(x) : x.toExponential());
  if (digits.length === 1) ({ digits, exponent } = parts(toDigits(x, 1)));
  digits = digits.replace(/0+$/, "");
  if (exponent < -3 || exponent >= 7) return `${sign}${digits[0]}.${digits.slice(1) || "0"}E${exponent}`;
  if (exponent < 0) return `${sign}0.${"0".repeat(-exponent - 1)}${digits}`;
  const padded = digits.padEnd(exponent + 2, "0");
  return `${sign}${padded.slice(0, exponent + 1)}.${padded.slice(exponent + 1)}`;
}

/** BigDecimal.valueOf(x).setScale(digits, HALF_UP or DOWN).doubleValue() */
export function javaRound(x: number, digits: bigint, half: boolean): number {
  if (!Number.isFinite(x) || x === 0) return x;
  const decimal = shortestDecimal(x);
  const drop = -BigInt(decimal.exponent) - digits;
  if (drop <= 0n) return x;
  if (drop > 400n) return 0;
  const unit = 10n ** drop;
  const rounded = half ? (2n * decimal.digits + unit) / (2n * unit) : decimal.digits / unit;
  if (rounded === 0n) return 0;
  const result = Number(`${rounded}e${BigInt(decimal.exponent) + drop}`);
  return decimal.negative ? -result : result;
}
