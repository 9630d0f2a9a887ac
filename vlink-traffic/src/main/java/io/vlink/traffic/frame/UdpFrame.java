// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.pci.Limits;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Builds and checks the frames of one stream from a template: only sequence, time, pattern and UDP checksum change from one
 * frame to the next. Sizes are what generators call frame size: they count the 4 bytes of the frame check sequence, which a
 * wire has and vlink does not, so a "64-byte frame" is 60 bytes in a buffer. A frame larger than a buffer lies in a chain of
 * them. One thread at a time.
 */
public final class UdpFrame {
    /** Bytes of the frame check sequence: counted in a size, absent from a buffer. */
    public static final int FCS_BYTES = 4;
    /** Smallest size in bytes, FCS counted: Ethernet's own minimum. */
    public static final int MIN_SIZE = FrameLayout.PATTERN_OFFSET + FCS_BYTES;
    /** Largest size in bytes, FCS counted. */
    public static final int MAX_SIZE = Limits.MAX_MTU + FrameLayout.ETHERNET_HEADER_BYTES + FCS_BYTES;
    /** Streams that a frame can tell apart. */
    public static final int MAX_STREAMS = 256;

    /** First word of a pattern: this times the sequence number. */
    static final long PATTERN_SEED = 0x9e37_79b9_7f4a_7c15L;
    /** From one word of a pattern to the next. */
    static final long PATTERN_STEP = 0xd1b5_4a32_d192_ed03L;

    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final byte VERSION_4_NO_OPTIONS = 0x45;
    private static final short DONT_FRAGMENT = 0x4000;
    private static final byte TIME_TO_LIVE = 64;
    private static final byte PROTOCOL_UDP = 17;
    /** In the second header word: all but the tail of the source MAC. */
    private static final long BEHIND_MACS = 0xffff_ffff_0000_0000L;

    private final int stream;
    private final int frameBytes;
    private final long header0;
    private final long header1;
    private final long header2;
    private final long header3;
    private final long header4;
    private final long swapped0;
    private final long swapped1;
    private final int streamAndMagic;
    private final long fixedSum;
    private final PatternCursor cursor = new PatternCursor();

