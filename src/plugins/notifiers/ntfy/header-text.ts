const PLAIN = /^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/
/** Of 75 characters for one encoded word, `=?UTF-8?B?` and `?=` take twelve; base64 makes four of three. */
const MOST_BYTES = 45

/**
 * A text as the value of a header: as it is, or in words encoded by RFC 2047, which ntfy decodes and joins. No character is split between
 * words, and line breaks are inside of them, so a text can neither end its header nor add another.
 */
export function headerText(text: string): string {
  if (PLAIN.test(text) && !text.startsWith('=?')) return text
  const words: string[] = []
  let word = ''
  for (const character of text) {
    if (Buffer.byteLength(word + character) > MOST_BYTES) {
      words.push(word)
      word = ''
    }
    word += character
  }
  if (word !== '') words.push(word)
  return words.map((part) => `=?UTF-8?B?${Buffer.from(part).toString('base64')}?=`).join(' ')
}
