/**
 * Builds a module straight into its binary form. It has the part of binaryen's Module interface that regions are lowered
 * with, and takes its place there: building and emitting a region by binaryen costs about twenty times as much (README).
 */
import type binaryen from 'binaryen';
import { LANE, MEMORY, PREFIXED, SIMPLE } from './opcodes.js';
import type { Signature } from './region-functions.js';
import { f32, f64, i32, i64, none, v128 } from './types.js';

/** What a node of code is; operands come first. */
const Kind = { Plain: 0, Block: 1, Loop: 2, If: 3, Branch: 4, BranchIf: 5, Call: 6, Mark: 7 } as const;
type Kind = (typeof Kind)[keyof typeof Kind];

/** Bytes of an instruction behind those of its operands. All nodes have one shape: that is what makes them cheap. */
class Node {
  constructor(
    readonly kind: Kind,
    readonly bytes: readonly number[],
    readonly a: Code | undefined,
    readonly b: Code | undefined,
    readonly c: Code | undefined,
    /** Label, the function called, or what is marked. */
    readonly name: string | null,
  ) {}
}
/** Code: a node, or one after the other. Labels and functions are resolved when it is written out. It never changes. */
export type Code = Node | readonly Code[];

const plain = (bytes: readonly number[], a?: Code, b?: Code, c?: Code): Code => new Node(Kind.Plain, bytes, a, b, c, null);
const NO_BYTES: readonly number[] = [];

const TYPE_BYTES = new Map<binaryen.Type, number>([
  [i32, 0x7f], [i64, 0x7e], [f32, 0x7d], [f64, 0x7c], [v128, 0x7b], [none, 0x40],
]);

/** Unsigned LEB128. */
export function unsigned(n: number): number[] {
  const out: number[] = [];
  let rest = n >>> 0;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    out.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return out;
}
/** Signed LEB128 of 32 bits. */
export function signed(n: number): number[] {
  const out: number[] = [];
  let rest = n | 0;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) {
      out.push(low);
      return out;
    }
    out.push(low | 0x80);
  }
}
/** Signed LEB128 of 64 bits. */
function signedLong(n: bigint): number[] {
  if (BigInt.asIntN(32, n) === n) return signed(Number(n));
  const out: number[] = [];
  let rest = BigInt.asIntN(64, n);
  for (;;) {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    if ((rest === 0n && (low & 0x40) === 0) || (rest === -1n && (low & 0x40) !== 0)) {
      out.push(low);
      return out;
    }
    out.push(low | 0x80);
  }
}
const text = (s: string): number[] => {
  const bytes = [...new TextEncoder().encode(s)];
  return [...unsigned(bytes.length), ...bytes];
};
const vector = (items: readonly (readonly number[])[]): number[] => [...unsigned(items.length), ...items.flat()];

const CACHED = 4096;

/** Name by which a function that is encoded calls itself. */
export const SELF = 'self';

/** A function in binary form but for the functions that it calls: it can be put into any module that has them. */
export interface EncodedFunction {
  /** Locals and code, as in the code section. */
  readonly bytes: Uint8Array;
  /** Where the number of a called function belongs, two bytes, and the function's name; SELF is the function itself. */
  readonly calls: readonly (readonly [at: number, name: string])[];
  /** Where what has been marked begins, if the encoder was to note that. */
  readonly marks?: readonly (readonly [at: number, mark: number])[];
}
interface Defined {
  readonly name: string;
  readonly type: number;
  readonly code: EncodedFunction;
}

const typeByte = (t: binaryen.Type): number => {
  const byte = TYPE_BYTES.get(t);
  if (byte === undefined) throw new Error(`no value type ${t}`);
  return byte;
};

type Builder = (...args: never[]) => Code;

/** Keeps the codes of the first so many operands. */
function cached<T>(build: (operand: T) => Code): (operand: T) => Code {
  const known = new Map<T, Code>();
  return (operand) => {
    let code = known.get(operand);
    if (code === undefined) {
      code = build(operand);
      if (known.size < CACHED) known.set(operand, code);
    }
    return code;
  };
}
/** Bytes behind an opcode, an offset for example, by the number that they encode. */
function cachedBytes(opcode: readonly number[]): (n: number) => readonly number[] {
  const known = new Map<number, readonly number[]>();
  return (n) => {
    let bytes = known.get(n);
    if (bytes === undefined) {
      bytes = [...opcode, ...unsigned(n)];
      if (known.size < CACHED) known.set(n, bytes);
    }
    return bytes;
  };
}