    /**
     * The template of a stream.
     *
     * @param flow   its addresses
     * @param stream its number, 0 to {@value #MAX_STREAMS} - 1
     * @param size   frame size in bytes with FCS, {@value #MIN_SIZE} to {@value #MAX_SIZE}
     * @throws IllegalArgumentException for a number out of range
     */
    public UdpFrame(UdpFlow flow, int stream, int size) {
        if (stream < 0 || stream >= MAX_STREAMS) {
            throw new IllegalArgumentException("stream must be 0 to 255: stream=" + stream);
        }
        if (size < MIN_SIZE || size > MAX_SIZE) {
            throw new IllegalArgumentException(
                    "size must be " + MIN_SIZE + " to " + MAX_SIZE + " bytes (FCS counted): size=" + size);
        }
        this.stream = stream;
        this.frameBytes = size - FCS_BYTES;
        byte[] header = header(flow, frameBytes);
        ByteBuffer words = ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN);
        header0 = words.getLong(0);
        header1 = words.getLong(8);
        header2 = words.getLong(16);
        header3 = words.getLong(24);
        header4 = words.getLong(32);
        words = ByteBuffer.wrap(header(flow.withMacsSwapped(), frameBytes)).order(ByteOrder.LITTLE_ENDIAN);
        swapped0 = words.getLong(0);
        swapped1 = words.getLong(8);
        streamAndMagic = stream | FrameLayout.MAGIC << 8;
        fixedSum = pseudoHeaderSum(header) + streamAndMagic;
    }

    /**
     * The largest frame size that an MTU allows.
     *
     * @param mtu bytes of an IP packet
     * @return bytes, FCS counted
     */
    public static int maxSize(int mtu) {
        return mtu + FrameLayout.ETHERNET_HEADER_BYTES + FCS_BYTES;
    }

    private static byte[] header(UdpFlow flow, int frameBytes) {
        ByteBuffer header = ByteBuffer.allocate(FrameLayout.STREAM_OFFSET);
        int ipBytes = frameBytes - FrameLayout.IP_OFFSET;
        int udpBytes = frameBytes - FrameLayout.UDP_OFFSET;
        header.put(flow.destinationMac().toBytes()).put(flow.sourceMac().toBytes()).putShort((short) ETHERTYPE_IPV4);
        // Identification stays 0: RFC 6864 section 4.1 allows it for packets that may not be fragmented.
        header.put(VERSION_4_NO_OPTIONS).put((byte) 0).putShort((short) ipBytes).putShort((short) 0)
                .putShort(DONT_FRAGMENT).put(TIME_TO_LIVE).put(PROTOCOL_UDP).putShort((short) 0)
                .putInt(flow.sourceAddress()).putInt(flow.destinationAddress());
        header.putShort((short) flow.sourcePort()).putShort((short) flow.destinationPort()).putShort((short) udpBytes)
                .putShort((short) 0);
        byte[] bytes = header.array();
        int ipEnd = FrameLayout.IP_OFFSET + FrameLayout.IP_HEADER_BYTES;
        int checksum = ~OnesComplement.fold(OnesComplement.ofBytes(bytes, FrameLayout.IP_OFFSET, ipEnd));
        header.order(ByteOrder.LITTLE_ENDIAN).putShort(FrameLayout.IP_OFFSET + 10, (short) checksum);
        return bytes;
    }

    private static long pseudoHeaderSum(byte[] header) {
        int addresses = FrameLayout.IP_OFFSET + 12;
        long sum = OnesComplement.ofBytes(header, addresses, FrameLayout.UDP_OFFSET);
        sum += OnesComplement.ofBytes(header, FrameLayout.UDP_OFFSET, FrameLayout.CHECKSUM_OFFSET);
        int length = FrameLayout.UDP_OFFSET + 4;
        return sum + OnesComplement.ofBytes(new byte[]{0, PROTOCOL_UDP, header[length], header[length + 1]}, 0, 4);
    }

    /** {@return bytes of a frame in a buffer, FCS not counted} */
    public int frameBytes() {
        return frameBytes;
    }

    /** {@return the number of the stream} */
    public int stream() {
        return stream;
    }

    /**
     * Buffers that a frame fills.
     *
     * @param bufferBytes bytes of a buffer, at least {@value #MIN_SIZE}
     * @return 1 or more
     */
    public int segments(int bufferBytes) {
        return Math.ceilDiv(frameBytes, bufferBytes);
    }

    /**
     * Writes a frame into one buffer or several, and the lengths and flags of their entries.
     *
     * @param memory      the packet region
     * @param buffers     burst whose entries are empty buffers, each from its first byte on
     * @param first       entry to start at; as many follow as {@link #segments} says
     * @param bufferBytes bytes of a buffer
     * @param sequence    its number in the stream
     * @param nanos       transmit time in nanoseconds of a monotonic clock
     * @throws IndexOutOfBoundsException if the frame does not fit into the memory
     */
    public void build(MemorySegment memory, PacketBurst buffers, int first, int bufferBytes, long sequence,
            long nanos) {
        if (frameBytes <= bufferBytes) {
            build(memory, buffers.offset(first), sequence, nanos);
            buffers.meta(first, Descriptor.meta(frameBytes, 0, Descriptor.generation(buffers.meta(first))));
            return;
        }
        writeHeader(memory, buffers.offset(first), sequence, nanos);
        cursor.start(sequence);
        int left = frameBytes;
        for (int i = first; left > 0; i++) {
            int bytes = Math.min(left, bufferBytes);
            int from = i == first ? FrameLayout.PATTERN_OFFSET : 0;
            cursor.write(memory, buffers.offset(i) + from, bytes - from);
            left -= bytes;
            buffers.meta(i, Descriptor.meta(bytes, left > 0 ? Descriptor.FLAG_MORE : 0,
                    Descriptor.generation(buffers.meta(i))));
        }
        writeChecksum(memory, buffers.offset(first), headerSum(sequence, nanos) + cursor.sum());
    }

    /**
     * Writes a frame into one buffer.
     *
     * @param memory   the packet region
     * @param offset   where the frame starts
     * @param sequence its number in the stream
     * @param nanos    transmit time in nanoseconds of a monotonic clock
     * @throws IndexOutOfBoundsException if the frame does not fit into the memory
     */
    public void build(MemorySegment memory, long offset, long sequence, long nanos) {
        writeHeader(memory, offset, sequence, nanos);
        long sum = headerSum(sequence, nanos);
        if (frameBytes > FrameLayout.PATTERN_OFFSET) {
            sum += writePattern(memory, offset, sequence);
        }
        writeChecksum(memory, offset, sum);
    }

    private void writeHeader(MemorySegment memory, long offset, long sequence, long nanos) {
        memory.set(FrameLayout.LONG, offset, header0);
        memory.set(FrameLayout.LONG, offset + 8, header1);
        memory.set(FrameLayout.LONG, offset + 16, header2);
        memory.set(FrameLayout.LONG, offset + 24, header3);
        memory.set(FrameLayout.LONG, offset + 32, header4);
        memory.set(FrameLayout.LONG, offset + FrameLayout.SEQUENCE_OFFSET, sequence);
        memory.set(FrameLayout.LONG, offset + FrameLayout.TIME_OFFSET, nanos);
    }

    private long headerSum(long sequence, long nanos) {
        return fixedSum + OnesComplement.ofWord(sequence) + OnesComplement.ofWord(nanos);
    }

    private void writeChecksum(MemorySegment memory, long offset, long sum) {
        memory.set(FrameLayout.INT, offset + FrameLayout.CHECKSUM_OFFSET,
                OnesComplement.udpField(sum) | streamAndMagic << 16);
    }

    private long writePattern(MemorySegment memory, long offset, long sequence) {
        long word = sequence * PATTERN_SEED;
        long sum = 0;
        int at = FrameLayout.PATTERN_OFFSET;
        for (; at <= frameBytes - 8; at += 8) {
            memory.set(FrameLayout.LONG, offset + at, word);
            sum += OnesComplement.ofWord(word);
            word += PATTERN_STEP;
        }
        long tail = tailOf(word, frameBytes - at);
        for (int shift = 0; at < frameBytes; at++, shift += 8) {
            memory.set(FrameLayout.BYTE, offset + at, (byte) (tail >>> shift));
        }
        return sum + OnesComplement.ofWord(tail);
    }

    /** The first bytes of a word; a shift by 64 would be a shift by 0, so none at all is a case of its own. */
    static long tailOf(long word, int bytes) {
        return bytes == 0 ? 0 : word & (-1L >>> (64 - 8 * bytes));
    }

    /**
     * Compares a frame that came back with what was sent; each byte is read once at most, so that a guest that writes
     * meanwhile gains nothing.
     *
     * @param memory        the packet region
     * @param offset        where the frame starts
     * @param checksumWord  the four bytes from the UDP checksum on, which the caller has read to find the stream
     * @param sequence      the frame's sequence number, likewise
     * @param nanos         the frame's transmit time, likewise
     * @return the first fault in the order of the frame's bytes, or {@link FrameFault#NONE}
     */
    FrameFault check(MemorySegment memory, long offset, int checksumWord, long sequence, long nanos) {
        FrameFault fault = checkHeader(memory, offset);
        if (fault != FrameFault.NONE) {
            return fault;
        }
        long sum = headerSum(sequence, nanos);
        if (frameBytes > FrameLayout.PATTERN_OFFSET) {
            long patternSum = comparePattern(memory, offset, sequence);
            if (patternSum < 0) {
                return FrameFault.PATTERN;
            }
            sum += patternSum;
        }
        return checkSum(checksumWord, sum);
    }

    /**
     * Like {@link #check}, of a frame that lies in several pieces, the first of which has all of the header.
     *
     * @param memory       the packet region
     * @param chain        burst with the pieces
     * @param first        entry of the first one
     * @param segments     how many
     * @param checksumWord see {@link #check}
     * @param sequence     see {@link #check}
     * @param nanos        see {@link #check}
     * @return see {@link #check}
     */
    FrameFault checkChain(MemorySegment memory, PacketBurst chain, int first, int segments, int checksumWord,
            long sequence, long nanos) {
        FrameFault fault = checkHeader(memory, chain.offset(first));
        if (fault != FrameFault.NONE) {
            return fault;
        }
        cursor.start(sequence);
        for (int i = 0; i < segments; i++) {
            int from = i == 0 ? FrameLayout.PATTERN_OFFSET : 0;
            cursor.compare(memory, chain.offset(first + i) + from, chain.length(first + i) - from);
        }
        return cursor.isEqual()
                ? checkSum(checksumWord, headerSum(sequence, nanos) + cursor.sum())
                : FrameFault.PATTERN;
    }

    private FrameFault checkHeader(MemorySegment memory, long offset) {
        long second = memory.get(FrameLayout.LONG, offset + 8);
        if (memory.get(FrameLayout.LONG, offset) != swapped0 || (int) second != (int) swapped1) {
            return FrameFault.MACS_NOT_SWAPPED;
        }
        long difference = (second ^ swapped1) & BEHIND_MACS;
        difference |= memory.get(FrameLayout.LONG, offset + 16) ^ header2;
        difference |= memory.get(FrameLayout.LONG, offset + 24) ^ header3;
        difference |= memory.get(FrameLayout.LONG, offset + 32) ^ header4;
        return difference == 0 ? FrameFault.NONE : FrameFault.HEADER;
    }

    private static FrameFault checkSum(int checksumWord, long sum) {
        return OnesComplement.udpField(sum) == (checksumWord & 0xffff) ? FrameFault.NONE : FrameFault.CHECKSUM;
    }

    /** The sum of the pattern, or -1 if a byte of it is wrong. */
    private long comparePattern(MemorySegment memory, long offset, long sequence) {
        long word = sequence * PATTERN_SEED;
        long sum = 0;
        long difference = 0;
        int at = FrameLayout.PATTERN_OFFSET;
        for (; at <= frameBytes - 8; at += 8) {
            difference |= memory.get(FrameLayout.LONG, offset + at) ^ word;
            sum += OnesComplement.ofWord(word);
            word += PATTERN_STEP;
        }
        long tail = tailOf(word, frameBytes - at);
        for (int shift = 0; at < frameBytes; at++, shift += 8) {
            difference |= memory.get(FrameLayout.BYTE, offset + at) ^ (byte) (tail >>> shift);
        }
        return difference == 0 ? sum + OnesComplement.ofWord(tail) : -1;
    }
}
