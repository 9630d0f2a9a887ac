# shellcheck shell=bash
# Copyright The vlink Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC2031,SC2154 # see cache.sh
#
# Sourced after qemu.sh: the DPDK that vlink is measured against. Debian's own packages, unpacked into the cache.

: "${vlink_cache:?source qemu.sh first}"
readonly dpdk_wrapper=$vlink_cache/dpdk/bin/dpdk-testpmd
# Goes up when what is fetched changes here, so that an older cache is not taken for it.
readonly dpdk_cache_version=2
# Version 22.11, an LTS release: the numbers at the end of the packages' names belong to it.
readonly dpdk_debian_suite=bookworm
readonly dpdk_plugins=(librte-net-vhost23 librte-net-virtio23 librte-net-memif23 librte-mempool-ring23 librte-bus-vdev23)

dpdk_ready() { [ "$(cat "$vlink_cache/dpdk/version" 2>/dev/null)" = "$dpdk_cache_version" ]; }

# Fetches it unless it is there, or the user has named one with VLINK_TESTPMD. use_cached_dpdk then finds it.
ensure_dpdk() {
    [ -n "${VLINK_TESTPMD:-}" ] || dpdk_ready || cache_lock fetch_dpdk
}

fetch_dpdk() {
    ! dpdk_ready || return 0 # another process fetched it while we waited
    say "fetching DPDK's testpmd (first time: about 40 MB, kept in $vlink_cache)"
    # Set in the subshell of cache_lock only: QEMU and the guest come from another suite.
    # shellcheck disable=SC2034 # read by debian.sh
    debian_suite=$dpdk_debian_suite
    # shellcheck source=debian.sh
    . "$root/bin/lib/debian.sh"
    debian_open "$cache_work/apt"
    say "  fetching and unpacking its packages"
    local libraries
    mapfile -t libraries < <(dpdk_libraries)
    [ ${#libraries[@]} -gt 0 ] || die "Debian $debian_suite has no dpdk-dev: is it still on the mirror?"
    debian_fetch "$cache_work/dpdk/root" "${libraries[@]}" "${dpdk_plugins[@]}"
    debian_fetch_only "$cache_work/dpdk/root" dpdk-dev
    # The file is what debian_fetch_only left behind.
    dpkg-deb -f "$debian_folder"/single/*.deb Version >"$cache_work/dpdk/package-version"
    prune_dpdk "$cache_work/dpdk/root"
    write_dpdk_wrapper "$cache_work/dpdk/bin"
    dpdk_good "$cache_work/dpdk/bin/dpdk-testpmd" ||
        die "the fetched testpmd does not run: install dpdk-dev, and set VLINK_TESTPMD to its dpdk-testpmd"
    printf '%s\n' "$dpdk_cache_version" >"$cache_work/dpdk/version"
    cache_publish dpdk
    say "  testpmd of DPDK $(dpdk_version) is ready"
}

# What testpmd is linked with; dpdk-dev itself also wants a compiler's worth of headers.
dpdk_libraries() {
    apt-cache -c "$debian_folder/apt.conf" depends dpdk-dev | awk '$1 == "Depends:" && $2 ~ /^lib/ && $2 !~ /-dev$/ { print $2 }'
}

# It has no option that only tells its version; the list of its options is printed before any memory is taken.
dpdk_good() { "$1" --help 2>&1 | grep -q -- '--lcores'; }

dpdk_version() { cat "$vlink_cache/dpdk/package-version"; }

prune_dpdk() (
    cd "$1" || exit
    rm -rf etc var usr/sbin usr/include usr/lib/systemd usr/lib/x86_64-linux-gnu/{gconv,security} \
        usr/share/{doc,man,locale,info,lintian,bash-completion,perl5,debconf}
    find usr/bin -type f ! -name 'dpdk-testpmd' -delete
)

# Started through its own loader because the machine's C library may be older, or have no file of a name that it needs.
write_dpdk_wrapper() {
    mkdir -p "$1"
    cat >"$1/dpdk-testpmd" <<'WRAPPER'
#!/bin/sh
# Made by vlink's bin/bench: testpmd from an unpacked Debian, started through its own loader.
R=$(dirname "$(dirname "$(readlink -f "$0")")")/root
L=$R/usr/lib/x86_64-linux-gnu
P=$(echo "$L"/dpdk/pmds-*)
# Not with -d: DPDK refuses plugins below a folder that everybody may write to, as one in /tmp is.
D=$(find "$P" -name 'librte_*.so.*' ! -name '*.so.*.*' | tr '\n' ':')
exec "$(ls "$R"/lib64/ld-linux-x86-64.so.2 "$R"/usr/lib64/ld-linux-x86-64.so.2 2>/dev/null | head -n 1)" --argv0 "$0" \
    --library-path "$L:$R/lib/x86_64-linux-gnu:$P" --preload "${D%:}" "$R/usr/bin/dpdk-testpmd" "$@"
WRAPPER
    chmod 755 "$1/dpdk-testpmd"
}

# Exports VLINK_TESTPMD if one was fetched; a user's own stays. Downloads nothing.
use_cached_dpdk() {
    if [ -z "${VLINK_TESTPMD:-}" ] && dpdk_ready; then
        export VLINK_TESTPMD=$dpdk_wrapper VLINK_TESTPMD_VERSION
        VLINK_TESTPMD_VERSION=$(dpdk_version)
    fi
}
