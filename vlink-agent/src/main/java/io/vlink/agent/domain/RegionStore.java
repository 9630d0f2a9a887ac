// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.OsException;
import io.vlink.infra.region.MemorySize;
import io.vlink.infra.region.RegionException;
import io.vlink.spec.control.StatusCode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The agent's regions: one for each trust group in use, and the first one, which waits for the next group when it has none.
 * All but {@link #views} is guarded by the lock of the {@link Inventory} that allocates.
 */
final class RegionStore implements AutoCloseable {
    /**
     * What people see of a region.
     *
     * @param group     key of the trust group, or null while none has it
     * @param region    the region; only its constants may be read
     * @param poolBytes bytes that are links' pools
     * @param domains   domains that use it
     */
    record View(String group, Region region, long poolBytes, int domains) {
    }

    private static final class Share {
        private final Region region;
        private int domains;

        Share(Region region) {
            this.region = region;
        }
    }

    private final RegionSettings settings;
    private final Region first;
    private final Map<String, Share> shareOfGroup = new LinkedHashMap<>();
    private boolean firstIsFree = true;
    private String lastGroupOfFirst;
    private volatile List<View> views = List.of();

    /**
     * Reserves the first region at once, so that a shortage shows now.
     *
     * @param settings how regions are made
     * @throws RegionException if memory is short
     */
    RegionStore(RegionSettings settings) {
        this.settings = settings;
        this.first = new Region(settings);
        changed();
    }

    /**
     * The region of a trust group, made if the group is new. Blocks while memory is allocated.
     *
     * @param group key of the group
     * @return the region; {@link #release} gives it back
     * @throws RequestException if memory or the agent's limit does not allow another region
     */
    Region acquire(String group) throws RequestException {
        Share share = shareOfGroup.get(group);
        if (share == null) {
            share = new Share(firstIsFree ? takeFirst(group) : another());
            shareOfGroup.put(group, share);
        }
        share.domains++;
        changed();
        return share.region;
    }

    private Region takeFirst(String group) {
        if (lastGroupOfFirst != null && !lastGroupOfFirst.equals(group)) {
            first.scrub();
        }
        lastGroupOfFirst = group;
        firstIsFree = false;
        return first;
    }

    private Region another() throws RequestException {
        long used = (shareOfGroup.size() + (firstIsFree ? 1L : 0L)) * settings.bytes();
        if (used + settings.bytes() > settings.limitBytes()) {
            throw new RequestException(StatusCode.NO_RESOURCES,
                    "another trust group needs another region, which --memory-limit does not allow: used="
                            + MemorySize.format(used) + " region=" + MemorySize.format(settings.bytes())
                            + " memory-limit="
                            + MemorySize.format(settings.limitBytes())
                            + ": restart the agent with more, or share a region with trust_group=");
        }
        try {
            return new Region(settings);
        } catch (RegionException | OsException e) {
            throw new RequestException(StatusCode.NO_RESOURCES,
                    "no memory for another region: " + e.getMessage());
        }
    }

    /**
     * Gives a region back; it is freed with its group's last domain, except that the first region stays the agent's.
     *
     * @param group key of the group
     */
    void release(String group) {
        Share share = shareOfGroup.get(group);
        share.domains--;
        if (share.domains == 0) {
            shareOfGroup.remove(group);
            if (share.region == first) {
                firstIsFree = true;
            } else {
                share.region.close();
            }
        }
        changed();
    }

    /** Notes that extents were handed out or given back, so that {@link #views} tells it. */
    void changed() {
        List<View> now = new ArrayList<>();
        if (firstIsFree) {
            now.add(new View(null, first, 0, 0));
        }
        shareOfGroup.forEach((group, share) -> now
                .add(new View(group, share.region, share.region.extents().usedBytes(), share.domains)));
        views = List.copyOf(now);
    }

    /** {@return the regions as of the last change; from any thread} */
    List<View> views() {
        return views;
    }

    /** {@return the region that was reserved at the start} */
    Region first() {
        return first;
    }

    /** {@return how regions are made} */
    RegionSettings settings() {
        return settings;
    }

    @Override
    public void close() {
        shareOfGroup.values().forEach(share -> share.region.close());
        first.close();
    }
}
