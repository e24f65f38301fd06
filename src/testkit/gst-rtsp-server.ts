import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { extname, join } from 'node:path'
import { createInterface } from 'node:readline'

/** Debian's own: its GObject bindings are not in others. */
const PYTHON = '/usr/bin/python3'
const PACKAGES = 'gir1.2-gst-rtsp-server-1.0, python3-gi, gstreamer1.0-plugins-good and -bad'
const ELEMENTS = ['qtdemux', 'rtph264pay', 'h264parse', 'h265parse']
const DEMUXERS: Readonly<Record<string, string>> = { '.mp4': 'qtdemux', '.mov': 'qtdemux', '.mkv': 'matroskademux', '.ts': 'tsdemux' }

const PROBE = `
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer
Gst.init(None)
assert all(Gst.ElementFactory.find(name) for name in ${JSON.stringify(ELEMENTS)})
`

/** Why tests with GStreamer's RTSP server must be skipped here, or null. */
export function gstServerMissing(): string | null {
  const isThere = existsSync(PYTHON) && spawnSync(PYTHON, ['-c', PROBE], { stdio: 'ignore' }).status === 0
  return isThere ? null : `GStreamer's RTSP server is not installed (Debian packages ${PACKAGES})`
}

export interface GstServer extends AsyncDisposable {
  readonly url: string
}

/** An RTSP server that is not ours. Every client is shown the file from its first frame on, once, in real time, picture only. */
export async function startGstServer(options: { readonly video: string; readonly codec?: 'h264' | 'h265' }): Promise<GstServer> {
  const demuxer = DEMUXERS[extname(options.video)]
  if (demuxer === undefined) throw new Error(`no GStreamer demuxer is known for ${options.video}`)
  const script = join(import.meta.dirname, 'gst-rtsp-server.py')
  const child = spawn(PYTHON, [script, options.video, demuxer, options.codec ?? 'h264'], { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', (chunk: Buffer) => (complaints += chunk.toString()))
  const closed = once(child, 'close')
  const port = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', resolve)
    void closed.then(() => reject(new Error(`GStreamer's RTSP server ended: ${complaints}`)))
  })
  return {
    url: `rtsp://127.0.0.1:${port}/stream1`,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await closed
    },
  }
}
