// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import static io.vlink.spec.vfiouser.VfioUserProtocol.FLAG_ERROR;
import static io.vlink.spec.vfiouser.VfioUserProtocol.FLAG_NO_REPLY;
import static io.vlink.spec.vfiouser.VfioUserProtocol.FLAG_TYPE_MASK;
import static io.vlink.spec.vfiouser.VfioUserProtocol.TYPE_COMMAND;
import static io.vlink.spec.vfiouser.VfioUserProtocol.TYPE_REPLY;

import io.vlink.infra.os.Fd;
import io.vlink.spec.vfiouser.VfioUserCommand;
import java.util.List;

/**
 * One message: the header's fields, the payload and the descriptors that came with it (vfio-user "Header"). The size is not a
 * field, because it follows from the payload. A received message owns its descriptors: {@link #close} closes those that are
 * still open. A message to be sent only borrows them. The payload is not copied: nobody may change it afterwards.
 *
 * @param id chosen by the sender of the command, 16 bits; a reply repeats it
 * @param command number on the wire, 16 bits; unknown numbers are kept
 * @param flags type, no-reply and error bits
 * @param error errno of a failed command, or 0
 * @param payload all bytes behind the header
 * @param fds descriptors, in the order in which they were sent
 */
@SuppressWarnings("ArrayRecordComponent") // a message is carried, never compared
public record VfioUserMessage(int id, int command, int flags, int error, byte[] payload,
        List<Fd> fds) implements AutoCloseable {
    private static final byte[] EMPTY = {};

    /** Checks nothing of the peer's; makes the list of descriptors unmodifiable. */
    public VfioUserMessage {
        fds = List.copyOf(fds);
    }

    /**
     * A command that wants a reply.
     *
     * @param id message id, 16 bits
     * @param command what to do
     * @param payload bytes behind the header
     * @param fds descriptors to send along
     * @return the message
     */
    public static VfioUserMessage command(int id, VfioUserCommand command, byte[] payload, List<Fd> fds) {
        return new VfioUserMessage(id, command.code(), TYPE_COMMAND, 0, payload, fds);
    }

    /**
     * The reply that a command succeeded.
     *
     * @param payload bytes behind the header
     * @param replyFds descriptors to send along
     * @return the message
     */
    public VfioUserMessage reply(byte[] payload, List<Fd> replyFds) {
        return new VfioUserMessage(id, command, TYPE_REPLY, 0, payload, replyFds);
    }

    /**
     * The reply that a command failed: a header and nothing else.
     *
     * @param errno why, see errno(3)
     * @return the message
     */
    public VfioUserMessage errorReply(int errno) {
        return new VfioUserMessage(id, command, TYPE_REPLY | FLAG_ERROR, errno, EMPTY, List.of());
    }

    /** {@return whether this is a command} */
    public boolean isCommand() {
        return (flags & FLAG_TYPE_MASK) == TYPE_COMMAND;
    }

    /** {@return whether this is a reply} */
    public boolean isReply() {
        return (flags & FLAG_TYPE_MASK) == TYPE_REPLY;
    }

    /** {@return whether the sender of this command waits for a reply} */
    public boolean wantsReply() {
        return (flags & FLAG_NO_REPLY) == 0;
    }

    /** {@return whether this reply says that the command failed; the errno may still be 0} */
    public boolean isError() {
        return (flags & FLAG_ERROR) != 0;
    }

    /** {@return the command for people: its name, or its number where it is unknown} */
    public String commandName() {
        VfioUserCommand known = VfioUserCommand.of(command);
        return known == null ? "#" + command : known.name();
    }

    /** Closes the descriptors that nobody has taken over and closed yet. */
    @Override
    public void close() {
        fds.forEach(Fd::close);
    }
}
