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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's regions: one for each trust group in use, and the first one, which waits for the next group when it has none. A
 * region never goes from one group to another: whoever had it may still map it, whatever is written over it.
 * All but {@link #views} is guarded by the lock of the {@link Inventory} that allocates.
 */
final class RegionStore implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RegionStore.class);

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
    private final Keeping keeping;
    private final Map<String, Share> shareOfGroup = new LinkedHashMap<>();
    /** Regions of the last agent by id, until {@link #begin}. */
    private final Map<String, Region> adopted = new LinkedHashMap<>();
    /** Null only after a shortage, until there is memory for another one. */
    private Region first;
    private boolean firstIsFree = true;
    /** The only group that the first region may be given to, or null for any. */
    private String groupOfFirst;
    private volatile List<View> views = List.of();

    /**
     * Has no regions yet.
     *
     * @param settings how regions are made
     * @param keeping  where the next agent finds them
     */
    RegionStore(RegionSettings settings, Keeping keeping) {
        this.settings = settings;
        this.keeping = keeping;
    }

    /**
     * Takes a region of the last agent.
     *
     * @param region  the region
     * @param isFirst whether it is the one that agents start with
     */
    void adopt(Region region, boolean isFirst) {
        adopted.put(region.id(), region);
        if (isFirst && first == null) {
            first = region;
        }
    }

    /**
     * An adopted region, for a domain that was in it. {@link #release} gives it back.
     *
     * @param group key of the domain's trust group
     * @param id    of the region
     * @return the region
     * @throws IllegalArgumentException if there is no such region, or another group has it
     */
    Region acquireAdopted(String group, String id) {
        Region region = adopted.get(id);
        Share share = shareOfGroup.get(group);
        boolean others = shareOfGroup.entrySet().stream()
                .anyMatch(entry -> entry.getValue().region == region && !entry.getKey().equals(group));
        if (region == null || others || (share != null && share.region != region)) {
            throw new IllegalArgumentException(
                    "region must be there and of this group alone: region=" + id + " group=\"" + group + "\"");
        }
        if (share == null) {
            share = new Share(region);
            shareOfGroup.put(group, share);
        }
        share.domains++;
        if (region == first) {
            firstIsFree = false;
            groupOfFirst = group;
        }
        return region;
    }

    /**
     * Frees adopted regions that nobody is in, as it is not known who was, and reserves the first one unless it is among the
     * others, so that a shortage shows now.
     *
     * @throws RegionException if memory is short
     */
    void begin() {
        for (Region region : adopted.values()) {
            if (shareOfGroup.values().stream().noneMatch(share -> share.region == region)) {
                free(region);
                first = region == first ? null : first;
            }
        }
        adopted.clear();
        if (first == null) {
            first = kept(new Region(settings), true);
            firstIsFree = true;
            groupOfFirst = null;
        } else if (!settings.fit(first)) {
            LOG.warn("event=region_settings_later asked=\"{}\" region=\"{}\" note=\"the region in use stays as it is\"",
                    settings.asked(), RegionSettings.describe(first));
        }
        changed();
    }

    private Region kept(Region region, boolean isFirst) {
        try {
            keeping.keep(region, isFirst);
            return region;
        } catch (RuntimeException e) {
            region.close();
            throw e;
        }
    }

    private void free(Region region) {
        keeping.forget(region);
        region.close();
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
            share = new Share(firstIsFree ? takeFirst(group) : another(false));
            shareOfGroup.put(group, share);
        }
        share.domains++;
        changed();
        return share.region;
    }

    private Region takeFirst(String group) throws RequestException {
        if (!firstIsOpenTo(group)) {
            // Before the new one is made: most machines have no hugepages for both.
            free(first);
            first = null;
            changed();
        }
        if (first == null) {
            first = another(true);
        }
        groupOfFirst = group;
        firstIsFree = false;
        return first;
    }

    private boolean firstIsOpenTo(String group) {
        return first == null || groupOfFirst == null || groupOfFirst.equals(group);
    }

    private Region another(boolean isFirst) throws RequestException {
        long used = (firstIsFree && first != null ? first.bytes() : 0)
                + shareOfGroup.values().stream().mapToLong(share -> share.region.bytes()).sum();
        if (used + settings.bytes() > settings.limitBytes()) {
            throw new RequestException(StatusCode.NO_RESOURCES,
                    "another trust group needs another region, which --memory-limit does not allow: used="
                            + MemorySize.format(used) + " region=" + MemorySize.format(settings.bytes())
                            + " memory-limit="
                            + MemorySize.format(settings.limitBytes())
                            + ": restart the agent with more, or share a region with trust_group=");
        }
        try {
            return kept(new Region(settings), isFirst);
        } catch (RegionException | OsException e) {
            throw new RequestException(StatusCode.NO_RESOURCES,
                    "another region cannot be made: " + e.getMessage());
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
                free(share.region);
            }
        }
        changed();
    }

    /** Notes that extents were handed out or given back, so that {@link #views} tells it. */
    void changed() {
        List<View> now = new ArrayList<>();
        if (firstIsFree && first != null) {
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

    /** {@return the region that was reserved at the start, or what has taken its place; null after a shortage} */
    Region first() {
        return first;
    }

    /**
     * How large the region of a trust group is, or will be once it has one.
     *
     * @param group key of the group
     * @return bytes
     */
    long bytesFor(String group) {
        Share share = shareOfGroup.get(group);
        if (share != null) {
            return share.region.bytes();
        }
        return firstIsFree && first != null && firstIsOpenTo(group) ? first.bytes() : settings.bytes();
    }

    /** {@return how regions are made} */
    RegionSettings settings() {
        return settings;
    }

    @Override
    public void close() {
        shareOfGroup.values().forEach(share -> free(share.region));
        if (firstIsFree && first != null) {
            free(first);
        }
        shareOfGroup.clear();
    }
}
