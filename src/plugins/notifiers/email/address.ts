export interface MailAddress {
  /** Absent when only the address was written. */
  readonly name?: string
  readonly address: string
}

const MOST_ADDRESS = 254
const PLAIN = /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?$/
/** Of the names that mail allows only those that need no quoting anywhere; SendGrid takes no `;` and no `,`. */
const NAMED = /^([^\p{Cc}\p{Cf}\p{Zl}\p{Zp}"<>\\,;@]{1,64}?)\s*<([^<>]*)>$/u

/** What is wrong with an address as written in the config, or null. */
export function addressProblem(written: string): string | null {
  const { address } = parseAddress(written)
  const isFine = PLAIN.test(address) && address.length <= MOST_ADDRESS && !address.includes('..')
  return isFine ? null : 'not a mail address; write me@example.org or Name <me@example.org>'
}

/** Takes an address apart; of nonsense it makes an address that `addressProblem` refuses. */
export function parseAddress(written: string): MailAddress {
  const [, name = '', address = ''] = NAMED.exec(written.trim()) ?? []
  return address === '' ? { address: written.trim() } : { name: name.trim(), address }
}
