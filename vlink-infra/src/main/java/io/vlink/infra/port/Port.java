// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.port;

import io.vlink.infra.ring.PacketBurst;
import java.lang.foreign.MemorySegment;

/**
 * A port on a virtual link: one of its two lanes. A program takes buffers with {@link #alloc}, writes frames into
 * {@link #region}, and passes them on with {@link #txBurst}; what {@link #rxBurst} hands out is the program's until it passes
 * it on or gives it back with {@link #free}. Packets are offsets in the region; nothing is copied.
 *
 * <p>
 * A queue belongs to one thread at a time, the worker that {@linkplain #claim claimed} it; different queues may be driven by
 * different threads. Every method with a queue is for its worker, the others are for any thread. Bursts neither allocate, nor
 * lock, nor enter the kernel while the link is up, and whatever the peer does, they do not throw; an
 * {@link IllegalArgumentException} means that the program passed a buffer that is not its own.
 *
 * <p>
 * Buffers stay with their queue: a program sends on the queue that it has a buffer or a packet from, and gives it back there. For
 * a guest that is a must, as each queue's loans are booked by a worker of their own, without a lock: what comes back on another
 * queue is dropped by the host ({@code not_lent}) and is the guest's no more until the next epoch. A host may send a buffer on
 * any queue of its port; it comes back there, so the worker of that queue must look after it (see {@link #alloc}).
 *
 * <p>
 * A packet larger than a buffer is a chain: consecutive entries of a burst, each but the last with the flag
 * {@code Descriptor.FLAG_MORE}. Bursts pass chains whole or not at all, so a burst should have room for {@link #maxSegments}
 * entries at least. Where {@link #maxSegments} is 1 there are none, and an entry is a packet.
 */
public interface Port extends AutoCloseable {
    /** {@return name of the link} */
    String link();

    /** {@return the 6 bytes of the link's MAC address, which is that of the guest's side; a copy} */
    byte[] macBytes();

    /** {@return bytes of an IP packet, at most} */
    int mtu();

    /** {@return bytes of a frame, at most: the MTU and the Ethernet header, without the FCS} */
    int maxFrameBytes();

    /** {@return descriptors of a packet, at most: 1 where the largest frame fits a buffer} */
    int maxSegments();

    /** {@return bytes of a buffer} */
    int bufferBytes();

    /** {@return queues; they are numbered from 0} */
    int queues();

    /** {@return data channels of the link} */
    int dataChannels();

    /** {@return descriptors in each ring of a data channel} */
    int queueSize();

    /** {@return the packet region; frames are written and read here} */
    MemorySegment region();

    /**
     * Makes the calling program the only worker of a queue.
     *
     * @param queue  0 to {@link #queues} - 1
     * @param worker who it is, for the message to the second one
     * @return gives the queue back when it is closed
     * @throws PortException if there is no such queue, or it has a worker already
     */
    QueueClaim claim(int queue, String worker);

    /**
     * Follows the other lane, and says whether packets may flow. Bursts do this themselves, at least every sixteenth one; a
     * worker that makes none must call it now and then, because a new epoch waits for all workers.
     *
     * @param queue 0 to {@link #queues} - 1
     * @return true if the link is up
     */
    boolean poll(int queue);

    /**
     * How often the link has come up since the port was attached, as this queue has seen it. When it changes, packets that
     * were on their way are not coming any more, and what the worker holds must be forgotten by a guest.
     *
     * @param queue 0 to {@link #queues} - 1
     * @return epochs, from 0
     */
    long epochCount(int queue);

    /**
     * Receives packets and appends them to a burst.
     *
     * @param queue 0 to {@link #queues} - 1
     * @param into  what it has room for is the limit
     * @return how many entries
     */
    int rxBurst(int queue, PacketBurst into);

    /**
     * Asks for the cache lines that the next bursts are going to need first, without waiting for them: for a thread with several
     * queues, before it works on what it has received from another one. A hint, which costs a few nanoseconds and may do nothing;
     * for queues where nothing comes it costs the peer more than it gains. No harm on a link that is down or a closed port.
     *
     * @param queue 0 to {@link #queues} - 1; on the thread of its worker
     */
    void prefetch(int queue);

