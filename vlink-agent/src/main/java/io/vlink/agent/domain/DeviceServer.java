// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import java.nio.file.Path;

/** The socket behind which a domain's device waits for its QEMU. */
public interface DeviceServer extends AutoCloseable {
    /** Makes the server of a domain. */
    @FunctionalInterface
    interface Factory {
        /**
         * Starts to listen.
         *
         * @param domain   whose device to serve
         * @param socket   path that does not exist yet
         * @param listener told what happens to the device, from the server's threads
         * @return the server
         * @throws io.vlink.infra.os.OsException if it cannot listen there
         */
        DeviceServer start(Domain domain, Path socket, Listener listener);
    }

    /** Is told what happens to a device. */
    interface Listener {
        /** A QEMU, or a guest that is not a VM, uses the device from now on. */
        void connected();

        /** The device was reset. */
        void reset();

        /** It is gone. */
        void disconnected();
    }

    /** Stops listening, drops the connection, and removes the socket; no listener is called after it returns. */
    @Override
    void close();
}
