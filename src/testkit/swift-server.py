"""OpenStack Swift with its S3 interface, all of it in one process and one folder: swift-server.py FOLDER SETTINGS

SETTINGS is JSON: {"users": {"KEY_ID": "SECRET"}, "region": "us-east-1"}. Prints {"port": …} when it takes requests; ends with
its standard input. Needs the Debian package python3-swift and a file system with extended attributes.
"""

import eventlet

eventlet.monkey_patch()

import json  # noqa: E402
import os  # noqa: E402
import sys  # noqa: E402
from time import time  # noqa: E402

from eventlet import tpool, wsgi  # noqa: E402
from swift.common import utils  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

# Nothing here has to outlive a power cut, and the disk of a busy machine is slow.
os.fsync = os.fdatasync = lambda _descriptor: None

CONF = "[swift-hash]\nswift_hash_path_suffix = homesec-test\n"
BACKEND = """
[DEFAULT]
devices = {folder}/devices
swift_dir = {folder}
mount_check = false
workers = 0
log_level = ERROR
[app:main]
use = egg:swift#{kind}
replication_concurrency = 0
"""
PROXY = """
[DEFAULT]
swift_dir = {folder}
workers = 0
log_level = ERROR
[pipeline:main]
pipeline = catch_errors gatekeeper cache s3api tempauth bulk slo proxy-server
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
allow_account_management = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:cache]
paste.filter_factory = __main__:cache_factory
[filter:s3api]
use = egg:swift#s3api
location = {region}
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
[filter:tempauth]
use = egg:swift#tempauth
{users}
"""


class Memory:
    """What Swift asks of memcached, for a single process."""

    def __init__(self):
        self.kept = {}

    def get(self, key, *args, **kwargs):
        value, expires = self.kept.get(key, (None, 0))
        return value if expires == 0 or expires > time() else None

    def set(self, key, value, time=0, **kwargs):
        self.kept[key] = (value, expiry(time))

    def delete(self, key, **kwargs):
        self.kept.pop(key, None)

    def incr(self, key, delta=1, time=0, **kwargs):
        value = max(0, (self.get(key) or 0) + delta)
        self.set(key, value, time=time)
        return value

    def decr(self, key, delta=1, time=0, **kwargs):
        return self.incr(key, -delta, time=time)

    def get_multi(self, keys, *args, **kwargs):
        return [self.get(key) for key in keys]

    def set_multi(self, values, *args, time=0, **kwargs):
        for key, value in values.items():
            self.set(key, value, time=time)


def expiry(seconds):
    return time() + seconds if seconds else 0


def cache_factory(_global_conf, **_conf):
    memory = Memory()

    def wrap(app):
        def serve(env, start_response):
            env["swift.cache"] = memory
            return app(env, start_response)

        return serve

    return wrap


def write(path, text):
    with open(path, "w") as file:
        file.write(text)
    return path


def serve(sock, app):
    eventlet.spawn(wsgi.server, sock, app, log=open(os.devnull, "w"), log_output=False, minimum_chunk_size=65536)


def listen():
    return eventlet.listen(("127.0.0.1", 0), backlog=128)


def start_backend(folder, kind):
    sock = listen()
    ring = RingBuilder(2, 1, 0)
    ring.add_dev({"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": sock.getsockname()[1], "device": "d1", "weight": 1})
    ring.rebalance()
    ring.get_ring().save(os.path.join(folder, kind + ".ring.gz"))
    serve(sock, loadapp(write(os.path.join(folder, kind + ".conf"), BACKEND.format(folder=folder, kind=kind))))


def main():
    folder, settings = sys.argv[1], json.loads(sys.argv[2])
    os.makedirs(os.path.join(folder, "devices", "d1"))
    write(os.path.join(folder, "swift.conf"), CONF)
    utils.set_swift_dir(folder)
    for kind in ("account", "container", "object"):
        start_backend(folder, kind)
    users = "\n".join("user_%s_%s = %s .admin" % (*name.split(":"), key) for name, key in settings["users"].items())
    proxy = PROXY.format(folder=folder, users=users, region=settings["region"])
    sock = listen()
    serve(sock, loadapp(write(os.path.join(folder, "proxy.conf"), proxy)))
    print(json.dumps({"port": sock.getsockname()[1]}), flush=True)
    tpool.execute(sys.stdin.read)
    os._exit(0)


if __name__ == "__main__":
    main()
