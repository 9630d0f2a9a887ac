// Copyright The vlink Authors
// SPDX-License-Identifier: Apache-2.0

package io.vlink.agent.vfiouser;

import io.vlink.infra.os.Errno;
import io.vlink.infra.vfiouser.Capabilities;
import io.vlink.infra.vfiouser.VersionPayload;
import io.vlink.infra.vfiouser.VfioUserMessage;
import io.vlink.infra.vfiouser.VfioUserProtocolException;
import io.vlink.spec.vfiouser.VfioUserProtocol;

/** VERSION: agrees on 0.0, whatever minor a client proposes, and on our capabilities. */
final class VersionHandler implements CommandHandler {
    @Override
    public Reply handle(VfioUserMessage request) {
        VersionPayload proposed = VersionPayload.decode(request.payload());
        if (proposed.major() != VfioUserProtocol.MAJOR) {
            throw new VfioUserProtocolException(Errno.EOPNOTSUPP,
                    "protocol major must be " + VfioUserProtocol.MAJOR + ": major=" + proposed.major());
        }
        CapabilityReader.check(proposed.json());
        // A reply may only name what was proposed, so a client without capabilities gets none.
        String ours = proposed.json().isEmpty() ? "" : Capabilities.OURS.toJson();
        return Reply.of(new VersionPayload(VfioUserProtocol.MAJOR, VfioUserProtocol.MINOR, ours).encode());
    }
}
