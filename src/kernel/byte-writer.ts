/** Growing little-endian bytes: words of 4, longs and blobs at multiples of 8 (filled up with zeros). */
export class ByteWriter {
  #view = new DataView(new ArrayBuffer(256));
  #length = 0;

  word(value: number): void {
    this.#room(4);
    this.#view.setUint32(this.#length, value, true);
    this.#length += 4;
  }

  words(values: readonly number[]): void {
    for (const value of values) this.word(value);
  }

  long(value: bigint): void {
    this.#align();
    this.#room(8);
    this.#view.setBigInt64(this.#length, value, true);
    this.#length += 8;
  }

  double(value: number): void {
    this.#align();
    this.#room(8);
    this.#view.setFloat64(this.#length, value, true);
    this.#length += 8;
  }

  blob(bytes: Uint8Array): void {
    this.#align();
    this.#room(bytes.length);
    new Uint8Array(this.#view.buffer).set(bytes, this.#length);
    this.#length += bytes.length;
    this.#align();
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return new Uint8Array(this.#view.buffer.slice(0, this.#length));
  }

  #align(): void {
    this.#room(8);
    this.#length = (this.#length + 7) & ~7;
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#view.byteLength) return;
    const wider = new Uint8Array(Math.max(this.#view.byteLength * 2, this.#length + bytes));
    wider.set(new Uint8Array(this.#view.buffer));
    this.#view = new DataView(wider.buffer);
  }
}