    /**
     * Transmits packets from the first on. Those that were not taken are still the program's.
     *
     * @param queue   0 to {@link #queues} - 1
     * @param packets left as they are: call {@link PacketBurst#removeFirst} with the result
     * @return how many entries were taken; fewer than there are if the queue is full, 0 if the link is known to be down
     * @throws IllegalArgumentException (host) if the program does not hold a packet's buffer, or the packet is no frame
     */
    int txBurst(int queue, PacketBurst packets);

    /**
     * Appends empty buffers to a burst, each from where a frame may begin. Where the link's packets are chains that is its
     * first byte; otherwise a few cache lines of headroom may come before, and the largest frame has room after it. On the
     * host what the guest has freed is taken back first where they would run short, so a program that only sends need not
     * call {@link #rxBurst}: what was sent on this queue, and, where no queue of the port is claimed and so one thread has
     * them all, what was sent on any. Otherwise buffers that were sent on another queue come back when its worker calls
     * {@link #rxBurst}, {@code alloc} or {@link #isDrained} there.
     *
     * @param queue 0 to {@link #queues} - 1
     * @param into  receives the buffers
     * @param count buffers wanted
     * @return how many there were; fewer if they run short or the burst has no more room
     */
    int alloc(int queue, PacketBurst into, int count);

    /**
     * Gives buffers back, from the first on.
     *
     * @param queue   0 to {@link #queues} - 1
     * @param packets left as they are: call {@link PacketBurst#removeFirst} with the result
     * @return how many were taken: all on the host; on a guest what its {@code free} ring has room for
     * @throws IllegalArgumentException (host) for a buffer that the program does not hold
     */
    int free(int queue, PacketBurst packets);

    /**
     * Gives packets back that the program could not transmit, and counts them as dropped ({@code tx_dropped}).
     *
     * @param queue   0 to {@link #queues} - 1
     * @param packets left as they are
     * @return how many were taken, as {@link #free} does
     */
    int drop(int queue, PacketBurst packets);

    /**
     * Gives up packets whose epoch is over (see {@link #epochCount}), and counts them as dropped ({@code tx_dropped}). A host
     * has their buffers back; for a guest they are the host's already, and nothing goes on a ring.
     *
     * @param queue   0 to {@link #queues} - 1
     * @param packets left as they are
     * @return how many entries: all of them
     */
    int forget(int queue, PacketBurst packets);

    /**
     * Whether a queue's channels are out of use until the next epoch, because the peer moved a position out of range.
     *
     * @param queue 0 to {@link #queues} - 1
     * @return true if a channel is
     */
    boolean isQuarantined(int queue);

    /**
     * Whether the peer has taken everything that was transmitted on a queue: what it has not is lost when this side leaves.
     *
     * @param queue 0 to {@link #queues} - 1
     * @return true if nothing waits, or the link is down
     */
    boolean isDrained(int queue);

    /** {@return whether the link is up, as the workers have last seen it} */
    boolean isUp();

    /** {@return whether what the port was attached through has gone, the link or the device: it does not come back} */
    boolean isGone();

    /**
     * Whether what the port was attached through is not there for now: packets flow on as long as the other side is there, and
     * the port comes back by itself.
     *
     * @return false where it is there, and for a port that never comes back
     */
    default boolean isAway() {
        return false;
    }

    /**
     * What a program says when a port {@link #isAway}.
     *
     * @param port the port
     * @return one line, without the program's name
     */
    static String awayText(Port port) {
        return "agent is away: link=" + port.link() + ": packets flow on while the other side is there; attaching again"
                + " as soon as it is back";
    }

    /**
     * What a program says when a port is no longer away.
     *
     * @param port the port
     * @return one line, without the program's name
     */
    static String backText(Port port) {
        return "agent is back: link=" + port.link() + " is attached again";
    }

    /** {@return counters of all data channels, as they are now} */
    PortStatistics statistics();

    /**
     * Joins the link, unless that is done: asks for a new epoch, which ends the one before. What the methods above say of the
     * link can be asked before. Only while no worker runs.
     */
    void start();

    /** Leaves the link and keeps the port; packets on their way are lost. Only while no worker runs. */
    void stop();

    /** Detaches. The port cannot be used any more; closing it again does nothing. Only while no worker runs. */
    @Override
    void close();
}
