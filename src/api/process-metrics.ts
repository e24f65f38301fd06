import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Counter, Gauge, type Registry } from 'prom-client'

const NS_PER_S = 1e9
const RESOLUTION_MS = 20

export interface EventLoopMonitor extends Disposable {
  /** Since the last scrape. */
  p99Ms(): number
}

/**
 * Memory, processor time and event-loop delay of this process. Not prom-client's default set: that one starts monitors that
 * nobody can stop.
 */
export function addProcessMetrics(registry: Registry): EventLoopMonitor {
  const registers = [registry]
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()

  new Gauge({
    name: 'homesec_event_loop_delay_seconds',
    help: 'Event-loop delay since the last scrape',
    labelNames: ['quantile'],
    registers,
    collect() {
      // The histogram counts its own sampling interval as delay, and holds NaN before the first sample.
      const seconds = (ns: number) => Math.max((Number.isFinite(ns) ? ns : 0) - RESOLUTION_MS * 1e6, 0) / NS_PER_S
      this.set({ quantile: '0.5' }, seconds(delay.percentile(50)))
      this.set({ quantile: '0.99' }, seconds(delay.percentile(99)))
      this.set({ quantile: '1' }, seconds(delay.max))
      delay.reset()
    },
  })
  new Counter({
    name: 'process_cpu_seconds_total',
    help: 'Processor time of this process, user and system; its children are not in it',
    registers,
    collect() {
      const { user, system } = process.cpuUsage()
      this.reset()
      this.inc((user + system) / 1e6)
    },
  })
  new Gauge({
    name: 'process_resident_memory_bytes',
    help: 'Resident memory of this process',
    registers,
    collect() {
      this.set(process.memoryUsage.rss())
    },
  })
  new Gauge({
    name: 'nodejs_heap_size_used_bytes',
    help: 'JavaScript heap in use',
    registers,
    collect() {
      this.set(process.memoryUsage().heapUsed)
    },
  })
  new Gauge({
    name: 'process_start_time_seconds',
    help: 'Unix time at which this process started',
    registers,
    collect() {
      this.set(performance.timeOrigin / 1000)
    },
  })

  return {
    p99Ms: () => Math.max(delay.percentile(99) / 1e6 - RESOLUTION_MS, 0),
    [Symbol.dispose]: () => void delay.disable(),
  }
}
