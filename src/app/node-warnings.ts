import type { Logger } from '../contracts/logger.ts'

/** What Node and libraries warn of goes to the log, instead of as plain text between its lines. Dispose it to print as before. */
export function logNodeWarnings(log: Logger, emitter: NodeJS.EventEmitter = process): Disposable {
  const printers = emitter.listeners('warning')
  const tell = ({ name, message }: Error) => log.warn({ event_type: 'node_warning', name }, message.replace(/\s+/g, ' '))
  emitter.removeAllListeners('warning')
  emitter.on('warning', tell)
  return {
    [Symbol.dispose]: () => {
      emitter.off('warning', tell)
      // Node hands its listeners out as plain functions.
      for (const printer of printers) emitter.on('warning', (warning: Error) => void Reflect.apply(printer, emitter, [warning]))
    },
  }
}
