// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.traffic.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.port.MacAddress;
import io.vlink.infra.ring.PacketBurst;
import io.vlink.spec.channel.Descriptor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.UdpPacket;

class UdpFrameTest {
    private static final MacAddress LINK_MAC = new MacAddress(0x52_54_00_12_34_56L);
    private static final long OFFSET = 2_048;
    private static final long SEQUENCE = 0x0123_4567_89ab_cdefL;
    private static final long NANOS = 0x7edc_ba98_7654_3210L;

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment memory = arena.allocate(8_192, 64);

    @AfterEach
    void close() {
        arena.close();
    }

    private static UdpFrame frame(int stream, int size) {
        return new UdpFrame(UdpFlow.ofStream(LINK_MAC, stream), stream, size);
    }

    private byte[] bytes(UdpFrame frame) {
        return memory.asSlice(OFFSET, frame.frameBytes()).toArray(ValueLayout.JAVA_BYTE);
    }

    private void echo() {
        byte[] macs = memory.asSlice(OFFSET, 12).toArray(ValueLayout.JAVA_BYTE);
        for (int i = 0; i < 12; i++) {
            memory.set(ValueLayout.JAVA_BYTE, OFFSET + i, macs[(i + 6) % 12]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 63, 65_540, Integer.MAX_VALUE})
    void rejectsSizesThatNoFrameHas(int size) {
        assertThatThrownBy(() -> frame(0, size)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("size must be 64 to 65539 bytes (FCS counted): size=" + size);
    }

    @Test
    void rejectsAStreamThatDoesNotFitIntoAByte() {
        assertThatThrownBy(() -> frame(256, 64)).hasMessage("stream must be 0 to 255: stream=256");
    }

    @Test
    void countsTheFrameCheckSequenceInTheSizeOnly() {
        assertThat(frame(0, 64).frameBytes()).isEqualTo(60);
        assertThat(frame(0, 1_518).frameBytes()).isEqualTo(1_514);
        assertThat(UdpFrame.maxSize(1_500)).isEqualTo(1_518);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 65, 66, 67, 68, 71, 72, 73, 128, 511, 512, 1_517, 1_518})
    void pcap4jFindsHeadersAndChecksumsRight(int size) throws Exception {
        UdpFrame frame = frame(7, size);
        frame.build(memory, OFFSET, SEQUENCE, NANOS);
        byte[] raw = bytes(frame);

        EthernetPacket ethernet = EthernetPacket.newPacket(raw, 0, raw.length);
        assertThat(ethernet.getHeader().getDstAddr()).hasToString("52:54:00:12:34:56");
        assertThat(ethernet.getHeader().getSrcAddr()).hasToString("02:76:6c:69:6e:6b");
        IpV4Packet ip = ethernet.get(IpV4Packet.class);
        assertThat(ip.getHeader().hasValidChecksum(false)).isTrue();
        assertThat(ip.getHeader().getTtlAsInt()).isEqualTo(64);
        assertThat(ip.getHeader().getDontFragmentFlag()).isTrue();
        assertThat(ip.getHeader().getTotalLengthAsInt()).isEqualTo(size - 18);
        assertThat(ip.getHeader().getSrcAddr().getHostAddress()).isEqualTo("198.18.0.1");
        assertThat(ip.getHeader().getDstAddr().getHostAddress()).isEqualTo("198.19.0.1");
        UdpPacket udp = ip.get(UdpPacket.class);
        assertThat(udp.hasValidChecksum(ip.getHeader().getSrcAddr(), ip.getHeader().getDstAddr(), false)).isTrue();
        assertThat(udp.getHeader().getSrcPort().valueAsInt()).isEqualTo(49_159);
        assertThat(udp.getHeader().getDstPort().valueAsInt()).isEqualTo(7);
        assertThat(udp.getHeader().getLengthAsInt()).isEqualTo(size - 38);
    }

    @Test
    void pcap4jAgreesOnTheChecksumOfManyFrames() throws Exception {
        for (long sequence = 0; sequence < 70_000; sequence += 7) {
            UdpFrame frame = frame(0, 64 + (int) (sequence % 40));
            frame.build(memory, OFFSET, sequence, sequence * 1_000_003);
            byte[] raw = bytes(frame);
            IpV4Packet ip = EthernetPacket.newPacket(raw, 0, raw.length).get(IpV4Packet.class);
            UdpPacket udp = ip.get(UdpPacket.class);
            assertThat(udp.hasValidChecksum(ip.getHeader().getSrcAddr(), ip.getHeader().getDstAddr(), false))
                    .as("sequence %d", sequence).isTrue();
        }
    }

    @Test
    void neverSendsAChecksumOfZeroWhichWouldMeanNone() {
        UdpFrame frame = frame(0, 64);
        frame.build(memory, OFFSET, 0, 0);
        long first = memory.get(FrameLayout.INT, OFFSET + FrameLayout.CHECKSUM_OFFSET) & 0xffff;
        frame.build(memory, OFFSET, 0, first); // adds to the sum just what makes its complement zero
        assertThat(memory.get(FrameLayout.INT, OFFSET + FrameLayout.CHECKSUM_OFFSET) & 0xffff).isEqualTo(0xffff);
    }

    @Test
    void writesNothingPastTheFrame() {
        for (int size = 64; size < 90; size++) {
            memory.fill((byte) 0x5a);
            UdpFrame frame = frame(0, size);
            frame.build(memory, OFFSET, -1, -1);
            byte[] behind = memory.asSlice(OFFSET + frame.frameBytes(), 16).toArray(ValueLayout.JAVA_BYTE);
            assertThat(behind).containsOnly(0x5a);
        }
    }

    @Nested
    class Chain {
        private static final int BUFFER = 2_048;

        private final MemorySegment region = arena.allocate(40L * 2 * BUFFER, 64);
        private final PacketBurst chain = new PacketBurst(40);

        /** Buffers that do not follow one another, as a pool hands them out. */
        private int build(UdpFrame frame) {
            chain.clear();
            for (int i = 0; i < frame.segments(BUFFER); i++) {
                chain.add((39L - i) * 2 * BUFFER, Descriptor.meta(BUFFER, 0, 7));
            }
            frame.build(region, chain, 0, BUFFER, SEQUENCE, NANOS);
            return chain.count();
        }

        private byte[] joined() {
            ByteBuffer whole = ByteBuffer.allocate(70_000);
            for (int i = 0; i < chain.count(); i++) {
                whole.put(region.asSlice(chain.offset(i), chain.length(i)).toArray(ValueLayout.JAVA_BYTE));
            }
            return Arrays.copyOf(whole.array(), whole.position());
        }

        private void echoFirst() {
            MemorySegment.copy(region, chain.offset(0), memory, OFFSET, 12);
            echo();
            MemorySegment.copy(memory, OFFSET, region, chain.offset(0), 12);
        }

        @ParameterizedTest
        @ValueSource(ints = {2_052, 2_053, 2_054, 2_059, 4_100, 4_101, 9_018, 65_539})
        void holdsTheSameBytesAsOnePieceAndPcap4jFindsItsChecksumRight(int size) throws Exception {
            UdpFrame frame = frame(3, size);
            assertThat(build(frame)).isEqualTo(Math.ceilDiv(size - 4, BUFFER));
            byte[] raw = joined();
            MemorySegment one = arena.allocate(size, 8);
            frame.build(one, 0, SEQUENCE, NANOS);
            assertThat(raw).isEqualTo(one.asSlice(0, frame.frameBytes()).toArray(ValueLayout.JAVA_BYTE));
            IpV4Packet ip = EthernetPacket.newPacket(raw, 0, raw.length).get(IpV4Packet.class);
            assertThat(ip.get(UdpPacket.class).hasValidChecksum(ip.getHeader().getSrcAddr(),
                    ip.getHeader().getDstAddr(), false)).isTrue();
            for (int i = 0; i < chain.count(); i++) {
                assertThat(Descriptor.generation(chain.meta(i))).isEqualTo(7);
                assertThat(Descriptor.flags(chain.meta(i))).isEqualTo(i < chain.count() - 1 ? Descriptor.FLAG_MORE : 0);
            }
        }

        @Test
        void findsAChangeInAnyByteOfEverySegment() {
            UdpFrame frame = frame(1, 4_500);
            FrameChecker checker = new FrameChecker(null, frame);
            int segments = build(frame);
            echoFirst();
            assertThat(checker.check(region, chain, 0, segments)).isEqualTo(FrameFault.NONE);
            assertThat(checker.sequence()).isEqualTo(SEQUENCE);
            for (int i = 0; i < segments; i++) {
                for (int at = i == 0 ? 60 : 0; at < chain.length(i); at++) {
                    long place = chain.offset(i) + at;
                    byte old = region.get(ValueLayout.JAVA_BYTE, place);
                    region.set(ValueLayout.JAVA_BYTE, place, (byte) (old ^ 1));
                    assertThat(checker.check(region, chain, 0, segments)).isEqualTo(FrameFault.PATTERN);
                    region.set(ValueLayout.JAVA_BYTE, place, old);
                }
            }
        }

        @Test
        void takesAFrameThatWasCutElsewhereAndRefusesOneWithoutItsHeaderInOnePiece() {
            UdpFrame frame = frame(0, 104);
            FrameChecker checker = new FrameChecker(frame);
            build(frame);
            echoFirst();
            long start = chain.offset(0);
            chain.clear();
            chain.add(start, Descriptor.meta(63, Descriptor.FLAG_MORE, 0));
            chain.add(start + 63, Descriptor.meta(37, 0, 0));
            assertThat(checker.check(region, chain, 0, 2)).isEqualTo(FrameFault.NONE);
            chain.meta(1, Descriptor.meta(38, 0, 0));
            assertThat(checker.check(region, chain, 0, 2)).isEqualTo(FrameFault.LENGTH);
            chain.meta(0, Descriptor.meta(59, Descriptor.FLAG_MORE, 0));
            chain.meta(1, Descriptor.meta(41, 0, 0));
            assertThat(checker.check(region, chain, 0, 2)).isEqualTo(FrameFault.LENGTH);
        }

        @Test
        void findsAFrameOfAStreamThatIsAnothers() {
            UdpFrame frame = frame(0, 64);
            build(frame);
            echoFirst();
            assertThat(new FrameChecker(null, frame(1, 64)).check(region, chain, 0, 1))
                    .isEqualTo(FrameFault.OTHER_QUEUE);
        }
    }

    @Nested
    class Check {
        private final FrameChecker checker = new FrameChecker(frame(0, 100), frame(1, 100));
        private final UdpFrame sent = frame(1, 100);

        private FrameFault checkAfterChanging(int index) {
            sent.build(memory, OFFSET, SEQUENCE, NANOS);
            echo();
            byte old = memory.get(ValueLayout.JAVA_BYTE, OFFSET + index);
            memory.set(ValueLayout.JAVA_BYTE, OFFSET + index, (byte) (old ^ 0x10));
            return checker.check(memory, OFFSET, sent.frameBytes());
        }

        @Test
        void findsAChangeInAnyByte() {
            for (int index = 0; index < sent.frameBytes(); index++) {
                FrameFault fault = checkAfterChanging(index);
                FrameFault expected = index < 12
                        ? FrameFault.MACS_NOT_SWAPPED
                        : index < 40
                                ? FrameFault.HEADER
                                : index < 42
                                        ? FrameFault.CHECKSUM
                                        : index < 44 ? FrameFault.UNKNOWN_STREAM : null;
                if (expected != null) {
                    assertThat(fault).as("byte %d", index).isEqualTo(expected);
                } else {
                    assertThat(fault).as("byte %d", index).isIn(FrameFault.CHECKSUM, FrameFault.PATTERN);
                }
            }
        }

        @Test
        void findsFramesOfAnotherStream() {
            sent.build(memory, OFFSET, SEQUENCE, NANOS);
            echo();
            memory.set(ValueLayout.JAVA_BYTE, OFFSET + FrameLayout.STREAM_OFFSET, (byte) 0);
            assertThat(checker.check(memory, OFFSET, sent.frameBytes())).isEqualTo(FrameFault.HEADER);
        }

        @Test
        void findsMacsThatWereNotSwapped() {
            sent.build(memory, OFFSET, SEQUENCE, NANOS);
            assertThat(checker.check(memory, OFFSET, sent.frameBytes())).isEqualTo(FrameFault.MACS_NOT_SWAPPED);
        }

        @ParameterizedTest
        @ValueSource(ints = {14, 59, 95, 97, 2_000})
        void findsAnotherLength(int length) {
            sent.build(memory, OFFSET, SEQUENCE, NANOS);
            echo();
            assertThat(checker.check(memory, OFFSET, length)).isEqualTo(FrameFault.LENGTH);
        }

        @ParameterizedTest
        @ValueSource(ints = {64, 65, 71, 72, 100, 1_518})
        void tellsStreamSequenceAndTimeOfAGoodFrame(int size) {
            FrameChecker sized = new FrameChecker(frame(0, size), frame(1, size));
            UdpFrame frame = frame(1, size);
            frame.build(memory, OFFSET, SEQUENCE, NANOS);
            echo();
            assertThat(sized.check(memory, OFFSET, frame.frameBytes())).isEqualTo(FrameFault.NONE);
            assertThat(sized.stream()).isEqualTo(1);
            assertThat(sized.sequence()).isEqualTo(SEQUENCE);
            assertThat(sized.transmitNanos()).isEqualTo(NANOS);
        }
    }
}
