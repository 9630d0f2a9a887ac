// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.spec.vfiouser;

/**
 * Byte offsets inside the payloads that follow the header, command by command (QEMU docs/interop/vfio-user.rst; structures
 * of linux/vfio.h; SPEC.md appendix C). Requests and replies share a structure unless said otherwise.
 *
 * <pre>
 * VERSION       0 major u16 | 2 minor u16 | 4 JSON, zero-terminated (optional)
 * GET_INFO      0 argsz u32 | 4 flags u32 | 8 regions u32 | 12 interrupts u32
 * REGION_INFO   0 argsz u32 | 4 flags u32 | 8 index u32 | 12 cap_offset u32 | 16 size u64 | 24 offset u64
 * IRQ_INFO      0 argsz u32 | 4 flags u32 | 8 index u32 | 12 count u32
 * SET_IRQS      0 argsz u32 | 4 flags u32 | 8 index u32 | 12 start u32 | 16 count u32 | 20 bytes (DATA_BOOL)
 * READ, WRITE   0 offset u64 | 8 region u32 | 12 count u32 | 16 bytes (READ reply, WRITE request)
 * DMA_MAP       0 argsz u32 | 4 flags u32 | 8 offset u64 | 16 address u64 | 24 size u64; no reply payload
 * DMA_UNMAP     0 argsz u32 | 4 flags u32 | 8 address u64 | 16 size u64
 * </pre>
 */
public final class VfioUserPayloadLayout {
    /** First field of every structure that has one: the bytes of the payload that the sender means, 4 bytes. */
    public static final int ARGSZ_OFFSET = 0;
    /** Second field of every structure with argsz: flags, 4 bytes. */
    public static final int FLAGS_OFFSET = 4;

    /** VERSION: major, 2 bytes. */
    public static final int VERSION_MAJOR_OFFSET = 0;
    /** VERSION: minor, 2 bytes. */
    public static final int VERSION_MINOR_OFFSET = 2;
    /** VERSION: JSON text in UTF-8 with a terminating zero; may be absent. */
    public static final int VERSION_DATA_OFFSET = 4;

    /** GET_INFO: number of regions, 4 bytes. */
    public static final int DEVICE_INFO_REGIONS_OFFSET = 8;
    /** GET_INFO: number of interrupt indices, 4 bytes. */
    public static final int DEVICE_INFO_IRQS_OFFSET = 12;
    /** GET_INFO: bytes of the structure. */
    public static final int DEVICE_INFO_BYTES = 16;

    /** REGION_INFO: region index, 4 bytes. */
    public static final int REGION_INFO_INDEX_OFFSET = 8;
    /** REGION_INFO: offset of the first capability, 4 bytes; always zero here. */
    public static final int REGION_INFO_CAPABILITY_OFFSET = 12;
    /** REGION_INFO: bytes of the region, 8 bytes. */
    public static final int REGION_INFO_SIZE_OFFSET = 16;
    /** REGION_INFO: offset for mmap(2) of the descriptor, 8 bytes. */
    public static final int REGION_INFO_OFFSET_OFFSET = 24;
    /** REGION_INFO: bytes of the structure. */
    public static final int REGION_INFO_BYTES = 32;

    /** IRQ_INFO: interrupt index, 4 bytes. */
    public static final int IRQ_INFO_INDEX_OFFSET = 8;
    /** IRQ_INFO: number of interrupts, 4 bytes. */
    public static final int IRQ_INFO_COUNT_OFFSET = 12;
    /** IRQ_INFO: bytes of the structure. */
    public static final int IRQ_INFO_BYTES = 16;

    /** SET_IRQS: interrupt index, 4 bytes. */
    public static final int SET_IRQS_INDEX_OFFSET = 8;
    /** SET_IRQS: first interrupt, 4 bytes. */
    public static final int SET_IRQS_START_OFFSET = 12;
    /** SET_IRQS: number of interrupts, 4 bytes. */
    public static final int SET_IRQS_COUNT_OFFSET = 16;
    /** SET_IRQS: data, where there are any; also the bytes of the fixed part. */
    public static final int SET_IRQS_DATA_OFFSET = 20;

    /** READ and WRITE: offset in the region, 8 bytes. */
    public static final int ACCESS_OFFSET_OFFSET = 0;
    /** READ and WRITE: region index, 4 bytes. */
    public static final int ACCESS_REGION_OFFSET = 8;
    /** READ and WRITE: bytes of data, 4 bytes. */
    public static final int ACCESS_COUNT_OFFSET = 12;
    /** READ and WRITE: data; also the bytes of the fixed part. */
    public static final int ACCESS_DATA_OFFSET = 16;

    /** DMA_MAP: offset in the descriptor, 8 bytes. */
    public static final int DMA_MAP_OFFSET_OFFSET = 8;
    /** DMA_MAP: guest address, 8 bytes. */
    public static final int DMA_MAP_ADDRESS_OFFSET = 16;
    /** DMA_MAP: bytes of the window, 8 bytes. */
    public static final int DMA_MAP_SIZE_OFFSET = 24;
    /** DMA_MAP: bytes of the structure. */
    public static final int DMA_MAP_BYTES = 32;

    /** DMA_UNMAP: guest address, 8 bytes. */
    public static final int DMA_UNMAP_ADDRESS_OFFSET = 8;
    /** DMA_UNMAP: bytes of the window, 8 bytes. */
    public static final int DMA_UNMAP_SIZE_OFFSET = 16;
    /** DMA_UNMAP: bytes of the structure. */
    public static final int DMA_UNMAP_BYTES = 24;

    private VfioUserPayloadLayout() {
    }
}
