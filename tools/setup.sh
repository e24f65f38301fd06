#!/usr/bin/env bash
# Installs what is missing, and only that:  tools/setup.sh packages | run | test
#   packages  npm packages          run  + ffmpeg          test  + mosquitto, the Postgres server binaries, FTP clients, GStreamer's RTSP server and OpenStack Swift
set -euo pipefail
cd "$(dirname "$0")/.."
level=${1:-test}

say() { printf 'setup: %s\n' "$*"; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

check_node() {
  command -v node >/dev/null || die 'Node.js is missing; install Node 20.19 or newer (https://nodejs.org or your package manager).'
  node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' ||
    die "Node $(node --version) is too old; HomeSec needs 20.19 or newer."
  command -v npm >/dev/null || die 'npm is missing; it comes with Node.js (Debian: the package "npm").'
}

install_npm_packages() {
  node tools/installed.mjs && return
  say 'installing the npm packages of package-lock.json'
  ONNXRUNTIME_NODE_INSTALL=skip npm ci --ignore-scripts --no-fund --no-audit
}

have_postgres() { command -v postgres >/dev/null || compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null; }
have_mosquitto() { command -v mosquitto >/dev/null || [ -x /usr/sbin/mosquitto ]; }
have_gst_plugin() { compgen -G "/usr/lib/*/gstreamer-1.0/libgst$1.so" >/dev/null; }
have_gst_server() { /usr/bin/python3 -c 'import gi; gi.require_version("GstRtspServer", "1.0")' 2>/dev/null; }
have_swift() { /usr/bin/python3 -c 'import swift' 2>/dev/null; }
have_apache() { [ -x /usr/sbin/apache2 ]; }
have_nginx() { [ -x /usr/sbin/nginx ]; }
have_sshd() { [ -x /usr/sbin/sshd ]; }
have_ffmpeg() { command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null; }

# Debian package name of each missing program, one a line.
missing_packages() {
  have_ffmpeg || echo ffmpeg
  [ "$level" = test ] || return 0
  have_mosquitto || echo mosquitto
  have_postgres || echo postgresql
  command -v lftp >/dev/null || echo lftp
  command -v curl >/dev/null || echo curl
  # Tests skip where these are absent, and elsewhere their packages have other names.
  command -v apt-get >/dev/null || return 0
  have_apache || echo apache2-bin
  have_nginx || echo nginx-light
  have_sshd || echo openssh-server
  have_gst_server || printf '%s\n' gir1.2-gst-rtsp-server-1.0 python3-gi
  have_swift || echo python3-swift
  have_gst_plugin rtp || echo gstreamer1.0-plugins-good
  have_gst_plugin videoparsersbad || echo gstreamer1.0-plugins-bad
}

# Empty, or sudo.
as_root=()

# Tests start servers of their own. One of the system that nobody asked for must not begin to listen, now or at the next boot.
without_starting_servers() {
  local policy=/usr/sbin/policy-rc.d
  if [ -e "$policy" ]; then
    "$@"
    return
  fi
  printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
  trap '"${as_root[@]}" rm -f /usr/sbin/policy-rc.d' EXIT
  "${as_root[@]}" chmod 755 "$policy"
  "$@"
  case " ${missing[*]} " in *' nginx-light '*) disable_service nginx ;; esac
  case " ${missing[*]} " in *' openssh-server '*) disable_service ssh ;; esac
}

disable_service() { ! command -v systemctl >/dev/null || "${as_root[@]}" systemctl disable "$1" 2>/dev/null || true; }

install_system_packages() {
  local missing
  # No mapfile: macOS has bash 3.2.
  read -ra missing <<<"$(missing_packages | tr '\n' ' ')"
  [ -n "${missing[*]:-}" ] || return 0
  command -v apt-get >/dev/null || die "please install: ${missing[*]} (macOS: brew install ${missing[*]}), then run this again."
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || die "please have an administrator run: apt-get install ${missing[*]}"
    as_root=(sudo)
  fi
  say "installing the Debian packages: ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  without_starting_servers "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" </dev/null
}

check_node
install_npm_packages
case $level in
  packages) ;;
  run | test) install_system_packages ;;
  *) die "usage: tools/setup.sh packages|run|test" ;;
esac
