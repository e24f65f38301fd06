"""Serves one video file over RTSP with GStreamer: gst-rtsp-server.py FILE DEMUXER CODEC

Prints the port, and ends with its standard input. Each client is shown the file from its first frame on, once, in real time.
"""

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer  # noqa: E402

PARSER_AND_PAYLOADER = {"h264": ("h264parse", "rtph264pay"), "h265": ("h265parse", "rtph265pay")}


def main() -> None:
    path, demuxer, codec = sys.argv[1:4]
    Gst.init(None)
    parser, payloader = PARSER_AND_PAYLOADER[codec]
    quoted = path.replace("\\", "\\\\").replace('"', '\\"')
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(f'( filesrc location="{quoted}" ! {demuxer} ! {parser} config-interval=-1 ! {payloader} name=pay0 pt=96 )')
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service("0")
    server.get_mount_points().add_factory("/stream1", factory)
    if server.attach(None) == 0:
        sys.exit("the server did not start")
    loop = GLib.MainLoop()
    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_HUP, lambda *_: loop.quit())
    print(server.get_bound_port(), flush=True)
    loop.run()


main()
