// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserProtocol.DMA_PAGE_SIZES;
import static io.vlink.spec.vfiouser.VfioUserProtocol.MAX_DATA_BYTES;
import static io.vlink.spec.vfiouser.VfioUserProtocol.MAX_DMA_MAPS;
import static io.vlink.spec.vfiouser.VfioUserProtocol.MAX_MESSAGE_FDS;

/**
 * What one side can do, as the JSON text of a {@link VersionPayload} (vfio-user "VFIO_USER_VERSION", table of capabilities).
 *
 * @param maxMessageFds descriptors in one message
 * @param maxDataBytes bytes of data in one region access
 * @param maxDmaMaps DMA windows at once
 * @param pageSizes page sizes of DMA windows, or'ed together
 * @param writeMultiple whether REGION_WRITE_MULTI is understood
 */
public record Capabilities(int maxMessageFds, int maxDataBytes, int maxDmaMaps, long pageSizes, boolean writeMultiple) {
    /** What vlink itself offers, in the agent and in the guest. */
    public static final Capabilities OURS = new Capabilities(MAX_MESSAGE_FDS, MAX_DATA_BYTES, MAX_DMA_MAPS,
            DMA_PAGE_SIZES, false);

    /** {@return the capabilities as JSON text} */
    public String toJson() {
        return "{\"capabilities\":{\"max_msg_fds\":" + maxMessageFds + ",\"max_data_xfer_size\":" + maxDataBytes
                + ",\"max_dma_maps\":" + maxDmaMaps + ",\"pgsizes\":" + pageSizes + ",\"write_multiple\":"
                + writeMultiple
                + "}}";
    }
}
