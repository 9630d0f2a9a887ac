#!/usr/bin/env bash
# Copyright The vlink Authors
# SPDX-License-Identifier: Apache-2.0
#
# Makes vlink-guest/target/vlink-guest-VERSION.tar: program, libraries and a Java runtime, for guests that have nothing
# installed. Maven calls it at the end of vlink-guest's package phase; it does nothing if the tar file is up to date.
#   guest-tar.sh VERSION
# shellcheck source=common.sh
. "$(dirname "$(readlink -f "$0")")/common.sh"

readonly project_version=$1
readonly target=$root/vlink-guest/target
readonly stage=$target/guest-tar/vlink-guest
readonly tar_file=$target/vlink-guest-$project_version.tar
readonly launcher=$root/vlink-guest/src/main/package/vlink-guest
readonly libraries=(vlink-guest vlink-traffic vlink-infra qemu-device-spec picocli jackson-core HdrHistogram)
readonly main_class=io.vlink.guest.VlinkGuestMain
# The archive of classes knows its jars by this time too, so it has to survive tar, cpio and the guest's kernel.
readonly file_time=@1767225600

library_jar() {
    if [ "$1" = vlink-guest ]; then
        printf '%s' "$target/vlink-guest-$project_version.jar"
    else
        printf '%s' "$target/lib/$1"-[0-9]*.jar
    fi
}

up_to_date_tar() {
    local name
    [ -e "$tar_file" ] || return 1
    for name in "${libraries[@]}"; do
        [ "$(library_jar "$name")" -ot "$tar_file" ] || return 1
    done
    [ "$launcher" -ot "$tar_file" ] && [ "${BASH_SOURCE[0]}" -ot "$tar_file" ]
}

# The runtime takes seconds to make and depends on nothing but the JDK.
# (--strip-debug would also need objcopy, for libraries that come without symbols anyway.)
make_runtime() {
    [ ! -e "$stage/runtime/release" ] || ! cmp -s "$JAVA_HOME/release" "$target/guest-tar/jdk-release" || return 0
    rm -rf "$stage"
    mkdir -p "$stage"
    "$JAVA_HOME/bin/jlink" --add-modules java.base --strip-java-debug-attributes --no-man-pages --no-header-files \
        --output "$stage/runtime"
    cp "$JAVA_HOME/release" "$target/guest-tar/jdk-release"
}

copy_program() {
    local name file
    rm -rf "${stage:?}"/{bin,lib}
    mkdir -p "$stage/bin" "$stage/lib"
    cp "$launcher" "$stage/bin/vlink-guest"
    chmod 755 "$stage/bin/vlink-guest"
    for name in "${libraries[@]}"; do
        cp "$(library_jar "$name")" "$stage/lib/$name.jar"
    done
    for file in LICENSE NOTICE THIRD-PARTY-NOTICES.md; do
        [ ! -e "$root/$file" ] || cp "$root/$file" "$stage/$file"
    done
    find "$stage" -exec touch -h -d "$file_time" {} +
}

# The class path has to be the launcher's.
class_path() {
    local name path=''
    for name in "${libraries[@]}"; do
        path=$path${path:+:}$stage/lib/$name.jar
    done
    printf '%s' "$path"
}

# loaded_classes ARGS...: prints what a run of the program loads, as -XX:SharedClassListFile wants it.
loaded_classes() {
    local part=$target/guest-tar/classes.part
    # It fails on a machine without the device, after it has loaded most of what it needs.
    "${java[@]}" -XX:DumpLoadedClassList="$part" -cp "$(class_path)" "$main_class" "$@" >/dev/null 2>&1 || true
    sed 's/ id: [0-9]*$//' "$part"
}

# Our own classes that only a run with a device would load.
own_classes() {
    local name
    for name in vlink-guest vlink-traffic vlink-infra qemu-device-spec; do
        "$JAVA_HOME/bin/jar" --list --file "$stage/lib/$name.jar"
    done | grep -E '^io/vlink/(guest|traffic|spec|infra/(os|port|ring|lane|translation|vfiouser))/.*[.]class$' |
        sed -e '/package-info/d' -e 's/[.]class$//'
}

# Everything that a run loads, prepared: in an emulated machine a start takes seconds without it.
archive_classes() {
    local java=("$stage/runtime/bin/java" -XX:+UseSerialGC -Xmx64m -Xlog:disable --enable-native-access=ALL-UNNAMED)
    local list=$target/guest-tar/classes.list
    {
        loaded_classes info --json --vfio-user /nonexistent
        loaded_classes echo --link x --vfio-user /nonexistent
        loaded_classes pktgen --link x --vfio-user /nonexistent
        loaded_classes bind
        own_classes
    } | awk '!seen[$0]++' >"$list"
    "${java[@]}" -Xshare:dump -XX:SharedClassListFile="$list" -XX:SharedArchiveFile="$stage/lib/vlink-guest.jsa" \
        -cp "$(class_path)" >/dev/null
    touch -d "$file_time" "$stage/lib/vlink-guest.jsa" "$stage/lib"
}

make_tar() {
    tar -c -f "$tar_file.part" -C "$target/guest-tar" --sort=name --owner=0 --group=0 --numeric-owner vlink-guest
    mv "$tar_file.part" "$tar_file"
}

! up_to_date_tar || exit 0
find_jdk
make_runtime
copy_program
archive_classes
make_tar
