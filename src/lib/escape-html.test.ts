import { expect, test } from 'vitest'
import { escapeHtml } from './escape-html.ts'

test('nothing ends a text or an attribute, and what is escaped is escaped again', () => {
  expect(escapeHtml(`<b title="x" id='y'>&amp;`)).toBe('&lt;b title=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;')
})
