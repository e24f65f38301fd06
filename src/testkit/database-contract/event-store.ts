import { expect, test } from 'vitest'
import type { ClipEvent } from '../../contracts/clip-events.ts'
import type { EventStore } from '../../contracts/repository.ts'
import { aCamera, idOf, signal, valueOf } from './rows.ts'

const eventOf = (clip_id: string, seq: number): ClipEvent => ({
  event_type: 'clip_deleted',
  clip_id,
  seq,
  ts: '2026-01-01T00:00:00.000Z',
  deleted_local: true,
  deleted_storage: false,
  reason: `n${seq}`,
})

export function eventTests(events: () => EventStore): void {
  test('events are read in order, with all their fields, from where one wants', async () => {
    const clip = idOf(aCamera(), 1)
    valueOf(await events().append([eventOf(clip, 2), eventOf(clip, 1), eventOf(clip, 3)], signal))
    expect(valueOf(await events().list(clip, 0, 10, signal))).toEqual([1, 2, 3].map((seq) => eventOf(clip, seq)))
    expect(valueOf(await events().list(clip, 2, 10, signal)).map((event) => event.seq)).toEqual([3])
    expect(valueOf(await events().list(clip, 0, 2, signal)).map((event) => event.seq)).toEqual([1, 2])
    expect(valueOf(await events().list('nobody_1.mp4', 0, 10, signal))).toEqual([])
  })

  test('of a clip that is forgotten only its deletion stays, and no other clip suffers', async () => {
    const [gone, other] = [idOf(aCamera(), 1), idOf(aCamera(), 2)]
    const finished = (clip_id: string): ClipEvent => ({ event_type: 'clip_finished', clip_id, seq: 1, ts: '2026-01-01T00:00:00.000Z' })
    valueOf(await events().append([finished(gone), eventOf(gone, 2), finished(other)], signal))
    valueOf(await events().forget([gone], signal))
    valueOf(await events().forget([gone], signal))
    expect(valueOf(await events().list(gone, 0, 10, signal)).map(({ seq }) => seq)).toEqual([2])
    expect(valueOf(await events().list(other, 0, 10, signal))).toHaveLength(1)
  })

  test('an event that is already there is left alone', async () => {
    const clip = idOf(aCamera(), 1)
    valueOf(await events().append([eventOf(clip, 1)], signal))
    valueOf(await events().append([{ ...eventOf(clip, 1), ts: '2026-02-01T00:00:00.000Z' }, eventOf(clip, 2)], signal))
    const listed = valueOf(await events().list(clip, 0, 10, signal))
    expect(listed.map((event) => event.ts)).toEqual(['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:00.000Z'])
  })
}
