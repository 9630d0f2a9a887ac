// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.infra.os.Fd;

/** Keeps the descriptors of a device's client for whoever serves it after this process. Called on the client's thread. */
public interface ClientKeeper {
    /** Keeps nothing. */
    ClientKeeper NONE = new ClientKeeper() {
        @Override
        public void keep(Fd connection, Fd interrupt) {
            // As asked for.
        }

        @Override
        public void forget() {
            // There is nothing to forget.
        }
    };

    /**
     * Keeps a client in the place of what was kept.
     *
     * @param connection its socket; stays the caller's
     * @param interrupt  the eventfd of INTx, or null; stays the caller's
     */
    void keep(Fd connection, Fd interrupt);

    /** Forgets the client, which then sees that its connection has ended. */
    void forget();
}
