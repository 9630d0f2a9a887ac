// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.agent.limits.LineLimit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the lane words true to what happens to one domain's device. For any thread. */
final class DeviceWatch implements DeviceServer.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceWatch.class);

    private final DomainTable table;
    private final Domain domain;
    /** A guest must not be able to fill the host's disk. */
    private final LineLimit lines;

    DeviceWatch(DomainTable table, Domain domain) {
        this.table = table;
        this.domain = domain;
        this.lines = new LineLimit("vm_domain", domain.name());
    }

    @Override
    public void connected() {
        apply(() -> domain.device(true));
        lines.info(LOG, "event=device_connected vm_domain={}", domain.name());
    }

    @Override
    public void reset() {
        apply(domain::resetGuestLanes);
        lines.info(LOG, "event=device_reset vm_domain={}", domain.name());
    }

    @Override
    public void disconnected() {
        apply(() -> domain.device(false));
        lines.info(LOG, "event=device_disconnected vm_domain={}", domain.name());
    }

    /**
     * What serves the device, and has the log told at its end what was left out of it.
     *
     * @param server reports to this
     * @return the same to its caller
     */
    DeviceServer until(DeviceServer server) {
        return () -> {
            server.close();
            lines.close();
        };
    }

    private void apply(Runnable change) {
        synchronized (table) {
            if (domain.listensThrough(this)) {
                change.run();
            }
        }
    }
}
