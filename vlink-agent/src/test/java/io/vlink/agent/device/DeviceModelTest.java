// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.vlink.infra.os.Fd;
import io.vlink.spec.pci.BarShape;
import io.vlink.spec.vfiouser.VfioUserProtocol;
import java.lang.foreign.Arena;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeviceModelTest {
    private static final List<Long> TWO_PAGES = List.of(0L, 1L << 21);
    private static final List<Integer> ONE_LINK = List.of(0);

    private final Arena arena = Arena.ofConfined();
    private final Fd fd = Fd.eventFd();
    private final BarMemory region = memory(4 << 20);
    private final BarMemory channels = memory(64 << 10);

    @AfterEach
    void release() {
        arena.close();
        fd.close();
    }

    @Test
    void refusesSizesThatABarCannotHave() {
        refused("region", memory(3 << 20), channels);
        refused("region", memory(1 << 20), channels);
        refused("channel memory", region, memory(65_000));
        refused("channel memory", region, memory(32 << 10));
    }

    @Test
    void refusesATableThatDoesNotCoverTheRegion() {
        assertThatIllegalArgumentException().isThrownBy(() -> model(21, List.of(0L), ONE_LINK, 2))
                .withMessage("translation table must cover the region: pages=1 pageShift=21 bytes=4194304");
        assertThatIllegalArgumentException().isThrownBy(() -> model(20, List.of(0L, 0L, 0L, 0L), ONE_LINK, 2));
    }

    @Test
    void refusesTooManyLinksAndChannelsThatDoNotExist() {
        assertThatIllegalArgumentException().isThrownBy(() -> model(21, TWO_PAGES, Collections.nCopies(17, 0), 2));
        assertThatIllegalArgumentException().isThrownBy(() -> model(21, TWO_PAGES, ONE_LINK, 65));
        assertThatIllegalArgumentException().isThrownBy(() -> model(21, TWO_PAGES, List.of(2), 2))
                .withMessage("control channel must be one of 2 channels: channel=2");
        assertThatIllegalArgumentException().isThrownBy(() -> model(21, TWO_PAGES, List.of(-2), 2));
    }

    @Test
    void acceptsADomainWithoutLinks() {
        assertThat(model(21, TWO_PAGES, List.of(), 0).linkControlChannels()).isEmpty();
    }

    @Test
    void numbersRegionsAsTheProtocolDoes() {
        assertThat(PciVlinkDevice.REGION_COUNT).isEqualTo(VfioUserProtocol.REGION_COUNT);
        assertThat(PciVlinkDevice.CONFIGURATION_REGION).isEqualTo(VfioUserProtocol.REGION_CONFIG);
    }

    private void refused(String what, BarMemory badRegion, BarMemory badChannels) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new DeviceModel(BarShape.BAR32, 21, TWO_PAGES, badRegion, badChannels, ONE_LINK, 2))
                .withMessageStartingWith(what + " must be a power of two");
    }

    private DeviceModel model(int pageShift, List<Long> pages, List<Integer> links, int channelCount) {
        return new DeviceModel(BarShape.BAR32, pageShift, pages, region, channels, links, channelCount);
    }

    private BarMemory memory(long bytes) {
        return new BarMemory(fd, arena.allocate(bytes));
    }
}
