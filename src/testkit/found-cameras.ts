import type { FoundCamera, Profile } from '../discovery/camera.ts'

export function aProfile(changes: Partial<Profile> = {}): Profile {
  const { name = 'Main' } = changes
  return {
    name,
    video_source: 'vs0',
    codec: 'H264',
    width: 1920,
    height: 1080,
    fps: 15,
    bitrate_kbps: 4096,
    keyframe_interval: 30,
    stream_uri: `rtsp://192.168.1.20:554/${name ?? ''}`,
    stream_host: null,
    ...changes,
  }
}

export function aFoundCamera(changes: Partial<FoundCamera> = {}): FoundCamera {
  const [main, detect] = [aProfile(), aProfile({ name: 'Sub', width: 640, height: 360 })]
  return {
    address: '192.168.1.20',
    port: 80,
    endpoint: 'urn:uuid:1',
    name: 'Front Door',
    manufacturer: 'Acme',
    model: 'IPC-1',
    firmware: '5.50',
    serial_number: 'SN1',
    profiles: [main, detect],
    cameras: [{ name: 'front_door', main, detect }],
    warnings: [],
    error: null,
    ...changes,
  }
}
