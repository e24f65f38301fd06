const PLACEHOLDER = /\{([^{}]*)\}/g
const MAX_TOPIC_BYTES = 1024

/** What is wrong with a topic we are to publish on, in words for the owner; null if nothing is. */
export function topicProblem(template: string, placeholders: readonly string[]): string | null {
  const unknown = [...template.matchAll(PLACEHOLDER)].map((match) => match[1] ?? '').find((name) => !placeholders.includes(name))
  if (unknown !== undefined) {
    const known = placeholders.map((name) => `{${name}}`).join(', ')
    return `unknown placeholder {${unknown}}; ${known === '' ? 'this topic takes none' : `known: ${known}`}`
  }
  const plain = template.replace(PLACEHOLDER, '')
  if (/[{}]/.test(plain)) return 'a { or } without its partner'
  if (/[+#]/.test(plain)) return '+ and # are wildcards for subscribers; nobody can publish on them'
  if (/\p{Cc}/u.test(plain)) return 'control characters are not allowed'
  if (template === '') return 'a topic cannot be empty'
  if (template.startsWith('$')) return 'topics that begin with $ belong to the broker'
  return Buffer.byteLength(template) > MAX_TOPIC_BYTES ? `longer than ${MAX_TOPIC_BYTES} bytes` : null
}

/** Fills `{name}` placeholders. A value cannot add a level or a wildcard to the topic. */
export function fillTopic(template: string, values: Readonly<Record<string, string>>): string {
  return template.replace(PLACEHOLDER, (_match, name: string) => (values[name] ?? '').replace(/[+#/\p{Cc}]/gu, '_'))
}