/** Fills in m.i32.add and the rest from the opcode tables. */
function operations(): Record<string, unknown> {
  const root: Record<string, unknown> = {};
  const put = (name: string, build: Builder): void => {
    const parts = name.split('.');
    let at = root;
    for (const part of parts.slice(0, -1)) at = (at[part] ??= {}) as Record<string, unknown>;
    at[parts[parts.length - 1]] = build;
  };
  for (const [name, opcode] of Object.entries(SIMPLE)) {
    if (name === 'select') continue;
    const bytes = [opcode];
    put(name, (a: Code, b?: Code) => plain(bytes, a, b));
  }
  for (const [name, [prefix, number]] of Object.entries(PREFIXED)) {
    const bytes = [prefix, ...unsigned(number)];
    put(name, (a: Code, b?: Code, c?: Code) => plain(bytes, a, b, c));
  }
  for (const [name, number] of Object.entries(LANE)) {
    const bytes = Array.from({ length: 16 }, (_, lane) => [0xfd, number, lane]);
    put(name, (vectorCode: Code, lane: number, value?: Code) => plain(bytes[lane], vectorCode, value));
  }
  put('i8x16.shuffle', (a: Code, b: Code, lanes: readonly number[]) => plain([0xfd, 13, ...lanes], a, b));
  for (const [name, [opcode, natural]] of Object.entries(MEMORY)) {
    // binaryen's interface takes the memory's name last
    if (opcode[0] === 0xfe) {
      const bytes = cachedBytes([...opcode, natural]);
      put(name, (offset: number, ...args: (Code | string)[]) => {
        const [a, b, c] = args.slice(0, -1) as Code[];
        return plain(bytes(offset), a, b, c);
      });
    } else {
      const byAlignment = Array.from({ length: natural + 1 }, (_, align) => cachedBytes([...opcode, align]));
      const bytes = (offset: number, align: number): readonly number[] =>
        byAlignment[Math.min(natural, 31 - Math.clz32(align))](offset);
      put(name, name.includes('store')
        ? (offset: number, align: number, address: Code, value: Code) => plain(bytes(offset, align), address, value)
        : (offset: number, align: number, address: Code) => plain(bytes(offset, align), address));
    }
  }
  put('i32.const', cached((n: number) => plain([0x41, ...signed(n)])));
  put('i64.const', cached((n: bigint) => plain([0x42, ...signedLong(n)])));
  const bits = new DataView(new ArrayBuffer(8));
  put('f32.const', (n: number) => {
    bits.setFloat32(0, n, true);
    return plain([0x43, ...new Uint8Array(bits.buffer, 0, 4)]);
  });
  put('f64.const', (n: number) => {
    bits.setFloat64(0, n, true);
    return plain([0x44, ...new Uint8Array(bits.buffer, 0, 8)]);
  });
  put('v128.const', (bytes: readonly number[]) => plain([0xfd, 12, ...bytes]));
  put('local.get', cached((index: number) => plain([0x20, ...unsigned(index)])));
  const tee = cachedBytes([0x22]);
  put('local.tee', (index: number, value: Code) => plain(tee(index), value));
  const set = cachedBytes([0x21]);
  put('local.set', (index: number, value: Code) => plain(set(index), value));
  const fence = plain([0xfe, 3, 0]);
  put('atomic.fence', () => fence);
  return root;
}
const OPERATIONS = operations();
const RETURN = [0x0f];
const DROP = [0x1a];
const SELECT = [0x1b];
const CALL = [0x10];
const RETURN_CALL = [0x12];
const UNREACHABLE = plain([0x00]);

