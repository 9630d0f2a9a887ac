# shellcheck shell=bash
# Copyright The vlink Authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by everything in bin/: finds the project, a JDK and Maven, builds what is stale, starts Java.
# Messages go to stderr, because the programs' own output (often JSON) owns stdout.

set -eu

# Java reads its arguments in the locale's encoding: under "C" a letter like é would reach QEMU as a question mark.
case "${LC_ALL:-${LC_CTYPE:-${LANG:-}}}" in
    *[Uu][Tt][Ff]*8) ;;
    *) export LC_ALL=C.UTF-8 ;;
esac

# The launchers resolve symlinks before they come here, so that they may be linked from a folder on PATH. What every start runs
# through here starts as few processes as it can: beside two busy ones each costs milliseconds.
root=$(cd "${BASH_SOURCE[0]%/*}/../.." && pwd -P)
readonly root
readonly jdk_minimum=25
readonly jdk_package=openjdk-25-jdk-headless

say() { printf '%s\n' "$*" >&2; }

die() {
    say "${0##*/}: $*"
    exit 1
}

is_root() { [ "$(id -u)" -eq 0 ]; }

# need_commands PACKAGE:COMMAND... : installs the Debian packages of missing commands, or names all of them in one line.
need_commands() {
    local pair missing=()
    for pair in "$@"; do
        command -v "${pair#*:}" >/dev/null 2>&1 || missing+=("${pair%%:*}")
    done
    [ ${#missing[@]} -gt 0 ] || return 0
    if ! is_root || ! command -v apt-get >/dev/null 2>&1; then
        die "missing: ${missing[*]}: install with: sudo apt-get install ${missing[*]}"
    fi
    say "installing ${missing[*]}"
    apt_install "${missing[@]}" || die "could not install: ${missing[*]}: run apt-get update, then try again"
}

apt_install() {
    # Output is shown only when it failed: a first run should read as a list of steps.
    local log
    log=$(mktemp)
    if DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "$@" >"$log" 2>&1 </dev/null; then
        rm -f "$log"
        return 0
    fi
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
}

# jdk_major HOME: prints the feature version of the JDK in HOME; nothing if there is none.
jdk_major() {
    local version='' line
    [ -x "$1/bin/javac" ] || return 0
    if [ -r "$1/release" ]; then # a file is read in no time, a JVM takes 50 ms to start
        while IFS= read -r line; do
            [[ $line != JAVA_VERSION=\"* ]] || version=${line#*\"}
        done <"$1/release"
        version=${version%%[!0-9]*}
    fi
    if [ -z "$version" ]; then
        version=$("$1/bin/java" -version 2>&1 | sed -n '1s/.*version "\([0-9]*\).*/\1/p')
    fi
    printf '%s' "$version"
}

jdk_candidates() {
    local folder
    [ -z "${JAVA_HOME:-}" ] || printf '%s\n' "$JAVA_HOME"
    if command -v java >/dev/null 2>&1; then
        folder=$(readlink -f "$(command -v java)")
        printf '%s\n' "${folder%/bin/*}"
    fi
    for folder in /usr/lib/jvm/* "${HOME:-/root}"/.sdkman/candidates/java/* "${HOME:-/root}"/.jdks/* \
        /opt/* /usr/java/* /usr/local/*jdk*; do
        [ ! -d "$folder" ] || printf '%s\n' "$folder"
    done
}

# select_jdk: exports JAVA_HOME, the first JDK that is new enough, the user's own choice first; false if there is none.
select_jdk() {
    local candidate major
    while IFS= read -r candidate; do
        major=$(jdk_major "$candidate")
        if [ "${major:-0}" -ge "$jdk_minimum" ]; then
            export JAVA_HOME=$candidate
            return 0
        fi
    done < <(jdk_candidates)
    return 1
}

# Installs the distribution's own JDK where it is new enough (Debian 13 has one, Debian 12 has none).
install_jdk() {
    is_root && apt-cache policy "$jdk_package" 2>/dev/null | grep -q 'Candidate: [0-9]' || return 1
    say "installing $jdk_package"
    apt_install "$jdk_package"
}

# Exports JAVA_HOME, or ends with what to install.
find_jdk() {
    ! select_jdk || return 0
    ! { install_jdk && select_jdk; } || return 0
    die "no JDK $jdk_minimum or newer found: install one (Debian 13: apt-get install $jdk_package;" \
        "elsewhere a Temurin 25 JDK), or set JAVA_HOME to it"
}

ensure_maven() { need_commands maven:mvn; }

# Maven itself trips over two JDK 25 warnings, which say nothing about this project.
run_maven() {
    (
        cd "$root"
        export MAVEN_OPTS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow ${MAVEN_OPTS:-}"
        exec mvn "$@"
    )
}

# The time in the stamp is that of the build's start: a file saved while Maven runs counts as newer.
readonly build_stamp=$root/target/.built

# Prints one source or pom that is newer than the build; folders count too, as a deleted file changes only its folder.
stale_source() {
    find "$root"/pom.xml "$root"/*/pom.xml "$root"/*/src/main -newer "$build_stamp" -print -quit
}

# up_to_date MODULE: true if the module's jar is newer than all sources.
up_to_date() {
    [ -e "$build_stamp" ] && [ -n "$(module_jar "$1")" ] && [ -z "$(stale_source)" ]
}

# module_jar MODULE: prints the module's main jar, nothing if it is not built.
module_jar() {
    local jar
    for jar in "$root/$1"/target/*.jar; do
        case $jar in
            *-sources.jar | *-tests.jar | *-javadoc.jar | *'*.jar') ;;
            *) printf '%s' "$jar" && return 0 ;;
        esac
    done
}

# ensure_built MODULE: builds all modules if a source changed. Needs JAVA_HOME (find_jdk).
# VLINK_SKIP_BUILD=1 takes the jars as they are: for programs started by a test, while Maven itself is at work.
ensure_built() {
    ! up_to_date "$1" || return 0
    [ -z "${VLINK_SKIP_BUILD:-}" ] || [ -z "$(module_jar "$1")" ] || return 0
    ensure_maven
    mkdir -p "$root/target"
    (
        flock 9 # two launchers at once: the second waits, then finds everything built
        up_to_date "$1" || build_all
    ) 9>"$root/target/.build.lock"
    [ -n "$(module_jar "$1")" ] || die "the build made no jar: module=$1: run mvn package and look for errors"
}

build_all() {
    if [ -e "$build_stamp" ]; then
        say "building vlink (sources changed)"
    else
        say "building vlink (first time: about a minute)"
    fi
    touch "$build_stamp.new"
    # Tests are not even compiled: a launcher does not need them. Output is kept back, as a quiet Maven too writes colour
    # codes.
    run_maven -B -q -Dmaven.test.skip=true package >"$root/target/.build.log" 2>&1 </dev/null || {
        cat "$root/target/.build.log" >&2
        die "the build failed: see the lines above"
    }
    mv "$build_stamp.new" "$build_stamp"
}

# What Panama, JNR-POSIX and Chronicle Bytes need to run without warnings; the serial collector starts
# fastest and never competes with a polling core.
java_flags=(
    --enable-native-access=ALL-UNNAMED
    --sun-misc-unsafe-memory-access=allow
    --add-opens=java.base/java.lang.reflect=ALL-UNNAMED
    --add-exports=java.base/sun.nio.ch=ALL-UNNAMED
    --add-exports=java.base/jdk.internal.ref=ALL-UNNAMED
    -XX:+UseSerialGC
)

# has_masked_stores: true if the processor has AVX-512. Reads no further than the first list of flags.
has_masked_stores() {
    local line
    while IFS= read -r line; do
        case "$line " in
            flags*' avx512bw '*) return 0 ;;
            flags*) return 1 ;;
        esac
    done 2>/dev/null </proc/cpuinfo
    return 1
}

# With AVX-512 the JVM's copying routines end in masked stores, and what these have written is read again only after everything
# stored before has left the processor: a burst's descriptors are copied and then checked at once. With AVX2 they copy as fast.
# Only where there is AVX-512, as a JVM for another kind of processor does not know the flag, and does not start with it. What it
# gains: docs/benchmarks/data-path.md, the thirteenth round.
! has_masked_stores || java_flags+=(-XX:UseAVX=2)

# shellcheck source=fast-start.sh
. "$root/bin/lib/fast-start.sh"

# For programs that run for a second, or must start quickly: the second compiler never pays there.
short_lived() { java_flags+=(-XX:TieredStopAtLevel=1); }

# Behind a module's own class path; what stands in front of it would spoil the caches of fast-start.sh.
more_classes=''

# run_java MODULE MAINCLASS -- ARGS...: becomes the program, so that signals and exit status are the program's own.
run_java() {
    local module=$1 main=$2
    shift 3
    # shellcheck disable=SC2086 # VLINK_JAVA_OPTS is a list of flags, split on purpose
    exec "$JAVA_HOME/bin/java" "${java_flags[@]}" ${VLINK_JAVA_OPTS:-} \
        -cp "$(module_jar "$module"):$root/$module/target/lib/*${more_classes:+:$more_classes}" "$main" "$@"
}

# launch MODULE MAINCLASS ARGS...: what every launcher does.
launch() {
    local module=$1 main=$2
    shift 2
    find_jdk
    ensure_built "$module"
    fast_start "$module" "$main"
    run_java "$module" "$main" -- "$@"
}
