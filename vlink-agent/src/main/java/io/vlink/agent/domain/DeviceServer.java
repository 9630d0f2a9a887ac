// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.Fd;
import java.nio.file.Path;

/** The socket behind which a domain's device waits for its QEMU. */
public interface DeviceServer extends AutoCloseable {
    /** Makes the server of a domain. */
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

        /**
         * Goes on where the last agent ended. When this returns, the listener knows whether the device is in use.
         *
         * @param domain   whose device to serve
         * @param last     the last agent's sockets, the server's from now on
         * @param listener told what happens to the device, from the server's threads
         * @return the server
         * @throws io.vlink.infra.os.OsException if that cannot be served; everything is closed
         */
        DeviceServer resume(Domain domain, Sockets last, Listener listener);
    }

    /**
     * What a device server has open.
     *
     * @param listener  where clients connect
     * @param client    the client's connection, or null
     * @param interrupt the eventfd of INTx, or null
     */
    record Sockets(Fd listener, Fd client, Fd interrupt) {
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
