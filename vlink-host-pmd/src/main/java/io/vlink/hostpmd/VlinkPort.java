// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.hostpmd;

import io.vlink.infra.port.FlowHash;
import io.vlink.infra.port.MacAddress;
import io.vlink.infra.lane.HostLane;
import io.vlink.infra.lane.LaneEvent;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.ControlChannelLayout;
import io.vlink.spec.channel.DataChannelLayout;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * A port on a virtual link: the host's lane. Packets are offsets in the packet region; a program allocates buffers, writes
 * frames into {@link #region}, transmits them (which lends them to the guest), receives what the guest sends, and frees it or
 * transmits it again.
 *
 * <p>
 * A port belongs to one thread at a time; only {@link #isAgentGone} and {@link #statistics} are for any. Bursts neither
 * allocate, nor lock, nor enter the kernel, and whatever a guest does, they do not throw; {@link IllegalArgumentException} means
 * that the program passed a buffer that is not its own.
 */
public final class VlinkPort implements AutoCloseable {
    private static final long POLL_NANOS = 1_000_000;

    private final VdevArguments arguments;
    private final LinkMemory memory;
    private final LinkGeometry geometry;
    private final AgentLink agent;
    private final LinkBuffers buffers;
    private final HostChannel[] channels;
    private final PacketBurst[] spread;
    private final int[] room;
    private final HostLane lane;
    private int nextChannel;
    private long epochCount;

    VlinkPort(VdevArguments arguments, LinkMemory memory, AgentLink agent) {
        this.arguments = arguments;
        this.memory = memory;
        this.agent = agent;
        MemorySegment record = memory.record();
        geometry = LinkGeometry.read(record, memory.region().byteSize(), memory.channel().byteSize());
        buffers = new LinkBuffers(record, geometry);
        int queueSize = geometry.queueSize();
        channels = new HostChannel[geometry.dataChannelOffsets().size()];
        spread = new PacketBurst[channels.length];
        room = new int[channels.length];
        for (int i = 0; i < channels.length; i++) {
            MemorySegment bytes = memory.channel().asSlice(geometry.dataChannelOffsets().get(i),
                    DataChannelLayout.bytes(queueSize));
            channels[i] = new HostChannel(bytes, i, queueSize, buffers,
                    new ChannelCounters(record, geometry.countersOffset(), i));
            spread[i] = new PacketBurst(queueSize);
        }
        lane = new HostLane(
                memory.channel().asSlice(geometry.controlChannelOffset(), ControlChannelLayout.BYTES), record);
    }

    /**
     * Attaches to a link of the agent.
     *
     * @param arguments    which link, and how
     * @param runDirectory the agent's run directory
     * @return the port; its link is down until a guest has initialised its lane
     * @throws AttachException with one line that says why, if there is no agent or it refuses
     */
    public static VlinkPort attach(VdevArguments arguments, Path runDirectory) {
        Attachment attachment = Attachment.open(arguments.link(), runDirectory);
        try {
            return new VlinkPort(arguments, attachment.memory(), attachment);
        } catch (RuntimeException | Error failure) {
            attachment.close();
            throw failure;
        }
    }

    /**
     * Waits for the link to come up.
     *
     * @param timeout how long at most
     * @return whether it is up; false also if the agent has gone or the thread is interrupted
     */
    public boolean waitUntilUp(Duration timeout) {
        long start = System.nanoTime();
        while (!linkUp()) {
            if (System.nanoTime() - start >= timeout.toNanos() || agent.isGone()
                    || Thread.currentThread().isInterrupted()) {
                return false;
            }
            LockSupport.parkNanos(POLL_NANOS);
        }
        return true;
    }

    /** {@return whether descriptors may flow; looks at the guest's lane first} */
    public boolean linkUp() {
        LaneEvent event = lane.poll();
        if (event == LaneEvent.RESET_RINGS) {
            startEpoch();
        }
        return lane.isUp();
    }

    private void startEpoch() {
        buffers.reclaim(channels);
        for (HostChannel channel : channels) {
            channel.reset(lane.epoch());
        }
        lane.complete();
        epochCount++;
    }

    /**
     * How often the link has come up since the port was attached. A program that remembers the number sees that packets which
     * it waits for are not coming any more.
     *
     * @return epochs, from 0
     */
    public long epochCount() {
        return epochCount;
    }

    /**
     * Receives packets and appends them to a burst. Their buffers belong to the program until it transmits or frees them.
     *
     * @param queue 0 to {@link #queues} - 1
     * @param into  what it has room for is the limit
     * @return how many
     */
    public int rxBurst(int queue, PacketBurst into) {
        if (!linkUp()) {
            return 0;
        }
        if (arguments.mode() == LinkMode.MQ) {
            return channels[queue].receive(into);
        }
        checkBondQueue(queue);
        return receiveFromAll(into);
    }

    /** Starts at another channel each time: a busy one that fills every burst must not keep the others waiting. */
    private int receiveFromAll(PacketBurst into) {
        int received = 0;
        int channel = nextChannel;
        for (int i = 0; i < channels.length; i++) {
            received += channels[channel].receive(into);
            channel = channelAfter(channel);
        }
        nextChannel = channelAfter(nextChannel);
        return received;
    }

    private int channelAfter(int channel) {
        return channel + 1 == channels.length ? 0 : channel + 1;
    }

    /**
     * Transmits packets from the first on, by lending their buffers to the guest.
     *
     * @param queue   0 to {@link #queues} - 1
     * @param packets left as they are: call {@link PacketBurst#removeFirst} with the result
     * @return how many were taken; fewer than there are if the queue is full, 0 if the link is down
     * @throws IllegalArgumentException if the program does not hold a packet's buffer, or the packet is no frame
     */
    public int txBurst(int queue, PacketBurst packets) {
        if (!linkUp()) {
            return 0;
        }
        if (arguments.mode() == LinkMode.MQ) {
            return channels[queue].transmit(packets);
        }
        checkBondQueue(queue);
        return transmitSpread(packets);
    }

    private static void checkBondQueue(int queue) {
        if (queue != 0) {
            throw new IllegalArgumentException("mode=bond has queue 0 only: queue=" + queue);
        }
    }

    /** Spreads packets by flow and stops at the first one whose channel is full, so that what is taken is a prefix. */
    private int transmitSpread(PacketBurst packets) {
        int alive = lookForRoom(packets.count);
        if (alive == 0) {
            return 0;
        }
        int taken = 0;
        while (taken < packets.count) {
            long offset = packets.offset[taken];
            int length = packets.length(taken);
            int channel = buffers.isLendable(offset, length)
                    ? aliveChannel(FlowHash.of(memory.region(), offset, length), alive)
                    : aliveChannel(0, alive); // that channel will refuse it with the reason
            PacketBurst part = spread[channel];
            if (part.count == room[channel]) {
                break;
            }
            part.add(offset, packets.meta[taken]);
            taken++;
        }
        transmitParts();
        return taken;
    }

    /**
     * Notes the room of each channel, once a burst: later no consumer position is read any more, so no channel can be
     * quarantined after packets were put aside for it, which would lose them. Returns how many channels run.
     */
    private int lookForRoom(int wanted) {
        int alive = 0;
        for (int i = 0; i < channels.length; i++) {
            room[i] = channels[i].transmitRoom(wanted);
            alive += channels[i].isQuarantined() ? 0 : 1;
        }
        return alive;
    }

    private void transmitParts() {
        try {
            for (int i = 0; i < channels.length; i++) {
                if (spread[i].count > 0) {
                    channels[i].transmit(spread[i]);
                    spread[i].count = 0;
                }
            }
        } finally {
            for (PacketBurst part : spread) {
                part.count = 0;
            }
        }
    }

    /** The channel of a flow among those that run; a flow moves only when a channel is quarantined. */
    private int aliveChannel(int hash, int alive) {
        int skip = (int) ((Integer.toUnsignedLong(hash) * alive) >>> 32);
        int channel = 0;
        while (channels[channel].isQuarantined() || skip-- > 0) {
            channel++;
        }
        return channel;
    }

    /**
     * Appends free buffers to a burst, each from its first byte on and with length 0.
     *
     * @param into  receives the buffers
     * @param count buffers wanted
     * @return how many there were; fewer if the pool runs short or the burst has no more room
     */
    public int alloc(PacketBurst into, int count) {
        return buffers.alloc(into, count);
    }

    /**
     * Gives buffers back to the pool.
     *
     * @param packets emptied
     * @throws IllegalArgumentException for a buffer that the program does not hold; it and those after it stay in the burst
     */
    public void free(PacketBurst packets) {
        buffers.free(packets);
    }

    /** {@return counters of all data channels, as they are now; any thread} */
    public PortStatistics statistics() {
        return PortStatistics.read(memory.record(), geometry.countersOffset(), channels.length);
    }

    /** {@return the packet region; frames are written and read here} */
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

    /** {@return bytes of an IP packet, at most} */
    public int mtu() {
        return geometry.mtu();
    }

    /** {@return queues that the port shows: the data channels in mode mq, one in mode bond} */
    public int queues() {
        return arguments.mode() == LinkMode.MQ ? channels.length : 1;
    }

    /** {@return data channels of the link} */
    public int dataChannels() {
        return channels.length;
    }

    /** {@return descriptors in each ring of a data channel} */
    public int queueSize() {
        return geometry.queueSize();
    }

    /** {@return buffers of the link} */
    public int bufferCount() {
        return geometry.bufferCount();
    }

    /** {@return bytes of a buffer} */
    public int bufferBytes() {
        return geometry.bufferBytes();
    }

    /** {@return buffers in the pool: neither the program's nor lent} */
    public int freeBuffers() {
        return buffers.freeCount();
    }

    /** {@return buffers that the guest has, by the ledger; walks all of it} */
    public int lentBuffers() {
        return buffers.lentCount();
    }

    /**
     * Whether the agent has gone. Traffic goes on without it, but the link cannot be attached to again.
     *
     * @return true once the connection to the agent has ended; any thread
     */
    public boolean isAgentGone() {
        return agent.isGone();
    }

    /**
     * Detaches. Buffers that the guest has stay lent, on record; the next driver gets them back with the first epoch that the
     * guest acknowledges. The port cannot be used any more.
     */
    @Override
    public void close() {
        lane.detach();
        agent.close();
    }
}
