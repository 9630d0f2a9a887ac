// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;

/** Carries out one command of the protocol. Called on the server's thread. */
interface CommandHandler {
    /**
     * Decodes the request, lets the device do it, encodes the answer. Descriptors of the request are closed after it: what is to
     * live longer is duplicated.
     *
     * @throws VfioUserProtocolException where the request is refused; nothing has been changed
     * @throws io.vlink.agent.device.DeviceAccessException where the device refuses it; nothing has been changed
     */
    Reply handle(VfioUserMessage request);

    /** Descriptors that a request may carry. */
    default int maxFds() {
        return 0;
    }
}
