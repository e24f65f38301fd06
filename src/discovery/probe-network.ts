import { randomUUID } from 'node:crypto'
import { createSocket, type Socket } from 'node:dgram'
import type { Clock } from '../contracts/clock.ts'
import { codeOf, messageOf } from '../contracts/errors.ts'
import { deviceFrom, type FoundDevice } from './device-address.ts'
import { DEVICE_TYPES, parseProbeMatches, probeMessage } from './probe-message.ts'

export const DISCOVERY_GROUP = '239.255.255.250'
export const DISCOVERY_PORT = 3702
/** UDP gets lost, and a camera may sleep: the same question again, as SOAP over UDP has it. */
const REPEAT_AFTER_MS = 400
const MAX_DEVICES = 500
/** A flood of answers must not keep us busy. */
const MAX_MESSAGES = 5_000

export interface ProbeOptions {
  /** IPv4 addresses of this machine to ask from. */
  readonly from: readonly string[]
  /** IPv4 addresses to ask: the group of all devices, or single ones. */
  readonly to: readonly string[]
  readonly listenMs: number
  readonly clock: Pick<Clock, 'sleep'>
}

export interface ProbeOutcome {
  /** Each once, sorted by address. */
  readonly devices: readonly FoundDevice[]
  /** From where it did not work, in a sentence each. */
  readonly problems: readonly string[]
}

/**
 * Asks for ONVIF devices by WS-Discovery and listens for `listenMs`, or until `signal` aborts. Never rejects: an interface that
 * cannot be used is one of the problems.
 */
export async function probeNetwork({ from, to, listenMs, clock }: ProbeOptions, signal: AbortSignal): Promise<ProbeOutcome> {
  const found = new Map<string, FoundDevice>()
  const problems: string[] = []
  let messages = 0
  const onMessage = (message: Buffer, source: { readonly address: string }) => {
    messages += 1
    if (messages > MAX_MESSAGES || found.size >= MAX_DEVICES) return
    for (const announcement of parseProbeMatches(message.toString('utf8'))) {
      const device = deviceFrom(announcement, source.address)
      // A device answers several times: to each question, and over each interface.
      if (device !== null && !found.has(keyOf(device))) found.set(keyOf(device), device)
    }
  }
  const questions = DEVICE_TYPES.map((type) => Buffer.from(probeMessage(randomUUID(), type)))
  const sockets = await Promise.all(from.map((address) => openSocket(address, onMessage)))
  try {
    for (const waitMs of [REPEAT_AFTER_MS, listenMs - REPEAT_AFTER_MS]) {
      if (waitMs <= 0 || signal.aborted) continue
      for (const { socket } of sockets) ask(socket, questions, to)
      await clock.sleep(waitMs, signal)
    }
  } finally {
    for (const { socket, address, problem } of sockets) {
      socket?.close()
      if (problem() !== null) problems.push(`${address}: ${problem() ?? ''}`)
    }
  }
  return { devices: [...found.values()].sort(byAddress), problems }
}

interface OpenedSocket {
  readonly address: string
  readonly socket: Socket | null
  readonly problem: () => string | null
}

type OnMessage = (message: Buffer, source: { readonly address: string }) => void

async function openSocket(address: string, onMessage: OnMessage): Promise<OpenedSocket> {
  let problem: string | null = null
  const socket = createSocket('udp4')
  // Also without a listener of its own, an error of a later `send` must not end the program.
  socket.on('error', (cause) => (problem ??= codeOf(cause) || messageOf(cause)))
  socket.on('message', onMessage)
  const opened = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false))
    socket.bind(0, address, () => resolve(true))
  })
  if (opened) problem ??= aimAt(socket, address)
  return { address, socket: opened ? socket : null, problem: () => problem }
}

/** A multicast goes out by the default route unless it is told otherwise; cameras often hang on another interface. */
function aimAt(socket: Socket, address: string): string | null {
  try {
    socket.setMulticastInterface(address)
    return null
  } catch (cause) {
    return codeOf(cause) || messageOf(cause)
  }
}

function ask(socket: Socket | null, questions: readonly Buffer[], to: readonly string[]): void {
  for (const question of questions) for (const address of to) socket?.send(question, DISCOVERY_PORT, address)
}

function keyOf({ address, port }: FoundDevice): string {
  return `${address}:${port}`
}

function byAddress(a: FoundDevice, b: FoundDevice): number {
  const number = ({ address }: FoundDevice) => address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  return number(a) - number(b) || a.port - b.port
}
