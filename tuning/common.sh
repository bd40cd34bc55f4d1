# Sourced by the scripts beside it, which change one kind of setting each: --show changes nothing, --apply remembers what
# was there before, --undo puts it back. Both may be repeated: the first --apply is what --undo goes back to.
#
# The memory lies below /run and ends with the next boot, as the settings do. In a network namespace, name another place
# in SALLYPORT_TUNING: interfaces of different namespaces may have the same name.

memory=${SALLYPORT_TUNING:-/run/sallyport-tuning}

# remember KEY VALUE: unless an earlier --apply has.
remember() {
    mkdir -p "$memory"
    [ -e "$memory/$1" ] || printf '%s\n' "$2" >"$memory/$1"
}

# recall KEY: prints what was remembered, and fails if nothing was.
recall() {
    [ -e "$memory/$1" ] && cat "$memory/$1"
}

# forget KEY
forget() {
    rm -f "$memory/$1"
    rmdir "$memory" 2>/dev/null || true # it stays while it remembers something else
}

fail() {
    echo "$0: $*" >&2
    exit 1
}

usage() {
    echo "usage: $0 --show|--apply|--undo $1" >&2
    exit 64
}
