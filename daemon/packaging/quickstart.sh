#!/bin/sh
# From a fresh checkout to a first verdict on a simulated device: installs, builds, runs the built-in scenario.
# Exits with the exit code of `vitalrig run`.  VITALRIG_BUILD names the build folder; an existing one is used again.
set -eu

root=$(CDPATH='' cd -- "$(dirname -- "$0")/../.." && pwd)
build=${VITALRIG_BUILD:-build}
case $build in
/*) ;;
*) build=$root/$build ;;
esac
log=$(mktemp)
trap 'rm -f "$log"' EXIT

now_ms()
{
    date +%s%3N
}

# step TEXT COMMAND...: what is done, and how long it took; what the command printed only when it fails.
step()
{
    text=$1
    shift
    printf '%-28s' "$text"
    started_ms=$(now_ms)
    if ! "$@" >"$log" 2>&1 </dev/null; then
        echo "failed:"
        cat "$log"
        exit 70
    fi
    took
}

took()
{
    took_ms=$(($(now_ms) - started_ms))
    printf '%4d.%d s\n' $((took_ms / 1000)) $((took_ms % 1000 / 100))
}

configure()
{
    [ -f "$build/meson-private/coredata.dat" ] || meson setup "$build" "$root"
}

step "packages" sh "$root/daemon/packaging/install-deps.sh" --build
step "configure" configure
step "build" ninja -C "$build" daemon/cli/vitalrig firmware-stub/targets/host/vitalrig-dut

echo "vitalrig run"
started_ms=$(now_ms)
code=0
"$build/daemon/cli/vitalrig" run || code=$?
case $code in
0) verdict="pass" ;;
1) verdict="fail" ;;
3) verdict="rig trouble" ;;
5) verdict="inconclusive" ;;
*) verdict="no verdict" ;;
esac
printf '%-28s' "verdict: $verdict (exit $code)"
took
exit $code
