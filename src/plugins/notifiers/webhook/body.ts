import type { Alert, SystemAlert } from '../../../contracts/alert.ts'
import { multipart } from '../../../lib/multipart.ts'
import { renderBody } from './body-template.ts'
import type { WebhookConfig } from './config.ts'
import { alertValues, systemValues } from './template-values.ts'

export interface Body {
  readonly contentType: string
  readonly content: string | Uint8Array
}

type BodyConfig = Pick<WebhookConfig, 'include_thumbnail' | 'multipart' | 'template' | 'system_template' | 'content_type'>

export function alertBody(alert: Alert, thumbnail: Uint8Array | null, config: BodyConfig): Body {
  const picture = config.include_thumbnail ? thumbnail : null
  const base64 = picture === null || config.multipart !== undefined ? null : Buffer.from(picture).toString('base64')
  const { template, content_type } = config
  const content =
    template === undefined
      ? JSON.stringify({ type: 'alert', alert, thumbnail: base64 })
      : renderBody(template, content_type, alertValues(alert, base64))
  return inParts(content, picture, config)
}

export function systemBody(system: SystemAlert, config: BodyConfig): Body {
  const { template, system_template, content_type } = config
  if (system_template !== undefined) return inParts(renderBody(system_template, content_type, systemValues(system)), null, config)
  const content = JSON.stringify({ type: 'system', system, thumbnail: null })
  // A digest where `system` is false: the type that the config names is that of the template.
  return inParts(content, null, template === undefined ? config : { ...config, content_type: 'application/json' })
}

function inParts(content: string, picture: Uint8Array | null, { multipart: parts, content_type }: BodyConfig): Body {
  if (parts === undefined) return { contentType: content_type, content }
  const file = { name: parts.file_part, fileName: 'alert.jpg', contentType: 'image/jpeg' }
  const form = multipart([
    { name: parts.body_part, contentType: content_type, content },
    ...(picture === null ? [] : [{ ...file, content: picture }]),
  ])
  return { contentType: form.contentType, content: form.body }
}
