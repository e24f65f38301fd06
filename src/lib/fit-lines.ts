import { plainText } from './plain-text.ts'

const NEW_LINE = 1

export const bytesOf = (text: string) => Buffer.byteLength(text)
const charactersOf = (text: string) => text.length

/**
 * Shortens lines, the longest first, until all of them joined by line breaks measure at most `most`: a long summary is cut before a short
 * line that says when. Lines are dropped from the end only when nothing is left to shorten.
 */
export function fitLines(lines: readonly string[], most: number, measure: (text: string) => number = charactersOf): readonly string[] {
  const fitted = [...lines]
  for (;;) {
    const excess = fitted.reduce((sum, line) => sum + measure(line) + NEW_LINE, -NEW_LINE) - most
    if (excess <= 0 || fitted.length === 0) return fitted
    const longest = fitted.reduce((a, b) => (measure(b) > measure(a) ? b : a))
    const perCharacter = Math.max(1, measure(longest) / Math.max(1, longest.length))
    const room = Math.floor(longest.length - Math.max(1, excess / perCharacter))
    const shorter = plainText(longest, Math.max(1, room))
    if (shorter.length < longest.length) fitted[fitted.indexOf(longest)] = shorter
    else fitted.pop()
  }
}
