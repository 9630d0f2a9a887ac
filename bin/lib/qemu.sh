# shellcheck shell=bash
# Copyright The vlink Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC2031 # see cache.sh
#
# Sourced after common.sh: where the QEMU is that vlink runs with, and how it is fetched.

: "${root:?source common.sh first}"
# shellcheck source=cache.sh
. "$root/bin/lib/cache.sh"

readonly qemu_minimum=10.1
readonly qemu_wrapper=$vlink_cache/qemu/bin/qemu-system-x86_64

# Exports VLINK_QEMU if bin/setup fetched one earlier; a user's own VLINK_QEMU stays. Downloads nothing.
use_cached_qemu() {
    if [ -z "${VLINK_QEMU:-}" ] && [ -x "$qemu_wrapper" ]; then
        export VLINK_QEMU=$qemu_wrapper
    fi
}

# qemu_version FILE: prints its version, nothing if it does not run.
qemu_version() { "$1" --version 2>/dev/null | sed -n '1s/.*version \([0-9][0-9.]*\).*/\1/p'; }

# qemu_good FILE: true if it is new enough and was built with the device that vlink needs.
qemu_good() {
    local version
    version=$(qemu_version "$1")
    [ -n "$version" ] &&
        printf '%s\n%s\n' "$qemu_minimum" "$version" | sort -V -C &&
        "$1" -device help 2>/dev/null | grep -q '"vfio-user-pci"'
}

# Exports VLINK_QEMU: the user's choice, else the one on PATH, else the cached one, else one fetched now.
ensure_qemu() {
    local installed
    if [ -n "${VLINK_QEMU:-}" ]; then
        qemu_good "$VLINK_QEMU" ||
            die "needs QEMU >= $qemu_minimum with vfio-user-pci: VLINK_QEMU=$VLINK_QEMU: unset it to have one fetched"
        return 0
    fi
    installed=$(command -v qemu-system-x86_64 || true)
    if [ -n "$installed" ] && qemu_good "$installed"; then
        export VLINK_QEMU=$installed
        return 0
    fi
    [ -x "$qemu_wrapper" ] || cache_lock fetch_qemu
    export VLINK_QEMU=$qemu_wrapper
}

fetch_qemu() {
    [ ! -x "$qemu_wrapper" ] || return 0 # another process fetched it while we waited
    say "fetching QEMU (first time: about 40 MB, kept in $vlink_cache)"
    # shellcheck source=debian.sh
    . "$root/bin/lib/debian.sh"
    debian_open "$cache_work/apt"
    say "  fetching and unpacking its packages"
    debian_fetch "$cache_work/qemu/root" -t "$debian_suite-backports" qemu-system-x86 seabios ipxe-qemu
    prune_qemu "$cache_work/qemu/root"
    write_qemu_wrapper "$cache_work/qemu/bin"
    qemu_good "$cache_work/qemu/bin/qemu-system-x86_64" ||
        die "the fetched QEMU does not run, or is older than $qemu_minimum: install one, and set VLINK_QEMU to it"
    cache_publish qemu
    say "  QEMU $(qemu_version "$qemu_wrapper") is ready"
}

# What an x86 machine never reads: a third of the size.
prune_qemu() (
    cd "$1" || exit
    rm -rf etc var usr/sbin usr/lib/systemd usr/lib/x86_64-linux-gnu/{gconv,security} \
        usr/share/{doc,man,locale,info,lintian,bash-completion,perl5,debconf} usr/share/qemu/trace-events-all \
        usr/share/qemu/{openbios-*,skiboot.lid,slof.bin,u-boot*,hppa-*,palcode-*,s390-ccw.img,*.dtb}
    find usr/bin -type f ! -name 'qemu-system-x86_64' -delete
    find . -xtype l -delete
)

# A script that can be used wherever a QEMU is expected. The unpacked program is started through its own loader because
# the machine's C library may be older than the one that it was built with.
write_qemu_wrapper() {
    mkdir -p "$1"
    cat >"$1/qemu-system-x86_64" <<'WRAPPER'
#!/bin/sh
# Made by vlink's bin/setup: QEMU from an unpacked Debian, started through its own loader.
R=$(dirname "$(dirname "$(readlink -f "$0")")")/root
export QEMU_MODULE_DIR="$R/usr/lib/x86_64-linux-gnu/qemu"
exec "$R/usr/lib64/ld-linux-x86-64.so.2" --argv0 "$0" --library-path "$R/usr/lib/x86_64-linux-gnu" \
    "$R/usr/bin/qemu-system-x86_64" -L "$R/usr/share/qemu" -L "$R/usr/share/seabios" "$@"
WRAPPER
    chmod 755 "$1/qemu-system-x86_64"
}
