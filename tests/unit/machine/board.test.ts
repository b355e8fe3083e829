import { expect, test } from 'vitest';
import { MAX_VCPUS } from '../../../runtime/layout/memory-layout.js';
import { resolveMachineConfig } from '../../../src/config/machine-config.js';
import { MAX_CONSOLES } from '../../../src/config/virtio-device.js';
import { Board, boardLayout, type BoardParameters } from '../../../src/machine/board.js';

test('the state of the largest board fits, and every thread finds the same', () => {
  const { virtio } = resolveMachineConfig({
    console: Array<string>(MAX_CONSOLES).fill('null'), drive: Array<string>(23).fill('file=x'),
  });
  const parameters: BoardParameters = {
    cpus: MAX_VCPUS, ramBytes: 8 << 20, el2: true, el3: true, flash: [undefined, { readOnly: true }],
    fwCfgItems: [], epoch: 0,
    virtio: virtio.map((device) => device?.kind === 'block'
      ? { kind: 'block', disk: { bytes: 512, readOnly: false } }
      : device && { kind: device.kind }),
  };
  const pages = Math.ceil(boardLayout(parameters).totalBytes / 65536);
  const memory = new WebAssembly.Memory({ initial: pages, maximum: 65536, shared: true });
  const [one, other] = [new Board(memory, parameters), new Board(memory, parameters)];
  expect(one.transports.map((transport) => transport.type?.name)).toEqual([
    ...Array<string>(23).fill('virtio-blk'), ...Array<string>(8).fill('virtio-console'), 'virtio-rng',
  ]);
  expect([...one.consoleChannels.keys()]).toEqual([23, 24, 25, 26, 27, 28, 29, 30]);
  one.reset();
  one.consoleChannels.get(30)!.sendBytes(Uint8Array.of(1, 2, 3));
  expect([...other.consoleChannels.get(30)!.takeOutput(10)]).toEqual([1, 2, 3]);
  expect(other.consoleChannels.get(29)!.outputAvailable).toBe(0);
});
