// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.agent.keeper.NoStore;
import io.vlink.infra.os.Fd;
import io.vlink.infra.os.Mapping;
import io.vlink.infra.os.Protection;
import io.vlink.infra.os.SharedMemory;
import io.vlink.infra.region.PageSizeChoice;
import io.vlink.linkconfig.LinkConfig;
import io.vlink.spec.pci.BarShape;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Domains of small size, and device servers that only remember. */
final class TestDomains {
    static final long MIB = 1L << 20;

    private TestDomains() {
    }

    static RegionSettings settings(long bytes, long limit) {
        return new RegionSettings(bytes, PageSizeChoice.ORDINARY, limit, RegionSettings.Addressing.RANDOM);
    }

    static Keeping keepingNothing() {
        return new Keeping(new NoStore(), List.of());
    }

    static DomainRequest sharing(String name, String trustGroup, String... lines) {
        LinkConfig config = LinkConfig.parseLines("test", List.of(lines));
        return new DomainRequest(name, config.links(), BarShape.BAR32, trustGroup, config.channels());
    }

    static DomainRequest request(String name, String... lines) {
        return sharing(name, "", lines);
    }

    /** Maps what a descriptor stands for, as a driver would. */
    static Mapping map(Fd fd) {
        try (SharedMemory memory = SharedMemory.adopt(fd.duplicate())) {
            return memory.map(Protection.READ_WRITE);
        }
    }

    /** Device servers without sockets, whose devices do what a test says. */
    static final class Devices implements DeviceServer.Factory {
        final Map<String, DeviceServer.Listener> open = new HashMap<>();
        RuntimeException failure;

        @Override
        public DeviceServer start(Domain domain, Path socket, DeviceServer.Listener listener) {
            if (failure != null) {
                throw failure;
            }
            open.put(domain.name(), listener);
            return () -> open.remove(domain.name());
        }

        @Override
        public DeviceServer resume(Domain domain, DeviceServer.Sockets last, DeviceServer.Listener listener) {
            throw new UnsupportedOperationException("nothing is kept here");
        }
    }
}
