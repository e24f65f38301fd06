export interface RtspResponse {
  readonly status: keyof typeof REASONS
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

const REASONS = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  453: 'Not Enough Bandwidth',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  459: 'Aggregate Operation Not Allowed',
  461: 'Unsupported Transport',
  505: 'RTSP Version Not Supported',
  551: 'Option not supported',
} as const

export function encodeResponse({ status, headers = {}, body = '' }: RtspResponse, cseq: string | undefined): string {
  const all = {
    ...(cseq === undefined ? {} : { CSeq: cseq }),
    Server: 'HomeSec simulated camera',
    ...headers,
    ...(body === '' ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return `RTSP/1.0 ${status} ${REASONS[status]}\r\n${lines.join('\r\n')}\r\n\r\n${body}`
}
