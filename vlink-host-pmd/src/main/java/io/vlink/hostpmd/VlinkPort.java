// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.lane.LinkEpochs;
import io.vlink.infra.os.Prefetch;
import io.vlink.infra.port.Port;
import io.vlink.infra.port.PortStatistics;
import io.vlink.infra.port.QueueClaim;
import io.vlink.infra.ring.FrameLimits;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.infra.port.MacAddress;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A port on a virtual link: the host's lane. Packets are offsets in the packet region; a program allocates buffers, writes
 * frames into {@link #region}, transmits them (which lends them to the guest), receives what the guest sends, and frees it or
 * transmits it again. Threads: see {@link Port}; the methods without a queue that are not in it are for a program that has one
 * thread and claims nothing.
 */
public final class VlinkPort implements Port {
    private static final long POLL_NANOS = 1_000_000;
    /** Packets of one burst from which on the guest counts as at work. */
    private static final int BULK = 8;
    /** Bursts, of both directions together, between two looks at the lane while the guest is at work. */
    private static final int SPARED_LOOKS = 15;

    private final VdevArguments arguments;
    private final LinkMemory memory;
    private final LinkGeometry geometry;
    private final AgentLink agent;
    private final LinkBuffers buffers;
    private final FrameLimits limits;
    /** As limits and arguments say: each burst asks for both, and of many links not all objects fit into the nearest cache. */
    private final int maxSegments;
    private final int queueCount;
    private final HostChannel[] channels;
    private final LinkEpochs epochs;
    private final BondQueue bond;
    /** Whether many packets came with the last burst, and the lane has not been looked at since. Only with one queue. */
    private boolean bulk;
    /** Bursts that may still pass without a look at the lane. Only with one queue. */
    private int looksToSpare;
    /** Whether the lane is to be looked at before the next burst, whatever has been seen. */
    private volatile boolean lookWanted;
    private boolean closed;

    VlinkPort(VdevArguments arguments, LinkMemory memory, AgentLink agent) {
        this.arguments = arguments;
        this.memory = memory;
        this.agent = agent;
        MemorySegment record = memory.record();
        geometry = LinkGeometry.read(record, memory.region().byteSize(), memory.channel().byteSize());
        limits = FrameLimits.of(geometry.mtu(), geometry.bufferBytes());
        maxSegments = limits.maxSegments();
        buffers = new LinkBuffers(record, geometry);
        int queueSize = geometry.queueSize();
        channels = new HostChannel[geometry.dataChannelOffsets().size()];
        boolean isBond = arguments.mode() == LinkMode.BOND;
        boolean alone = channels.length == 1 && !isBond;
        for (int i = 0; i < channels.length; i++) {
            MemorySegment bytes = memory.channel().asSlice(geometry.dataChannelOffsets().get(i),
                    DataChannelLayout.bytes(queueSize));
            channels[i] = new HostChannel(bytes, i, queueSize, buffers, limits,
                    new ChannelCounters(record, geometry.countersOffset(), i), memory.region(), alone);
        }
        queueCount = isBond ? 1 : channels.length;
        bond = isBond ? new BondQueue(channels, buffers, limits, memory.region(), queueSize) : null;
        MemorySegment controlChannel = memory.channel().asSlice(geometry.controlChannelOffset(),
                ControlChannelLayout.BYTES);
        HostChannel[][] queues = isBond ? new HostChannel[][]{channels} : oneEach(channels);
        epochs = LinkEpochs.ofHost(arguments.link(), controlChannel, queues.length,
                new HostSide(controlChannel, record, queues));
        agent.onReturn(this::agentReturned);
    }

    private static HostChannel[][] oneEach(HostChannel[] channels) {
        HostChannel[][] queues = new HostChannel[channels.length][];
        for (int i = 0; i < queues.length; i++) {
            queues[i] = new HostChannel[]{channels[i]};
        }
        return queues;
    }

    /**
     * Attaches to a link of the agent and joins it.
     *
     * @param arguments    which link, and how
     * @param runDirectory the agent's run directory
     * @return the port; its link is down until a guest has initialised its lane
     * @throws AttachException with one line that says why, if there is no agent or it refuses
     */
    public static VlinkPort attach(VdevArguments arguments, Path runDirectory) {
        VlinkPort port = open(arguments, runDirectory);
        port.start();
        return port;
    }

    /**
     * Attaches to a link of the agent, and leaves its epoch alone until {@link #start}: what the link is can be asked, and a
     * port that is closed again leaves no trace.
     *
     * @param arguments    which link, and how
     * @param runDirectory the agent's run directory
     * @return the port; its link is down
     * @throws AttachException with one line that says why, if there is no agent or it refuses
     */
    public static VlinkPort open(VdevArguments arguments, Path runDirectory) {
        Attachment attachment = Attachment.open(arguments.link(), runDirectory);
        try {
            VlinkPort port = new VlinkPort(arguments, attachment.memory(), attachment);
            Prefetch.makeReady();
            return port;
        } catch (RuntimeException | Error failure) {
            attachment.close();
            throw failure;
        }
    }

    /**
     * Waits for the link to come up.
     *
     * @param timeout how long at most
     * @return whether it is up; false also if the link {@link #isGone} or the thread is interrupted
     */
    public boolean waitUntilUp(Duration timeout) {
        long start = System.nanoTime();
        while (!linkUp()) {
            if (System.nanoTime() - start >= timeout.toNanos() || isGone()
                    || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    /** {@return whether descriptors may flow on every queue; looks at the guest's lane first} */
    public boolean linkUp() {
        boolean up = true;
        for (int queue = 0; queue < queueCount; queue++) {
            up &= poll(queue);
        }
        return up;
    }

    @Override
    public boolean poll(int queue) {
        boolean up = epochs.poll(checkQueue(queue));
        if (!up && queueCount == 1) {
            looksToSpare = 0;
        }
        return up;
    }

    private int checkQueue(int queue) {
        if (queue < 0 || queue >= queueCount) {
            String rule = bond != null
                    ? "mode=bond has queue 0 only: "
                    : "queue must be 0 to " + (queueCount - 1) + ", as the link has that many data channels: link="
                            + link() + " ";
            throw new IllegalArgumentException(rule + "queue=" + queue);
        }
        return queue;
    }

    @Override
    public QueueClaim claim(int queue, String worker) {
        return epochs.claim(queue, worker);
    }

    @Override
    public long epochCount(int queue) {
        return epochs.epochCount(checkQueue(queue));
    }

    /** {@return how often the link has come up since the port was attached, as queue 0 has seen it} */
    public long epochCount() {
        return epochCount(0);
    }

    @Override
    public int rxBurst(int queue, PacketBurst into) {
        if (into.capacity() < maxSegments) {
            throw new IllegalArgumentException("burst must have room for the largest packet: capacity="
                    + into.capacity() + " segments=" + maxSegments);
        }
        if (!mayFlow(queue)) {
            return 0;
        }
        return noteBurst(bond == null ? channels[queue].receive(into) : bond.receive(into));
    }

    /**
     * As {@link #poll}, but not before each burst while packets come in bursts. A guest that starts anew waits for the host to
     * see it, and may wait for as long as some bursts take. Of many links not all lanes fit into the nearest cache: to look at
     * each before each burst costs 4 to 8 % of what 16 links do. Only where all is one worker's: with several, one of them may
     * begin a new epoch, and the others must stop touching their rings.
     */
    private boolean mayFlow(int queue) {
        if (queueCount > 1) {
            return poll(queue);
        }
        if (looksToSpare > 0 && !lookWanted) {
            checkQueue(queue);
            looksToSpare--;
            return true;
        }
        if (lookWanted) {
            lookWanted = false;
        }
        boolean up = poll(queue);
        looksToSpare = up && bulk ? SPARED_LOOKS : 0;
        bulk = false;
        return up;
    }

    /** Notes whether the guest is at work. */
    private int noteBurst(int received) {
        if (queueCount == 1) {
            bulk = received >= BULK;
            looksToSpare = bulk ? looksToSpare : 0;
        }
        return received;
    }

    /** The agent has lost this driver and found it again: the epoch may have ended on the calling thread. */
    private void agentReturned() {
        epochs.repeat();
        lookWanted = true;
    }

    /** {@inheritDoc} Does nothing in {@code mode=bond}, whose queue is many channels. */
    @Override
    public void prefetch(int queue) {
        checkQueue(queue);
        if (bond == null) {
            channels[queue].prefetch();
        }
    }

    @Override
    public int txBurst(int queue, PacketBurst packets) {
        if (!mayFlow(queue) || packets.count() == 0) {
            return 0;
        }
        int taken = bond == null ? channels[queue].transmit(packets) : bond.transmit(packets);
        if (taken < packets.count()) {
            // A guest that finds no room on its free ring stops reading: a program that only sends would wait for ever.
            takeBackFreed(queue);
        }
        return taken;
    }

    private void takeBackFreed(int queue) {
        if (bond == null) {
            channels[queue].takeBackFreed();
        } else {
            bond.takeBackFreed();
        }
    }

    @Override
    public int alloc(int queue, PacketBurst into, int count) {
        int before = into.count();
        int taken = allocate(checkQueue(queue), into, count);
        into.prefetchToWrite(memory.region(), before);
        return taken;
    }

    private int allocate(int queue, PacketBurst into, int count) {
        int taken = allocFree(queue, into, count);
        if (taken == count || into.count() == into.capacity() || !poll(queue)) {
            return taken;
        }
        takeBackFreed(queue);
        if (bond == null && !epochs.hasWorkers()) {
            takeBackFreedElsewhere(queue);
        }
        return taken + allocFree(queue, into, count - taken);
    }

    /** One thread has all queues: what it sent on another one comes back there, and nobody else would look. */
    private void takeBackFreedElsewhere(int queue) {
        for (int other = 0; other < channels.length; other++) {
            if (other != queue && poll(other)) {
                channels[other].takeBackFreed();
            }
        }
    }

    private int allocFree(int queue, PacketBurst into, int count) {
        return bond == null ? buffers.alloc(queue, into, count) : bond.alloc(into, count);
    }

    /** As {@link #alloc(int, PacketBurst, int)}, of queue 0. */
    public int alloc(PacketBurst into, int count) {
        return alloc(0, into, count);
    }

    @Override
    public int free(int queue, PacketBurst packets) {
        channels[checkQueue(queue)].settle();
        buffers.free(queue, packets);
        return packets.count();
    }

    /**
     * Gives buffers back and empties the burst.
     *
     * @throws IllegalArgumentException for a buffer that the program does not hold; it and those after it stay in the burst
     */
    public void free(PacketBurst packets) {
        packets.removeFirst(free(0, packets));
    }

    @Override
    public int drop(int queue, PacketBurst packets) {
        channels[checkQueue(queue)].countDropped(limits.packets(packets, 0));
        return free(queue, packets);
    }

    @Override
    public int forget(int queue, PacketBurst packets) {
        return drop(queue, packets);
    }

    @Override
    public boolean isQuarantined(int queue) {
        return bond == null ? channels[checkQueue(queue)].isQuarantined() : quarantinedChannels() > 0;
    }

    @Override
    public boolean isDrained(int queue) {
        if (!poll(queue)) {
            return true;
        }
        boolean drained = bond == null ? channels[queue].isDrained(queueSize()) : areDrained();
        if (!drained) {
            // A guest that finds no room on its free ring stops reading: a program that only waits would wait for ever.
            takeBackFreed(queue);
        }
        return drained;
    }

    private boolean areDrained() {
        boolean drained = true;
        for (HostChannel channel : channels) {
            drained &= channel.isDrained(queueSize());
        }
        return drained;
    }

    @Override
    public boolean isUp() {
        return epochs.isUp();
    }

    @Override
    public boolean isGone() {
        return agent.state() == AgentState.REPLACED;
    }

    @Override
    public boolean isAway() {
        return agent.state() == AgentState.AWAY;
    }

    @Override
    public PortStatistics statistics() {
        return channelStatistics().toPortStatistics();
    }

    @Override
    public void start() {
        epochs.start();
    }

    @Override
    public void stop() {
        epochs.stop();
        looksToSpare = 0;
    }

    /** {@return counters of all data channels, as they are now; any thread} */
    public ChannelStatistics channelStatistics() {
        return ChannelStatistics.read(memory.record(), geometry.countersOffset(), channels.length);
    }

    @Override
    public MemorySegment region() {
        return memory.region();
    }

    /** {@return data channels that are out of use until the next epoch, because the guest moved a position out of range} */
    public int quarantinedChannels() {
        int quarantined = 0;
        for (HostChannel channel : channels) {
            quarantined += channel.isQuarantined() ? 1 : 0;
        }
        return quarantined;
    }

    /** {@return what the port was attached with} */
    public VdevArguments arguments() {
        return arguments;
    }

    /** {@return name of the link's domain} */
    public String domain() {
        return geometry.domain();
    }

    /** {@return MAC address of the guest's side} */
    public MacAddress mac() {
        return geometry.mac();
    }

    @Override
    public String link() {
        return arguments.link();
    }

    @Override
    public byte[] macBytes() {
        return mac().toBytes();
    }

    @Override
    public int maxFrameBytes() {
        return limits.maxFrameBytes();
    }

    @Override
    public int maxSegments() {
        return maxSegments;
    }

    @Override
    public int mtu() {
        return geometry.mtu();
    }

    @Override
    public int queues() {
        return queueCount;
    }

    @Override
    public int dataChannels() {
        return channels.length;
    }

    @Override
    public int queueSize() {
        return geometry.queueSize();
    }

    /** {@return buffers of the link} */
    public int bufferCount() {
        return geometry.bufferCount();
    }

    @Override
    public int bufferBytes() {
        return geometry.bufferBytes();
    }

    /** {@return buffers that are neither the program's nor lent; walks the ledger} */
    public int freeBuffers() {
        return buffers.freeCount();
    }

    /**
     * {@return buffers that the guest has, by the ledger; walks all of it} What was received last may count until the port is
     * asked for something else.
     */
    public int lentBuffers() {
        return buffers.lentCount();
    }

    /**
     * What has become of the agent. While it is away, traffic goes on, and the port attaches again by itself as soon as it can:
     * there is nothing to do but to wait. A port whose link is another one by now can only be closed and opened again.
     *
     * @return the state; any thread
     */
    public AgentState agentState() {
        return agent.state();
    }

    /**
     * Detaches. Buffers that the guest has stay lent, on record; the next driver gets them back with the first epoch that the
     * guest acknowledges. Without the agent that may be so for packets that came back last, too. The port cannot be used any
     * more.
     */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            stop();
            if (agent.state() == AgentState.ATTACHED) { // otherwise the record may be another driver's by now
                for (HostChannel channel : channels) {
                    channel.settleAll();
                }
            }
            agent.close();
        }
    }
}
