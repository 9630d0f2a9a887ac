// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * The operating system in Java types: descriptors, Unix sockets, shared memory, mappings, CPU pinning, exec; and prefetches,
 * which Java has none of. Used by everything above it; the only package that may use {@code Linker}, {@code SymbolLookup} or
 * {@code reinterpret}. Any thread may call it; a call that blocks says so, and blocks a carrier when called on a virtual thread.
 */
package io.vlink.infra.os;
