/** Entry of the installed program; bin/ulna imports it. */
import { processContext } from './context.js';
import { reportError, runCli } from './program.js';

/** Runs the process's command line and ends the process. */
export async function main(args: readonly string[] = process.argv.slice(2)): Promise<never> {
  if (process.env['ULNA_DEBUG'] === '1') {
    const { install } = (await import('source-map-support')).default;
    install({ environment: 'node' });
  }
  const context = processContext();
  const fail = (error: unknown) => process.exit(reportError(error, context));
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  // Threads and sockets that still live do not keep a finished command alive.
  process.exit(await runCli(args, context));
}