/** Functions are numbered imports first, in the order they were added. */
export class Encoder {
  private readonly types: Signature[] = [];
  private readonly typeIndexes = new Map<string, number>();
  private readonly imports: { name: string; base: string; module: string; type: number }[] = [];
  private readonly functions: Defined[] = [];
  private readonly indexes = new Map<string, number>();
  /** The same in all encoders: see `builder` in operations.ts. */
  readonly operations = OPERATIONS;
  private readonly exported: (readonly [name: string, external: string])[] = [];
  private buffer = new Uint8Array(4096);
  private at = 0;
  private readonly labels: (string | null)[] = [];
  private calls: [at: number, name: string][] = [];
  private marks: [at: number, mark: number][] = [];
  /** Positions in the module of the functions' code, after `emit`. */
  readonly starts: number[] = [];
  /** Code that is none: its place is noted. Only if the encoder is to do that. */
  readonly mark: ((mark: number) => Code) | undefined;

  /** @param marking what `mark` marks is noted */
  constructor(private readonly marking = false) {
    Object.assign(this, OPERATIONS);
    this.mark = marking ? (mark) => new Node(Kind.Mark, NO_BYTES, undefined, undefined, undefined, String(mark)) : undefined;
  }

  // Control

  block(name: string | null, body: readonly Code[], type: binaryen.Type = none): Code {
    if (name === null && type === none) return body;
    return new Node(Kind.Block, [0x02, typeByte(type)], body, undefined, undefined, name);
  }
  loop(name: string, body: Code): Code {
    return new Node(Kind.Loop, NO_BYTES, body, undefined, undefined, name);
  }
  if(condition: Code, then: Code, otherwise?: Code): Code {
    return new Node(Kind.If, NO_BYTES, condition, then, otherwise, null);
  }
  br(name: string, condition?: Code): Code {
    return new Node(condition === undefined ? Kind.Branch : Kind.BranchIf, NO_BYTES, condition, undefined, undefined, name);
  }
  return(value: Code): Code {
    return plain(RETURN, value);
  }
  drop(value: Code): Code {
    return plain(DROP, value);
  }
  unreachable(): Code {
    return UNREACHABLE;
  }
  select(condition: Code, a: Code, b: Code): Code {
    return plain(SELECT, a, b, condition);
  }
  call(name: string, args: readonly Code[]): Code {
    return new Node(Kind.Call, CALL, args, undefined, undefined, name);
  }
  return_call(name: string, args: readonly Code[]): Code {
    return new Node(Kind.Call, RETURN_CALL, args, undefined, undefined, name);
  }
  private indexOf(name: string): number {
    const index = this.indexes.get(name);
    if (index === undefined) throw new Error(`no function ${name}`);
    if (index >= 1 << 14) throw new Error(`${name} is function ${index}: more than two bytes hold`);
    return index;
  }

  // Module

  private typeOf({ params, result }: Signature): number {
    const key = `${params.join(',')}:${result}`;
    let index = this.typeIndexes.get(key);
    if (index === undefined) {
      index = this.types.push({ params, result }) - 1;
      this.typeIndexes.set(key, index);
    }
    return index;
  }
  addFunctionImport(name: string, module: string, base: string, signature: Signature): void {
    this.imports.push({ name, base, module, type: this.typeOf(signature) });
  }
  addEncoded(name: string, signature: Signature, code: EncodedFunction): void {
    this.functions.push({ name, type: this.typeOf(signature), code });
  }
  /** The code of a function. */
  encode(locals: readonly binaryen.Type[], body: Code): EncodedFunction {
    const runs: number[][] = [];
    for (let i = 0; i < locals.length;) {
      let end = i;
      while (end < locals.length && locals[end] === locals[i]) end++;
      runs.push([...unsigned(end - i), typeByte(locals[i])]);
      i = end;
    }
    this.at = 0;
    this.calls = [];
    this.marks = [];
    this.bytes(vector(runs));
    this.flatten(body);
    this.bytes([0x0b]);
    return { bytes: this.buffer.slice(0, this.at), calls: this.calls, ...(this.marking && { marks: this.marks }) };
  }
  addFunctionExport(name: string, external: string): void {
    this.exported.push([name, external]);
  }

