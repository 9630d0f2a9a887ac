// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.os.Fd;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * A domain with its memory, which lives until the domain is gone and no driver holds one of its links. What it was made from
 * never changes; the rest is guarded by the inventory's lock.
 */
public final class Domain {
    /** Size of {@link #deviceMemory}. */
    public static final int DEVICE_BYTES = 8_192;

    private final DomainRequest request;
    private final Region region;
    private final ChannelMemory channels;
    private final SharedBlock device;
    private final List<Link> links = new ArrayList<>();
    private DeviceServer server;
    private DeviceServer.Listener listener;
    private boolean lanesLeftAlone;
    private boolean registered;
    private boolean persistent;
    private boolean released;
    private int ownerPid;
    private boolean connected;

    Domain(DomainRequest request, Region region, ChannelMemory channels, SharedBlock device) {
        this.request = request;
        this.region = region;
        this.channels = channels;
        this.device = device;
    }

    /** {@return what was asked for} */
    public DomainRequest request() {
        return request;
    }

    /** {@return the name} */
    public String name() {
        return request.name();
    }

    /** {@return the packet region} */
    public Region region() {
        return region;
    }

    /** {@return the channel memory} */
    ChannelMemory channels() {
        return channels;
    }

    /** {@return the descriptor of channel memory; stays ours} */
    public Fd channelMemoryFd() {
        return channels.fd();
    }

    /** {@return channel memory, mapped as long as the domain's device is served} */
    public MemorySegment channelMemory() {
        return channels.segment();
    }

    /** {@return {@value #DEVICE_BYTES} bytes that its device server remembers things in; nobody else maps them} */
    public MemorySegment deviceMemory() {
        return device.segment();
    }

    /** {@return the descriptor of that memory} */
    Fd deviceFd() {
        return device.fd();
    }

    /** {@return channels in channel memory, control channels included} */
    public int channelCount() {
        return channels.plan().channels().size();
    }

    /** {@return the links in the order of link.config} */
    public List<Link> links() {
        return List.copyOf(links);
    }

    /**
     * The directory row of a link's control channel.
     *
     * @param link index of the link
     * @return the row
     */
    public int controlChannel(int link) {
        return channels.plan().controlChannel(link);
    }

    void add(Link link) {
        links.add(link);
    }

    void register(int pid, boolean outlivesConnection, DeviceServer deviceServer) {
        registered = true;
        ownerPid = pid;
        persistent = outlivesConnection;
        server = deviceServer;
    }

    /** Ends the registration; the memory stays. */
    DeviceServer withdraw() {
        registered = false;
        DeviceServer stopped = server;
        server = null;
        device(false);
        return stopped;
    }

    /** Says whose events count from now on: those of an earlier device server may come late. */
    void listenThrough(DeviceServer.Listener current) {
        listener = current;
    }

    boolean listensThrough(DeviceServer.Listener source) {
        return source.equals(listener);
    }

    /** Says whether somebody uses the device; the next one must find its links, whatever the last has written over them. */
    void device(boolean inUse) {
        connected = inUse;
        if (!released) {
            if (!inUse) {
                channels.describe();
            }
            links.forEach(link -> link.device(inUse));
        }
    }

    /** Makes the agent write no lane word of this domain any more, because it stops while both sides may well go on. */
    void leaveLanesAlone() {
        lanesLeftAlone = true;
    }

    boolean leavesLanesAlone() {
        return lanesLeftAlone;
    }

    /** Says that no guest drives any link until it says otherwise, and mends what one has written over descriptions. */
    void resetGuestLanes() {
        if (!released) {
            channels.describe();
            links.forEach(link -> channels.clearGuestLane(link.index()));
        }
    }

    boolean isRegistered() {
        return registered;
    }

    boolean isPersistent() {
        return persistent;
    }

    int ownerPid() {
        return ownerPid;
    }

    boolean isConnected() {
        return connected;
    }

    DeviceServer server() {
        return server;
    }

    List<Attachment> attachments() {
        return links.stream().map(Link::attachment).filter(attachment -> attachment != null).toList();
    }

    /** Frees channel memory and records; the region's extents are the caller's business. */
    void release() {
        released = true;
        links.forEach(link -> link.record().close());
        channels.close();
        device.close();
    }
}
