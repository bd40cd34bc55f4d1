# Sourced by the scripts beside it, each of which changes one kind of setting: --show changes nothing, --apply remembers
# what was there before, --undo puts it back. All may be repeated: the first --apply is what --undo goes back to.
#
# The memory lies below /run and ends with the next boot, as the settings do. In a network namespace, name another place
# in SALLYPORT_TUNING: interfaces of different namespaces may have the same name.
#
# A script says in `arguments` what it takes, empty for nothing, before it sources this; afterwards $verb is one of the
# three, and the arguments are the rest.

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

# must_exist CARD
must_exist() {
    [ -e "/sys/class/net/$1" ] || fail "there is no interface $1 here; see \`ip -brief link\`"
}

# setting KEY NOW WANTED COMMAND...: does what $verb says with one setting, by calling COMMAND with the value to set as
# its last argument. NOW is empty where a driver does not have the setting.
setting() {
    key=$1 now=$2 wanted=$3
    shift 3
    if [ -z "$now" ]; then
        echo "$key: not a setting of this driver or machine"
        return
    fi
    case $verb in
    --show) echo "$key: $now" ;;
    --apply)
        [ "$now" != "$wanted" ] || return 0
        "$@" "$wanted"
        remember "$key" "$now"
        echo "$key: $now -> $wanted"
        ;;
    --undo)
        before=$(recall "$key") || return 0
        "$@" "$before"
        forget "$key"
        echo "$key: $before"
        ;;
    esac
}

# write_to FILE VALUE, for `setting`
write_to() {
    printf '%s\n' "$2" >"$1"
}

# content FILE: its first line with single spaces; empty if it cannot be read.
content() {
    { head -n 1 "$1" | tr -s '\t ' ' '; } 2>/dev/null || true
}

# processors LIST: a list such as 2-4,7, one number a line.
processors() {
    echo "$1" | tr , '\n' | awk -F- '{ for (number = $1; number <= $NF; number++) print number }'
}

usage() {
    echo "usage: $0 --show|--apply|--undo${arguments:+ $arguments}" >&2
    exit 64
}

case ${1-} in
--show | --apply | --undo) verb=$1 ;;
*) usage ;;
esac
shift
[ -z "$arguments" ] || [ $# -ge 1 ] || usage
