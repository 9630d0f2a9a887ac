// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.region;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vlink.infra.os.HugePages;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.OpenDescriptors;
import io.vlink.infra.os.PageSize;
import io.vlink.infra.os.SharedMemory;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real memory, of every page size that this machine has. */
class PacketRegionTest {
    @ParameterizedTest
    @ValueSource(longs = {0, -1, 1, 1 << 20, 3L << 20, (1L << 30) + 1, 1L << 37, Long.MIN_VALUE})
    void rejectsSizesThatNoBarCanHave(long bytes) {
        for (PageSizeChoice choice : PageSizeChoice.values()) {
            OpenDescriptors.doNotGrowOver(() -> assertThatIllegalArgumentException()
                    .isThrownBy(() -> PacketRegion.create(bytes, choice))
                    .withMessageContaining("power of two from 2M to 64G"));
        }
    }

    @Test
    void rejectsARegionSmallerThanItsPages() {
        assertThatIllegalArgumentException().isThrownBy(() -> PacketRegion.create(512L << 20, PageSizeChoice.HUGE_1G))
                .withMessage(
                        "a region must not be smaller than its pages: memory=512M page-size=1G: use --page-size 2M");
    }

    @Test
    void closesAndRejectsAForeignDescriptorOfAWrongSize() {
        OpenDescriptors.doNotGrowOver(() -> {
            SharedMemory small = SharedMemory.create("x", 12_288, PageSize.ORDINARY);
            assertThatIllegalArgumentException().isThrownBy(() -> PacketRegion.adopt(small.fd()));
            assertThat(small.fd().isOpen()).isFalse();
        });
    }

    @Test
    void shortageNamesTheCommandThatMendsIt() {
        assertThat(PacketRegion.shortage(1L << 30, PageSize.HUGE_2M, size -> 100, size -> 120))
                .isEqualTo("hugepages short: need=512 free=100 page=2M: run \"echo 532 >"
                        + " /sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages\" as root, or start with --no-huge");
        assertThat(PacketRegion.shortage(1L << 30, PageSize.HUGE_1G, size -> 0, size -> 0)).contains(
                "need=1 free=0 page=1G",
                "echo 1 > /sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages");
        assertThat(PacketRegion.shortage(1L << 30, PageSize.HUGE_2M, size -> 600, size -> 600))
                .startsWith("hugepages refused: need=512 free=600 page=2M: raise hugetlb limits");
    }

    @Test
    void saysThatHugepagesAreShort() {
        long bytes = 64L << 30;
        assumeTrue(HugePages.isSupported(PageSize.HUGE_2M) && HugePages.free(PageSize.HUGE_2M) < bytes / (2 << 20));
        for (PageSizeChoice choice : new PageSizeChoice[]{PageSizeChoice.HUGE_2M, PageSizeChoice.AUTO}) {
            OpenDescriptors.doNotGrowOver(() -> assertThatThrownBy(() -> PacketRegion.create(bytes, choice))
                    .isInstanceOf(RegionException.class).hasMessageStartingWith("hugepages short: need=32768 free=")
                    .hasMessageContaining("start with --no-huge"));
        }
    }

    @Test
    void refusesMoreOrdinaryMemoryThanThereIs() throws Exception {
        String available = Files.readString(Path.of("/proc/meminfo")).replaceAll("(?s).*MemAvailable:\\s*(\\d+).*",
                "$1");
        assumeTrue(Long.parseLong(available) < 64L << 20, "this machine has 64 GiB to spare");
        OpenDescriptors
                .doNotGrowOver(() -> assertThatThrownBy(() -> PacketRegion.create(64L << 30, PageSizeChoice.ORDINARY))
                        .isInstanceOf(RegionException.class)
                        .hasMessageStartingWith("memory short: need=64G available="));
    }

    @Test
    void ordinaryMemoryHasATableOf2MiBPages() {
        try (PacketRegion region = PacketRegion.create(8L << 20, PageSizeChoice.ORDINARY);
                PacketRegion adopted = PacketRegion.adopt(region.fd().duplicate())) {
            assertThat(region.pageSize()).isEqualTo(PageSize.ORDINARY);
            assertThat(region.pageShift()).isEqualTo(21);
            assertThat(region.pageCount()).isEqualTo(4);
            assertSameMemory(region, adopted);
        }
    }

    @Test
    void usesHugepagesOf2MiB() throws Exception {
        try (ReservedHugePages reserved = ReservedHugePages.add(PageSize.HUGE_2M, 4)) {
            assertThat(reserved).isNotNull();
            long free = HugePages.free(PageSize.HUGE_2M);
            try (PacketRegion region = PacketRegion.create(8L << 20, PageSizeChoice.AUTO);
                    PacketRegion adopted = PacketRegion.adopt(region.fd().duplicate())) {
                assertThat(HugePages.free(PageSize.HUGE_2M)).as("allocated before anybody maps").isEqualTo(free - 4);
                assertThat(region.pageSize()).isEqualTo(PageSize.HUGE_2M);
                assertThat(adopted.pageSize()).isEqualTo(PageSize.HUGE_2M);
                assertThat(region.pageShift()).isEqualTo(21);
                assertSameMemory(region, adopted);
            }
            assertThat(HugePages.free(PageSize.HUGE_2M)).isEqualTo(free);
        }
    }

    @Test
    void choosesHugepagesOf1GiBWhenThereAreEnough() throws Exception {
        try (ReservedHugePages reserved = ReservedHugePages.add(PageSize.HUGE_1G, 1)) {
            assertThat(reserved).isNotNull();
            try (PacketRegion region = PacketRegion.create("vlink-test", 1L << 30, PageSizeChoice.AUTO);
                    PacketRegion adopted = PacketRegion.adopt(region.fd().duplicate())) {
                assertThat(region.pageSize()).isEqualTo(PageSize.HUGE_1G);
                assertThat(adopted.pageSize()).isEqualTo(PageSize.HUGE_1G);
                assertThat(region.pageShift()).isEqualTo(30);
                assertThat(region.pageCount()).isEqualTo(1);
                assertSameMemory(region, adopted);
            }
        }
    }

    @Test
    void aShortageDuringAllocationGivesEveryPageBack() throws Exception {
        try (ReservedHugePages reserved = ReservedHugePages.add(PageSize.HUGE_2M, 2)) {
            assertThat(reserved).isNotNull();
            long free = HugePages.free(PageSize.HUGE_2M);
            assumeTrue(free <= 1_024, "so many hugepages are free that taking them all would take minutes");
            OpenDescriptors.doNotGrowOver(
                    () -> assertThatThrownBy(() -> SharedMemory.create("x", (free + 1) * (2L << 20), PageSize.HUGE_2M))
                            .hasMessageContaining("hugepages are short").hasMessageContaining("page=2097152"));
            assertThat(HugePages.free(PageSize.HUGE_2M)).isEqualTo(free);
        }
    }

    private static void assertSameMemory(PacketRegion region, PacketRegion adopted) {
        assertThat(adopted.bytes()).isEqualTo(region.bytes());
        try (Mapping mine = region.map(); Mapping theirs = adopted.map()) {
            long last = region.bytes() - 8;
            assertThat(mine.segment().get(ValueLayout.JAVA_LONG, last)).isZero();
            mine.segment().set(ValueLayout.JAVA_LONG, last, 0x1234);
            assertThat(theirs.segment().get(ValueLayout.JAVA_LONG, last)).isEqualTo(0x1234);
        }
    }
}
