// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps the lane words true to what happens to one domain's device. For any thread. */
final class DeviceWatch implements DeviceServer.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(DeviceWatch.class);

    /** Resets of one client that are logged: a guest must not be able to fill the host's disk. */
    private static final int LOGGED_RESETS = 20;

    private final DomainTable table;
    private final Domain domain;
    private final AtomicInteger resets = new AtomicInteger();

    DeviceWatch(DomainTable table, Domain domain) {
        this.table = table;
        this.domain = domain;
    }

    @Override
    public void connected() {
        resets.set(0);
        apply(() -> domain.device(true));
        LOG.info("event=device_connected vm_domain={}", domain.name());
    }

    @Override
    public void reset() {
        apply(domain::resetGuestLanes);
        int count = resets.incrementAndGet();
        if (count <= LOGGED_RESETS) {
            LOG.info("event=device_reset vm_domain={}{}", domain.name(),
                    count == LOGGED_RESETS ? " (further ones of this client are not logged)" : "");
        }
    }

    @Override
    public void disconnected() {
        apply(() -> domain.device(false));
        LOG.info("event=device_disconnected vm_domain={}", domain.name());
    }

    private void apply(Runnable change) {
        synchronized (table) {
            if (domain.listensThrough(this)) {
                change.run();
            }
        }
    }
}
