// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vlink.infra.pool.BufferLedger;
import io.vlink.infra.pool.PoolLayout;
import io.vlink.infra.translation.AddressTranslation;
import io.vlink.spec.channel.Descriptor;
import io.vlink.spec.channel.RingLayout;
import io.vlink.spec.channel.SharedWord;
import io.vlink.spec.record.HostCounter;
import io.vlink.spec.record.LedgerEntry;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Member;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What comes off a ring becomes a packet by way of a check, or not at all. */
class UncheckedDescriptorsTest {
    private static final int BUFFER_BYTES = 2_048;
    private static final int BUFFERS = 4;
    private static final long POOL = 4L * BUFFER_BYTES;
    private static final int MAX_FRAME = 1_514;
    private static final int EPOCH = 3;
    private static final int CHANNEL = 1;
    private static final int SLOTS = 8;

    private final MemorySegment memory = Arena.ofAuto().allocate(RingLayout.bytes(SLOTS), 128);
    private final ProducerRing producer = new ProducerRing(memory, SLOTS);
    private final ConsumerRing consumer = new ConsumerRing(memory, SLOTS);
    private final PacketBurst burst = new PacketBurst(SLOTS);

    /** Puts descriptors on the ring, address and meta word in turn, and copies them behind the burst. */
    private UncheckedDescriptors arrive(long... words) {
        for (int i = 0; i < words.length; i += 2) {
            producer.offer(words[i], words[i + 1]);
        }
        consumer.peek(burst.unchecked(), SLOTS);
        return burst.unchecked();
    }

    /** Writes over a slot, as a guest may at any moment. */
    private void overwrite(int slot, long address, long meta) {
        long place = RingLayout.DESCRIPTORS_OFFSET + slot * Descriptor.BYTES;
        memory.set(SharedWord.LONG, place + Descriptor.ADDRESS_OFFSET, address);
        memory.set(SharedWord.LONG, place + Descriptor.META_OFFSET, meta);
    }

    /** The compiler is the check here, so it is asked. */
    @Nested
    class InCodeThatLeavesTheCheckOut {
        private static final String BEFORE = """
                import io.vlink.infra.ring.*;
                final class Sloppy {
                    static void run(ConsumerRing ring, PacketBurst burst, RegionCheck check, ChainAssembler chain) {
                        UncheckedDescriptors copies = burst.unchecked();
                        int count = ring.peek(copies, burst.capacity());
                """;

        @TempDir
        Path folder;

        private List<String> errors(String statement) throws IOException {
            JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
            DiagnosticCollector<JavaFileObject> found = new DiagnosticCollector<>();
            Path source = Files.writeString(folder.resolve("Sloppy.java"), BEFORE + statement + " } }");
            try (StandardJavaFileManager files = compiler.getStandardFileManager(found, null, null)) {
                List<String> options = List.of("-cp", System.getProperty("java.class.path"), "-proc:none", "-d",
                        folder.toString());
                compiler.getTask(null, files, found, options, null, files.getJavaFileObjects(source)).call();
            }
            return found.getDiagnostics().stream().filter(each -> each.getKind() == Diagnostic.Kind.ERROR)
                    .map(each -> each.getMessage(null)).toList();
        }

        @Test
        void aCheckCompiles() throws IOException {
            assertThat(errors("check.acceptFrames(burst); ring.release(count);")).isEmpty();
        }

        @ParameterizedTest
        @ValueSource(strings = {"burst.count += count;", "burst.count(count);",
                "burst.add(copies.address(0), copies.meta(0));", "long place = copies.address(0);",
                "long meta = copies.meta(0);",
                "Object slots = ring.slots();",
                "long place = copies.words[0];", "burst.words[0] = 0;", "chain.add(copies.address(0), 60);",
                "ring.peek(burst, count);", "new UncheckedDescriptors(burst);", "copies.copied(0);",
                "long address = ring.nextAddress();", "PacketBurst packets = copies;", "copies.first++;",
                "copies.begin();"})
        void nothingElseDoes(String statement) throws IOException {
            assertThat(errors(statement)).hasSizeBetween(1, 2).allMatch(each -> each.contains("cannot be")
                    || each.contains("cannot find") || each.contains("incompatible types"));
        }
    }

    @Nested
    class OnTheHost {
        private final BufferLedger ledger = new BufferLedger(Arena.ofAuto().allocate(BUFFERS * 8L, 8));
        private final LoanCheck check = new LoanCheck(ledger, new PoolLayout(POOL, BUFFERS, BUFFER_BYTES), MAX_FRAME,
                CHANNEL);

