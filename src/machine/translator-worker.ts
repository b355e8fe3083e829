/** The translator's thread. */
import { parentPort, type MessagePort } from 'node:worker_threads';
import { hasMachineCode } from '../../jit/interpreter/machine-code.js';
import { mayFuse, moduleBuilder } from '../../jit/region/translator.js';
import { translatorVersion } from '../../jit/region/translator-version.js';
import { Selector } from '../../jit/interpreter/selector.js';
import { createCpuModel, type CpuOptions } from '../arch/features/cpu-model.js';
import type { ModuleDump } from '../../runtime/code/module-dump.js';
import { MachineCodeCache } from '../../runtime/code/machine-code-cache.js';
import { ImmediateTranslator } from '../../runtime/code/immediate-translations.js';
import { serveStrictly } from '../../runtime/code/strict-server.js';
import { TranslationCache } from '../../runtime/code/translation-cache.js';
import { TranslationServer } from '../../runtime/code/translation-server.js';
import { HOT } from '../../runtime/code/translations.js';
import { yieldToOthers } from '../../runtime/thread-priority.js';
import { engineIdentity, keepCode } from './kept-code.js';
import type { Optimization } from '../support/optimizations.js';
import { backingAddress, boardLayout, type BoardParameters } from './board-parameters.js';

export interface TranslatorWorkerData {
  readonly memory: WebAssembly.Memory;
  readonly board: BoardParameters;
  readonly cpu: string;
  readonly cpuOptions: CpuOptions;
  /** Optimizations to leave out. */
  readonly without: readonly Optimization[];
  /** --jit strict: whatever is asked for is translated at once, and nothing is kept. */
  readonly strict: boolean;
  /** Requests come in, modules go out: one a thread of vCPUs. */
  readonly ports: readonly MessagePort[];
  /** Folder of the translation cache, if there is to be one. Lines for the log go to the parent. */
  readonly cache: string | undefined;
  /** Folder for the modules that are made, if they are to be written. */
  readonly dump: string | undefined;
}

/** Translations are the same without them. */
const KEPT: ReadonlySet<Optimization> = new Set(['inline-maintenance', 'kept-records', 'machine-code'] as const);

function reportDropped<T extends { readonly dropped: number } | undefined>(cache: T): T {
  if (cache !== undefined && cache.dropped > 0) parentPort!.postMessage(`translation cache: ${cache.dropped} damaged bytes dropped`);
  return cache;
}

async function moduleDump(folder: string, board: BoardParameters): Promise<ModuleDump> {
  const { ModuleDump } = await import('../../runtime/code/module-dump.js');
  return new ModuleDump(folder, (ramPage) => backingAddress(board, ramPage * 4096), (line) => parentPort!.postMessage(`--dump-wasm: ${line}`));
}

async function start(data: TranslatorWorkerData): Promise<void> {
  const { memory, board, cpu, cpuOptions, without, ports, strict, cache: folder, dump } = data;
  const model = createCpuModel(cpu, cpuOptions);
  const selector = new Selector({ hasFeature: (name) => model.has(name as never) });
  const leftOut = new Set(without);
  if (strict) {
    const layout = boardLayout(board);
    const translator = new ImmediateTranslator(memory, layout, selector, leftOut, await moduleBuilder(leftOut));
    return serveStrictly(memory, layout, translator, ports);
  }
  const identity = [
    translatorVersion(), cpu, cpuOptions, without.filter((name) => !KEPT.has(name)).sort(), mayFuse(leftOut),
  ];
  const machineCode = folder === undefined || leftOut.has('machine-code') || !hasMachineCode() ? undefined
    : new MachineCodeCache(folder, JSON.stringify([...identity, engineIdentity()]), memory);
  reportDropped(machineCode);
  const openCache = (): TranslationCache => reportDropped(new TranslationCache(folder!, JSON.stringify(identity)));
  new TranslationServer(memory, boardLayout(board), selector, HOT, ports, leftOut, {
    ...(folder === undefined ? {} : { openCache }), machineCode, build: await moduleBuilder(leftOut), turn: keepCode, dump: dump === undefined ? undefined : await moduleDump(dump, board),
  });
}

yieldToOthers(5);
parentPort!.once('message', (data: TranslatorWorkerData) => {
  // what is thrown here is the thread's error
  void start(data);
});
