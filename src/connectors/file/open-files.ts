/**
 * File handles for reading at positions, at most `limit` open at a time: the one that was used longest ago is closed first. A
 * folder of a hundred thousand files is read with a few hundred handles.
 */
import { closeSync, openSync } from "node:fs";

export class OpenFiles {
  readonly #limit: number;
  /** In order of last use. */
  readonly #handles = new Map<string, number>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Throws the system's error where the file does not open. */
  handle(path: string): number {
    const open = this.#handles.get(path);
    if (open !== undefined) {
      this.#handles.delete(path);
      this.#handles.set(path, open);
      return open;
    }
    const [oldest] = this.#handles.keys();
    if (oldest !== undefined && this.#handles.size >= this.#limit) this.close(oldest);
    const handle = openSync(path, "r");
    this.#handles.set(path, handle);
    return handle;
  }

  close(path: string): void {
    const handle = this.#handles.get(path);
    if (handle === undefined) return;
    this.#handles.delete(path);
    closeSync(handle);
  }

  closeAll(): void {
    for (const path of [...this.#handles.keys()]) this.close(path);
  }
}