  /** @param maximumPages the imported memory's */
  emit(maximumPages: number): Uint8Array {
    [...this.imports, ...this.functions].forEach(({ name }, i) => this.indexes.set(name, i));
    this.at = 0;
    this.bytes([0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
    this.section(1, vector(this.types.map(({ params, result }) => [
      0x60, ...vector(params.map((t) => [typeByte(t)])), ...vector(result === none ? [] : [[typeByte(result)]]),
    ])));
    this.section(2, vector([
      [...text('env'), ...text('memory'), 2, 3, 1, ...unsigned(maximumPages)],
      ...this.imports.map(({ module, base, type }) => [...text(module), ...text(base), 0, ...unsigned(type)]),
    ]));
    this.section(3, vector(this.functions.map((f) => unsigned(f.type))));
    this.section(7, vector(this.exported.map(([name, external]) => [
      ...text(external), 0, ...unsigned(this.indexes.get(name)!),
    ])));
    this.codeSection();
    const names = this.functions.map((f) => [...unsigned(this.indexes.get(f.name)!), ...text(f.name)]);
    const functionNames = vector(names);
    this.section(0, [...text('name'), 1, ...unsigned(functionNames.length), ...functionNames]);
    return this.buffer.slice(0, this.at);
  }

  private room(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return;
    const grown = new Uint8Array(2 * this.buffer.length + bytes);
    grown.set(this.buffer);
    this.buffer = grown;
  }
  private bytes(bytes: ArrayLike<number>): void {
    this.room(bytes.length);
    this.buffer.set(bytes, this.at);
    this.at += bytes.length;
  }
  private section(id: number, body: readonly number[]): void {
    this.bytes([id, ...unsigned(body.length)]);
    this.bytes(body);
  }
  private codeSection(): void {
    const lengths = this.functions.map(({ code }) => unsigned(code.bytes.length));
    const count = unsigned(this.functions.length);
    const whole = this.functions.reduce((sum, { code }, i) => sum + lengths[i].length + code.bytes.length, count.length);
    this.bytes([10, ...unsigned(whole), ...count]);
    this.functions.forEach(({ name, code }, i) => {
      this.bytes(lengths[i]);
      const start = this.at;
      this.starts.push(start);
      this.bytes(code.bytes);
      for (const [at, called] of code.calls) {
        const index = this.indexOf(called === SELF ? name : called);
        this.buffer[start + at] = (index & 0x7f) | 0x80;
        this.buffer[start + at + 1] = index >> 7;
      }
    });
  }

  private flatten(code: Code): void {
    if (code instanceof Node) this.flattenNode(code);
    else for (let i = 0; i < code.length; i++) this.flatten(code[i]);
  }

  private flattenNode(node: Node): void {
    const { kind, bytes, a, b, c, name } = node;
    if (kind === Kind.Plain) {
      if (a !== undefined) this.flatten(a);
      if (b !== undefined) this.flatten(b);
      if (c !== undefined) this.flatten(c);
      return this.put(bytes);
    }
    switch (kind) {
      case Kind.Block:
        this.put(bytes);
        return this.within(name, a!);
      case Kind.Loop:
        this.put(LOOP);
        return this.within(name, a!);
      case Kind.If:
        this.flatten(a!);
        this.put(IF);
        this.labels.push(null);
        this.flatten(b!);
        if (c !== undefined) {
          this.put(ELSE);
          this.flatten(c);
        }
        this.labels.pop();
        return this.put(END);
      case Kind.Call:
        this.flatten(a!);
        this.put(bytes);
        this.calls.push([this.at, name!]);
        return this.put(FUNCTION);
      case Kind.Mark:
        this.marks.push([this.at, Number(name)]);
        return;
      default: {
        if (a !== undefined) this.flatten(a);
        const at = this.labels.lastIndexOf(name);
        if (at < 0) throw new Error(`no label ${name}`);
        this.put(kind === Kind.Branch ? BRANCH : BRANCH_IF);
        this.put(unsigned(this.labels.length - 1 - at));
      }
    }
  }

  private within(label: string | null, body: Code): void {
    this.labels.push(label);
    this.flatten(body);
    this.labels.pop();
    this.put(END);
  }

  /** A few bytes. */
  private put(bytes: readonly number[]): void {
    const { length } = bytes;
    if (this.at + length > this.buffer.length) this.room(length);
    const { buffer } = this;
    for (let i = 0; i < length; i++) buffer[this.at++] = bytes[i];
  }
}

const LOOP = [0x03, 0x40];
const IF = [0x04, 0x40];
const ELSE = [0x05];
const END = [0x0b];
const BRANCH = [0x0c];
const BRANCH_IF = [0x0d];
/** Room for a function's number. */
const FUNCTION = [0, 0];
