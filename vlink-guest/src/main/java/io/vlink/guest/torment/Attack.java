// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.guest.torment;

import java.util.Locale;

/** The attacks there are, each a class of fault with a name; docs/hostile-guest.md says what the host must do about each. */
public enum Attack {
    /** Any 64 bits. */
    ADDRESS_RANDOM(Kind.DESCRIPTOR, "addresses of any 64 bits"),
    /** Just outside the region and its pages. */
    ADDRESS_OUTSIDE(Kind.DESCRIPTOR, "addresses just outside the region, before it, behind it, between its pages"),
    /** Address plus length exceeds 64 bits. */
    ADDRESS_WRAP(Kind.DESCRIPTOR, "address + length wraps around 64, 63 or 32 bits"),
    /** Runs from one buffer into the next. */
    ADDRESS_CROSSING(Kind.DESCRIPTOR, "packets that run across the end of their buffer"),
    /** Anywhere in the region. */
    BUFFER_OF_OTHERS(Kind.DESCRIPTOR,
            "buffers anywhere in the region: other links', other domains' of the trust group"),
    /** Near buffers that were lent. */
    NEVER_LENT(Kind.DESCRIPTOR, "neighbours of lent buffers, which were not lent"),
    /** Twice, on both rings. */
    RETURNED_TWICE(Kind.DESCRIPTOR, "the same buffer again and again, on tx and on free"),
    /** Another generation. */
    STALE_GENERATION(Kind.DESCRIPTOR, "lent buffers with another generation"),
    /** What an earlier epoch lent. */
    DEAD_EPOCH(Kind.DESCRIPTOR, "buffers that were lent in an earlier epoch"),
    /** What another channel lent. */
    OTHER_CHANNEL(Kind.DESCRIPTOR, "buffers that were lent on another channel of the link"),
    /** No bytes. */
    LENGTH_ZERO(Kind.DESCRIPTOR, "packets of 0 bytes, with good and with invalid addresses"),
    /** Less than a header. */
    LENGTH_SHORT(Kind.DESCRIPTOR, "packets of 1 to 13 bytes"),
    /** More than a buffer. */
    LENGTH_LONG(Kind.DESCRIPTOR, "packets longer than a buffer, up to 2^32 - 1 bytes"),
    /** Flags without a meaning. */
    UNKNOWN_FLAGS(Kind.DESCRIPTOR, "flags without a meaning"),
    /** MORE, then nothing. */
    MORE_ALONE(Kind.DESCRIPTOR, "the flag MORE with nothing after it"),
    /** MORE for ever. */
    CHAIN_ENDLESS(Kind.DESCRIPTOR, "chains that never end"),
    /** One descriptor too many. */
    CHAIN_LONG(Kind.DESCRIPTOR, "chains of more descriptors or bytes than the link allows"),
    /** Segments without bytes. */
    CHAIN_SHORT(Kind.DESCRIPTOR, "chains with empty segments, or shorter than a header"),
    /** Both words at random. */
    DESCRIPTOR_RANDOM(Kind.DESCRIPTOR, "both words of any 64 bits"),
    /** Rewritten while the host reads. */
    REWRITE(Kind.DESCRIPTOR, "descriptors that change after they were published, again and again"),
    /** Published before written. */
    UNWRITTEN(Kind.RING, "slots that are published and were never written"),
    /** Forward by more than the ring. */
    POSITION_JUMP(Kind.RING, "producer positions that jump by more than the ring"),
    /** Backward. */
    POSITION_BACK(Kind.RING, "producer positions that run back"),
    /** Around 64 or 32 bits. */
    POSITION_WRAP(Kind.RING, "positions around 2^16, 2^31, 2^32, 2^63 and 2^64"),
    /** Consumer beyond producer. */
    CONSUMER_AHEAD(Kind.RING, "consumer positions ahead of what the host has put on the ring"),
    /** Consumer runs back. */
    CONSUMER_BACK(Kind.RING, "consumer positions that run back"),
    /** Takes everything, gives nothing. */
    STARVE(Kind.RING, "takes every buffer and packet, and gives nothing back"),
    /** Lane words. */
    LANE_STATES(Kind.LANE, "lane words of every state and of none, with right and wrong epochs"),
    /** Wrong epochs. */
    LANE_EPOCHS(Kind.LANE, "epochs acknowledged that are over, to come, or never will be"),
    /** Epoch after epoch. */
    LANE_FLAP(Kind.LANE, "leaves and joins, as fast as the host agrees"),
    /** Agrees without having reset. */
    LANE_DIRTY(Kind.LANE, "agrees to an epoch with positions that are not zero, and goes on with old buffers"),
    /** Two agreements to one epoch. */
    LANE_TWICE(Kind.LANE,
            "agrees twice to one epoch, first with positions that cannot be, as a guest that dies and its successor"),
    /** What the agent wrote. */
    CONTROL_WORDS(Kind.SHARED, "overwrites what agent and host wrote: descriptions, headers, the host's lane word"),
    /** Counters. */
    GUEST_COUNTERS(Kind.SHARED, "counters of any value, which run backwards"),
    /** Slots of all rings, from another thread. */
    MUTATE_SLOTS(Kind.SHARED, "another thread flips bits of every descriptor slot while the host drains good traffic"),
    /** All words, from another thread. */
    MUTATE_ALL(Kind.SHARED,
            "another thread flips bits of every word of the link's channels, positions and lanes included"),
    /** Bytes of packets. */
    MUTATE_PAYLOAD(Kind.SHARED, "another thread changes bytes of packets that the host has already got"),
    /** Registers. */
    REGISTERS(Kind.REGISTER, "register accesses of every offset, width and value"),
    /** Doorbell. */
    DOORBELL(Kind.REGISTER, "doorbells, as fast as they are answered, for links that exist and that do not"),
    /** Configuration space and absent regions. */
    REGIONS(Kind.REGISTER,
            "accesses to configuration space and to regions that are not there, with wild offsets and sizes"),
    /** Device reset. */
    RESET(Kind.DEVICE, "device resets, also in the middle of an epoch");

    /** What an attack is aimed at. */
    enum Kind {
        /** Descriptors on {@code tx} and {@code free}. */
        DESCRIPTOR,
        /** Positions of the rings. */
        RING,
        /** The guest's lane word. */
        LANE,
        /** Other words of channel memory and packets. */
        SHARED,
        /** The device's registers and regions. */
        REGISTER,
        /** The whole device: it touches every link of the domain. */
        DEVICE
    }

    private final Kind kind;
    private final String text;

    Attack(Kind kind, String text) {
        this.kind = kind;
        this.text = text;
    }

    /** {@return the name on the command line, such as {@code address-wrap}} */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** {@return what it does, in words} */
    public String text() {
        return text;
    }

    /** {@return what it is aimed at} */
    Kind kind() {
        return kind;
    }

    /** {@return whether it disturbs all links of the domain, and not only the one that is tormented} */
    public boolean disturbsOtherLinks() {
        return kind == Kind.DEVICE;
    }
}
