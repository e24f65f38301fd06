/** The SOAP answers of the simulated device, as devices write them: each namespace with a prefix, values as text. */

export interface DeviceProfile {
  readonly token: string
  readonly name?: string
  readonly videoSource?: string
  readonly codec?: 'H264' | 'H265' | 'JPEG'
  readonly width: number
  readonly height: number
  readonly fps?: number
  readonly keyframeInterval?: number
  /** Put into the answer as it is. */
  readonly uri: string
}

const NAMESPACES = [
  'xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"',
  'xmlns:wsa="http://schemas.xmlsoap.org/ws/2004/08/addressing"',
  'xmlns:wsdd="http://schemas.xmlsoap.org/ws/2005/04/discovery"',
  'xmlns:dn="http://www.onvif.org/ver10/network/wsdl"',
  'xmlns:tt="http://www.onvif.org/ver10/schema"',
  'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"',
  'xmlns:trt="http://www.onvif.org/ver10/media/wsdl"',
  'xmlns:tr2="http://www.onvif.org/ver20/media/wsdl"',
  'xmlns:ter="http://www.onvif.org/ver10/error"',
].join(' ')

export function envelope(body: string, header = ''): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<SOAP-ENV:Envelope ${NAMESPACES}><SOAP-ENV:Header>${header}</SOAP-ENV:Header><SOAP-ENV:Body>${body}</SOAP-ENV:Body></SOAP-ENV:Envelope>`
}

export function fault(subcode: string, reason: string): string {
  const code = `<SOAP-ENV:Value>SOAP-ENV:Sender</SOAP-ENV:Value><SOAP-ENV:Subcode><SOAP-ENV:Value>${subcode}</SOAP-ENV:Value></SOAP-ENV:Subcode>`
  return envelope(
    `<SOAP-ENV:Fault><SOAP-ENV:Code>${code}</SOAP-ENV:Code><SOAP-ENV:Reason><SOAP-ENV:Text xml:lang="en">${reason}</SOAP-ENV:Text></SOAP-ENV:Reason></SOAP-ENV:Fault>`,
  )
}

export function probeMatches(match: {
  readonly endpoint: string
  readonly relatesTo: string
  readonly types: string
  readonly scopes: readonly string[]
  readonly xaddrs: readonly string[]
}): string {
  const { endpoint, relatesTo, types, scopes, xaddrs } = match
  const action = 'http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches'
  return envelope(
    '<wsdd:ProbeMatches><wsdd:ProbeMatch>' +
      `<wsa:EndpointReference><wsa:Address>${endpoint}</wsa:Address></wsa:EndpointReference><wsdd:Types>${types}</wsdd:Types>` +
      `<wsdd:Scopes>${scopes.join(' ')}</wsdd:Scopes><wsdd:XAddrs>${xaddrs.join(' ')}</wsdd:XAddrs><wsdd:MetadataVersion>1</wsdd:MetadataVersion>` +
      '</wsdd:ProbeMatch></wsdd:ProbeMatches>',
    `<wsa:RelatesTo>${relatesTo}</wsa:RelatesTo><wsa:Action>${action}</wsa:Action>`,
  )
}

export function systemDateAndTime(now: Date): string {
  const date = `<tt:Date><tt:Year>${now.getUTCFullYear()}</tt:Year><tt:Month>${now.getUTCMonth() + 1}</tt:Month><tt:Day>${now.getUTCDate()}</tt:Day></tt:Date>`
  const time = `<tt:Time><tt:Hour>${now.getUTCHours()}</tt:Hour><tt:Minute>${now.getUTCMinutes()}</tt:Minute><tt:Second>${now.getUTCSeconds()}</tt:Second></tt:Time>`
  return envelope(
    `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>NTP</tt:DateTimeType><tt:UTCDateTime>${time}${date}</tt:UTCDateTime></tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
  )
}

export function deviceInformation(fields: Readonly<Record<string, string>>): string {
  const elements = Object.entries(fields).map(([name, value]) => `<tds:${name}>${value}</tds:${name}>`)
  return envelope(`<tds:GetDeviceInformationResponse>${elements.join('')}</tds:GetDeviceInformationResponse>`)
}

