// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest;

import io.vlink.infra.lane.LinkEpochs;
import io.vlink.infra.os.Prefetch;
import io.vlink.infra.port.Port;
import io.vlink.infra.port.PortStatistics;
import io.vlink.infra.port.QueueClaim;
import io.vlink.infra.ring.PacketBurst;
import java.lang.foreign.MemorySegment;
import java.util.HexFormat;

/**
 * A port on a virtual link: the guest's lane. Its queues are the link's data channels. A packet taken from a queue is on loan: it
 * goes back exactly once, on the same queue. Threads: see {@link Port}.
 */
public final class GuestPort implements Port {
    private final GuestDevice device;
    private final GuestLink link;
    private final LinkEpochs epochs;

    private GuestPort(GuestDevice device, GuestLink link) {
        this.device = device;
        this.link = link;
        this.epochs = LinkEpochs.ofGuest(link.name(), link.controlChannel(), link.queueCount(), new GuestSide(link));
    }

    /**
     * Takes a link for this program and joins it; whoever drove it before is out.
     *
     * @param device the device; it stays open when the port is closed
     * @param link   one of its links
     * @return the port; its link is down until the host has completed an epoch
     * @throws DeviceException if another program of this guest has the link, or this one already attached
     */
    public static GuestPort attach(GuestDevice device, GuestLink link) {
        GuestPort port = open(device, link);
        port.start();
        return port;
    }

    /**
     * Takes a link for this program, and leaves its epoch alone until {@link #start}: what the link is can be asked.
     *
     * @param device the device; it stays open when the port is closed
     * @param link   one of its links
     * @return the port; its link is down
     * @throws DeviceException if another program of this guest has the link
     */
    public static GuestPort open(GuestDevice device, GuestLink link) {
        link.claim();
        GuestPort port = new GuestPort(device, link);
        Prefetch.makeReady();
        return port;
    }

    private GuestQueue queue(int queue) {
        return link.queue(queue);
    }

    @Override
    public String link() {
        return link.name();
    }

    @Override
    public byte[] macBytes() {
        return HexFormat.ofDelimiter(":").parseHex(link.mac());
    }

    @Override
    public int mtu() {
        return link.mtu();
    }

    @Override
    public int maxFrameBytes() {
        return queue(0).limits().maxFrameBytes();
    }

    @Override
    public int maxSegments() {
        return queue(0).limits().maxSegments();
    }

    @Override
    public int bufferBytes() {
        return link.bufferBytes();
    }

    @Override
    public int queues() {
        return link.queueCount();
    }

    @Override
    public int dataChannels() {
        return link.queueCount();
    }

    @Override
    public int queueSize() {
        return link.queueSize();
    }

    @Override
    public MemorySegment region() {
        return device.region();
    }

    @Override
    public QueueClaim claim(int queue, String worker) {
        return epochs.claim(queue, worker);
    }

    @Override
    public boolean poll(int queue) {
        return epochs.poll(queue);
    }

    @Override
    public long epochCount(int queue) {
        return epochs.epochCount(queue);
    }

    @Override
    public int rxBurst(int queue, PacketBurst into) {
        return epochs.poll(queue) ? queue(queue).receive(into) : 0;
    }

    @Override
    public void prefetch(int queue) {
        queue(queue).prefetch();
    }

    @Override
    public int txBurst(int queue, PacketBurst packets) {
        return epochs.poll(queue) ? queue(queue).txBurst(packets) : 0;
    }

    @Override
    public int alloc(int queue, PacketBurst into, int count) {
        if (!epochs.poll(queue)) {
            return 0;
        }
        int before = into.count();
        int taken = queue(queue).allocate(into, count);
        into.prefetchToWrite(region(), before);
        return taken;
    }

    /** As in {@link Port}; on a link that is down nothing is the guest's, so all is taken and forgotten. */
    @Override
    public int free(int queue, PacketBurst packets) {
        return epochs.poll(queue) ? queue(queue).free(packets) : packets.count();
    }

    @Override
    public int drop(int queue, PacketBurst packets) {
        return epochs.poll(queue) ? queue(queue).drop(packets) : forget(queue, packets);
    }

    @Override
    public int forget(int queue, PacketBurst packets) {
        return queue(queue).forget(packets);
    }

    @Override
    public boolean isQuarantined(int queue) {
        return queue(queue).isFaulted();
    }

    @Override
    public boolean isDrained(int queue) {
        return !epochs.poll(queue) || queue(queue).isDrained();
    }

    @Override
    public boolean isUp() {
        return epochs.isUp();
    }

    @Override
    public boolean isGone() {
        return device.access().isGone();
    }

    /** {@inheritDoc} A counter that a worker is just changing may lag by a burst. */
    @Override
    public PortStatistics statistics() {
        return GuestCounters.statistics(link);
    }

    @Override
    public void start() {
        epochs.start();
    }

    @Override
    public void stop() {
        epochs.stop();
    }

    @Override
    public void close() {
        stop();
    }
}