        @BeforeEach
        void lendAllBuffers() {
            check.startEpoch(EPOCH);
            for (int buffer = 0; buffer < BUFFERS; buffer++) {
                ledger.hold(buffer);
                ledger.lend(buffer, LedgerEntry.lent(EPOCH, CHANNEL, 0));
            }
        }

        private long returned(int buffer, int length) {
            return Descriptor.meta(length, 0, LedgerEntry.generation(ledger.entry(buffer)));
        }

        @ParameterizedTest
        @CsvSource({"-1, 60, 0, DROP_BAD_ADDRESS, -1", "0, 60, 0, DROP_BAD_ADDRESS, -1",
                "16384, 60, 0, DROP_BAD_ADDRESS, -1",
                "8192, 60, 1, DROP_STALE_GENERATION, -1", "8192, 13, 0, DROP_BAD_LENGTH, 0",
                "8192, 1515, 0, DROP_BAD_LENGTH, 0",
                "10180, 61, 0, DROP_BAD_LENGTH, 0", "10240, 0, 0, DROP_BAD_LENGTH, 1"})
        void refusesWithTheReasonAndNamesTheBufferThatCameBack(long offset, int length, int stale, HostCounter reason,
                int buffer) {
            int generation = LedgerEntry.generation(ledger.entry(0)) + stale;
            UncheckedDescriptors copies = arrive(offset, Descriptor.meta(length, 0, generation));
            assertThat(check.acceptFrames(burst)).isZero();
            assertThat(check.acceptFrame(copies, 0, burst)).isEqualTo(reason);
            assertThat(check.returnedBuffer()).isEqualTo(buffer);
            assertThat(burst.count()).isZero();
        }

        @Test
        void takesABufferOnlyOnce() {
            UncheckedDescriptors copies = arrive(POOL, returned(0, 60), POOL, returned(0, 60));
            assertThat(copies.count()).isEqualTo(2);
            assertThat(check.acceptFrames(burst)).isEqualTo(1);
            assertThat(check.acceptFrame(copies, 1, burst)).isEqualTo(HostCounter.DROP_NOT_LENT);
            assertThat(check.acceptBuffer(copies, 1)).isEqualTo(HostCounter.DROP_NOT_LENT);
            assertThat(check.acceptSegment(copies, 1, new ChainAssembler(2, MAX_FRAME)))
                    .isEqualTo(HostCounter.DROP_NOT_LENT);
            assertThat(burst.count()).isEqualTo(1);
        }

        @Test
        void goodOnesMoveUpBehindABadOne() {
            burst.add(POOL + 3L * BUFFER_BYTES, 99);
            UncheckedDescriptors copies = arrive(POOL, returned(0, 60), -1, returned(0, 60), POOL + BUFFER_BYTES + 7,
                    returned(1, 61));
            assertThat(check.acceptFrames(burst)).isEqualTo(1);
            assertThat(check.bytes()).isEqualTo(60);
            assertThat(check.acceptFrame(copies, 1, burst)).isEqualTo(HostCounter.DROP_BAD_ADDRESS);
            assertThat(check.acceptFrame(copies, 2, burst)).isNull();
            assertThat(check.bytes()).isEqualTo(61);
            assertThat(burst.count()).isEqualTo(3);
            assertThat(burst.offset(0)).isEqualTo(POOL + 3L * BUFFER_BYTES);
            assertThat(burst.offset(2)).isEqualTo(POOL + BUFFER_BYTES + 7);
            assertThat(burst.length(2)).isEqualTo(61);
        }

        @ParameterizedTest
        @CsvSource({"-1, 60, 0", "0, 60, 0", "16384, 60, 0", "8192, -1, 0", "8192, 2147483647, 0", "8192, 60, 1",
                "10240, 60, 0"})
        void aGoodCopyStaysGoodWhateverItsSlotSaysSince(long offset, int length, int stale) {
            UncheckedDescriptors copies = arrive(POOL, returned(0, 60), POOL + 2L * BUFFER_BYTES, returned(2, 61));
            long since = Descriptor.meta(length, 0, LedgerEntry.generation(ledger.entry(0)) + stale);
            overwrite(0, offset, since);
            overwrite(1, offset, since);
            assertThat(check.acceptFrames(burst)).isEqualTo(2);
            assertThat(check.bytes()).isEqualTo(60 + 61);
            assertPacket(0, POOL, 60);
            assertPacket(1, POOL + 2L * BUFFER_BYTES, 61);
            assertThat(ledger.isLent(1)).as("the slot named it, the copy did not").isTrue();
            assertThat(copies.count()).isEqualTo(2);
        }

