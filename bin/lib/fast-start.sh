# shellcheck shell=bash
# Copyright The vlink Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC2030,SC2031 # fast_work and fast_processes live in the subshell that holds the lock, on purpose
#
# Sourced by common.sh: caches in which a JVM finds its classes loaded and linked (JEP 483, JEP 514). They are made once after a
# build, by the first program of a module that starts, and stand in target/. A program runs without one all the same: where
# none can be made (a folder that is not ours, no room), or it no longer fits (another JDK, jar or flag), it only starts slower.
# VLINK_FAST_START=no switches them off; VLINK_FAST_START=yes makes them also under VLINK_SKIP_BUILD.

: "${root:?source common.sh first}"
readonly fast_flags=("${java_flags[@]:?}")

# fast_start MODULE MAINCLASS: adds the cache of a program to java_flags, and makes it first where that is possible.
fast_start() {
    local module=$1 folder cache version=''
    [ "${VLINK_FAST_START:-}" != no ] || return 0
    # Whoever has chosen an archive of classes, or none, keeps it: a JVM with two of them does not start.
    case "${VLINK_JAVA_OPTS:-} ${JAVA_TOOL_OPTIONS:-} ${JDK_JAVA_OPTIONS:-}" in
        *-Xshare* | *SharedArchiveFile* | *-XX:AOT*) return 0 ;;
    esac
    # One folder per JDK, so that two of them do not take turns.
    fast_jdk
    folder=$root/target/fast-start/${JAVA_HOME//\//%}@$version
    case $module/$2 in
        vlink-agent/*.VirtComputeMain) cache=$folder/agent.aot ;;
        vlink-agent/*) cache=$folder/tools.aot ;;
        vlink-host-pmd/* | vlink-guest/*) cache=$folder/$module.aot ;;
        *) return 0 ;;
    esac
    if ! fast_is_fresh "$module" "$cache"; then
        # Not in the middle of a build or a test, which have time limits of their own; unless these ask for it.
        [ -z "${VLINK_SKIP_BUILD:-}" ] || [ "${VLINK_FAST_START:-}" = yes ] || return 0
        fast_make "$module" "$folder" "$cache"
        fast_is_fresh "$module" "$cache" || return 0
    fi
    # An empty one says that this JDK cannot make it. What a JVM dislikes about a cache is not for users to read.
    [ ! -s "$cache" ] || java_flags+=("-XX:AOTCache=$cache" '-Xlog:aot*=off,cds*=off')
}

# Sets version to which build of a JDK stands in JAVA_HOME: one that takes another's place may bring files of any age.
fast_jdk() {
    local line
    [ -r "$JAVA_HOME/release" ] || return 0
    while IFS= read -r line; do
        [[ $line != JAVA_RUNTIME_VERSION=* ]] || version=${line#*=}
    done <"$JAVA_HOME/release"
    version=${version//[!A-Za-z0-9.+_-]/}
}

# fast_is_fresh MODULE CACHE: true if it is newer than all that it was made of. No process is started for that, but for an empty
# one: that counts for an hour, as what kept a cache from being made may have been a machine with too much to do.
fast_is_fresh() {
    local file
    [ -e "$2" ] || return 1
    [ -s "$2" ] || [ -n "$(find "$2" -mmin -60 2>/dev/null)" ] || return 1
    for file in "$root/$1"/target/*.jar "$root/$1"/target/lib/*.jar "$JAVA_HOME/release" "$root"/bin/lib/{common,fast-start}.sh; do
        [ "$2" -nt "$file" ] || return 1
    done
}

# fast_make MODULE FOLDER CACHE: makes a module's caches, unless another launcher is at it: one that waits starts slower than
# one without. Silent, as its users did not ask for it.
fast_make() {
    [ -O "$root/$1/target" ] && [ -w "$root/$1/target" ] && mkdir -p "$2" 2>/dev/null || return 0
    (
        flock -n 9 || exit 0
        set +e
        fast_clean "$2"
        # As old as what is rehearsed: a build that comes in between makes the cache stale.
        : >"$2/.stamp" || exit 0
        fast_work=$(mktemp -d "${TMPDIR:-/tmp}/vlink-fast-XXXXXX") || exit 0
        fast_processes=()
        trap fast_end EXIT # bash runs it also when a signal ends it, other than SIGKILL
        unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS
        case $1 in
            vlink-agent) fast_rehearse_agent ;;
            *) fast_rehearse_traffic ;;
        esac 9>&-
        fast_publish "$2" "$3"
    ) >/dev/null 2>&1 </dev/null 9>"$2/lock" || true
}

# fast_clean FOLDER: removes what starts left that were killed in the middle of it. No rehearsal takes an hour.
fast_clean() {
    rm -f "$1"/.*.aot.* "$1/.stamp"
    find "${TMPDIR:-/tmp}" -maxdepth 1 -type d -name 'vlink-fast-*' -user "$UID" -mmin +60 -exec rm -rf {} +
}

fast_end() {
    [ ${#fast_processes[@]} -eq 0 ] || kill -KILL "${fast_processes[@]}"
    rm -rf "$fast_work"
}

# fast_publish FOLDER CACHE: what was made, in one step each; an empty one in the place of what could not be made or has no room.
fast_publish() {
    local made next
    for made in "$fast_work"/*.aot; do
        # Over a name in the same folder, as a move between file systems is no single step.
        next=$1/.${made##*/}.$$
        { cp "$made" "$next" && touch -r "$1/.stamp" "$next" && mv "$next" "$1/${made##*/}"; } || rm -f "$next"
    done
    # Moved, not written: that takes no room, and a JVM may still have the old one mapped.
    if [ ! -s "$2" ] || [ "$1/.stamp" -nt "$2" ]; then mv "$1/.stamp" "$2"; fi
}

