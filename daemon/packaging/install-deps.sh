#!/bin/sh
# Installs the Debian 12 packages that building and testing VitalRig needs, without a question.
# Does nothing, and needs no network, when all of them are there.
#   --build   only what building and running need: 0.1 GB instead of 2 GB
set -eu

fail()
{
    echo "install-deps: $1" >&2
    exit 1
}

installed()
{
    [ "$(dpkg-query --show --showformat='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

case ${1:-} in
--build) scope=build ;;
"") scope=all ;;
*) fail "unknown argument \"$1\"; there is only --build" ;;
esac

set -- build-essential meson ninja-build pkg-config python3 \
    libsqlite3-dev libcjson-dev libmd-dev libserialport-dev libusb-1.0-0-dev libzip-dev libzstd-dev \
    libflac-dev libsystemd-dev libmicrohttpd-dev libcurl4-gnutls-dev libcurl3-gnutls libmatio-dev zlib1g-dev
# Compilers and checkers; then firmware for real cores, emulated; then a guest with a USB stack of its own.
[ $scope = build ] || set -- "$@" clang clang-format libclang-rt-dev llvm libcriterion-dev libedf-dev \
    sqlite3 libxml2-utils json-schema-test-suite systemd curl strace \
    gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm \
    qemu-system-x86 busybox-static cpio kmod udev libumockdev-dev umockdev

command -v apt-get >/dev/null || fail "no apt-get: install by hand what these Debian packages hold: $*"

# Keep of the list what is missing.
for package; do
    shift
    installed "$package" || set -- "$@" "$package"
done
[ $# -gt 0 ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null ||
        fail "neither root nor sudo: run as root: apt-get install --no-install-recommends $*"
    as_root=sudo
fi

echo "install-deps: installing $*"
# A mirror that is out of reach need not matter: the lists on this machine may name every package.
$as_root apt-get update -q </dev/null ||
    echo "install-deps: apt-get update failed; going on with the lists that are here" >&2
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "$@" </dev/null ||
    fail "could not install $*: what apt-get says above is why"