        private void assertPacket(int index, long offset, int length) {
            assertThat(burst.offset(index)).isEqualTo(offset);
            assertThat(burst.length(index)).isEqualTo(length);
        }

        /** One at a time, in each of the three ways that a host has for that. */
        @Test
        void aGoodCopyStaysGoodAsALonePacketASegmentAndAnEmptyBuffer() {
            UncheckedDescriptors copies = arrive(POOL, returned(0, 60), POOL + BUFFER_BYTES, returned(1, 61),
                    POOL + 2L * BUFFER_BYTES, returned(2, 62));
            for (int slot = 0; slot < 3; slot++) {
                overwrite(slot, -1, -1);
            }
            ChainAssembler chain = new ChainAssembler(2, MAX_FRAME);
            assertThat(check.acceptFrame(copies, 0, burst)).isNull();
            assertThat(check.acceptSegment(copies, 1, chain)).isNull();
            assertThat(check.acceptBuffer(copies, 2)).isNull();
            assertPacket(0, POOL, 60);
            assertThat(chain.segments().offset(0)).isEqualTo(POOL + BUFFER_BYTES);
            assertThat(chain.bytes()).isEqualTo(61);
            assertThat(chain.isComplete()).as("no flag came from the slot").isTrue();
            assertThat(check.returnedBuffer()).isEqualTo(2);
        }

        @ParameterizedTest
        @CsvSource({"-1, 60, 0, DROP_BAD_ADDRESS", "16384, 60, 0, DROP_BAD_ADDRESS",
                "8192, 60, 1, DROP_STALE_GENERATION", "8192, -1, 0, DROP_BAD_LENGTH"})
        void aBadCopyStaysBadForItsOwnReasonThoughItsSlotIsGoodSince(long offset, int length, int stale,
                HostCounter reason) {
            int generation = LedgerEntry.generation(ledger.entry(0)) + stale;
            UncheckedDescriptors copies = arrive(offset, Descriptor.meta(length, 0, generation), offset,
                    Descriptor.meta(length, 0, generation));
            overwrite(0, POOL + BUFFER_BYTES, returned(1, 60));
            overwrite(1, POOL + 2L * BUFFER_BYTES, returned(2, 60));
            assertThat(check.acceptFrames(burst)).isZero();
            assertThat(check.acceptFrame(copies, 0, burst)).isEqualTo(reason);
            // The second names a buffer that a bad length has brought back already.
            HostCounter again = reason == HostCounter.DROP_BAD_LENGTH ? HostCounter.DROP_NOT_LENT : reason;
            assertThat(check.acceptSegment(copies, 1, new ChainAssembler(2, MAX_FRAME))).isEqualTo(again);
            assertThat(check.acceptBuffer(copies, 1)).isEqualTo(again);
            assertThat(burst.count()).isZero();
            assertThat(new boolean[]{ledger.isLent(1), ledger.isLent(2)}).containsExactly(true, true);
        }

        @Test
        void aSegmentThatAChainHasNoPlaceForBringsItsBufferBack() {
            ChainAssembler chain = new ChainAssembler(1, MAX_FRAME);
            UncheckedDescriptors copies = arrive(POOL, returned(0, 60) | Descriptor.meta(0, Descriptor.FLAG_MORE, 0),
                    POOL + BUFFER_BYTES, returned(1, 60));
            assertThat(check.acceptSegment(copies, 0, chain)).isNull();
            assertThat(check.acceptSegment(copies, 1, chain)).isEqualTo(HostCounter.DROP_BAD_LENGTH);
            assertThat(check.returnedBuffer()).isEqualTo(1);
            assertThat(chain.isSpoilt()).isTrue();
        }
    }

    @Nested
    class InAGuest {
        private static final long PAGE = 1L << 21;
        private static final long BASE = 7 * PAGE;

        private final AddressTranslation translation = new AddressTranslation(new long[]{BASE + PAGE, BASE}, 21);
        private final RegionCheck check = new RegionCheck(translation, BUFFER_BYTES, MAX_FRAME, 0);
        private final DescriptorBatch back = new DescriptorBatch(SLOTS);

