/** Entry of the installed program; bin/ulna imports it. */
import { processContext } from './context.js';
import { ExitStatus, signalStatus, SIGPIPE } from './exit-status.js';
import { reportError, runCli } from './program.js';

/** Runs the process's command line and ends the process. */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<never> {
  if (process.env['ULNA_DEBUG'] === '1') {
    const { install } = (await import('source-map-support')).default;
    install({ environment: 'node' });
  }
  const context = processContext();
  const fail = (error: unknown) => process.exit(reportError(error, context));
  // Nobody reads any more: a run ends in order (run-machine.ts); what comes before or after it just ends.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (stream.listenerCount('error') > 1) return;
      process.exit(error.code === 'EPIPE' ? signalStatus(SIGPIPE) : ExitStatus.internal);
    });
  }
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  // Threads and sockets that still live do not keep a finished command alive.
  process.exit(await runCli(args, context));
}
