# shellcheck shell=bash
# Copyright The vlink Authors
# SPDX-License-Identifier: Apache-2.0
#
# shellcheck disable=SC2031,SC2154 # see cache.sh
#
# Sourced after qemu.sh: the guest. A stock Debian kernel and one initramfs of two archives, one after the other:
# the base (Debian's programs, in the cache) and vlink-guest with its Java runtime (made by the build).

: "${vlink_cache:?source qemu.sh first}"
readonly guest_folder=$vlink_cache/guest
# Goes up when what the base is made of changes here, so that an older cache is not taken for it.
readonly guest_base_version=2
readonly guest_image=$root/vlink-guest/target/guest-initrd.img

guest_kernel_release() { cat "$guest_folder/release"; }

guest_base_ready() { [ "$(cat "$guest_folder/version" 2>/dev/null)" = "$guest_base_version" ]; }

# Exports VLINK_GUEST_KERNEL and VLINK_GUEST_APPEND; fetches the kernel and makes the base image if need be.
ensure_guest_base() {
    if ! guest_base_ready; then
        need_commands cpio:cpio zstd:zstd xz-utils:xz
        cache_lock make_guest_base
    fi
    export VLINK_GUEST_KERNEL=$guest_folder/vmlinuz
    # panic=-1 with QEMU's -no-reboot turns a dead guest into a QEMU that ends, instead of one that hangs.
    export VLINK_GUEST_APPEND='console=ttyS0 quiet panic=-1'
}

