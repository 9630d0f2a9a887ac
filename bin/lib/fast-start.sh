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
    local module=$1 folder cache
    # One folder per JDK, so that two of them do not take turns.
    [ "${VLINK_FAST_START:-}" != no ] || return 0
    # Whoever has chosen an archive of classes, or none, keeps it: a JVM with two of them does not start.
    case "${VLINK_JAVA_OPTS:-} ${JAVA_TOOL_OPTIONS:-} ${JDK_JAVA_OPTIONS:-}" in
        *-Xshare* | *SharedArchiveFile* | *-XX:AOT*) return 0 ;;
    esac
    folder=$root/target/fast-start/${JAVA_HOME//\//%}
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

# fast_is_fresh MODULE CACHE: true if it is newer than all that it was made of. No process is started for that.
fast_is_fresh() {
    local file
    [ -e "$2" ] || return 1
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
        fast_work=$(mktemp -d "${TMPDIR:-/tmp}/vlink-fast-XXXXXX") || exit 0
        fast_processes=()
        trap fast_end EXIT
        unset JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS
        case $1 in
            vlink-agent) fast_rehearse_agent ;;
            *) fast_rehearse_traffic ;;
        esac 9>&-
        fast_publish "$2" "$3"
    ) 9>"$2/lock" >/dev/null 2>&1 </dev/null || true
}

fast_end() {
    [ ${#fast_processes[@]} -eq 0 ] || kill -KILL "${fast_processes[@]}"
    rm -rf "$fast_work"
}

# fast_publish FOLDER CACHE: what was made, in one step each; an empty one in the place of what could not be made.
fast_publish() {
    local made
    [ -e "$fast_work/${2##*/}" ] || : >"$fast_work/${2##*/}"
    for made in "$fast_work"/*.aot; do
        # Over a name in the same folder, as a move between file systems is no single step.
        cp "$made" "$1/.${made##*/}.$$" && mv "$1/.${made##*/}.$$" "$1/${made##*/}"
    done
}

# fast_java MODULE MAINCLASS FLAG... -- ARGS...: a program of the rehearsal, with the flags of its launcher.
fast_java() {
    local module=$1 main=$2 flags=()
    shift 2
    while [ "$1" != -- ]; do
        flags+=("$1")
        shift
    done
    shift
    [ "$module" != vlink-agent ] || flags+=(-XX:TieredStopAtLevel=1)
    VLINK_RUN_DIR=$fast_work/run exec "$JAVA_HOME/bin/java" "${fast_flags[@]}" "${flags[@]}" \
        -cp "$(module_jar "$module"):$root/$module/target/lib/*" "$main" "$@"
}

# fast_background WORDS FILE COMMAND...: starts it, and waits until its output has a line that begins so.
fast_background() {
    local words=$1 file=$fast_work/$2 wait
    shift 2
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
