import type { AudioFormat, Media } from './media.ts'
import { nalType } from './nal-units.ts'
import type { RtpFormat } from './rtp-sender.ts'
import { trackControl } from './track-address.ts'

const VIDEO_CLOCK_HZ = 90_000
const VIDEO_PAYLOAD_TYPE = 96
const AAC_PAYLOAD_TYPE = 97
const PCMA_PAYLOAD_TYPE = 8

export function videoFormat(media: Pick<Media, 'codec'>): RtpFormat {
  return { codec: media.codec, payloadType: VIDEO_PAYLOAD_TYPE, clockRateHz: VIDEO_CLOCK_HZ }
}

export function audioFormat({ codec, sampleRateHz }: AudioFormat): RtpFormat {
  return { codec, payloadType: codec === 'aac' ? AAC_PAYLOAD_TYPE : PCMA_PAYLOAD_TYPE, clockRateHz: sampleRateHz }
}

export function describe(media: Pick<Media, 'codec' | 'parameterSets' | 'fps' | 'audio'>, address: string): string {
  const lines = [
    'v=0',
    `o=- 1 1 IN IP4 ${address}`,
    's=Media Presentation',
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    'a=range:npt=now-',
    ...videoLines(media),
    ...(media.audio === null ? [] : audioLines(media.audio)),
  ]
  return `${lines.join('\r\n')}\r\n`
}

function videoLines(media: Pick<Media, 'codec' | 'parameterSets' | 'fps'>): string[] {
  const name = media.codec === 'h264' ? 'H264' : 'H265'
  return [
    `m=video 0 RTP/AVP ${VIDEO_PAYLOAD_TYPE}`,
    `a=rtpmap:${VIDEO_PAYLOAD_TYPE} ${name}/${VIDEO_CLOCK_HZ}`,
    `a=fmtp:${VIDEO_PAYLOAD_TYPE} ${media.codec === 'h264' ? h264Parameters(media.parameterSets) : h265Parameters(media.parameterSets)}`,
    `a=framerate:${Number(media.fps.toFixed(3))}`,
    `a=control:${trackControl('video')}`,
  ]
}

function h264Parameters(sets: readonly Buffer[]): string {
  const sps = sets.find((set) => nalType('h264', set) === 7)
  const profile = sps === undefined ? [] : [`profile-level-id=${sps.subarray(1, 4).toString('hex').toUpperCase()}`]
  return ['packetization-mode=1', ...profile, `sprop-parameter-sets=${sets.map(base64).join(',')}`].join('; ')
}

const H265_NAMES = [
  { name: 'sprop-vps', type: 32 },
  { name: 'sprop-sps', type: 33 },
  { name: 'sprop-pps', type: 34 },
] as const

function h265Parameters(sets: readonly Buffer[]): string {
  return H265_NAMES.map(({ name, type }) => {
    const ofType = sets.filter((set) => nalType('h265', set) === type)
    return `${name}=${ofType.map(base64).join(',')}`
  }).join('; ')
}

function audioLines(audio: AudioFormat): string[] {
  if (audio.codec === 'pcma') {
    return [`m=audio 0 RTP/AVP ${PCMA_PAYLOAD_TYPE}`, `a=rtpmap:${PCMA_PAYLOAD_TYPE} PCMA/8000`, `a=control:${trackControl('audio')}`]
  }
  const sizes = 'sizelength=13; indexlength=3; indexdeltalength=3'
  return [
    `m=audio 0 RTP/AVP ${AAC_PAYLOAD_TYPE}`,
    `a=rtpmap:${AAC_PAYLOAD_TYPE} mpeg4-generic/${audio.sampleRateHz}/${audio.channels}`,
    `a=fmtp:${AAC_PAYLOAD_TYPE} streamtype=5; profile-level-id=1; mode=AAC-hbr; ${sizes}; config=${audio.config.toString('hex').toUpperCase()}`,
    `a=control:${trackControl('audio')}`,
  ]
}

function base64(set: Buffer): string {
  return set.toString('base64')
}
