// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.keeper;

import io.vlink.infra.os.FdShortageException;
import io.vlink.infra.os.UnixConnection;
import io.vlink.spec.keeper.KeeperMessageType;
import java.util.List;

/**
 * Does once what a keeper does, with a connection to itself, so that every class is loaded while the files are there that it
 * was started from: an upgrade of the agent, which a keeper has to survive, replaces them.
 */
final class KeeperRehearsal {
    /** Needed only when it is too late to read a file. */
    private static final List<Class<?>> LOADED = List.of(FdShortageException.class);

    private KeeperRehearsal() {
    }

    static void run() {
        KeeperEntries entries = new KeeperEntries();
        assert !LOADED.isEmpty();
        UnixConnection[] ends = UnixConnection.pair();
        try (UnixConnection agent = ends[0]) {
            KeeperTransport transport = new KeeperTransport(agent);
            transport.send(KeeperMessage.hello(0));
            transport.send(new KeeperMessage(KeeperMessageType.PUT, "rehearsal", new byte[1], List.of(agent.fd())));
            transport.send(KeeperMessage.of(KeeperMessageType.FETCH));
            transport.send(KeeperMessage.of(KeeperMessageType.REMOVE, "another"));
            transport.send(KeeperMessage.of(KeeperMessageType.HELLO));
            new KeeperSession(ends[1], entries, millis -> {
            }, () -> {
            }, line -> {
            }).run();
            entries.somebodyIsConnected();
        } finally {
            entries.clear();
        }
    }
}
