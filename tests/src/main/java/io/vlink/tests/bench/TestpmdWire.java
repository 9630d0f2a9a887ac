// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.tests.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What is between two of testpmd, and how it is told. A frame that is larger than a buffer goes the way that was seen to be
 * faster: over vhost-user in one larger buffer, over memif in several buffers.
 */
enum TestpmdWire {
    /** vhost-user on the host's side, virtio-user with a packed ring in order on the other. */
    VHOST_USER("vhost-user") {
        @Override
        String server(Traffic traffic, Path socket) {
            return "net_vhost0,iface=%s,queues=1".formatted(socket);
        }

        @Override
        String client(Traffic traffic, Path socket) {
            return "net_virtio_user0,path=%s,queues=1,queue_size=%d,packed_vq=1,in_order=1,mrg_rxbuf=0".formatted(
                    socket,
                    1 << ringBits(traffic.window()));
        }

        @Override
        List<String> frames(Traffic traffic) {
            String one = "--txpkts=" + traffic.frameBytes(); // must stand behind the size of the buffers
            List<String> options = new ArrayList<>();
            if (traffic.window() > USUAL_DESCRIPTORS) {
                int entries = 1 << ringBits(traffic.window());
                options.addAll(List.of("--rxd=" + entries, "--txd=" + entries));
            }
            if (traffic.frameBytes() > BUFFER_BYTES) {
                options.addAll(List.of("--mbuf-size=9728", "--total-num-mbufs=16384", "--max-pkt-len=9100"));
            }
            options.add(one);
            return options;
        }
    },
    /** memif, its client with zero-copy. */
    MEMIF("memif") {
        @Override
        String server(Traffic traffic, Path socket) {
            return device("server", traffic, socket);
        }

        @Override
        String client(Traffic traffic, Path socket) {
            return device("client", traffic, socket) + ",zero-copy=yes";
        }

        private String device(String role, Traffic traffic, Path socket) {
            return "net_memif0,role=%s,id=0,socket-abstract=no,socket=%s,rsize=%d,bsize=%d".formatted(role, socket,
                    ringBits(traffic.window() * Math.ceilDiv(traffic.frameBytes(), BUFFER_BYTES)), BUFFER_BYTES);
        }

        @Override
        List<String> frames(Traffic traffic) {
            StringBuilder segments = new StringBuilder("--txpkts=");
            int left = traffic.frameBytes();
            for (; left > BUFFER_BYTES; left -= BUFFER_BYTES) {
                segments.append(BUFFER_BYTES).append(',');
            }
            return List.of(segments.append(left).toString());
        }
    };

    /** What a buffer of testpmd's holds, unless it is told otherwise. */
    private static final int BUFFER_BYTES = 2048;
    /** Descriptors that testpmd uses of a ring, unless it is told otherwise. */
    private static final int USUAL_DESCRIPTORS = 512;
    /** Entries of a ring, as a power of two, at least. */
    private static final int LEAST_RING_BITS = 10;

    private final String label;

    TestpmdWire(String label) {
        this.label = label;
    }

    /** {@return its name in tables and JSON} */
    String label() {
        return label;
    }

    /** Room for twice what is on its way, as testpmd drops what finds none. */
    private static int ringBits(int entries) {
        return Math.max(LEAST_RING_BITS, Integer.SIZE - Integer.numberOfLeadingZeros(2 * entries - 1));
    }

    /** {@return the host's side as a virtual device} */
    abstract String server(Traffic traffic, Path socket);

    /** {@return the guest's side as a virtual device} */
    abstract String client(Traffic traffic, Path socket);

    /** {@return what testpmd has to be told for frames of this size} */
    abstract List<String> frames(Traffic traffic);
}
