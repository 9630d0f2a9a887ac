// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.infra.vfiouser;

import io.vlink.infra.os.DescriptorLimit;
import io.vlink.infra.os.Errno;
import io.vlink.infra.os.OsException;

/**
 * A message came whose descriptors this process could not take, because it may open no more. The message was received as a whole,
 * so the stream goes on behind it.
 */
public final class LostDescriptorsException extends OsException {
    private static final long serialVersionUID = 1L;

    private final transient VfioUserMessage message;

    LostDescriptorsException(VfioUserMessage message) {
        super("recvmsg", Errno.EMFILE, "command=" + message.commandName(), "descriptors of a message were lost: "
                + DescriptorLimit.REMEDY);
        this.message = message;
    }

    /** {@return the message, without descriptors} */
    public VfioUserMessage received() {
        return message;
    }
}
