# shellcheck shell=bash
# Copyright The vlink Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC2030,SC2031 # cache_work is set and used in the subshell that holds the lock, on purpose
#
# Sourced after common.sh: the cache folder, outside the work tree, for what was fetched once.
# Everything in it may be deleted at any time; bin/setup makes it again.

readonly vlink_cache=${VLINK_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vlink}
cache_work=''

# cache_lock FUNCTION: runs FUNCTION while no other process fills the cache, with $cache_work as an empty folder in it.
# What is ready is renamed out of $cache_work in one step, so a fetch that was cut off never counts.
cache_lock() {
    mkdir -p "$vlink_cache" 2>/dev/null || true
    [ -w "$vlink_cache" ] || die "the cache folder is not writable: folder=$vlink_cache: set VLINK_CACHE to one that is"
    (
        flock 9
        rm -rf "$vlink_cache"/work.* # of a run that was killed
        cache_work=$(mktemp -d "$vlink_cache/work.XXXXXX")
        trap 'rm -rf "$cache_work"' EXIT
        trap 'exit 130' INT TERM
        "$1"
    ) 9>"$vlink_cache/lock"
}

# cache_publish NAME: makes $cache_work/NAME the cache's NAME.
cache_publish() {
    rm -rf "${vlink_cache:?}/$1"
    mv -T "$cache_work/$1" "$vlink_cache/$1"
}
