// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.os;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

/**
 * A function of the C library, linked by its first call: linking costs milliseconds, in an emulated machine a tenth of a second,
 * and no program makes all of the calls that are described here. For any thread; two that come first at once link it twice,
 * which does no harm.
 */
final class NativeFunction {
    private static final Linker LINKER = Linker.nativeLinker();

    private final String name;
    private final FunctionDescriptor descriptor;
    private final Linker.Option[] options;
    private volatile MethodHandle handle;

    private NativeFunction(String name, FunctionDescriptor descriptor, Linker.Option... options) {
        this.name = name;
        this.descriptor = descriptor;
        this.options = options;
    }

    /** A function that sets errno; the first parameter of its handle is {@link NativeCall#state()}. */
    static NativeFunction withErrno(String name, FunctionDescriptor descriptor) {
        return new NativeFunction(name, descriptor, Linker.Option.captureCallState("errno"));
    }

    /** Like {@link #withErrno}, for a C function with {@code ...} after its first {@code fixed} parameters. */
    static NativeFunction variadicWithErrno(String name, FunctionDescriptor descriptor, int fixed) {
        return new NativeFunction(name, descriptor, Linker.Option.captureCallState("errno"),
                Linker.Option.firstVariadicArg(fixed));
    }

    /** A function that does not set errno. */
    static NativeFunction plain(String name, FunctionDescriptor descriptor) {
        return new NativeFunction(name, descriptor);
    }

    /** {@return what calls it} */
    MethodHandle handle() {
        MethodHandle linked = handle;
        if (linked == null) {
            linked = LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), descriptor, options);
            handle = linked;
        }
        return linked;
    }
}