# fast_java MODULE MAINCLASS FLAG... -- ARGS...: a program of the rehearsal, with the flags of its launcher. It ends with the
# shell that started it, even if that is killed.
fast_java() {
    local module=$1 main=$2 flags=() guard=()
    shift 2
    while [ "$1" != -- ]; do
        flags+=("$1")
        shift
    done
    shift
    [ "$module" != vlink-agent ] || flags+=(-XX:TieredStopAtLevel=1)
    ! command -v setpriv >/dev/null || guard=(setpriv --pdeathsig KILL --)
    VLINK_RUN_DIR=$fast_work/run exec "${guard[@]}" "$JAVA_HOME/bin/java" "${fast_flags[@]}" "${flags[@]}" \
        -cp "$(module_jar "$module"):$root/$module/target/lib/*" "$main" "$@"
}

# fast_background WORDS FILE COMMAND...: starts it, and waits until its output has a line that begins so.
fast_background() {
    local words=$1 file=$fast_work/$2 wait
    shift 2
    rm -f "$file" # an earlier program's, which has the same words in it
    : >"$file"
    "$@" >"$file" 2>&1 &
    fast_processes+=($!)
    for ((wait = 0; wait < 600; wait++)); do
        ! grep -q "^$words" "$file" || return 0
        kill -0 "${fast_processes[-1]}" || return 1
        sleep 0.05
    done
    return 1
}

# The last process that was started in the background ends by a signal.
fast_stop() {
    kill -s "$1" "${fast_processes[-1]}"
    wait "${fast_processes[-1]}"
    unset 'fast_processes[-1]'
}

fast_agent() {
    fast_background 'virt_compute ready' agent.log fast_java vlink-agent io.vlink.agent.VirtComputeMain "$@" -- \
        --no-huge --memory 16M --keeper-linger 0
}

fast_tool() { (fast_java vlink-agent io.vlink.agent.tools.VlinkctlMain "$@"); }

# A domain with a small link; prints its device socket.
fast_register() {
    printf 'fast0 52:54:00:00:00:01 2 queue_size=64\n' >"$fast_work/link.config"
    fast_tool -- register "vm_domain=fast,init_config=$fast_work/link.config"
}

# What matters most is the agent that comes after one that was killed.
fast_rehearse_agent() {
    fast_agent || return
    fast_register
    fast_stop KILL
    fast_agent "-XX:AOTCacheOutput=$fast_work/agent.aot" || return
    fast_tool "-XX:AOTCacheOutput=$fast_work/tools.aot" -- status
    fast_stop TERM
}

# The host's and the guest's programs. What a run as short as this says about branches would mislead the second compiler.
fast_rehearse_traffic() {
    local socket record=(-XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining)
    [ -n "$(module_jar vlink-agent)" ] && [ -n "$(module_jar vlink-guest)" ] && [ -n "$(module_jar vlink-host-pmd)" ] || return
    fast_agent || return
    socket=$(fast_register) || return
    fast_background 'echo ready' guest.log fast_java vlink-guest io.vlink.guest.VlinkGuestMain "${record[@]}" \
        "-XX:AOTCacheOutput=$fast_work/vlink-guest.aot" -- echo --vfio-user "$socket" || return
    (fast_java vlink-host-pmd io.vlink.hostpmd.tools.PktgenMain "${record[@]}" \
        "-XX:AOTCacheOutput=$fast_work/vlink-host-pmd.aot" -- \
        --vdev=eth_vlink0,link=fast0,mode=mq --count 2000 --json)
    fast_stop TERM
    fast_stop TERM
}
