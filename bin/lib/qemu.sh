# shellcheck shell=bash
# Copyright The vlink Authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced after common.sh: where the QEMU is that vlink runs with.

readonly vlink_cache=${VLINK_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/vlink}
readonly qemu_folder=$vlink_cache/qemu
readonly qemu_wrapper=$qemu_folder/bin/qemu-system-x86_64

# Exports VLINK_QEMU if bin/setup fetched one earlier; a user's own VLINK_QEMU stays. Downloads nothing.
use_cached_qemu() {
    if [ -z "${VLINK_QEMU:-}" ] && [ -x "$qemu_wrapper" ]; then
        export VLINK_QEMU=$qemu_wrapper
    fi
}