export function services(base: string, media2: boolean): string {
  const service = (namespace: string, path: string) =>
    `<tds:Service><tds:Namespace>${namespace}</tds:Namespace><tds:XAddr>${base}${path}</tds:XAddr><tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>`
  const list = [
    service('http://www.onvif.org/ver10/device/wsdl', '/onvif/device_service'),
    service('http://www.onvif.org/ver10/media/wsdl', '/onvif/media'),
    ...(media2 ? [service('http://www.onvif.org/ver20/media/wsdl', '/onvif/media2')] : []),
  ]
  return envelope(`<tds:GetServicesResponse>${list.join('')}</tds:GetServicesResponse>`)
}

export function capabilities(base: string): string {
  return envelope(
    `<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>${base}/onvif/device_service</tt:XAddr></tt:Device><tt:Media><tt:XAddr>${base}/onvif/media</tt:XAddr></tt:Media></tds:Capabilities></tds:GetCapabilitiesResponse>`,
  )
}

export function profilesOfMedia(profiles: readonly DeviceProfile[]): string {
  const list = profiles.map((profile) => {
    const { token, name = token, videoSource = 'vs0', codec = 'H264', fps = 15, keyframeInterval = 30 } = profile
    const gop =
      codec === 'H264' ? `<tt:H264><tt:GovLength>${keyframeInterval}</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>` : ''
    return (
      `<trt:Profiles fixed="true" token="${token}"><tt:Name>${name}</tt:Name>` +
      `<tt:VideoSourceConfiguration token="vsc"><tt:Name>vsc</tt:Name><tt:SourceToken>${videoSource}</tt:SourceToken></tt:VideoSourceConfiguration>` +
      `<tt:VideoEncoderConfiguration token="vec_${token}"><tt:Name>vec</tt:Name><tt:Encoding>${codec}</tt:Encoding>${resolution(profile)}` +
      `<tt:RateControl><tt:FrameRateLimit>${fps}</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl>` +
      `${gop}</tt:VideoEncoderConfiguration></trt:Profiles>`
    )
  })
  return envelope(`<trt:GetProfilesResponse>${list.join('')}</trt:GetProfilesResponse>`)
}

export function profilesOfMedia2(profiles: readonly DeviceProfile[]): string {
  const list = profiles.map((profile) => {
    const { token, name = token, videoSource = 'vs0', codec = 'H264', fps = 15, keyframeInterval = 30 } = profile
    return (
      `<tr2:Profiles token="${token}" fixed="true"><tr2:Name>${name}</tr2:Name><tr2:Configurations>` +
      `<tr2:VideoSource token="vsc"><tt:Name>vsc</tt:Name><tt:SourceToken>${videoSource}</tt:SourceToken></tr2:VideoSource>` +
      `<tr2:VideoEncoder token="vec_${token}" GovLength="${keyframeInterval}" Profile="Main"><tt:Name>vec</tt:Name><tt:Encoding>${codec}</tt:Encoding>${resolution(profile)}` +
      `<tt:RateControl ConstantBitRate="false"><tt:FrameRateLimit>${fps}</tt:FrameRateLimit><tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl></tr2:VideoEncoder>` +
      '</tr2:Configurations></tr2:Profiles>'
    )
  })
  return envelope(`<tr2:GetProfilesResponse>${list.join('')}</tr2:GetProfilesResponse>`)
}

function resolution({ width, height }: DeviceProfile): string {
  return `<tt:Resolution><tt:Width>${width}</tt:Width><tt:Height>${height}</tt:Height></tt:Resolution>`
}

export function streamUriOfMedia(uri: string): string {
  return envelope(
    `<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>${uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>`,
  )
}

export function streamUriOfMedia2(uri: string): string {
  return envelope(`<tr2:GetStreamUriResponse><tr2:Uri>${uri}</tr2:Uri></tr2:GetStreamUriResponse>`)
}

/** Each level ten times the one before: expanded it would be ten billion letters. */
export function entityBomb(): string {
  const levels = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`)
  return `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY l0 "lollollol">${levels.join('')}]>${envelope('<tds:GetSystemDateAndTimeResponse>&l9;</tds:GetSystemDateAndTimeResponse>').replace(/^<\?xml[^>]*>\n/, '')}`
}
