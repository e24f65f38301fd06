import { stripVTControlCharacters } from 'node:util'

// Controls, line and paragraph separators; then what is invisible or turns the reading direction, and half characters.
const BREAKS = /[\p{Cc}\p{Zl}\p{Zp}\s]+/gu
const INVISIBLE = /[\p{Cf}\p{Cs}\p{Co}]/gu

/**
 * Text from a camera or a model as one harmless line: no escape sequences, no control characters, no line breaks, no reversed
 * reading direction, at most `maxLength` long. What a channel like HTML needs on top is that channel's business.
 */
export function plainText(hostile: string, maxLength = 300): string {
  const bounded = hostile.slice(0, maxLength * 8)
  const clean = stripVTControlCharacters(bounded).replace(INVISIBLE, '').replace(BREAKS, ' ').trim()
  if (clean.length <= maxLength) return clean
  // A cut through the middle of a character leaves half of it, which the second pass removes.
  return `${clean.slice(0, maxLength - 1).replace(INVISIBLE, '')}…`
}
