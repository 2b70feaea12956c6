#!/bin/sh
# Every test: installs what is missing, builds with gcc and again with clang and its sanitizers, runs, counts.
# The second build is made beside the first one's tests, with what these leave of the processors: they wait for much of their time.
# Sweeps are whole with gcc and shorter under sanitizers, which make them up to 20 times as long; simulations and documents run once.
# The last line is "N passed, N failed"; the exit code is 0 only when nothing failed and something passed.
#   VITALRIG_DATA        folder of recordings for the golden tests (default: shared/data beside the checkout)
#   VITALRIG_BUILD       build folders are $VITALRIG_BUILD-gcc and $VITALRIG_BUILD-clang (default: build)
#   VITALRIG_SIM_SEEDS   seeds that the simulation runs (default: 500, under sanitizers 125)
#   VITALRIG_CRASH_POINTS   power cuts of the store's writers in each build (default: 5000; nightly 100000)
#   VITALRIG_CHAOS_POINTS   kills and faults of the daemon in each of its modes (default: a few; nightly 1000)
set -u
exec </dev/null

cd "$(dirname -- "$0")/.." || exit 70
started=$(date +%s)
build=${VITALRIG_BUILD:-build}
broken=0
logs=

if [ -z "${VITALRIG_DATA:-}" ] && [ -d ../shared/data ]; then
    VITALRIG_DATA=$(cd ../shared/data && pwd)
    export VITALRIG_DATA
fi
export UBSAN_OPTIONS="${UBSAN_OPTIONS:-halt_on_error=1:print_stacktrace=1}"

# step COMMAND...: one that must work before tests can run.
step()
{
    "$@" && return
    echo "tests/run.sh: failed: $*" >&2
    broken=$((broken + 1))
    return 1
}

# build_folder COMPILER OPTION...: configure and build in $folder.
build_folder()
{
    compiler=$1
    shift
    again=
    [ ! -f "$folder/meson-private/coredata.dat" ] || again=--reconfigure
    step env CC="$compiler" meson setup $again "$folder" --werror --buildtype=debugoptimized \
        "$@" &&
        step ninja -k 0 -C "$folder"
}

# run_tests OPTION...: the tests in $folder; how many failed is read from the log.
run_tests()
{
    log=$folder/meson-logs/testlog.json
    rm -f "$log"
    # Half of their time tests wait: twice as many as there are processors keep these busy (19 minutes became 14).
    meson test -C "$folder" --no-rebuild --num-processes $(($(nproc) * 2)) "$@"
    step test -f "$log" && logs="$logs $log"
}

if step sh daemon/packaging/install-deps.sh; then
    folder=$build-gcc
    built=
    build_folder gcc -Dsim_seeds="${VITALRIG_SIM_SEEDS:-500}" && built=yes

    folder=$build-clang
    log_of_build=$(mktemp)
    build_folder clang -Dsim_seeds="${VITALRIG_SIM_SEEDS:-125}" -Db_sanitize=address,undefined -Db_lundef=false \
        >"$log_of_build" 2>&1 &
    clang_build=$!
    renice -n 19 -p "$clang_build" >/dev/null # what it starts is as nice

    folder=$build-gcc
    [ -z "$built" ] || run_tests

    folder=$build-clang
    if step wait "$clang_build"; then
        # Guests and boards are emulated, and what runs in them is the same: once is enough.
        run_tests --no-suite lint --no-suite bench --no-suite firmware --no-suite usb-vm --timeout-multiplier 3
    else
        cat "$log_of_build"
    fi
    rm -f "$log_of_build"
fi

seconds=$(($(date +%s) - started))
if command -v python3 >/dev/null; then
    python3 tests/lib/testlog.py --broken "$broken" --seconds "$seconds" $logs
else
    echo "0 passed, $broken failed"
    exit 1
fi
