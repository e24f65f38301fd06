const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/**
 * The texts of all elements of this local name, whatever their prefix. For the few plain values of an answer whose form is known;
 * every part of the pattern is bounded, so no text from the network makes it slow.
 */
export function elementTexts(xml: string, localName: string): string[] {
  const pattern = new RegExp(`<(?:[\\w.-]{1,40}:)?${localName}(?:\\s[^<>]{0,500})?>([^<]{0,4000})<`, 'g')
  return [...xml.matchAll(pattern)].map(([, text = '']) => unescapeXml(text).trim())
}

export function elementText(xml: string, localName: string): string | null {
  const [text = ''] = elementTexts(xml, localName)
  return text === '' ? null : text
}

export function escapeXml(text: string): string {
  const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' }
  return text.replace(/[&<>"']/g, (character) => names[character] ?? character)
}

function unescapeXml(text: string): string {
  return text.replace(/&(amp|lt|gt|quot|apos);/g, (_, name: string) => ENTITIES[name] ?? '')
}