make_guest_base() {
    ! guest_base_ready || return 0 # another process made it while we waited
    say "fetching the guest's kernel and programs (first time: about 50 MB, kept in $vlink_cache)"
    # shellcheck source=debian.sh
    . "$root/bin/lib/debian.sh"
    debian_open "$cache_work/apt"
    local packages=$cache_work/packages tree=$cache_work/tree made=$cache_work/guest kernel release
    # The two libraries are what a Java runtime may need and lspci does not.
    debian_fetch "$packages" busybox-static pciutils kmod libstdc++6 zlib1g
    kernel=$(debian_concrete linux-image-cloud-amd64)
    release=${kernel#linux-image-}
    debian_fetch_only "$packages" "$kernel"
    say "  making the base image"
    copy_guest_programs "$packages" "$tree"
    copy_guest_modules "$packages/usr/lib/modules/$release" "$tree/usr/lib/modules/$release"
    index_guest_modules "$packages" "$tree" "$release"
    write_guest_files "$tree"
    mkdir -p "$made"
    pack_guest_archive "$tree" "$made/base.img"
    cp "$packages/boot/vmlinuz-$release" "$made/vmlinuz"
    printf '%s\n' "$release" >"$made/release"
    printf '%s\n' "$guest_base_version" >"$made/version"
    cache_publish guest
    say "  guest kernel $release is ready"
}

# copy_guest_programs FROM TO: busybox under all of its names, lspci, and the C library of the same Debian.
copy_guest_programs() {
    local from=$1 to=$2 libraries=usr/lib/x86_64-linux-gnu applet
    mkdir -p "$to"/usr/{bin,lib64,share/misc} "$to/$libraries"
    ln -s usr/bin usr/lib usr/lib64 "$to/"
    ln -s usr/bin "$to/sbin"
    ln -s bin "$to/usr/sbin"
    cp -a "$from/usr/bin/busybox" "$from"/usr/bin/{lspci,setpci} "$to/usr/bin/"
    for applet in $("$from/usr/bin/busybox" --list); do
        [ -e "$to/usr/bin/$applet" ] || ln -s busybox "$to/usr/bin/$applet"
    done
    cp -a "$from"/$libraries/lib*.so.* "$from"/$libraries/ld-*.so.* "$to/$libraries/"
    cp -a "$from"/usr/lib64/* "$to/usr/lib64/"
    cp "$from/usr/share/misc/pci.ids" "$to/usr/share/misc/"
}

# copy_guest_modules FROM TO: the few modules a guest needs, unpacked, so that insmod is enough to load them.
copy_guest_modules() {
    local from=$1 to=$2 module file
    mkdir -p "$to"
    cp "$from"/modules.{order,builtin*} "$to/"
    for module in uio uio_pci_generic failover net_failover virtio_net; do
        file=$(find "$from/kernel" -name "$module.ko*" | head -n 1)
        case $file in
            *.ko) cp "$file" "$to/" ;;
            *.ko.xz) xz -dc "$file" >"$to/$module.ko" ;;
            *.ko.zst) zstd -qdc "$file" >"$to/$module.ko" ;;
            *) die "the guest's kernel has no module $module" ;;
        esac
    done
}

# index_guest_modules PACKAGES TREE RELEASE: depmod, of the fetched packages. lspci complains where there is no index.
index_guest_modules() {
    "$1/usr/lib64/ld-linux-x86-64.so.2" --argv0 depmod --library-path "$1/usr/lib/x86_64-linux-gnu" \
        "$1/usr/bin/kmod" --basedir "$2" "$3"
}

# The guest's own few text files; they are files in the tree, so that they can be read and checked as such.
write_guest_files() {
    mkdir -p "$1"/{etc,proc,sys,dev,tmp,run,root,opt}
    cp -R "$root/bin/lib/guest-files/." "$1/"
}

# pack_guest_archive FOLDER FILE: an initramfs archive owned by root. The quickest compression is taken: under TCG the
# guest spends more time unpacking than is saved by a smaller file.
pack_guest_archive() {
    (cd "$1" && find . -mindepth 1 | LC_ALL=C sort | cpio --quiet -o -H newc -R 0:0) | zstd -q -T0 -3 >"$2"
    # The kernel looks for the next archive at a multiple of four bytes.
    truncate -s "%4" "$2"
}

# make_guest_image TAR OUT: the base image plus what is in vlink-guest's TAR, which goes to /opt/vlink-guest.
make_guest_image() {
    local tar=$1 out=$2 work
    work=$(mktemp -d "$(dirname "$out")/.guest-image.XXXXXX")
    (
        trap 'rm -rf "$work"' EXIT
        mkdir -p "$work/tree/opt/unpacked" "$work/tree/usr/bin"
        tar -x -f "$tar" -C "$work/tree/opt/unpacked"
        place_guest_program "$work/tree/opt"
        ln -s /opt/vlink-guest/bin/vlink-guest "$work/tree/usr/bin/vlink-guest"
        pack_guest_archive "$work/tree" "$work/program.img"
        cat "$guest_folder/base.img" "$work/program.img" >"$work/image"
        mv "$work/image" "$out"
    )
}

# The tar file may hold bin, lib and runtime, or one folder that holds them.
place_guest_program() {
    local launcher
    launcher=$(find "$1/unpacked" -path '*/bin/vlink-guest' -not -path '*/runtime/*' | head -n 1)
    [ -n "$launcher" ] || die "the guest's tar file holds no bin/vlink-guest"
    mv "$(dirname "$(dirname "$launcher")")" "$1/vlink-guest"
    rm -rf "$1/unpacked"
}

# Exports VLINK_GUEST_KERNEL, VLINK_GUEST_APPEND and VLINK_GUEST_INITRD; builds vlink if need be.
ensure_guest_image() {
    local tar
    ensure_guest_base
    find_jdk
    ensure_built vlink-guest
    tar=$(guest_tar)
    [ -n "$tar" ] || die "the build made no tar file of vlink-guest: run mvn package and look for errors"
    export VLINK_GUEST_INITRD=$guest_image
    ! guest_image_fresh "$tar" || return 0
    need_commands cpio:cpio zstd:zstd
    say "making the guest image"
    (
        flock 9
        guest_image_fresh "$tar" || make_guest_image "$tar" "$guest_image"
    ) 9>"$root/vlink-guest/target/.guest-image.lock"
}

# Prints the tar file that the build made of vlink-guest, nothing if there is none.
guest_tar() {
    local tar
    for tar in "$root"/vlink-guest/target/vlink-guest-*.tar*; do
        [ ! -f "$tar" ] || { printf '%s' "$tar" && return 0; }
    done
}

guest_image_fresh() { [ "$guest_image" -nt "$1" ] && [ "$guest_image" -nt "$guest_folder/version" ]; }
