import { expect, test } from 'vitest'
import { dayOf, nothingSpent, type DailyBudget, type Spent } from '../core/stages/vlm-budget.ts'
import { FakeClock } from '../testkit/fake-clock.ts'
import { analyzeGate } from './analyze-gate.ts'

const PERSON = { detected_classes: ['person'] }

interface Conditions {
  readonly worksForFree?: boolean
  readonly daily_budget?: DailyBudget | null
}

const NOON = '2026-01-01T12:00:00.000Z'
/** As the owner's clock has it. */
const TODAY = dayOf(new Date(NOON))

function gateWith(spent: Partial<Spent>, { worksForFree = false, daily_budget = { usd: 1 } }: Conditions = {}) {
  const clock = new FakeClock(NOON)
  const told: string[] = []
  const gate = analyzeGate({
    vlm: { run_mode: 'trigger_only', trigger_classes: ['person'], daily_budget },
    clock,
    ledger: { spent: { ...nothingSpent(TODAY), ...spent } },
    alerts: { raise: ({ message }, key) => void told.push(`${key}: ${message}`) },
    worksForFree,
  })
  return { gate, clock, told }
}

test('while the budget lasts, clips are analysed and may cost something', () => {
  const { gate, told } = gateWith({ usd: 0.5 })
  expect(gate.verdict(PERSON)).toEqual({ run: true })
  expect(gate.mayPay()).toBe(true)
  expect(told).toEqual([])
})

test('without a budget nothing is ever spent', () => {
  const { gate } = gateWith({ usd: 500 }, { daily_budget: null })
  expect(gate.verdict(PERSON)).toEqual({ run: true })
  expect(gate.mayPay()).toBe(true)
})

test('once it is spent, clips are not analysed, and the owner is told of the day', () => {
  const { gate, told } = gateWith({ usd: 1 })
  expect(gate.verdict(PERSON)).toEqual({ run: false, reason: 'budget' })
  expect(told).toEqual([expect.stringMatching(new RegExp(`^vlm_budget ${TODAY}: .*vlm\\.daily_budget\\.usd.*not analysed until tomorrow`))])
})

test('the owner is told once a day, however many clips come', async () => {
  const { gate, clock, told } = gateWith({ usd: 1 })
  for (let clips = 0; clips < 3; clips += 1) {
    gate.verdict(PERSON)
    await clock.advance(11 * 60_000)
  }
  expect(told).toHaveLength(1)
})

test('who only looks ahead hears the same, and nobody is told', () => {
  const { gate, told } = gateWith({ usd: 1 })
  expect(gate.foresee(PERSON)).toEqual({ run: false, reason: 'budget' })
  expect(told).toEqual([])
})

test('once it is spent, models that are free go on, and are told not to pay', () => {
  const { gate, told } = gateWith({ usd: 1 }, { worksForFree: true })
  expect(gate.verdict(PERSON)).toEqual({ run: true })
  expect(gate.mayPay()).toBe(false)
  expect(told).toEqual([expect.stringContaining('only models that are free')])
})

test('a clip that is not to be analysed anyway is not blamed on the budget', () => {
  const { gate, told } = gateWith({ usd: 1 })
  expect(gate.verdict({ detected_classes: ['car'] })).toEqual({ run: false, reason: 'no_trigger_classes' })
  expect(told).toEqual([])
})

test('the next day there is a new budget', async () => {
  const { gate, clock } = gateWith({ usd: 1 }, { worksForFree: true })
  await clock.advance(24 * 3_600_000)
  expect(gate.mayPay()).toBe(true)
  expect(gate.verdict(PERSON)).toEqual({ run: true })
})
