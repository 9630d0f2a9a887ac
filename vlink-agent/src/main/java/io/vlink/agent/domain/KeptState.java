// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.domain;

import io.vlink.infra.control.BadMessageException;
import io.vlink.infra.control.ControlMessage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The states of entries that are kept for the next agent, as bytes. Each begins with {@link #VERSION}: an agent does not guess
 * at what another version has written.
 */
final class KeptState {
    private static final int VERSION = 1;
    private static final int MAX_LINKS = 64;

    private KeptState() {
    }

    /** Writes the fields of a state. */
    private interface Fields {
        void write(DataOutputStream out) throws IOException;
    }

    /** Reads the fields of a state. */
    private interface Reader<T> {
        T read(DataInputStream in) throws IOException, RequestException;
    }

    /**
     * A region; its descriptor is the memory's.
     *
     * @param id         its name among kept regions
     * @param first      whether it is the one that an agent starts with
     * @param addressing how its bus addresses were chosen
     * @param seed       from what random ones come
     */
    record OfRegion(String id, boolean first, RegionSettings.Addressing addressing, long seed) {
        byte[] encode() {
            return bytes(out -> {
                out.writeUTF(id);
                out.writeBoolean(first);
                out.writeUTF(addressing.name());
                out.writeLong(seed);
            });
        }

        static OfRegion decode(byte[] state) {
            return fields(state, in -> new OfRegion(in.readUTF(), in.readBoolean(),
                    RegionSettings.Addressing.valueOf(in.readUTF()), in.readLong()));
        }
    }

    /**
     * A domain; its descriptors are channel memory, the device's memory, and the record of each link.
     *
     * @param request     what was asked for
     * @param registered  false: only drivers still hold links of it
     * @param persistent  whether it outlives the connection that registered it
     * @param ownerPid    who registered it
     * @param region      id of its region
     * @param poolOffsets where the pool of each link stands in it
     */
    record OfDomain(DomainRequest request, boolean registered, boolean persistent, int ownerPid, String region,
            List<Long> poolOffsets) {
        byte[] encode() {
            return bytes(out -> {
                out.writeBoolean(registered);
                out.writeBoolean(persistent);
                out.writeInt(ownerPid);
                out.writeUTF(region);
                out.writeInt(poolOffsets.size());
                for (long offset : poolOffsets) {
                    out.writeLong(offset);
                }
                out.write(RegistrationMessage.write(request).encode());
            });
        }

        static OfDomain decode(byte[] state) {
            return fields(state, in -> {
                boolean registered = in.readBoolean();
                boolean persistent = in.readBoolean();
                int ownerPid = in.readInt();
                String region = in.readUTF();
                int links = in.readInt();
                if (links < 0 || links > MAX_LINKS) {
                    throw new IOException("links=" + links);
                }
                List<Long> pools = new ArrayList<>();
                for (int link = 0; link < links; link++) {
                    pools.add(in.readLong());
                }
                DomainRequest request = RegistrationMessage.read(ControlMessage.decode(in.readAllBytes()));
                return new OfDomain(request, registered, persistent, ownerPid, region, List.copyOf(pools));
            });
        }
    }

    /**
     * A control connection that holds something; its descriptor is our end of it.
     *
     * @param domain name of the domain that ends with it, or empty
     * @param link   name of the link that is attached to it, or empty
     * @param owed   whether the reply that says so may not have been sent
     */
    record OfSession(String domain, String link, boolean owed) {
        byte[] encode() {
            return bytes(out -> {
                out.writeUTF(domain);
                out.writeUTF(link);
                out.writeBoolean(owed);
            });
        }

        static OfSession decode(byte[] state) {
            return fields(state, in -> new OfSession(in.readUTF(), in.readUTF(), in.readBoolean()));
        }
    }

    private static byte[] bytes(Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(bytes)) {
            out.writeInt(VERSION);
            fields.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException("an array takes every byte", e);
        }
        return bytes.toByteArray();
    }

    /**
     * Reads a state.
     *
     * @throws IllegalArgumentException if it is none that this version has written
     */
    private static <T> T fields(byte[] state, Reader<T> reader) {
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(state))) {
            int version = in.readInt();
            if (version != VERSION) {
                throw new IllegalArgumentException("state must be of version " + VERSION + ": version=" + version);
            }
            return reader.read(in);
        } catch (IOException | RequestException | BadMessageException e) {
            throw new IllegalArgumentException("state cannot be read: " + e.getMessage(), e);
        }
    }
}
