/**
 * Collects the registers, constants and instructions of a kernel program. Instructions are value-numbered: the same
 * operation on the same registers is emitted once, so common subexpressions cost nothing. Instructions are taken in
 * sections (a source's computed columns, a query's filter, …); registers that only served inside a section are given to
 * later values of it and of later sections. That is right for sections that run in the order they are compiled in; a source's
 * run before those of queries compiled earlier, so they take no register that was given back (`compileAhead`). A register is
 * never both destination and operand of one instruction.
 */
import { assert } from "../core/error.ts";
import type { Constant, ConstantValue, Instruction, PhysicalType, Register } from "../kernel/program.ts";

export interface Operands {
  readonly a?: Register;
  readonly b?: Register;
  readonly c?: Register;
  readonly flags?: number;
  readonly immediate?: bigint;
}

/** What an instruction does, apart from its operands. */
export interface Operation {
  /** OP_* of assembly/shared/opcode.ts. */
  readonly opcode: number;
  /** Physical type of the result. */
  readonly physical: PhysicalType;
}

export class ProgramBuilder {
  readonly #registers: PhysicalType[] = [];
  readonly #constants: Constant[] = [];
  readonly #interned = new Map<string, Register>();
  readonly #constantOf = new Map<Register, ConstantValue>();
  /** Registers no value needs any more, by physical type. */
  readonly #free = new Map<PhysicalType, Register[]>();
  #values = new Map<string, Register>();
  #section: Instruction[] = [];
  #ahead = false;

  get registers(): readonly PhysicalType[] {
    return this.#registers;
  }

  get constants(): readonly Constant[] {
    return this.#constants;
  }

  /** A register of its own, for decoding, inputs and results of others: never reused. */
  allocate(physical: PhysicalType): Register {
    return this.#registers.push(physical) - 1;
  }

  /** The register that holds this value in every lane. Bytes must not change afterwards. */
  constant(physical: PhysicalType, value: ConstantValue): Register {
    const key = constantKey(physical, value);
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const register = this.allocate(physical);
    this.#constants.push({ register, value });
    this.#constantOf.set(register, value);
    this.#interned.set(key, register);
    return register;
  }

  /** The constant a register holds, or undefined where it is none. */
  constantOf(register: Register): ConstantValue | undefined {
    return this.#constantOf.get(register);
  }

  /** The register that holds the operation's result: a new one, or that of the same operation earlier in the section. */
  emit(operation: Operation, operands: Operands): Register {
    const { a = 0, b = 0, c = 0, flags = 0, immediate = 0n } = operands;
    const key = `${operation.opcode} ${operation.physical} ${flags} ${a} ${b} ${c} ${immediate}`;
    const known = this.#values.get(key);
    if (known !== undefined) return known;
    const given = this.#ahead ? undefined : this.#free.get(operation.physical)?.pop();
    const dst = given ?? this.allocate(operation.physical);
    this.#section.push({ opcode: operation.opcode, flags, dst, a, b, c, d: 0, immediate });
    this.#values.set(key, dst);
    return dst;
  }

  /** Compiles what will run before sections that were compiled earlier: every value gets a register nothing else writes. */
  compileAhead(compile: () => Register): Register {
    assert(this.#section.length === 0, "no section is open when another begins");
    this.#ahead = true;
    const register = compile();
    this.#ahead = false;
    return register;
  }

  /**
   * Ends the section: what was emitted since the last call, in order, without what no result needs. `results` keep their
   * registers for good; all other registers emitted in the section are free from here on.
   */
  takeInstructions(results: readonly Register[]): readonly Instruction[] {
    const instructions = withoutDead(this.#section, results);
    const kept = new Set(results);
    for (const { dst } of this.#section) if (!kept.has(dst)) this.#release(dst);
    this.#section = [];
    this.#values = new Map();
    return this.#reuse(instructions, kept);
  }

  #release(register: Register): void {
    const physical = this.#registers[register];
    assert(physical !== undefined, "a released register was allocated");
    const free = this.#free.get(physical);
    if (free === undefined) this.#free.set(physical, [register]);
    else free.push(register);
  }

  /** Linear scan over straight-line code: a temporary takes the register of one whose last reader is past. */
  #reuse(instructions: readonly Instruction[], kept: ReadonlySet<Register>): readonly Instruction[] {
    const own = new Set(instructions.map(({ dst }) => dst).filter((dst) => !kept.has(dst)));
    const lastReader = new Map<Register, number>();
    for (const [at, { a, b, c }] of instructions.entries())
      for (const operand of [a, b, c]) lastReader.set(operand, at);
    const idle = new Map<PhysicalType, Register[]>();
    const placeOf = new Map<Register, Register>();
    const place = (register: Register): Register => placeOf.get(register) ?? register;
    return instructions.map((instruction, at) => {
      const physical = this.#registers[instruction.dst] as PhysicalType;
      const [a, b, c] = [place(instruction.a), place(instruction.b), place(instruction.c)];
      if (own.has(instruction.dst)) placeOf.set(instruction.dst, idle.get(physical)?.pop() ?? instruction.dst);
      for (const operand of new Set([instruction.a, instruction.b, instruction.c])) {
        if (!own.has(operand) || lastReader.get(operand) !== at) continue;
        const type = this.#registers[operand] as PhysicalType;
        idle.set(type, [...(idle.get(type) ?? []), place(operand)]);
      }
      return { ...instruction, dst: place(instruction.dst), a, b, c };
    });
  }
}

/** Unused operands are 0, so a value in register 0 may seem read: it is then kept a little longer, never too short. */
function withoutDead(section: readonly Instruction[], results: readonly Register[]): readonly Instruction[] {
  const needed = new Set(results);
  const live: Instruction[] = [];
  for (const instruction of section.toReversed()) {
    if (!needed.has(instruction.dst)) continue;
    live.push(instruction);
    needed.add(instruction.a).add(instruction.b).add(instruction.c);
  }
  return live.reverse();
}

function constantKey(physical: PhysicalType, value: ConstantValue): string {
  if (value instanceof Uint8Array) return `${physical} bytes ${Array.from(value).join()}`;
  if (typeof value === "number" && Object.is(value, -0)) return `${physical} number -0`;
  return `${physical} ${typeof value} ${value}`;
}
