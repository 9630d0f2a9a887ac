// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.control.ControlConnection;
import io.vlink.infra.control.ControlMessage;
import io.vlink.infra.control.RunDirectory;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.SharedMemory;
import io.vlink.infra.os.UnixConnection;
import io.vlink.infra.os.UnixListener;
import io.vlink.spec.control.Request;
import io.vlink.spec.control.StatusCode;
import io.vlink.spec.control.TlvType;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** As much of an agent as a driver needs: a control socket that hands out one link. */
public final class TestAgent implements AutoCloseable {
    private final UnixListener listener;
    private final TestLink link;
    private final List<UnixConnection> connections = new CopyOnWriteArrayList<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Thread thread;

    public TestAgent(Path runDirectory, TestLink link) {
        this.link = link;
        this.listener = UnixListener.bind(new RunDirectory(runDirectory).controlSocket(), 4);
        this.thread = Thread.ofPlatform().daemon().name("agent").start(this::accept);
    }

    private void accept() {
        for (UnixConnection next = listener.accept(); next != null; next = listener.accept()) {
            UnixConnection connection = next;
            connections.add(connection);
            Thread.ofPlatform().daemon().start(() -> serve(new ControlConnection(connection)));
        }
    }

    private void serve(ControlConnection connection) {
        for (ControlConnection.Received got = connection.receive(0); got != null; got = connection.receive(0)) {
            requests.add(got.message().request());
            if (got.message().request() == Request.ATTACH_LINK
                    && !got.message().text(TlvType.LINK_NAME).equals(TestLink.NAME)) {
                connection.send(ControlMessage.failure(StatusCode.NOT_FOUND, "no such link: link=other known=tap123"),
                        List.of());
                continue;
            }
            List<Fd> fds = got.message().request() == Request.ATTACH_LINK
                    ? link.shared().stream().map(SharedMemory::fd).toList()
                    : List.of();
            connection.send(ControlMessage.reply(StatusCode.OK).build(), fds);
        }
    }

    /** What drivers have asked for. */
    public List<Request> requests() {
        return requests;
    }

    @Override
    public void close() {
        listener.close();
        connections.forEach(UnixConnection::shutdown);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
