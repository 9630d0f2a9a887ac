// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.rings.traced;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.classfile.Opcode;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.constant.ClassDesc;
import java.lang.constant.ConstantDescs;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodType;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import java.util.Set;

/**
 * Loads rings and lanes anew, beside the ones that all others use, with every call that may touch shared memory sent to
 * {@link AccessTrace}.
 */
final class TracingLoader extends ClassLoader {
    private static final Set<String> TRACED_PACKAGES = Set.of("io.vlink.infra.ring", "io.vlink.infra.lane",
            "io.vlink.spec.channel");
    // Linked against the traced classes, themselves as they are.
    private static final Set<String> RELOADED = Set.of("io.vlink.tests.rings.RealRing", "io.vlink.tests.rings.RingEnds",
            "io.vlink.tests.rings.traced.LinkedRing", "io.vlink.tests.rings.traced.LinkedLanes");
    private static final Set<ClassDesc> MEMORY = Set.of(desc(VarHandle.class), desc(MemorySegment.class),
            ClassDesc.of("sun.misc.Unsafe"));
    private static final ClassDesc TRACE = desc(AccessTrace.class);

    private static final TracingLoader LOADER = new TracingLoader();

    private TracingLoader() {
        super(TracingLoader.class.getClassLoader());
    }

    /** {@return a new object of a class that is linked against the traced ones} */
    static Object make(String name, Object... arguments) {
        try {
            return Class.forName(TracingLoader.class.getPackageName() + "." + name, true, LOADER).getConstructors()[0]
                    .newInstance(arguments);
        } catch (ReflectiveOperationException e) {
            throw new LinkageError("the traced classes cannot be used: " + name, e);
        }
    }

    private static ClassDesc desc(Class<?> type) {
        return type.describeConstable().orElseThrow();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        boolean traced = TRACED_PACKAGES.contains(name.substring(0, Math.max(0, name.lastIndexOf('.'))));
        if (!traced && !RELOADED.contains(outermost(name))) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded != null) {
                return loaded;
            }
            byte[] bytes = traced ? rewrite(bytesOf(name)) : bytesOf(name);
            return defineClass(name, bytes, 0, bytes.length);
        }
    }

    private static String outermost(String name) {
        int nested = name.indexOf('$');
        return nested < 0 ? name : name.substring(0, nested);
    }

    private byte[] bytesOf(String name) throws ClassNotFoundException {
        try (InputStream in = getParent().getResourceAsStream(name.replace('.', '/') + ".class")) {
            if (in == null) {
                throw new ClassNotFoundException(name);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
    }

    private static byte[] rewrite(byte[] original) {
        ClassFile classFile = ClassFile.of();
        CodeTransform calls = (code, element) -> {
            if (element instanceof InvokeInstruction call && MEMORY.contains(call.owner().asSymbol())
                    && !isHandleMaking(call)) {
                MethodTypeDesc type = call.opcode() == Opcode.INVOKESTATIC
                        ? call.typeSymbol()
                        : call.typeSymbol().insertParameterTypes(0, call.owner().asSymbol());
                checkKnown(call.name().stringValue(), type);
                code.invokestatic(TRACE, call.name().stringValue(), type);
            } else {
                code.with(element);
            }
        };
        return classFile.transformClass(classFile.parse(original), ClassTransform.transformingMethodBodies(calls));
    }

    private static boolean isHandleMaking(InvokeInstruction call) {
        return call.typeSymbol().returnType().equals(ConstantDescs.CD_VarHandle);
    }

    private static void checkKnown(String name, MethodTypeDesc type) {
        boolean known = Arrays.stream(AccessTrace.class.getMethods()).anyMatch(method -> method.getName().equals(name)
                && type.descriptorString().equals(MethodType
                        .methodType(method.getReturnType(), method.getParameterTypes()).descriptorString()));
        if (!known) {
            throw new AssertionError(
                    "shared memory is accessed in a way that cannot be traced: give AccessTrace a method "
                            + name + type.displayDescriptor());
        }
    }
}
