// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.Fd;
import io.vlink.linkconfig.LinkDefinition;
import java.util.List;

/** A virtual link of a domain: its pool, its record, and who drives its host side. The inventory's lock guards it. */
public final class Link {
    private final Domain domain;
    private final int index;
    private final LinkDefinition request;
    private final long poolOffset;
    private final LinkRecord record;
    private Attachment attachment;

    Link(Domain domain, int index, long poolOffset, LinkRecord record) {
        this.domain = domain;
        this.index = index;
        this.request = domain.request().links().get(index);
        this.poolOffset = poolOffset;
        this.record = record;
    }

    /** {@return what was asked for} */
    public LinkDefinition request() {
        return request;
    }

    /** {@return the link's number in its domain} */
    public int index() {
        return index;
    }

    /** {@return the domain} */
    public Domain domain() {
        return domain;
    }

    /** {@return region, channel memory and link record, in the order in which a driver gets them; they stay ours} */
    public List<Fd> descriptors() {
        return List.of(domain.region().fd(), domain.channels().fd(), record.fd());
    }

    long poolOffset() {
        return poolOffset;
    }

    LinkRecord record() {
        return record;
    }

    /** {@return who drives the link, or null} */
    Attachment attachment() {
        return attachment;
    }

    void attach(Attachment driver) {
        attachment = driver;
        record.putDriver(driver.pid());
    }

    /** Leaves the link for its driver, whether that said goodbye or died. */
    void detach() {
        attachment = null;
        record.putDriver(0);
        if (!domain.leavesLanesAlone()) {
            domain.channels().putHostLane(index, record.leaveHostLane());
        }
    }

    /** Says whether a guest's device is there; if not, the driver may take back every buffer. */
    void device(boolean connected) {
        if (!connected && !domain.leavesLanesAlone()) {
            domain.channels().clearGuestLane(index);
        }
        record.putDevice(connected);
    }
}