        @ParameterizedTest
        @CsvSource({"0, 60", "14680063, 60", "18874368, 60", "14680064, 0", "14680064, 1515", "14682072, 60"})
        void refusesWhatLiesInNoBufferAndGivesBackWhatDoes(long address, int length) {
            UncheckedDescriptors copies = arrive(address, Descriptor.meta(length, 0, 9));
            copies.toOffsets(translation);
            assertThat(check.acceptFrames(burst)).isZero();
            assertThat(check.acceptFrame(copies, 0, burst)).isFalse();
            check.refuse(copies, 0, back);
            boolean inRegion = address >= BASE && address < BASE + 2 * PAGE;
            assertThat(back.count).isEqualTo(inRegion ? 1 : 0);
            if (inRegion) {
                assertThat(back.address(0)).isEqualTo(address);
                assertThat(back.meta(0)).isEqualTo(Descriptor.meta(BUFFER_BYTES, 0, 9));
            }
            assertThat(burst.count()).isZero();
        }

        @Test
        void whatItsSlotSaysSinceIsNoPartOfACopy() {
            UncheckedDescriptors copies = arrive(BASE, Descriptor.meta(61, 0, 1), 0, Descriptor.meta(62, 0, 2));
            overwrite(0, 0, -1);
            overwrite(1, BASE, Descriptor.meta(62, 0, 2));
            copies.toOffsets(translation);
            assertThat(check.acceptFrames(burst)).isEqualTo(1);
            assertThat(new long[]{burst.offset(0), burst.length(0)}).containsExactly(PAGE, 61);
            assertThat(check.acceptFrame(copies, 1, burst)).isFalse();
            check.refuse(copies, 1, back);
            assertThat(back.count).as("it was in no page").isZero();
        }

        @Test
        void translatesInPlaceAndLeavesPacketsAlone() {
            burst.add(5, 60);
            UncheckedDescriptors copies = arrive(BASE, Descriptor.meta(61, 0, 1), BASE + PAGE + 2_048,
                    Descriptor.meta(62, 0, 2));
            copies.toOffsets(translation);
            assertThat(check.acceptFrames(burst)).isEqualTo(2);
            assertThat(new long[]{burst.offset(0), burst.offset(1), burst.offset(2)}).containsExactly(5, PAGE, 2_048);
            assertThat(check.bytes()).isEqualTo(61 + 62);
        }
    }

    @ParameterizedTest
    @CsvSource({"0, true", "4194303, true", "4194304, false", "-1, false", "-9223372036854775808, false"})
    void onlyPlacesInTheRegionAreAskedForBeforeTheyAreChecked(long offset, boolean asked) {
        AddressTranslation twoPages = new AddressTranslation(new long[]{0, 2 << 20}, 21);
        assertThat(arrive(offset, 60).isToBeAskedFor(twoPages)).isEqualTo(asked);
    }

    @Test
    void theCopiesCannotBeCountedByWayOfTheirBurst() {
        arrive(9, 60);
        assertThatThrownBy(() -> burst.hideAllAfter(1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> burst.remove(1, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        burst.truncate(1);
        assertThat(burst.count()).isZero();
    }

    @Test
    void hiddenPacketsAreNotWrittenOver() {
        burst.add(1, 60);
        burst.add(2, 60);
        burst.add(3, 60);
        burst.hideAllAfter(2);
        assertThat(arrive(9, 60).count()).as("no room behind hidden packets").isZero();
        burst.removeFirst(1);
        burst.reveal();
        assertThat(new long[]{burst.count(), burst.offset(0), burst.offset(1)}).containsExactly(2, 2, 3);
    }

    private static List<String> publicMembers(Class<?> type) {
        return java.util.stream.Stream
                .concat(Arrays.stream(type.getDeclaredFields()), Arrays.stream(type.getDeclaredMethods()))
                .filter(each -> Modifier.isPublic(each.getModifiers()) && !each.isSynthetic())
                .map(java.lang.reflect.Member::getName).distinct().sorted().toList();
    }

    @Test
    void hasNoPublicMemberThatShowsWhatCameOffARing() {
        assertThat(publicMembers(UncheckedDescriptors.class)).containsExactly("count", "prefetchToWrite", "toOffsets");
        assertThat(Arrays.stream(UncheckedDescriptors.class.getDeclaredMethods())
                .filter(each -> Modifier.isPublic(each.getModifiers()) && each.getReturnType() != void.class)
                .map(Member::getName)).containsExactly("count");
        assertThat(publicMembers(ConsumerRing.class)).containsExactly("FAULT", "peek", "poll", "position", "prefetch",
                "ready", "release", "reset", "take");
        assertThat(Modifier.isPublic(RingSlots.class.getModifiers())).isFalse();
    }
}
