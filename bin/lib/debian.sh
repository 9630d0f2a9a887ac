# shellcheck shell=bash
# Copyright The vlink Authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced after common.sh: fetches packages of another Debian suite without root and without touching the machine's own
# package lists. apt does the work (mirror, proxy, signatures), with all of its folders moved into a private one.

# A caller may name another suite before sourcing this.
readonly debian_suite=${debian_suite:-trixie}
readonly debian_keyring=/usr/share/keyrings/debian-archive-keyring.gpg
debian_folder=''

debian_apt_get() { apt-get -c "$debian_folder/apt.conf" -q "$@" </dev/null; }

# debian_open FOLDER: makes FOLDER a private apt with the lists of the suite and its backports.
debian_open() {
    [ "$debian_folder" != "$1" ] || return 0
    debian_folder=$1
    command -v apt-get >/dev/null 2>&1 ||
        die "needs apt-get to fetch Debian packages: set VLINK_QEMU to a QEMU >= 10.1, or use a Debian machine"
    [ -r "$debian_keyring" ] ||
        die "missing: debian-archive-keyring: install with: sudo apt-get install debian-archive-keyring"
    mkdir -p "$debian_folder"/{state/lists/partial,cache/archives/partial,log}
    : >"$debian_folder/state/status"
    debian_write_configuration
    say "  reading the package lists of Debian $debian_suite"
    debian_logged update
}

# The machine's own mirror: it may be the only one that can be reached from here.
debian_mirror() {
    local mirror
    # shellcheck disable=SC2016 # the format is apt's, not the shell's
    mirror=$(apt-get indextargets 'Origin: Debian' 'Label: Debian' 'Created-By: Packages' \
        --format '$(REPO_URI)' 2>/dev/null | head -n 1)
    [ -n "$mirror" ] || die "apt knows no Debian mirror: run apt-get update, then try again"
    printf '%s' "$mirror"
}

debian_write_configuration() {
    local mirror suite
    mirror=$(debian_mirror)
    for suite in "$debian_suite" "$debian_suite-backports"; do
        printf 'deb [arch=amd64 signed-by=%s] %s %s main\n' "$debian_keyring" "$mirror" "$suite"
    done >"$debian_folder/sources.list"
    # The hooks are cleared because they report to, or clean, the machine's own package cache.
    cat >"$debian_folder/apt.conf" <<CONF
Dir::State "$debian_folder/state";
Dir::State::status "$debian_folder/state/status";
Dir::Cache "$debian_folder/cache";
Dir::Cache::archives "$debian_folder/cache/archives";
Dir::Log "$debian_folder/log";
Dir::Etc::sourcelist "$debian_folder/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::Etc::trusted "/dev/null";
Dir::Etc::trustedparts "/dev/null";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
APT::Get::AllowUnauthenticated "false";
Acquire::Languages "none";
Acquire::Retries "3";
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Install-Pkgs;
#clear DPkg::Post-Invoke;
CONF
}

# apt-get with its output kept back, and shown if it fails.
debian_logged() {
    debian_apt_get "$@" >"$debian_folder/log/apt" 2>&1 || {
        tail -n 20 "$debian_folder/log/apt" >&2
        die "apt-get $1 failed: see the lines above; is the network reachable?"
    }
}

# debian_fetch FOLDER apt-get-arguments...: puts packages and all they depend on, unpacked, under FOLDER.
debian_fetch() {
    local folder=$1 package
    shift
    rm -rf "$debian_folder"/cache/archives/*.deb
    debian_logged -y --download-only install "$@"
    mkdir -p "$folder"
    for package in "$debian_folder"/cache/archives/*.deb; do
        dpkg-deb -x "$package" "$folder"
    done
}

# debian_fetch_only FOLDER PACKAGE: the same without what the package depends on.
debian_fetch_only() {
    mkdir -p "$debian_folder/single" "$1"
    rm -f "$debian_folder"/single/*.deb
    (cd "$debian_folder/single" && debian_logged download "$2")
    dpkg-deb -x "$debian_folder"/single/*.deb "$1"
}

# debian_concrete PACKAGE: prints the first package that a meta-package depends on.
debian_concrete() {
    apt-cache -c "$debian_folder/apt.conf" depends --important "$1" | awk '$1 == "Depends:" { print $2; exit }'
}
