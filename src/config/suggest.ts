/** The known word that was most likely meant, or null. */
export function closest(word: string, known: readonly string[]): string | null {
  const lower = word.toLowerCase()
  const secretName = known.find((name) => name === `${lower}_env`)
  if (secretName !== undefined) return secretName
  const ranked = known
    .map((name) => ({ name, edits: editDistance(lower, name.toLowerCase()) }))
    .filter(({ name, edits }) => edits <= Math.max(1, Math.floor(Math.min(name.length, lower.length) / 3)))
    .sort((a, b) => a.edits - b.edits)
  return ranked[0]?.name ?? null
}

const MAX_COMPARED = 64

/** Letters to insert, delete or replace; two neighbours that changed places count once. */
function editDistance(a: string, b: string): number {
  if (a.length > MAX_COMPARED || b.length > MAX_COMPARED) return Infinity
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  const at = (i: number, j: number) => rows[i]?.[j] ?? 0
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i]
    rows.push(row)
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1
      const edits = Math.min(at(i - 1, j) + 1, (row[j - 1] ?? 0) + 1, at(i - 1, j - 1) + same)
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
      row[j] = swapped ? Math.min(edits, at(i - 2, j - 2) + 1) : edits
    }
  }
  return at(a.length, b.length)
}
