import type { RiskLevel } from '../../../contracts/analysis.ts'
import type { MessageText } from '../../../lib/alert-text.ts'
import { escapeHtml } from '../../../lib/escape-html.ts'

/** The Content-ID of the picture, without angle brackets. */
export const PICTURE_ID = 'picture@homesec'

export interface HtmlAbout {
  /** http or https. */
  readonly link: string | null
  readonly hasPicture: boolean
  readonly risk: RiskLevel | null
}

const RISK_COLOUR: Readonly<Record<RiskLevel, string>> = { low: '#2e7d32', medium: '#b26a00', high: '#c62828', critical: '#8e24aa' }
const CALM_COLOUR = '#455a64'

/** The mail as HTML: no script, no style sheet, nothing fetched from anywhere; styles stand at the elements since mail programs drop others. */
export function htmlBody({ title, lines }: MessageText, { link, hasPicture, risk }: HtmlAbout): string {
  const colour = risk === null ? CALM_COLOUR : RISK_COLOUR[risk]
  const picture = `<p style="margin:0 0 16px"><img src="cid:${PICTURE_ID}" alt="What the camera saw" style="max-width:100%;height:auto;border-radius:6px"></p>`
  const button = `<p style="margin:20px 0 0"><a href="${escapeHtml(link ?? '')}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:${colour};color:#ffffff;text-decoration:none">Watch the clip</a></p>`
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta name="color-scheme" content="light dark"><title>${escapeHtml(title)}</title></head>`,
    '<body style="margin:0;padding:16px;font-family:system-ui,-apple-system,Segoe UI,Roboto,sans-serif;font-size:16px;line-height:1.5">',
    `<div style="max-width:640px;margin:0 auto;border-top:4px solid ${colour};padding-top:12px">`,
    `<h1 style="margin:0 0 12px;font-size:20px">${escapeHtml(title)}</h1>`,
    ...(hasPicture ? [picture] : []),
    ...lines.map((line) => `<p style="margin:0 0 6px">${escapeHtml(line)}</p>`),
    ...(link === null ? [] : [button]),
    '</div></body></html>',
    '',
  ].join('\n')
}
